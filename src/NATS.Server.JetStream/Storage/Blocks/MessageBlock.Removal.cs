using NATS.Server.Core.Storage;
using NATS.Server.JetStream.Storage.Disks;

namespace NATS.Server.JetStream.Storage.Blocks;

internal sealed partial class MessageBlock
{
    /// <summary>Removes a message. Writes nothing: a tombstone is up to the owner.</summary>
    /// <param name="sequence">Of the message.</param>
    /// <param name="removed">The message as it was.</param>
    /// <param name="bytes">What it counted.</param>
    /// <returns>False when there is no such message.</returns>
    public bool Remove(ulong sequence, out StoredMessage removed, out uint bytes)
    {
        removed = default;
        bytes = 0;
        if (!TryFind(sequence, out BlockContent? content, out int ordinal)) return false;
        removed = content!.MessageAt(ordinal);
        bytes = Kill(content, ordinal);
        if (sequence == FirstSequence) Advance(content, ordinal + 1);
        else Deleted.Add(sequence);
        return true;
    }

    /// <summary>Removes all messages below a sequence.</summary>
    /// <param name="sequence">The first that stays.</param>
    /// <param name="removed">Gets each that goes; without it a block of which all goes is not read. Its result does not count.</param>
    public void RemoveBelow(ulong sequence, RecordVisitor? removed)
    {
        if (Messages == 0 || sequence <= FirstSequence) return;
        if (sequence > LastSequence && removed is null)
        {
            Forget();
            return;
        }

        BlockContent content = Covering(FirstSequence);
        int i = content.Records.LowerBound(FirstSequence);
        for (; i < content.Records.Count && content.Records.SequenceAt(i) < sequence; i++)
        {
            if (content.Records.IsDead(i)) continue;
            if (removed is not null) Show(content, i, removed);
            Kill(content, i);
        }

        Advance(content, i);
    }

    /// <summary>Removes all messages above a sequence as if they had never been, in the file as well.</summary>
    /// <param name="last">Becomes the last sequence; at least one below the first record's.</param>
    /// <param name="removed">Gets each message that goes. Its result does not count.</param>
    /// <param name="tombstones">Gets the tombstones that were written after the message of that sequence and are gone with what followed it: for sequences that stay, they have to be written again.</param>
    public void TruncateAfter(ulong last, RecordVisitor? removed, TombstoneVisitor? tombstones)
    {
        if (last >= LastSequence) return;
        BlockContent content = Covering(0);
        int keep = content.Records.LowerBound(last + 1);
        if (removed is not null)
        {
            for (int i = keep; i < content.Records.Count; i++)
            {
                if (!content.Records.IsDead(i)) Show(content, i, removed);
            }
        }

        int cut = content.SkipHoles(0);
        long lastTimeNs = 0;
        ulong lastHash = 0;
        while (cut < content.EndOffset)
        {
            // What was written after a record of a higher sequence, and stays, is for the owner to write again: tombstones.
            StoredRecord record = content.RecordAt(cut, out int next);
            if (record.Sequence > last) break;
            if (!record.IsTombstone)
            {
                lastTimeNs = record.TimestampNs > 0 ? record.TimestampNs : lastTimeNs;
            }

            lastHash = record.Hash;
            cut = content.SkipHoles(next);
        }

        int at = cut;
        while (at < content.EndOffset && tombstones is not null)
        {
            StoredRecord record = content.RecordAt(at, out int next);
            if (record.IsTombstone && record.Sequence <= last) tombstones(record.Sequence, record.TimestampNs);
            at = content.SkipHoles(next);
        }

        DiskException? failure = CutFile(cut);
        for (int i = keep; i < content.Records.Count; i++)
        {
            if (!content.Records.IsDead(i)) Kill(content, i);
        }

        content.Truncate(cut, keep);
        RawBytes = cut;
        LastHash = lastHash;
        LastSequence = last;
        LastTimeNs = lastTimeNs;
        if (Messages == 0) SetEmpty(last, lastTimeNs);
        else Deleted.RemoveAbove(last);
        if (failure is not null) throw failure;
    }

    // Takes a message out of the totals; the bounds are up to the caller.
    private uint Kill(BlockContent content, int ordinal)
    {
        int length = content.LengthAt(ordinal, out bool hasHeaders);
        uint bytes = CountOf(length, hasHeaders);
        content.Records.Kill(ordinal);
        Messages--;
        Bytes -= bytes;
        return bytes;
    }

    // The first message is gone: finds the next one from an ordinal on.
    private void Advance(BlockContent content, int ordinal)
    {
        if (Messages == 0)
        {
            Forget();
            return;
        }

        while (content.Records.IsDead(ordinal))
        {
            ordinal++;
        }

        FirstSequence = content.Records.SequenceAt(ordinal);
        FirstTimeNs = content.TimestampAtOrdinal(ordinal);
        Deleted.RemoveBelow(FirstSequence);
    }

    // No message is left.
    private void Forget()
    {
        if (_content is { } content)
        {
            for (int i = 0; i < content.Records.Count; i++)
            {
                content.Records.Kill(i);
            }
        }

        Messages = 0;
        Bytes = 0;
        Expiring = 0;
        Scheduled = 0;
        FirstSequence = LastSequence + 1;
        FirstTimeNs = 0;
        Deleted.Clear();
    }
}
