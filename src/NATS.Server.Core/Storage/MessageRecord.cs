using System.Buffers.Binary;
using System.Diagnostics;
using NATS.Server.Core.Hashing;

namespace NATS.Server.Core.Storage;

/// <summary>Pure. The records that message blocks consist of.</summary>
/// <remarks>
/// All numbers are little-endian: length of the record 4 (highest bit: it has headers), sequence 8 (highest bit: erased; next: tombstone), timestamp 8,
/// length of the subject 2, subject, with headers their length 4 and they, payload, checksum 8. The checksum is over sequence, timestamp, subject, headers
/// and payload, not over the lengths. Reference: nats-server filestore.go.
/// </remarks>
public static class MessageRecord
{
    /// <summary>Bytes before the subject.</summary>
    public const int HeaderLength = 22;

    /// <summary>Bytes of a record without subject, headers and payload.</summary>
    public const int EmptyLength = HeaderLength + HighwayHash64.Length;

    /// <summary>A longer record is taken for damaged, and must not be written.</summary>
    public const int MaximumLength = 32 << 20;

    private const int SequenceAt = 4;
    private const int TimestampAt = 12;
    private const int SubjectLengthAt = 20;
    private const uint HasHeaders = 1U << 31;
    private const ulong Erased = 1UL << 63;
    private const ulong Tombstone = 1UL << 62;

    /// <summary>How long a record will be. More than <see cref="MaximumLength"/>: it cannot be stored.</summary>
    public static long LengthOf(int subjectLength, int headersLength, int payloadLength) =>
        (long)EmptyLength + subjectLength + (headersLength > 0 ? sizeof(uint) + (long)headersLength : 0) + payloadLength;

    /// <summary>Writes a message.</summary>
    /// <param name="output">At least <see cref="LengthOf"/> bytes.</param>
    /// <param name="key">Of the block.</param>
    /// <param name="sequence">The stream sequence, below 2^62.</param>
    /// <param name="timestampNs">Nanoseconds since 1970.</param>
    /// <param name="subject">At most 65535 bytes.</param>
    /// <param name="headers">With their version line; empty for none.</param>
    /// <param name="payload">Any length with which the record stays within <see cref="MaximumLength"/>.</param>
    /// <param name="hash">The checksum, by which <c>index.db</c> finds the last record again.</param>
    /// <returns>The length of the record.</returns>
    public static int Write(
        Span<byte> output,
        HighwayHashKey key,
        ulong sequence,
        long timestampNs,
        ReadOnlySpan<byte> subject,
        ReadOnlySpan<byte> headers,
        ReadOnlySpan<byte> payload,
        out ulong hash)
    {
        Debug.Assert(sequence < Tombstone);
        int length = WriteHead(output, sequence, timestampNs, subject, headers.Length, payload.Length);
        int at = HeaderLength + subject.Length;
        if (!headers.IsEmpty)
        {
            BinaryPrimitives.WriteUInt32LittleEndian(output[at..], (uint)headers.Length);
            at += sizeof(uint);
            headers.CopyTo(output[at..]);
        }

        payload.CopyTo(output[(at + headers.Length)..]);
        hash = HashOf(key, output[..length], subject.Length, !headers.IsEmpty);
        BinaryPrimitives.WriteUInt64LittleEndian(output[(length - HighwayHash64.Length)..], hash);
        return length;
    }

    /// <summary>Writes that a message of another block, or of this, is deleted. Returns <see cref="EmptyLength"/>.</summary>
    public static int WriteTombstone(Span<byte> output, HighwayHashKey key, ulong sequence, long timestampNs, out ulong hash) =>
        WriteEmpty(output, key, sequence | Tombstone, timestampNs, out hash);

    /// <summary>Writes that there is no message of a sequence, nor of any between it and the one before. Returns <see cref="EmptyLength"/>.</summary>
    public static int WriteSkip(Span<byte> output, HighwayHashKey key, ulong sequence, long timestampNs, out ulong hash) =>
        WriteEmpty(output, key, sequence | Erased, timestampNs, out hash);

    /// <summary>Overwrites a message in place.</summary>
    /// <param name="record">Exactly the record.</param>
    /// <param name="key">Of the block.</param>
    /// <param name="sequence">Of the message.</param>
    /// <param name="noise">Random bytes in place of what was there: as many as the record has beyond <see cref="EmptyLength"/>.</param>
    /// <param name="hash">The new checksum.</param>
    public static void Erase(Span<byte> record, HighwayHashKey key, ulong sequence, ReadOnlySpan<byte> noise, out ulong hash)
    {
        if (noise.Length != record.Length - EmptyLength) throw new ArgumentException("of another length than what is erased", nameof(noise));
        WriteHead(record, sequence | Erased, 0, default, 0, noise.Length);
        noise.CopyTo(record[HeaderLength..]);
        hash = HashOf(key, record, 0, hasHeaders: false);
        BinaryPrimitives.WriteUInt64LittleEndian(record[^HighwayHash64.Length..], hash);
    }

    /// <summary>Reads the record at the start of a buffer, without a look at its checksum.</summary>
    /// <param name="input">What follows the record is left alone.</param>
    /// <param name="record">Valid when the record is good.</param>
    public static RecordStatus Read(ReadOnlySpan<byte> input, out StoredRecord record) => ReadChecked(input, null, out record);

    /// <summary>Reads the record at the start of a buffer.</summary>
    /// <param name="input">What follows the record is left alone.</param>
    /// <param name="key">Of the block.</param>
    /// <param name="record">Valid when the record is good; also when only its checksum is bad.</param>
    public static RecordStatus Read(ReadOnlySpan<byte> input, HighwayHashKey key, out StoredRecord record) => ReadChecked(input, key, out record);

    private static RecordStatus ReadChecked(ReadOnlySpan<byte> input, HighwayHashKey? key, out StoredRecord record)
    {
        record = default;
        if (input.Length < HeaderLength) return RecordStatus.Short;
        uint lengthAndBit = BinaryPrimitives.ReadUInt32LittleEndian(input);
        bool hasHeaders = (lengthAndBit & HasHeaders) != 0;
        uint length = lengthAndBit & ~HasHeaders;
        int subjectLength = BinaryPrimitives.ReadUInt16LittleEndian(input[SubjectLengthAt..]);
        int headersLengthAt = HeaderLength + subjectLength;
        int bodyAt = headersLengthAt + (hasHeaders ? sizeof(uint) : 0);
        if (length > MaximumLength || length < bodyAt + HighwayHash64.Length) return RecordStatus.Malformed;
        if (length > input.Length) return RecordStatus.Short;

        input = input[..(int)length];
        ReadOnlySpan<byte> body = input[bodyAt..^HighwayHash64.Length];
        uint headersLength = hasHeaders ? BinaryPrimitives.ReadUInt32LittleEndian(input[headersLengthAt..]) : 0;
        if (headersLength > body.Length) return RecordStatus.Malformed;
        ulong sequence = BinaryPrimitives.ReadUInt64LittleEndian(input[SequenceAt..]);
        record = new StoredRecord
        {
            Length = input.Length,
            Sequence = sequence & ~(Erased | Tombstone),
            IsErased = (sequence & Erased) != 0,
            IsTombstone = (sequence & Tombstone) != 0,
            TimestampNs = BinaryPrimitives.ReadInt64LittleEndian(input[TimestampAt..]),
            Subject = input.Slice(HeaderLength, subjectLength),
            Headers = body[..(int)headersLength],
            Payload = body[(int)headersLength..],
            Hash = BinaryPrimitives.ReadUInt64LittleEndian(input[^HighwayHash64.Length..]),
        };
        return key is null || HashOf(key, input, subjectLength, hasHeaders) == record.Hash ? RecordStatus.Good : RecordStatus.BadHash;
    }

    private static int WriteEmpty(Span<byte> output, HighwayHashKey key, ulong sequence, long timestampNs, out ulong hash)
    {
        WriteHead(output, sequence, timestampNs, default, 0, 0);
        hash = HashOf(key, output[..EmptyLength], 0, hasHeaders: false);
        BinaryPrimitives.WriteUInt64LittleEndian(output[HeaderLength..], hash);
        return EmptyLength;
    }

    private static int WriteHead(Span<byte> output, ulong sequence, long timestampNs, ReadOnlySpan<byte> subject, int headersLength, int payloadLength)
    {
        long length = LengthOf(subject.Length, headersLength, payloadLength);
        if (length > MaximumLength || subject.Length > ushort.MaxValue) throw new ArgumentException("too long for a record", nameof(payloadLength));
        output = output[..(int)length];
        BinaryPrimitives.WriteUInt32LittleEndian(output, (uint)length | (headersLength > 0 ? HasHeaders : 0));
        BinaryPrimitives.WriteUInt64LittleEndian(output[SequenceAt..], sequence);
        BinaryPrimitives.WriteInt64LittleEndian(output[TimestampAt..], timestampNs);
        BinaryPrimitives.WriteUInt16LittleEndian(output[SubjectLengthAt..], (ushort)subject.Length);
        subject.CopyTo(output[HeaderLength..]);
        return (int)length;
    }

    private static ulong HashOf(HighwayHashKey key, ReadOnlySpan<byte> record, int subjectLength, bool hasHeaders)
    {
        ReadOnlySpan<byte> numbers = record[SequenceAt..SubjectLengthAt];
        ReadOnlySpan<byte> rest = record[HeaderLength..^HighwayHash64.Length];
        return hasHeaders
            ? HighwayHash64.Hash(key, numbers, rest[..subjectLength], rest[(subjectLength + sizeof(uint))..])
            : HighwayHash64.Hash(key, numbers, rest);
    }
}
