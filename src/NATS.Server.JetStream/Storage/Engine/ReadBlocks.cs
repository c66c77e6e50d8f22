using NATS.Server.JetStream.Storage.Blocks;

namespace NATS.Server.JetStream.Storage.Engine;

/// <summary>
/// Owned by a store, under its lock. The blocks that had to be read from their files. A few of them stay in memory, however many a search goes through; more only
/// when what was dropped is wanted again at once, as by readers of random messages, and while the server's budget allows.
/// </summary>
internal sealed class ReadBlocks(BlockCacheBudget budget)
{
    private const int Few = 8;
    private const int Most = 1024;
    private const int Remembered = 64;
    private readonly Queue<(MessageBlock Block, long Bytes)> _blocks = new();
    private readonly uint[] _dropped = new uint[Remembered];
    private int _nextDropped;
    private int _room = Few;

    /// <summary>Notes that a block was read.</summary>
    /// <param name="block">The block.</param>
    /// <param name="tail">The one that is written to, which stays.</param>
    public void Add(MessageBlock block, MessageBlock? tail)
    {
        int remembered = Array.IndexOf(_dropped, block.Index);
        if (remembered >= 0)
        {
            _dropped[remembered] = 0;
            _room = Math.Min(_room * 2, Most);
        }

        long bytes = block.CachedBytes;
        budget.Take(bytes);
        _blocks.Enqueue((block, bytes));
        while (_blocks.Count > _room || (_blocks.Count > Few && budget.IsExceeded)) DropFirst(block, tail);
    }

    /// <summary>Forgets those that are not in memory any more.</summary>
    public void Prune()
    {
        for (int left = _blocks.Count; left > 0; left--)
        {
            (MessageBlock block, long bytes) = _blocks.Dequeue();
            if (block.CachedBytes > 0) _blocks.Enqueue((block, bytes));
            else budget.Take(-bytes);
        }

        if (_blocks.Count <= Few) _room = Few;
    }

    /// <summary>Gives back what it has taken of the budget.</summary>
    public void Clear()
    {
        foreach ((_, long bytes) in _blocks) budget.Take(-bytes);
        _blocks.Clear();
    }

    private void DropFirst(MessageBlock newest, MessageBlock? tail)
    {
        (MessageBlock block, long bytes) = _blocks.Dequeue();
        budget.Take(-bytes);
        if (block == newest || block == tail) return;

        // The first call says that it is not in use.
        block.DropCache();
        block.DropCache();
        _dropped[_nextDropped++ % Remembered] = block.Index;
    }
}
