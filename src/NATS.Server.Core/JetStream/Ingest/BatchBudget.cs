namespace NATS.Server.Core.JetStream.Ingest;

/// <summary>Thread-safe. What all open batches of a server take together.</summary>
public sealed class BatchBudget(BatchLimits limits)
{
    private int _atomic;
    private int _fast;
    private long _bytes;
    private BatchLimits _limits = limits;

    /// <summary>For batches and messages to come.</summary>
    public BatchLimits Limits
    {
        get => Volatile.Read(ref _limits);
        set => Volatile.Write(ref _limits, value);
    }

    /// <summary>Atomic batches that are open.</summary>
    public int Atomic => Volatile.Read(ref _atomic);

    /// <summary>Fast batches that are open.</summary>
    public int Fast => Volatile.Read(ref _fast);

    /// <summary>Bytes that wait in atomic batches.</summary>
    public long Bytes => Volatile.Read(ref _bytes);

    internal bool TryOpenAtomic() => TryOpen(ref _atomic, Limits.AtomicTotal);

    internal bool TryOpenFast() => TryOpen(ref _fast, Limits.FastTotal);

    internal bool TryStage(long bytes)
    {
        if (Interlocked.Add(ref _bytes, bytes) <= Limits.AtomicBytes) return true;
        Interlocked.Add(ref _bytes, -bytes);
        return false;
    }

    internal void CloseAtomic(long bytes)
    {
        Interlocked.Decrement(ref _atomic);
        Interlocked.Add(ref _bytes, -bytes);
    }

    internal void CloseFast() => Interlocked.Decrement(ref _fast);

    private static bool TryOpen(ref int count, int most)
    {
        if (Interlocked.Increment(ref count) <= most) return true;
        Interlocked.Decrement(ref count);
        return false;
    }
}
