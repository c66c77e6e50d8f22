namespace NATS.Server.JetStream.Storage;

/// <summary>Told by a store what it removed, on the thread that called the store, in order, after its lock was released.</summary>
public interface IStoreListener
{
    /// <summary>One message is gone: by a limit, its age, its time to live, or a removal.</summary>
    /// <param name="sequence">Of the message.</param>
    /// <param name="subject">Valid during the call only.</param>
    /// <param name="bytes">What it counted in <see cref="StreamState.Bytes"/>.</param>
    void Removed(ulong sequence, ReadOnlySpan<byte> subject, ulong bytes);

    /// <summary>As above, for whoever keeps a count of its own.</summary>
    /// <param name="sequence">Of the message.</param>
    /// <param name="subject">Valid during the call only.</param>
    /// <param name="bytes">What it counted in <see cref="StreamState.Bytes"/>.</param>
    /// <param name="number">Of the removal: <see cref="MessageStore.Pending(ulong, MessageFilter, bool, out ulong, out ulong)"/> says up to which one it has counted.</param>
    void Removed(ulong sequence, ReadOnlySpan<byte> subject, ulong bytes, ulong number) => Removed(sequence, subject, bytes);

    /// <summary>Many messages are gone: purge, compaction, truncation.</summary>
    void Purged(ulong messages, ulong bytes);

    /// <summary>The last message of a subject has expired, and the stream leaves delete markers: the owner stores one, which then removes this message.</summary>
    void MarkerDue(ulong sequence, ReadOnlySpan<byte> subject);

    /// <summary>Something on disk is damaged, or was repaired; for the log and the health check.</summary>
    void Damaged(string what);
}
