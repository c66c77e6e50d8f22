using NATS.Server.Core.Storage;
using NATS.Server.JetStream.Storage.Disks;

namespace NATS.Server.JetStream.Storage.Blocks;

internal sealed partial class MessageBlock
{
    /// <summary>Writes the block anew without what is dead. A block with damage is left as it is.</summary>
    /// <param name="keepsTombstone">Says which tombstones are still needed: those for messages of blocks before that lie there still. Null for none.</param>
    /// <returns>False when nothing was done.</returns>
    public bool Compact(Func<ulong, bool>? keepsTombstone)
    {
        if (Compacted(keepsTombstone, out ulong hash) is not { } compacted) return false;
        DiskException? failure = RewriteFile(compacted, _isCompressed);
        Take(compacted, hash);
        return failure is null ? true : throw failure;
    }

    private BlockContent? Compacted(Func<ulong, bool>? keepsTombstone, out ulong hash)
    {
        hash = LastHash;
        BlockContent content = Covering(0);
        if (content.Holes is not null) return null;
        var compacted = new BlockContent(0, 0, (int)Math.Min(Bytes + MessageRecord.EmptyLength, int.MaxValue / 2));
        ulong lastMessage = 0;
        int next;
        for (int at = 0; at < content.EndOffset; at = next)
        {
            StoredRecord record = content.RecordAt(at, out next);
            bool isMessage = !record.IsTombstone && !record.IsErased && content.Records.Find(record.Sequence) is var ordinal and >= 0 && !content.Records.IsDead(ordinal)
                && content.Records.OffsetAt(ordinal) == at;
            if (!isMessage && !(record.IsTombstone && keepsTombstone is not null && keepsTombstone(record.Sequence))) continue;
            content.Slice(at, next).CopyTo(compacted.Reserve(record.Length, int.MaxValue));
            if (isMessage) compacted.Advance(record.Length, lastMessage = record.Sequence);
            else compacted.Advance(record.Length);
            hash = record.Hash;
        }

        // The last sequence is known by a record, and must stay known.
        if (lastMessage != LastSequence && !_settings.IsMemory)
        {
            MessageRecord.WriteSkip(compacted.Reserve(MessageRecord.EmptyLength, int.MaxValue), _key, LastSequence, LastTimeNs, out hash);
            compacted.Advance(MessageRecord.EmptyLength);
        }

        return compacted.EndOffset == content.EndOffset ? null : compacted;
    }

    private void Take(BlockContent compacted, ulong hash)
    {
        _content = compacted;
        RawBytes = compacted.EndOffset;
        LastHash = hash;
    }
}
