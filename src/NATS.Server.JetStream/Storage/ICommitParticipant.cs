using NATS.Server.JetStream.Storage.Disks;

namespace NATS.Server.JetStream.Storage;

/// <summary>Any thread. A store whose changes the commit queue makes durable together with those of others.</summary>
public interface ICommitParticipant
{
    /// <summary>Flushes, and names the files with content that is not yet synced. Another commit of the same store waits until <see cref="EndCommit"/>.</summary>
    /// <param name="files">Added to; the participant keeps them open until the matching <see cref="EndCommit"/>.</param>
    /// <param name="position">How far the log has got, in an order of the participant's own.</param>
    StoreResult BeginCommit(List<DiskSync> files, out long position);

    /// <summary>
    /// Takes what became of the files, and does what is left to be done once they are on the device, such as giving them their names. Follows every <see cref="BeginCommit"/>, whatever that
    /// answered, and by the same thread.
    /// </summary>
    /// <returns>
    /// <see cref="StoreResult.Ok"/> only when all that the store had at <see cref="BeginCommit"/> is durable; counts when that answered so too. A failed sync stops a store from storing more.
    /// </returns>
    StoreResult EndCommit(long position, ReadOnlySpan<DiskSync> files);
}
