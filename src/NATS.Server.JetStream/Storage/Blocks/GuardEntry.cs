using System.Buffers.Binary;
using System.Numerics;
using NATS.Server.Core.Hashing;
using NATS.Server.Core.Storage;

namespace NATS.Server.JetStream.Storage.Blocks;

/// <summary>Pure. What <c>msgs/N.guard</c> holds for each record of a block, in their order: its lengths, which the record's own checksum leaves out.</summary>
/// <remarks>
/// Little-endian: length of the record with the bit for headers 4, length of the headers 4, length of the subject 2, zero 2, CRC-32C of these and of the
/// record's checksum 4. An entry whose CRC is right for the checksum that lies where the record would end proves the lengths; any other counts for nothing.
/// </remarks>
internal static class GuardEntry
{
    public const int Length = 16;

    private const int HeadersLengthAt = 4;
    private const int SubjectLengthAt = 8;
    private const int ChecksumAt = 12;
    private const uint HasHeaders = 1U << 31;

    /// <summary>Writes the entry of a record.</summary>
    public static void Write(Span<byte> output, ReadOnlySpan<byte> record)
    {
        uint total = BinaryPrimitives.ReadUInt32LittleEndian(record);
        int subjectLength = BinaryPrimitives.ReadUInt16LittleEndian(record[(MessageRecord.HeaderLength - sizeof(ushort))..]);
        uint headersLength = (total & HasHeaders) == 0 ? 0 : BinaryPrimitives.ReadUInt32LittleEndian(record[(MessageRecord.HeaderLength + subjectLength)..]);
        BinaryPrimitives.WriteUInt32LittleEndian(output, total);
        BinaryPrimitives.WriteUInt32LittleEndian(output[HeadersLengthAt..], headersLength);
        BinaryPrimitives.WriteUInt32LittleEndian(output[SubjectLengthAt..], (uint)subjectLength);
        BinaryPrimitives.WriteUInt32LittleEndian(output[ChecksumAt..], ChecksumOf(output, BinaryPrimitives.ReadUInt64LittleEndian(record[^HighwayHash64.Length..])));
    }

    /// <summary>The length of a record that an entry speaks of, proven or not; 0 when it cannot be right.</summary>
    public static int LengthOf(ReadOnlySpan<byte> entry)
    {
        uint length = BinaryPrimitives.ReadUInt32LittleEndian(entry) & ~HasHeaders;
        return length is >= MessageRecord.EmptyLength and <= MessageRecord.MaximumLength ? (int)length : 0;
    }

    /// <summary>Whether an entry is that of the record that begins at the start of the input.</summary>
    public static bool Proves(ReadOnlySpan<byte> entry, ReadOnlySpan<byte> input, out int length)
    {
        length = LengthOf(entry);
        return length > 0 && length <= input.Length
            && ProvesChecksum(entry, BinaryPrimitives.ReadUInt64LittleEndian(input.Slice(length - HighwayHash64.Length)));
    }

    /// <summary>Whether an entry is that of a record with a checksum.</summary>
    public static bool ProvesChecksum(ReadOnlySpan<byte> entry, ulong checksum) => BinaryPrimitives.ReadUInt32LittleEndian(entry[ChecksumAt..]) == ChecksumOf(entry, checksum);

    /// <summary>Puts the lengths of an entry that is proven into its record. False when they were there already.</summary>
    public static bool Restore(ReadOnlySpan<byte> entry, Span<byte> record)
    {
        uint total = BinaryPrimitives.ReadUInt32LittleEndian(entry);
        uint headersLength = BinaryPrimitives.ReadUInt32LittleEndian(entry[HeadersLengthAt..]);
        ushort subjectLength = BinaryPrimitives.ReadUInt16LittleEndian(entry[SubjectLengthAt..]);
        Span<byte> subjectLengthBytes = record.Slice(MessageRecord.HeaderLength - sizeof(ushort), sizeof(ushort));
        bool isRestored = BinaryPrimitives.ReadUInt32LittleEndian(record) != total || BinaryPrimitives.ReadUInt16LittleEndian(subjectLengthBytes) != subjectLength;
        int headersLengthAt = MessageRecord.HeaderLength + subjectLength;
        bool hasHeaders = (total & HasHeaders) != 0;
        if (hasHeaders && headersLengthAt + sizeof(uint) > record.Length - HighwayHash64.Length) return false;
        isRestored |= hasHeaders && BinaryPrimitives.ReadUInt32LittleEndian(record[headersLengthAt..]) != headersLength;
        if (!isRestored) return false;
        BinaryPrimitives.WriteUInt32LittleEndian(record, total);
        BinaryPrimitives.WriteUInt16LittleEndian(subjectLengthBytes, subjectLength);
        if (hasHeaders) BinaryPrimitives.WriteUInt32LittleEndian(record[headersLengthAt..], headersLength);
        return true;
    }

    private static uint ChecksumOf(ReadOnlySpan<byte> entry, ulong checksum)
    {
        uint crc = BitOperations.Crc32C(uint.MaxValue, BinaryPrimitives.ReadUInt64LittleEndian(entry));
        crc = BitOperations.Crc32C(crc, BinaryPrimitives.ReadUInt32LittleEndian(entry[SubjectLengthAt..]));
        return BitOperations.Crc32C(crc, checksum);
    }
}
