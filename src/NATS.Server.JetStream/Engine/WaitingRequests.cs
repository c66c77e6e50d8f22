namespace NATS.Server.JetStream.Engine;

/// <summary>Thread-safe. How many requests wait, and how many may.</summary>
/// <param name="limit">How many may.</param>
internal sealed class WaitingRequests(int limit)
{
    private int _count;

    public int Count => Volatile.Read(ref _count);

    /// <summary>Counts one more, unless as many wait as may.</summary>
    public bool TryAdd()
    {
        if (Interlocked.Increment(ref _count) <= limit) return true;
        Interlocked.Decrement(ref _count);
        return false;
    }

    public void Remove() => Interlocked.Decrement(ref _count);
}
