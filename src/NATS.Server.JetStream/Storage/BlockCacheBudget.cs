namespace NATS.Server.JetStream.Storage;

/// <summary>Thread-safe. How much memory the stores of a server take together for blocks that were read from files, beyond the few that each may always keep.</summary>
/// <param name="limitBytes">Above this, stores drop what they read first.</param>
public sealed class BlockCacheBudget(long limitBytes)
{
    private const long LeastBytes = 64L << 20;
    private const int ShareOfMemory = 8;
    private long _used;

    /// <summary>Of those that keep no more than a few blocks.</summary>
    public static BlockCacheBudget None { get; } = new(0);

    /// <summary>Bytes that are taken.</summary>
    public long UsedBytes => Interlocked.Read(ref _used);

    /// <summary>More is taken than there should be.</summary>
    public bool IsExceeded => UsedBytes > limitBytes;

    /// <summary>An eighth of the memory that this process may use.</summary>
    public static BlockCacheBudget OfThisMachine() => new(Math.Max(LeastBytes, GC.GetGCMemoryInfo().TotalAvailableMemoryBytes / ShareOfMemory));

    /// <summary>Takes bytes, or gives them back when negative.</summary>
    public void Take(long bytes) => Interlocked.Add(ref _used, bytes);
}
