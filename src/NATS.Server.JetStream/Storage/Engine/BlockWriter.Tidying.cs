using NATS.Server.JetStream.Storage.Blocks;
using NATS.Server.JetStream.Storage.Disks;

namespace NATS.Server.JetStream.Storage.Engine;

/// <content>The maintenance of blocks that are no longer written to. Whoever removes a message never waits for a block to be written anew.</content>
internal sealed partial class BlockWriter
{
    /// <summary>Drops a block that is not needed, or begins to compact or compress one. The owner keeps everything out that changes files of blocks until it ended.</summary>
    /// <param name="rewriting">To be written without the lock, and handed to <see cref="EndTidy"/>; or null.</param>
    /// <returns>Whether there may be more to do.</returns>
    public bool BeginTidy(out MessageBlock.BlockRewriting? rewriting)
    {
        rewriting = null;
        if (IsInMemory || IsFailed || IsFull || IsIndexInFlight) return false;
        for (int position = 0; position < Blocks.Count - 1; position++)
        {
            MessageBlock block = Blocks[position];
            if (block.Messages == 0 && TryDrop(block)) return true;
            bool isWasteful = IsWasteful(block);
            try
            {
                rewriting = isWasteful ? block.BeginCompaction(sequence => IsNeeded(sequence, block.Index) || IsNeededByCondemned(sequence, block.Index)) : block.BeginCompression();
                if (rewriting is { IsCompaction: true }) DropIndex();
            }
            catch (DiskException failure)
            {
                rewriting = null;
                Failed(block, isWasteful, failure);
            }

            if (isWasteful && rewriting is null) _compacted[block.Index] = block.Bytes;
            if (rewriting is not null) return true;
        }

        return false;
    }

    /// <summary>Puts what was written in its place.</summary>
    /// <param name="rewriting">As it was begun.</param>
    /// <param name="failure">Why it was not written, or null.</param>
    /// <returns>Whether it was done; else it is left for the next time.</returns>
    public bool EndTidy(MessageBlock.BlockRewriting rewriting, DiskException? failure)
    {
        MessageBlock block = rewriting.Block;
        int position = Blocks.PositionOfIndex(block.Index);
        if (failure is null && (position == Blocks.Count || Blocks[position] != block))
        {
            // Its last message was removed meanwhile.
            rewriting.Discard();
            return true;
        }

        try
        {
            if (failure is not null) throw failure;
            _areNamesDirty = true;
            rewriting.Finish();
            if (rewriting.IsCompaction && block.Bytes * 2 < (ulong)block.RawBytes) _compacted[block.Index] = block.Bytes;
            return true;
        }
        catch (DiskException problem)
        {
            Failed(block, rewriting.IsCompaction, problem);
            return false;
        }
    }

    // What is there stays as it is; a full disk is no reason to stop.
    private void Failed(MessageBlock block, bool isCompaction, DiskException failure)
    {
        Track(block);
        if (failure.Error != DiskError.Full) Note(failure);
        else if (isCompaction) _compacted[block.Index] = block.Bytes;
    }
}
