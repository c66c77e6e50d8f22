using NATS.Server.JetStream.Storage.Blocks;
using NATS.Server.JetStream.Storage.Disks;

namespace NATS.Server.JetStream.Storage.Engine;

/// <content>
/// A purge on a full disk. It cannot prepare what is to come first, as there is no space for that; so it deletes first, in an order in which what is left is a store at any time: the index, then
/// the blocks from the first on, then the guard of the last block. Its place goes to the record that says which sequence was the last, and then the last block goes as well.
/// </content>
internal sealed partial class BlockWriter
{
    private StoreResult PurgeWithoutSpace(ulong last, out bool isDone)
    {
        isDone = false;
        try
        {
            DropIndex();
        }
        catch (DiskException failure)
        {
            return Note(failure);
        }

        isDone = true;
        for (int position = 0; position < Blocks.Count - 1; position++)
        {
            DeleteFiles(Blocks[position], isEssential: true);
        }

        MessageBlock? tail = Blocks.Tail;
        MessageBlock marker = MarkerOf(last);
        try
        {
            tail?.FreeGuard();
            WriteDurably(marker);
            if (tail is not null) DeleteFiles(tail, isEssential: true);
            Purged(marker, last);

            // What could not be deleted would be there again after a restart.
            return IsFailed ? StoreResult.Failed : StoreResult.Ok;
        }
        catch (DiskException failure)
        {
            DeleteFiles(marker);
            PurgeInMemory(tail, last);
            return Note(failure) == StoreResult.DiskFull && !IsFailed ? StoreResult.Ok : StoreResult.Failed;
        }
    }

    // Not even that had a place. The last block stays, and what says that its messages are gone waits in memory, as with messages that are removed one by one.
    private void PurgeInMemory(MessageBlock? tail, ulong last)
    {
        List<SequenceRun> live = tail is null ? [] : LiveIn(tail);
        Forget();
        if (tail is not null)
        {
            Blocks.Add(tail);
            tail.RemoveBelow(tail.LastSequence + 1, null);
        }

        MessageBlock block = tail is { CanAppend: true } ? tail : Begin();
        foreach (SequenceRun run in live)
        {
            for (ulong sequence = run.First; sequence <= run.Last; sequence++)
            {
                block.AppendTombstone(sequence, _contents.LastTimeNs);
            }
        }

        if (block.LastSequence < last) block.AppendTombstone(last, _contents.LastTimeNs);
        Appended(block);
        FlushedSequence = last;
        _areNamesDirty = true;
    }

    private static List<SequenceRun> LiveIn(MessageBlock block)
    {
        List<SequenceRun> live = [];
        if (block.Messages == 0) return live;
        ulong next = block.FirstSequence;
        foreach (SequenceRun deleted in block.Deleted.Runs())
        {
            if (deleted.First > next) live.Add(new SequenceRun(next, deleted.First - 1));
            next = deleted.Last + 1;
        }

        if (next <= block.LastSequence) live.Add(new SequenceRun(next, block.LastSequence));
        return live;
    }
}
