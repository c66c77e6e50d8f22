using System.Buffers.Binary;
using NATS.Server.Core.Hashing;
using NATS.Server.Core.Storage;

namespace NATS.Server.JetStream.Storage.Blocks;

/// <summary>
/// Owned by who reads a block. Walks the bytes of a block once, verifies every record with its lengths, repairs lengths where that is certain, and isolates what is damaged.
/// </summary>
/// <remarks>
/// Time is bounded by the length of the block whatever is in it: each byte is hashed a few times at most, and when that is used up the rest counts as damaged.
/// </remarks>
internal sealed partial class BlockScan
{
    // How many times the length of the block may be hashed, and so many bytes more.
    private const long HashedShare = 8;
    private const long HashedLeast = 1 << 20;

    private readonly byte[] _bytes;
    private readonly int _length;
    private readonly byte[] _guard;
    private readonly int _guards;
    private readonly HighwayHashKey _key;
    private long _hashesLeft;
    private long _guardsLeft;
    private int _entry;
    private bool _isProven = true;
    private ulong _lastSeen;

    /// <summary>Walks a block.</summary>
    /// <param name="bytes">Decrypted and decompressed; lengths that are damaged are repaired in it.</param>
    /// <param name="length">How much of it counts.</param>
    /// <param name="guard">The guard file, decrypted; empty for none.</param>
    /// <param name="key">Of the block.</param>
    public BlockScan(byte[] bytes, int length, byte[] guard, HighwayHashKey key)
    {
        _bytes = bytes;
        _length = length;
        _guard = guard;
        _guards = guard.Length / GuardEntry.Length;
        _key = key;
        _hashesLeft = (HashedShare * length) + HashedLeast;
        _guardsLeft = (4L * _guards) + 1024;
        Records = new RecordTable(Math.Min(_guards, length / MessageRecord.EmptyLength));
        Walk();
    }

    /// <summary>All messages, also those that tombstones elsewhere say are deleted.</summary>
    public RecordTable Records { get; }

    /// <summary>The sequence of the first message; one above the last when there is none.</summary>
    public ulong FirstSequence { get; private set; }

    public long FirstTimeNs { get; private set; }

    /// <summary>0 when there is neither a message nor a skipped sequence.</summary>
    public ulong LastSequence { get; private set; }

    public long LastTimeNs { get; private set; }

    public ulong Bytes { get; private set; }

    public ulong LastHash { get; private set; }

    /// <summary>Gaps between messages.</summary>
    public DeletedSequences Deleted { get; } = new();

    public List<BlockTombstone> Tombstones { get; } = [];

    /// <summary>What is no record; null for nothing.</summary>
    public List<BlockHole>? Holes { get; private set; }

    /// <summary>Sequences that were in what is damaged, as far as that can be told.</summary>
    public List<ulong> Lost { get; } = [];

    /// <summary>How many records there are in all.</summary>
    public int Count { get; private set; }

    /// <summary>How many had lengths that were wrong, and are right now.</summary>
    public int Repaired { get; private set; }

    /// <summary>The guard file covers exactly these records.</summary>
    public bool IsGuarded => _isProven && Holes is null && _entry == _guards && Count == _guards;

    private void Walk()
    {
        int at = 0;
        while (at < _length)
        {
            Span<byte> rest = _bytes.AsSpan(at, _length - at);
            if (_entry < _guards && GuardEntry.Proves(Entry(_entry), rest, out int length))
            {
                if (GuardEntry.Restore(Entry(_entry), rest[..length])) Repaired++;
                if (Hash(length) && MessageRecord.Read(rest[..length], _key, out StoredRecord proven) == RecordStatus.Good) Accept(proven, at);
                else AddHole(at, length);
                at += length;
                _entry++;
                continue;
            }

            RecordStatus status = ReadUnproven(rest, out StoredRecord record);
            if (status == RecordStatus.Good)
            {
                if (TryRealign(record.Hash, record.Length)) continue;
                if (HasPlausibleLengths(rest, ref record))
                {
                    Accept(record, at);
                    at += record.Length;
                    if (_entry < _guards) _entry++;
                    continue;
                }
            }

            at = Resume(at);
        }

        if (Records.Count == 0) FirstSequence = LastSequence + 1;
    }

    private ReadOnlySpan<byte> Entry(int index) => _guard.AsSpan(index * GuardEntry.Length, GuardEntry.Length);

    // Takes bytes from what may be hashed.
    private bool Hash(int length)
    {
        _hashesLeft -= length;
        return _hashesLeft >= 0;
    }

    private RecordStatus ReadUnproven(ReadOnlySpan<byte> input, out StoredRecord record)
    {
        RecordStatus status = MessageRecord.Read(input, out record);
        if (status != RecordStatus.Good) return status;
        return Hash(record.Length) ? MessageRecord.Read(input, _key, out record) : RecordStatus.BadHash;
    }

    private void Accept(in StoredRecord record, int at)
    {
        Count++;
        LastHash = record.Hash;
        if (record.IsTombstone)
        {
            Tombstones.Add(new BlockTombstone(record.Sequence, record.TimestampNs));
            return;
        }

        // Sequences only grow: what is not above was written twice, or is of no use to anybody.
        if (record.Sequence <= _lastSeen) return;
        bool isMessage = !record.IsErased;
        if (Records.Count > 0)
        {
            ulong end = isMessage ? record.Sequence - 1 : record.Sequence;
            if (LastSequence < end) Deleted.AddRange(LastSequence + 1, end);
        }

        if (Holes is [.., var hole] && hole.Offset + hole.Length == at) NameLost(hole, record.Sequence);
        _lastSeen = record.Sequence;
        LastSequence = record.Sequence;
        if (record.TimestampNs != 0) LastTimeNs = record.TimestampNs;
        if (!isMessage) return;
        if (Records.Count == 0)
        {
            FirstSequence = record.Sequence;
            FirstTimeNs = record.TimestampNs;
        }

        Records.Add(record.Sequence, at);
        Bytes += (ulong)record.Length;
    }

    private void AddHole(int at, int length)
    {
        Holes ??= [];
        if (Holes is [.., var last] && last.Offset + last.Length == at) Holes[^1] = last with { Length = last.Length + length };
        else Holes.Add(new BlockHole(at, length));
        if (at + length == _length) NameLost(Holes[^1], ulong.MaxValue);
    }

    // Which sequences were in a hole: what it says itself, or else what is missing around it.
    private void NameLost(BlockHole hole, ulong next)
    {
        const ulong farthest = 1 << 20;
        const ulong most = 1 << 10;
        if (hole.Length >= MessageRecord.HeaderLength)
        {
            ulong said = BinaryPrimitives.ReadUInt64LittleEndian(_bytes.AsSpan(hole.Offset + sizeof(uint)));
            ulong upTo = next == ulong.MaxValue ? (_lastSeen == 0 ? 0 : _lastSeen + farthest) : next;
            if (said > _lastSeen && said < upTo && (_lastSeen > 0 || upTo - said < farthest)) Lost.Add(said);
        }

        if (next == ulong.MaxValue || _lastSeen == 0 || next - _lastSeen - 1 > most) return;
        for (ulong sequence = _lastSeen + 1; sequence < next; sequence++)
        {
            if (Lost.Count == 0 || Lost[^1] != sequence) Lost.Add(sequence);
        }
    }
}
