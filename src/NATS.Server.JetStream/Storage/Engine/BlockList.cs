using NATS.Server.JetStream.Storage.Blocks;

namespace NATS.Server.JetStream.Storage.Engine;

/// <summary>Owned by a store, under its lock. Its blocks in order: numbers, sequences and times grow from one to the next.</summary>
internal sealed class BlockList
{
    private readonly List<MessageBlock> _blocks = [];

    // Where the last lookup ended: the next is mostly there or one further.
    private int _hint;

    public int Count => _blocks.Count;

    /// <summary>The last block, or null.</summary>
    public MessageBlock? Tail => _blocks.Count == 0 ? null : _blocks[^1];

    public MessageBlock this[int position] => _blocks[position];

    public MessageBlock this[Index position] => _blocks[position];

    public void Add(MessageBlock block) => _blocks.Add(block);

    /// <summary>Removes a block; nothing when it is not here.</summary>
    public void Remove(MessageBlock block)
    {
        int position = PositionOfIndex(block.Index);
        if (position < _blocks.Count && _blocks[position] == block) _blocks.RemoveAt(position);
    }

    public void RemoveFirst(int count) => _blocks.RemoveRange(0, count);

    public void Clear() => _blocks.Clear();

    public List<MessageBlock>.Enumerator GetEnumerator() => _blocks.GetEnumerator();

    /// <summary>The position of the first block whose last sequence is not below one; the number of blocks when there is none.</summary>
    public int PositionOf(ulong sequence)
    {
        int hint = _hint;
        for (int tries = 0; tries < 2 && hint < _blocks.Count; tries++, hint++)
        {
            if (_blocks[hint].LastSequence < sequence) continue;
            if (hint > 0 && _blocks[hint - 1].LastSequence >= sequence) break;
            _hint = hint;
            return hint;
        }

        int low = 0;
        int high = _blocks.Count;
        while (low < high)
        {
            int middle = (low + high) >>> 1;
            if (_blocks[middle].LastSequence < sequence) low = middle + 1;
            else high = middle;
        }

        _hint = low;
        return low;
    }

    /// <summary>The position of the first block whose number is not below one; the number of blocks when there is none.</summary>
    public int PositionOfIndex(uint index)
    {
        int low = 0;
        int high = _blocks.Count;
        while (low < high)
        {
            int middle = (low + high) >>> 1;
            if (_blocks[middle].Index < index) low = middle + 1;
            else high = middle;
        }

        return low;
    }

    /// <summary>The position of the last block whose number is not above one; -1 when there is none.</summary>
    public int LastPositionOfIndex(uint index)
    {
        int position = PositionOfIndex(index);
        return position < _blocks.Count && _blocks[position].Index == index ? position : position - 1;
    }

    /// <summary>The position of the first block whose last message is as old as a time or younger; the number of blocks when there is none.</summary>
    public int PositionOfTime(long timeNs)
    {
        int low = 0;
        int high = _blocks.Count;
        while (low < high)
        {
            int middle = (low + high) >>> 1;
            if (_blocks[middle].LastTimeNs < timeNs) low = middle + 1;
            else high = middle;
        }

        return low;
    }
}
