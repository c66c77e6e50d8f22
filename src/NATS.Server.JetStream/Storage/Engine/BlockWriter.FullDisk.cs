using NATS.Server.JetStream.Storage.Blocks;
using NATS.Server.JetStream.Storage.Disks;

namespace NATS.Server.JetStream.Storage.Engine;

/// <content>
/// A purge on a full disk. It cannot prepare what is to come first, as there is no space for that; so it deletes first, in an order in which what is left is a store at any time: the index, then
/// the blocks from the first on up to those that may be the only ones on the device to tell the last sequence, and the guards of these. Their place goes to the record that says which sequence was
/// the last, and then these blocks go as well.
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
        DeleteCondemned([.. _condemned.TakeWhile(block => block.LastSequence < DurableSequence)]);
        List<MessageBlock> kept = [];
        foreach (MessageBlock block in Blocks)
        {
            if (kept.Count > 0 || block == Blocks.Tail || block.LastSequence >= DurableSequence) kept.Add(block);
            else DeleteFiles(block, isEssential: true);
        }

        MessageBlock marker = MarkerOf(last);
        try
        {
            foreach (MessageBlock block in kept) block.FreeGuard();
            WriteDurably(marker);
            DeleteCondemned(IsFailed ? [] : Condemned);
            foreach (MessageBlock block in kept) DeleteFiles(block, isEssential: true);
            Purged(marker, last);

            // What could not be deleted would be there again after a restart.
            return IsFailed ? StoreResult.Failed : StoreResult.Ok;
        }
        catch (DiskException failure)
        {
            DeleteFiles(marker);
            PurgeInMemory(kept, last);
            return Note(failure) == StoreResult.DiskFull && !IsFailed ? StoreResult.Ok : StoreResult.Failed;
        }
    }

    // Not even that had a place. The last blocks stay, and what says that their messages are gone waits in memory, as with messages that are removed one by one.
    private void PurgeInMemory(List<MessageBlock> kept, ulong last)
    {
        List<SequenceRun> live = [.. kept.SelectMany(LiveIn)];
        Forget();
        foreach (MessageBlock block in kept)
        {
            Blocks.Add(block);
            block.RemoveBelow(block.LastSequence + 1, null);
            Track(block);
        }

        MessageBlock end = Blocks.Tail is { CanAppend: true } tail ? tail : Begin();
        foreach (SequenceRun run in live)
        {
            for (ulong sequence = run.First; sequence <= run.Last; sequence++)
            {
                end.AppendTombstone(sequence, _contents.LastTimeNs);
            }
        }

        if (end.LastSequence < last) end.AppendTombstone(last, _contents.LastTimeNs);
        Appended(end);
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
