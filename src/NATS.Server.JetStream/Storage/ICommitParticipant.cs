using NATS.Server.JetStream.Storage.Disks;

namespace NATS.Server.JetStream.Storage;

/// <summary>Any thread. A store whose changes the commit queue makes durable together with those of others.</summary>
public interface ICommitParticipant
{
    /// <summary>Flushes, and names the files with content that is not yet synced. No lock is held when it returns.</summary>
    /// <param name="files">Added to; the participant keeps them open until the matching <see cref="EndCommit"/>.</param>
    /// <param name="position">How far the log has got, in an order of the participant's own.</param>
    StoreResult BeginCommit(List<DiskSync> files, out long position);

    /// <summary>What became of the files. A failure stops the store from storing more. Follows every <see cref="BeginCommit"/>, whatever that answered, and by the same thread.</summary>
    void EndCommit(long position, ReadOnlySpan<DiskSync> files);
}
