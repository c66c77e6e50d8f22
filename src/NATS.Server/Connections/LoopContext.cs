using System.Runtime.CompilerServices;

namespace NATS.Server.Connections;

/// <summary>
/// What one thread needs while it handles a batch of received bytes: the receive buffer, the set of buffers to flush at the end, counters, the
/// time. Owned by an event loop, or rented for one batch by the portable engine; never used by two threads at once.
/// </summary>
internal sealed class LoopContext
{
    public const int ReceiveSize = 64 * 1024;

    /// <summary>Staged bytes that are sent before the batch ends, so that memory stays bounded and caches warm.</summary>
    public const int FlushThreshold = 192 * 1024;

    /// <summary>With many targets each should still get a few messages per system call.</summary>
    public const int FlushPerTarget = 32 * 1024;

    private OutboundBuffer[] _dirty = new OutboundBuffer[16];
    private int _dirtyCount;
    private uint _random;

    public LoopContext(int seed) => _random = (uint)(seed * 2654435769) | 1;

    /// <summary>Pinned, with slack at the end so that vector loads may read past the received bytes.</summary>
    public byte[] ReceiveBuffer { get; } = GC.AllocateUninitializedArray<byte>(ReceiveSize + 64, pinned: true);

    /// <summary>Bytes appended to outbound buffers and not flushed by this context.</summary>
    public int Staged;

    /// <summary>Monotonic milliseconds, read once per batch.</summary>
    public long NowMs;

    /// <summary>UTC ticks, read once per batch.</summary>
    public long UtcTicks;

    // Counters of what this context handled; summed over all contexts when read.
    public long InMessages;
    public long InBytes;
    public long OutMessages;
    public long OutBytes;

    /// <summary>Whether the message that is being delivered came into its account by a service import, as a request or an answer.</summary>
    public bool CarriesService { get; set; }

    /// <summary>Whether receivers of the message that is being delivered see another subject than the one that it was matched by.</summary>
    public bool ShowsAnotherSubject { get; set; }

    /// <summary>State of the layer above that wants to live as long as the context, such as its match cache.</summary>
    public object? Extension { get; set; }

    /// <summary>Work of the layer above that belongs to the end of a batch, such as flushing what was stored in it.</summary>
    public ILoopEnd? End { get; set; }

    /// <summary>Remembers a buffer for <see cref="FlushAll"/>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void AddDirty(OutboundBuffer buffer)
    {
        if (_dirtyCount == _dirty.Length) Array.Resize(ref _dirty, _dirty.Length * 2);
        _dirty[_dirtyCount++] = buffer;
    }

    /// <summary>Between two messages: sends early when much is staged.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void FlushIfMuchStaged()
    {
        if (Staged >= FlushThreshold && Staged >= _dirtyCount * FlushPerTarget) FlushAll();
    }

    /// <summary>Sends every remembered buffer once.</summary>
    public void FlushAll()
    {
        if (End is { HasEnds: true } end) end.OnFlush();
        Staged = 0;
        for (int i = 0; i < _dirtyCount; i++)
        {
            OutboundBuffer buffer = _dirty[i];
            _dirty[i] = null!;
            buffer.Flush();
        }

        _dirtyCount = 0;
    }

    /// <summary>A number below <paramref name="limit"/>; fast, not for secrets.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public int NextRandom(int limit)
    {
        uint x = _random;
        x ^= x << 13;
        x ^= x >> 17;
        x ^= x << 5;
        _random = x;
        return (int)((ulong)x * (uint)limit >> 32);
    }
}
