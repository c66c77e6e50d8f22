namespace NATS.Server.Connections;

/// <summary>One piece of an outbound queue. Owned by the <see cref="OutboundBuffer"/> that rented it.</summary>
internal sealed class Block(byte[] bytes)
{
    /// <summary>Pinned for its life, so that system calls take its address without a handle.</summary>
    public readonly byte[] Bytes = bytes;

    /// <summary>First byte that was not sent.</summary>
    public int Start;

    /// <summary>First free byte.</summary>
    public int End;

    public Block? Next;

    public int Free => Bytes.Length - End;
}

/// <summary>
/// The blocks of all outbound queues of a server. Thread-safe. Keeps at most <see cref="MaxSmallKept"/> small and <see cref="MaxLargeKept"/>
/// large blocks for reuse; what is returned beyond that is left to the collector.
/// </summary>
internal sealed class BlockPool
{
    public const int SmallSize = 16 * 1024;
    public const int LargeSize = 64 * 1024;
    public const int MaxSmallKept = 2048;
    public const int MaxLargeKept = 256;

    private readonly Lock _lock = new();
    private Block? _small;
    private Block? _large;
    private int _smallCount;
    private int _largeCount;

    /// <summary>A block with room for a few messages, or for many.</summary>
    public Block Rent(bool large)
    {
        lock (_lock)
        {
            ref Block? head = ref large ? ref _large : ref _small;
            if (head is { } block)
            {
                head = block.Next;
                if (large) _largeCount--;
                else _smallCount--;
                block.Next = null;
                return block;
            }
        }

        return new Block(GC.AllocateUninitializedArray<byte>(large ? LargeSize : SmallSize, pinned: true));
    }

    public void Return(Block block)
    {
        block.Start = 0;
        block.End = 0;
        bool large = block.Bytes.Length == LargeSize;
        lock (_lock)
        {
            if (large)
            {
                if (_largeCount == MaxLargeKept) return;
                _largeCount++;
                block.Next = _large;
                _large = block;
            }
            else
            {
                if (_smallCount == MaxSmallKept) return;
                _smallCount++;
                block.Next = _small;
                _small = block;
            }
        }
    }
}
