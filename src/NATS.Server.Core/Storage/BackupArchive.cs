using System.Buffers;
using NATS.Server.Core.Binary;

namespace NATS.Server.Core.Storage;

/// <summary>
/// Pure. The archive within the compressed stream of a backup, since nats-server 2.15; before, it was a tar of the store's files, which still is restored.
/// </summary>
/// <remarks>
/// "NATSARC1", then entries: length of the name, timestamp (signed), sequence, length of headers, length of payload, all of variable length; name, headers,
/// payload. First <c>state.json</c>, then <c>consumers/NAME</c>, then the messages, at last an entry without a name or content. Reference: nats-server
/// archive.go and stream_backup.go.
/// </remarks>
public static class BackupArchive
{
    /// <summary>A longer name is taken for damaged.</summary>
    public const int MaximumNameLength = 1 << 20;

    private const int LongestNumbers = 5 * Varint.MaximumLength;

    /// <summary>What an archive begins with.</summary>
    public static ReadOnlySpan<byte> Magic => "NATSARC1"u8;

    /// <summary>Writes what stands before the content of an entry.</summary>
    public static void WriteEntry(IBufferWriter<byte> output, in BackupEntry entry)
    {
        output.WriteVarint((ulong)entry.Name.Length);
        output.WriteSignedVarint(entry.TimestampNs);
        output.WriteVarint(entry.Sequence);
        output.WriteVarint((ulong)entry.HeadersLength);
        output.WriteVarint((ulong)entry.PayloadLength);
        output.Write(entry.Name);
    }

    /// <summary>Reads what stands before the content of an entry.</summary>
    /// <param name="input">What has arrived of the archive, from the entry on.</param>
    /// <param name="entry">Valid when it is good.</param>
    /// <returns><see cref="RecordStatus.Good"/>, <see cref="RecordStatus.Malformed"/>, or <see cref="RecordStatus.Short"/>: more is needed.</returns>
    public static RecordStatus ReadEntry(ReadOnlySpan<byte> input, out BackupEntry entry)
    {
        entry = default;
        var reader = new ByteReader(input);
        ulong nameLength = reader.ReadVarint();
        long timestamp = reader.ReadSignedVarint();
        ulong sequence = reader.ReadVarint();
        ulong headersLength = reader.ReadVarint();
        ulong payloadLength = reader.ReadVarint();
        if (!reader.IsValid) return input.Length < LongestNumbers && !HasOverlongNumber(input) ? RecordStatus.Short : RecordStatus.Malformed;
        if (nameLength > MaximumNameLength || headersLength > long.MaxValue || payloadLength > long.MaxValue - headersLength) return RecordStatus.Malformed;
        ReadOnlySpan<byte> name = reader.ReadBytes(nameLength);
        if (!reader.IsValid) return RecordStatus.Short;
        entry = new BackupEntry
        {
            Name = name,
            TimestampNs = timestamp,
            Sequence = sequence,
            HeadersLength = (long)headersLength,
            PayloadLength = (long)payloadLength,
            Length = reader.Position,
        };
        return RecordStatus.Good;
    }

    // Of numbers that could not be read, either the last is cut off, or one has more than 64 bits.
    private static bool HasOverlongNumber(ReadOnlySpan<byte> input)
    {
        while (Varint.TryRead(input, out _, out int length))
        {
            input = input[length..];
        }

        return input.Length >= Varint.MaximumLength;
    }
}
