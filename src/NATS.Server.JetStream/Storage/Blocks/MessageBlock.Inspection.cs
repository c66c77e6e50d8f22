using NATS.Server.Core.Storage;
using NATS.Server.JetStream.Storage.Disks;

namespace NATS.Server.JetStream.Storage.Blocks;

/// <content>What checks and repairs of a store that nobody serves need beyond the work of a server.</content>
internal sealed partial class MessageBlock
{
    /// <summary>Reads all of a block, and writes nothing.</summary>
    /// <returns>Null when its key does not fit, it is not there, or its compression is damaged.</returns>
    /// <exception cref="DiskException">It could not be read.</exception>
    public static BlockInspection? Inspect(BlockSettings settings, uint index)
    {
        var block = new MessageBlock(settings, index, 1) { _isOnlyRead = true };
        if (block.Scan(out _) is not { } scan) return null;
        long length;
        using (IDiskFile file = settings.Options!.Disk.Open(block.PathOf(".blk"), DiskOpen.Existing)) length = file.Length;
        return new BlockInspection(scan, block._content!, length, block._isCompressed, block.Cipher is not null, block._isSalvaged, block.ReadGuard(block._content!.EndOffset));
    }

    /// <summary>Writes the block anew: every good record, as it is, without what is damaged between them. The guard is written anew too.</summary>
    /// <param name="lastBefore">The last sequence of the blocks before.</param>
    /// <exception cref="DiskException">The old file is there still.</exception>
    public void Mend(ulong lastBefore)
    {
        BlockContent content = Covering(0);
        var mended = new BlockContent(0, 0, content.EndOffset + MessageRecord.EmptyLength);
        ulong hash = 0;
        ulong highest = lastBefore;
        for (int at = content.SkipHoles(0); at < content.EndOffset;)
        {
            StoredRecord record = content.RecordAt(at, out int next);
            int ordinal = record.IsTombstone || record.IsErased ? -1 : content.Records.Find(record.Sequence);
            content.Slice(at, next).CopyTo(mended.Reserve(record.Length, int.MaxValue));
            if (ordinal >= 0 && content.Records.OffsetAt(ordinal) == at)
            {
                mended.Advance(record.Length, record.Sequence);
                if (content.Records.IsDead(ordinal)) mended.Records.Kill(mended.Records.Count - 1);
            }
            else
            {
                mended.Advance(record.Length);
            }

            hash = record.Hash;
            highest = Math.Max(highest, record.Sequence);
            at = content.SkipHoles(next);
        }

        // What was lost at the end has used up its sequence.
        if (highest < LastSequence)
        {
            MessageRecord.WriteSkip(mended.Reserve(MessageRecord.EmptyLength, int.MaxValue), _key, LastSequence, LastTimeNs, out hash);
            mended.Advance(MessageRecord.EmptyLength);
        }

        DiskException? failure = RewriteFile(mended, _isCompressed);
        _content = mended;
        RawBytes = mended.EndOffset;
        LastHash = hash;
        if (failure is not null) throw failure;
    }

    /// <summary>Writes the guard of a block that is not damaged anew, if it does not cover every record.</summary>
    /// <returns>Whether it did.</returns>
    public bool MendGuard()
    {
        BlockContent content = Covering(0);
        if (_guarded != Unknown || content.Holes is not null) return false;
        GuardAll(content);
        return _guarded != Unknown;
    }
}
