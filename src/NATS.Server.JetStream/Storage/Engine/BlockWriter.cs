using NATS.Server.Core.Storage;
using NATS.Server.JetStream.Storage.Blocks;

namespace NATS.Server.JetStream.Storage.Engine;

/// <summary>Owned by a store, under its lock. Decides into which block a record goes, when a new one is begun, and which blocks are not needed any more.</summary>
internal sealed partial class BlockWriter
{
    // Small, so that what is removed is soon given back; no limit for a message.
    private const int MemoryBlockSize = 1 << 20;

    // What a message has in a block beyond what the memory store counts for it.
    private const ulong UncountedInMemory = 18;
    private const long LeastToCompactInMemory = 16 << 10;

    // More of them in a row get a block of their own, where they are one number.
    private const ulong MostSkippedInBlock = 64 << 10;

    private readonly StoreContents _contents;
    private readonly BlockSettings _settings;

    /// <summary>For a store in memory.</summary>
    public BlockWriter(StoreContents contents)
    {
        _contents = contents;
        _settings = BlockSettings.ForMemory("", MemoryBlockSize);
    }

    /// <summary>The number that the next block gets.</summary>
    public uint NextIndex { get; set; } = 1;

    private BlockList Blocks => _contents.Blocks;

    private bool IsInMemory => _contents.IsInMemory;

    /// <summary>Stores a message.</summary>
    /// <param name="sequence">The one after the last.</param>
    /// <param name="message">What is stored.</param>
    /// <param name="length">Of the record.</param>
    /// <param name="block">Where it is now.</param>
    public StoreResult Append(ulong sequence, in NewMessage message, int length, out MessageBlock? block)
    {
        block = null;
        StoreResult result = IsFull || IsFailed ? Flush() : StoreResult.Ok;
        if (result == StoreResult.Ok) result = TailFor(length, out block);
        if (result != StoreResult.Ok) return result;
        if (IsInMemory)
        {
            block!.Append(sequence, message.TimestampNs, message.Subject, message.Headers, message.Payload);
            return StoreResult.Ok;
        }

        if (block!.PendingBytes + length < MostPending)
        {
            block.Append(sequence, message.TimestampNs, message.Subject, message.Headers, message.Payload);
            Appended(block);
            return StoreResult.Ok;
        }

        // Nobody has seen the message yet, so that it can be taken back altogether.
        BlockMark mark = block.Mark();
        block.Append(sequence, message.TimestampNs, message.Subject, message.Headers, message.Payload);
        Appended(block);
        result = Flush();
        if (result == StoreResult.Ok) FlushedSequence = sequence;
        else block.Rewind(mark);
        return result;
    }

    /// <summary>Stores that there are no messages from the last one up to a sequence.</summary>
    public StoreResult Skip(ulong last, ulong count, long timestampNs)
    {
        if (IsInMemory && _contents.Messages == 0) return StoreResult.Ok;
        MessageBlock? block = null;
        StoreResult result = IsFull || IsFailed ? Flush() : StoreResult.Ok;
        if (result == StoreResult.Ok) result = TailFor(MessageRecord.EmptyLength, out block, isAlone: count > MostSkippedInBlock);
        if (result != StoreResult.Ok) return result;
        block!.AppendSkip(last, timestampNs);
        if (!IsInMemory) Appended(block);
        return StoreResult.Ok;
    }

    /// <summary>A message was removed from a block: stores that it was, and drops or compacts the block.</summary>
    public void Removed(MessageBlock block, in StoredMessage message, bool isByUser, Random? noise)
    {
        if (IsInMemory)
        {
            if (block.Messages == 0) Blocks.Remove(block);
            else if (block.RawBytes > LeastToCompactInMemory && (block.Bytes + (block.Messages * UncountedInMemory)) * 2 < (ulong)block.RawBytes) block.Compact(null);
            return;
        }

        RemovedFromFile(block, message, isByUser, noise);
    }

    /// <summary>Drops all blocks.</summary>
    /// <param name="last">The last sequence from now on.</param>
    /// <param name="isDone">They are gone, even if the result is a failure: then some may be there again after a restart.</param>
    public StoreResult Purge(ulong last, out bool isDone)
    {
        isDone = true;
        if (!IsInMemory) return PurgeFiles(last, out isDone);
        Blocks.Clear();
        return StoreResult.Ok;
    }

    /// <summary>Makes sure that the last sequence is known whatever is left of removing what is below a sequence. Unless it is <see cref="StoreResult.Ok"/> nothing may be removed.</summary>
    public StoreResult PrepareRemovalBelow(ulong first)
    {
        int whole = Math.Min(Blocks.PositionOf(first), Blocks.Count);
        return IsInMemory || whole == 0 ? StoreResult.Ok : PrepareRemovalOfFiles(Blocks[whole - 1].LastSequence);
    }

    /// <summary>Drops all messages below a sequence, which is not above the last one.</summary>
    public void RemoveBelow(ulong first)
    {
        int whole = Math.Min(Blocks.PositionOf(first), Blocks.Count);
        if (!IsInMemory)
        {
            RemoveBelowInFiles(first, whole);
            return;
        }

        Blocks.RemoveFirst(whole);
        if (Blocks.Count == 0) return;
        Blocks[0].RemoveBelow(first, null);
        if (Blocks[0].Messages == 0) Blocks.RemoveFirst(1);
    }

    /// <summary>Makes sure that a truncation will lose nothing of what stays. Unless it is <see cref="StoreResult.Ok"/> there is no truncation.</summary>
    /// <param name="last">The last sequence from then on.</param>
    /// <param name="timestampNs">Its time.</param>
    /// <param name="isThere">It has a message.</param>
    public StoreResult PrepareTruncation(ulong last, long timestampNs, bool isThere) =>
        IsInMemory ? StoreResult.Ok : PrepareTruncationOfFiles(last, timestampNs, isThere);

    /// <summary>Drops all messages above a sequence, which is below the last one, as if they had never been. After <see cref="PrepareTruncation"/>.</summary>
    /// <param name="last">The last sequence from now on.</param>
    /// <param name="timestampNs">Its time.</param>
    public StoreResult TruncateAfter(ulong last, long timestampNs)
    {
        if (!IsInMemory) return TruncateFiles(last, timestampNs);
        while (Blocks.Tail is { } tail && tail.LastSequence > last)
        {
            tail.TruncateAfter(Math.Max(last, 0), null, null);
            if (tail.Messages > 0) break;
            Blocks.Remove(tail);
        }

        return StoreResult.Ok;
    }

    private StoreResult TailFor(int length, out MessageBlock? block, bool isAlone = false)
    {
        block = Blocks.Tail;
        bool isFull = block is null || !block.CanAppend || (block.RawBytes > 0 && block.RawBytes + length > _settings.BlockSize) || (isAlone && block.Messages > 0);
        return isFull ? Rotate(out block) : StoreResult.Ok;
    }

    private StoreResult Rotate(out MessageBlock? block)
    {
        if (!IsInMemory) return RotateFile(out block);
        block = Begin();
        return StoreResult.Ok;
    }

    private MessageBlock Begin()
    {
        // A stream that filled a block is likely to fill the next.
        int capacity = Blocks.Tail is { } tail && tail.RawBytes * 2 > _settings.BlockSize ? _settings.BlockSize : 0;
        var block = new MessageBlock(_settings, NextIndex, _contents.LastSequence + 1, _contents.LastTimeNs, capacity);
        NextIndex++;
        Blocks.Add(block);
        _areNamesDirty = true;
        return block;
    }
}
