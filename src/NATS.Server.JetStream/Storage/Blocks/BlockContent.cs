using System.Buffers.Binary;
using NATS.Server.Core.Hashing;
using NATS.Server.Core.Storage;

namespace NATS.Server.JetStream.Storage.Blocks;

/// <summary>
/// Owned by a block, under its store's lock. The records of a block in memory, as they were before compression and encryption, with a table of its messages.
/// The array only grows by appending and is replaced for any other change, so that messages that refer to it stay as they are.
/// </summary>
/// <remarks>All records here were verified when they were read, or come from this process: their lengths are trusted. Offsets count from the block's start.</remarks>
internal sealed class BlockContent
{
    private const int SmallestCapacity = 512;
    private const int SequenceAt = 4;
    private const int TimestampAt = 12;
    private const int SubjectLengthAt = 20;
    private const uint HasHeaders = 1U << 31;

    private byte[] _bytes;
    private SubjectChains? _chains;

    /// <summary>Begins without records.</summary>
    /// <param name="baseOffset">Where in the block the first one will lie.</param>
    /// <param name="coversFrom">Every message of the block from this sequence on is in here.</param>
    /// <param name="capacity">Bytes to have room for at once.</param>
    public BlockContent(int baseOffset, ulong coversFrom, int capacity = 0)
    {
        BaseOffset = baseOffset;
        EndOffset = baseOffset;
        CoversFrom = coversFrom;
        _bytes = GC.AllocateUninitializedArray<byte>(Math.Max(capacity, SmallestCapacity));
        Records = new RecordTable();
    }

    /// <summary>Takes over what was read and verified.</summary>
    /// <param name="bytes">The block from its start; not changed by anybody afterwards.</param>
    /// <param name="length">How many of them count.</param>
    /// <param name="records">The messages in it.</param>
    /// <param name="holes">What of it are no records, in order; null for none.</param>
    public BlockContent(byte[] bytes, int length, RecordTable records, List<BlockHole>? holes)
    {
        _bytes = bytes;
        EndOffset = length;
        Records = records;
        Holes = holes;
    }

    public RecordTable Records { get; }

    /// <summary>Where in the block the first byte here lies: 0, or else only the end of the block is here.</summary>
    public int BaseOffset { get; }

    /// <summary>Where in the block the last record here ends.</summary>
    public int EndOffset { get; private set; }

    public ulong CoversFrom { get; }

    public bool IsWhole => BaseOffset == 0;

    /// <summary>Places that are damaged, and are walked over.</summary>
    public List<BlockHole>? Holes { get; }

    public bool HasChains => _chains is not null;

    /// <summary>Made when it is first asked for.</summary>
    public SubjectChains Chains => _chains ??= new SubjectChains(this);

    /// <summary>Bytes that it holds, about.</summary>
    public long MemoryBytes => _bytes.Length + Records.MemoryBytes + (_chains?.MemoryBytes ?? 0);

    /// <summary>Room at the end for a record. <see cref="Advance(int)"/> takes it.</summary>
    public Span<byte> Reserve(int length, int limit)
    {
        int used = EndOffset - BaseOffset;
        if (_bytes.Length - used < length) Grow(used, length, limit);
        return _bytes.AsSpan(used, length);
    }

    /// <summary>Takes a record that was written into what <see cref="Reserve"/> gave.</summary>
    public void Advance(int length) => EndOffset += length;

    /// <summary>Takes a record that is a message.</summary>
    public void Advance(int length, ulong sequence)
    {
        Records.Add(sequence, EndOffset);
        EndOffset += length;
        _chains?.Add(Records.Count - 1);
    }

    /// <summary>The bytes between two offsets.</summary>
    public ReadOnlySpan<byte> Slice(int from, int to) => _bytes.AsSpan(from - BaseOffset, to - from);

    public ReadOnlySpan<byte> SubjectAt(int ordinal)
    {
        int at = Records.OffsetAt(ordinal) - BaseOffset;
        return _bytes.AsSpan(at + MessageRecord.HeaderLength, SubjectLengthOf(at));
    }

    public long TimestampAtOrdinal(int ordinal) => BinaryPrimitives.ReadInt64LittleEndian(_bytes.AsSpan(Records.OffsetAt(ordinal) - BaseOffset + TimestampAt));

    /// <summary>The length of a message's record, and whether it has headers.</summary>
    public int LengthAt(int ordinal, out bool hasHeaders)
    {
        uint length = BinaryPrimitives.ReadUInt32LittleEndian(_bytes.AsSpan(Records.OffsetAt(ordinal) - BaseOffset));
        hasHeaders = (length & HasHeaders) != 0;
        return (int)(length & ~HasHeaders);
    }

    public StoredMessage MessageAt(int ordinal)
    {
        int at = Records.OffsetAt(ordinal) - BaseOffset;
        ReadOnlySpan<byte> head = _bytes.AsSpan(at, MessageRecord.HeaderLength);
        uint lengthAndBit = BinaryPrimitives.ReadUInt32LittleEndian(head);
        int length = (int)(lengthAndBit & ~HasHeaders);
        int subjectLength = BinaryPrimitives.ReadUInt16LittleEndian(head[SubjectLengthAt..]);
        int payloadAt = at + MessageRecord.HeaderLength + subjectLength;
        int headersLength = 0;
        if ((lengthAndBit & HasHeaders) != 0)
        {
            headersLength = BinaryPrimitives.ReadInt32LittleEndian(_bytes.AsSpan(payloadAt));
            payloadAt += sizeof(uint) + headersLength;
        }

        return new StoredMessage(
            _bytes,
            at + MessageRecord.HeaderLength,
            subjectLength,
            headersLength,
            payloadAt,
            at + length - HighwayHash64.Length - payloadAt,
            BinaryPrimitives.ReadUInt64LittleEndian(head[SequenceAt..]),
            BinaryPrimitives.ReadInt64LittleEndian(head[TimestampAt..]));
    }

    /// <summary>The record at an offset, and where the next one begins.</summary>
    public StoredRecord RecordAt(int offset, out int next)
    {
        RecordStatus status = MessageRecord.Read(_bytes.AsSpan(offset - BaseOffset, EndOffset - offset), out StoredRecord record);
        if (status != RecordStatus.Good) throw new InvalidOperationException("a verified record is no longer one");
        next = offset + record.Length;
        return record;
    }

    /// <summary>The offset of the first record at or after an offset; <see cref="EndOffset"/> for none.</summary>
    public int SkipHoles(int offset)
    {
        if (Holes is null) return offset;
        foreach (BlockHole hole in Holes)
        {
            if (hole.Offset == offset) offset += hole.Length;
            else if (hole.Offset > offset) break;
        }

        return offset;
    }

    /// <summary>Forgets what begins at an offset or after it. The array is replaced, as messages may refer to what is forgotten.</summary>
    public void Truncate(int offset, int messages)
    {
        int used = offset - BaseOffset;
        byte[] bytes = GC.AllocateUninitializedArray<byte>(Math.Max(used, SmallestCapacity));
        _bytes.AsSpan(0, used).CopyTo(bytes);
        _bytes = bytes;
        EndOffset = offset;
        Records.Truncate(messages);
        _chains = null;
    }

    /// <summary>As <see cref="Truncate"/>, for what nobody has seen yet: its place is used again.</summary>
    public void Rewind(int offset, int messages)
    {
        EndOffset = offset;
        if (messages == Records.Count) return;
        Records.Truncate(messages);
        _chains = null;
    }

    /// <summary>A copy of the array, to be changed and then taken with <see cref="Adopt"/>.</summary>
    public byte[] Copy() => _bytes.AsSpan(0, EndOffset - BaseOffset).ToArray();

    /// <summary>Replaces the array by one in which records of the same lengths lie in the same places.</summary>
    public void Adopt(byte[] bytes) => _bytes = bytes;

    private int SubjectLengthOf(int at) => BinaryPrimitives.ReadUInt16LittleEndian(_bytes.AsSpan(at + SubjectLengthAt));

    // Doubles, but stops at the size of a block when that is enough.
    private void Grow(int used, int length, int limit)
    {
        long capacity = Math.Max(2L * _bytes.Length, used + length);
        if (capacity > limit && used + length <= limit) capacity = limit;
        byte[] bytes = GC.AllocateUninitializedArray<byte>((int)capacity);
        _bytes.AsSpan(0, used).CopyTo(bytes);
        _bytes = bytes;
    }
}
