using System.Buffers;
using System.Buffers.Binary;
using NATS.Server.Core.Hashing;
using NATS.Server.Core.Storage;
using NATS.Server.JetStream.Storage.Disks;

namespace NATS.Server.JetStream.Storage.Blocks;

/// <content>Reading a block back: from its bytes, or on the word of an index until it is needed.</content>
internal sealed partial class MessageBlock
{
    /// <summary>
    /// A longer file is no block, nor one that is longer after decompression. Blocks end at 8 MiB at most, unless a single record is longer, which has 32 MiB at most; the rest is for
    /// tombstones that could not go elsewhere.
    /// </summary>
    public const long LongestBlock = 64 << 20;

    private bool _isSalvaged;

    /// <summary>Looks through a block.</summary>
    /// <returns>Null when its key does not fit or its compression is damaged: the file is left as it is.</returns>
    /// <exception cref="DiskException">It could not be read.</exception>
    public static RecoveredBlock? Recover(BlockSettings settings, uint index)
    {
        var block = new MessageBlock(settings, index, 1);
        if (block.Scan(out int guards) is not { } scan) return null;
        block._durable = block._collected = block._flushed;
        block.FirstSequence = scan.FirstSequence;
        block.FirstTimeNs = scan.FirstTimeNs;
        block.LastSequence = scan.LastSequence;
        block.LastTimeNs = scan.LastTimeNs;
        block.Bytes = scan.Bytes;
        block.Messages = (ulong)scan.Records.Count;
        block.LastHash = scan.LastHash;
        if (settings.Options!.Keys is not null) block.CanAppend = false;
        foreach (SequenceRun run in scan.Deleted.Runs()) block.Deleted.AddRange(run.First, run.Last);

        // Damage after the last message may have been messages, whatever tombstones follow it.
        int lastAt = scan.Records.Count > 0 ? scan.Records.OffsetAt(scan.Records.Count - 1) : -1;
        bool isEndDamaged = scan.Holes is [.., var hole] && hole.Offset > lastAt;
        int missing = scan.Holes is null || isEndDamaged ? Math.Max(isEndDamaged ? 1 : 0, guards - scan.Count) : 0;
        if (scan.Holes is not null) settings.Damaged?.Invoke(block, $"{scan.Holes.Count} places are damaged, {scan.Lost.Count} messages are lost");
        else if (scan.Repaired > 0) settings.Damaged?.Invoke(block, $"{scan.Repaired} records had damaged lengths, which were repaired");
        return new RecoveredBlock(block, scan.Tombstones, scan.Lost, missing, scan.Holes is not null);
    }

    /// <summary>Takes a block as an index has it. It is read when it is needed.</summary>
    /// <param name="settings">Of the store.</param>
    /// <param name="stored">Possible in itself.</param>
    /// <param name="length">Of the file.</param>
    /// <param name="isTail">It is the last block: whether it can be appended to is looked at.</param>
    public static MessageBlock FromIndex(BlockSettings settings, StoredBlock stored, long length, bool isTail)
    {
        var block = new MessageBlock(settings, stored.Index, stored.LastSequence + 1)
        {
            FirstSequence = stored.FirstSequence,
            FirstTimeNs = stored.FirstTimeNs,
            LastTimeNs = stored.LastTimeNs,
            Bytes = stored.Bytes,
            Messages = stored.LastSequence + 1 - stored.FirstSequence - (ulong)(stored.Deleted?.Count ?? 0),
            Expiring = stored.Expiring,
            Scheduled = stored.Scheduled,
            RawBytes = length,
            CanAppend = isTail && settings.Options!.Keys is null,
        };
        foreach (ulong gone in stored.Deleted ?? []) block.Deleted.Add(gone);
        block._content = null;
        block._flushed = (int)length;
        block._written = (int)length;
        block._durable = block._collected = (int)length;
        block.ForgetGuard();
        if (isTail) block.LookAtEnds(length);
        return block;
    }

    /// <summary>Reads the last eight bytes of a block: the checksum of its last record; 0 for an empty one.</summary>
    /// <returns>False when the key of the block does not fit.</returns>
    /// <exception cref="DiskException">It could not be read.</exception>
    public static bool TryReadLastHash(BlockSettings settings, uint index, out ulong hash)
    {
        hash = 0;
        var block = new MessageBlock(settings, index, 1);
        using IDiskFile file = settings.Options!.Disk.Open(block.PathOf(".blk"), DiskOpen.Existing);
        long at = file.Length - HighwayHash64.Length;
        if (at < 0) return true;
        if (!block.TryOpenKey()) return false;
        hash = BinaryPrimitives.ReadUInt64LittleEndian(block.ReadAt(file, at, HighwayHash64.Length));
        return true;
    }

    /// <summary>Makes sure that <see cref="LastHash"/> is known: of blocks that an index told of it is not, except for the last. Everything is flushed.</summary>
    /// <exception cref="DiskException">It could not be read.</exception>
    public void FindLastHash()
    {
        if (LastHash == 0 && _flushed > 0 && TryReadLastHash(_settings, Index, out ulong hash)) LastHash = hash;
    }

    /// <summary>A block without messages ends where those before it end, or higher.</summary>
    public void Align(ulong lastSequence, long lastTimeNs) => SetEmpty(lastSequence, lastTimeNs);

    private void LookAtEnds(long length)
    {
        if (length < HighwayHash64.Length || !TryOpenKey()) return;
        using IDiskFile file = Options.Disk.Open(PathOf(".blk"), DiskOpen.Existing);
        LastHash = BinaryPrimitives.ReadUInt64LittleEndian(ReadAt(file, length - HighwayHash64.Length, HighwayHash64.Length));
        if (CompressedBlock.TryReadHeader(ReadAt(file, 0, MessageRecord.HeaderLength), out _, out int header) && header == 0) return;
        CanAppend = false;
        _isCompressed = true;
    }

    private byte[] ReadAt(IDiskFile file, long at, int length)
    {
        byte[] bytes = new byte[length];
        file.Read(at, bytes);
        Cipher?.Apply(at, bytes);
        return bytes;
    }

    private BlockScan? Scan(out int guards)
    {
        guards = 0;
        if (IsTooLong()) return null;
        byte[]? bytes = Recovery.DiskFiles.Read(Options.Disk, PathOf(".blk"), LongestBlock, out string? problem);
        if (problem is not null) throw new DiskException(DiskError.Device, PathOf(".blk"), problem);
        if (bytes is null || !TryOpenKey()) return null;
        Cipher?.Apply(0, bytes);
        _isSalvaged = false;
        if (BlockSalvage.IsCompressed(bytes))
        {
            bytes = Decompressed(bytes, out _isSalvaged);
            CanAppend = false;
            _isCompressed = true;
        }

        byte[] guard = ReadGuard(bytes.Length);
        guards = guard.Length / GuardEntry.Length;
        var scan = new BlockScan(bytes, bytes.Length, guard, _key);
        _content = new BlockContent(bytes, bytes.Length, scan.Records, scan.Holes);
        if (scan.Holes is not null || scan.Repaired > 0) CanAppend = false;
        RawBytes = bytes.Length;
        _flushed = bytes.Length;
        _written = bytes.Length;
        _guarded = scan.IsGuarded ? scan.Count : Unknown;
        if (_isSalvaged && scan.Holes is null) _settings.Damaged?.Invoke(this, "its compression was damaged, and no record of it");

        // The other server has appended, or there never was one. Under a key the places of a guard are not written again.
        if (_guarded == Unknown && scan is { Holes: null, Repaired: 0 } && Cipher is null && !_isOnlyRead && !_isSalvaged && Options.ConvertsBlocks) GuardAll(_content);
        return scan;
    }

    private bool IsTooLong()
    {
        if (!Options.Disk.FileExists(PathOf(".blk"))) return false;
        using IDiskFile file = Options.Disk.Open(PathOf(".blk"), DiskOpen.Existing);
        return file.Length > LongestBlock;
    }

    private static byte[] Decompressed(byte[] block, out bool isSalvaged)
    {
        var raw = new ArrayBufferWriter<byte>();
        isSalvaged = !CompressedBlock.TryReadHeader(block, out _, out int header) || header == 0 || !CompressedBlock.TryDecompress(block, raw, LongestBlock);
        return isSalvaged ? BlockSalvage.Decompress(block, LongestBlock) : raw.WrittenSpan.ToArray();
    }

    private BlockContent ReadContent()
    {
        if (_settings.IsMemory) return _content ?? throw new InvalidOperationException("a block of memory lost its content");
        if (PendingBytes > 0) Flush();
        ulong lastHash = LastHash;
        bool canAppend = CanAppend;
        if (Scan(out _) is null) _content = new BlockContent([], 0, new RecordTable(), null);
        LastHash = lastHash;
        CanAppend &= canAppend;
        RecordTable records = _content!.Records;
        ulong live = 0;
        for (int i = 0; i < records.Count; i++)
        {
            if (Holds(records.SequenceAt(i))) live++;
            else records.Kill(i);
        }

        if (live != Messages) TakeLoss(records);
        return _content;
    }

    // Not all of the messages are there that were: they count as deleted from now on.
    private void TakeLoss(RecordTable records)
    {
        List<ulong> lost = [];
        ulong bytes = 0;
        ulong next = FirstSequence;
        ulong first = 0;
        for (int i = 0; i <= records.Count; i++)
        {
            if (i < records.Count && records.IsDead(i)) continue;
            ulong sequence = i < records.Count ? records.SequenceAt(i) : LastSequence + 1;
            for (; next < sequence; next++)
            {
                next = Deleted.NextKept(next);
                if (next < sequence) lost.Add(next);
            }

            next = sequence + 1;
            if (i == records.Count) break;
            if (first == 0) first = sequence;
            bytes += (ulong)_content!.LengthAt(i, out _);
        }

        foreach (ulong sequence in lost) Deleted.Add(sequence);
        CanAppend = false;
        Messages -= (ulong)lost.Count;
        Bytes = bytes;
        if (Messages == 0)
        {
            SetEmpty(LastSequence, LastTimeNs);
        }
        else if (first != FirstSequence)
        {
            FirstSequence = first;
            FirstTimeNs = _content!.TimestampAtOrdinal(records.Find(first));
            Deleted.RemoveBelow(first);
        }

        _settings.LostFound?.Invoke(lost);
        _settings.Damaged?.Invoke(this, $"{lost.Count} messages cannot be read and are lost");
    }
}
