using System.Buffers;
using System.Collections;
using NATS.Server.Core.Compression;
using NATS.Server.Core.Hashing;

namespace NATS.Server.Core.Storage;

/// <summary>Pure. Gets out of a compressed block that is damaged what can be had: the records in it have checksums of their own.</summary>
/// <remarks>
/// The records are in chunks of up to a mebibyte (four at most), each with its length in front and compressed for itself. A chunk whose checksum is wrong is taken as far as it can be
/// decompressed: where bytes of a message are damaged, only that message is. Where the length of a chunk is damaged the next place is looked for from which chunks follow to the end.
/// </remarks>
public static class BlockSalvage
{
    private const int IdentifierPlace = 32;
    private const int UsualBlockLength = 1 << 20;

    // Small chunks may say that they are large: how many times what may be returned is decompressed at most.
    private const int WorkShare = 4;

    /// <summary>Whether a block was compressed, be it that its header is damaged.</summary>
    public static bool IsCompressed(ReadOnlySpan<byte> block) =>
        (CompressedBlock.TryReadHeader(block, out _, out int header) && header > 0)
        || block[..Math.Min(block.Length, IdentifierPlace)].IndexOf(S2Format.Identifier) >= 0;

    /// <summary>Decompresses what can be decompressed. What is missing is left out, or zeros.</summary>
    /// <param name="block">All of it.</param>
    /// <param name="maximumLength">The most bytes that are returned.</param>
    public static byte[] Decompress(ReadOnlySpan<byte> block, long maximumLength)
    {
        if (block.Length < HighwayHash64.Length) return [];
        ReadOnlySpan<byte> body = block[..^HighwayHash64.Length];
        var output = new ArrayBufferWriter<byte>();
        BitArray leading = PlacesThatLeadToTheEnd(body);
        long work = WorkShare * maximumLength;
        int at = Start(block, body);
        int resume = -1;
        while (at < body.Length && output.WrittenCount < maximumLength && work > 0)
        {
            int end = EndOf(body, at);
            if (end < 0 || !leading[end])
            {
                // The header here is damaged, or one after it.
                if (resume <= at) resume = NextLeading(body, leading, at);
                if (end <= at || end >= resume || body[end] > S2Format.PlainChunk) end = resume;
            }

            work -= Take(body[at..end], output, maximumLength - output.WrittenCount);
            at = end;
        }

        if (output.WrittenCount <= maximumLength - HighwayHash64.Length) output.Write(block[^HighwayHash64.Length..]);
        return output.WrittenSpan.ToArray();
    }

    // The identifier of the stream is its first chunk.
    private static int Start(ReadOnlySpan<byte> block, ReadOnlySpan<byte> body)
    {
        int identifier = body[..Math.Min(body.Length, IdentifierPlace)].IndexOf(S2Format.Identifier);
        if (identifier >= 0) return identifier + S2Format.Identifier.Length;
        int header = CompressedBlock.TryReadHeader(block, out _, out int length) ? length : 0;
        return Math.Min(body.Length, header + S2Format.ChunkHeaderLength + S2Format.Identifier.Length);
    }

    // Where the chunk ends whose header lies somewhere, or -1.
    private static int EndOf(ReadOnlySpan<byte> body, int at)
    {
        if (body.Length - at < S2Format.ChunkHeaderLength || body[at] is not (S2Format.CompressedChunk or S2Format.PlainChunk or >= S2Format.FirstSkippableChunk)) return -1;
        long end = at + S2Format.ChunkHeaderLength + (long)(body[at + 1] | (body[at + 2] << 8) | (body[at + 3] << 16));
        return end <= body.Length ? (int)end : -1;
    }

    // From which chunks follow up to the end: in one pass from there, whatever the bytes are.
    private static BitArray PlacesThatLeadToTheEnd(ReadOnlySpan<byte> body)
    {
        var leading = new BitArray(body.Length + 1) { [body.Length] = true };
        for (int at = body.Length - S2Format.ChunkHeaderLength; at >= 0; at--)
        {
            int end = EndOf(body, at);
            leading[at] = end >= 0 && leading[end];
        }

        return leading;
    }

    private static int NextLeading(ReadOnlySpan<byte> body, BitArray leading, int at)
    {
        int next = at + 1;
        while (next < body.Length && !(body[next] <= S2Format.PlainChunk && leading[next]))
        {
            next++;
        }

        return next;
    }

    // Returns how much work it was, in bytes.
    private static int Take(ReadOnlySpan<byte> chunk, ArrayBufferWriter<byte> output, long room)
    {
        const int Before = S2Format.ChunkHeaderLength + S2Format.ChecksumLength;
        if (chunk.Length <= Before || chunk[0] >= S2Format.FirstSkippableChunk) return 0;
        ReadOnlySpan<byte> data = chunk[Before..];
        if (chunk[0] == S2Format.PlainChunk)
        {
            output.Write(data[..(int)Math.Min(data.Length, room)]);
            return data.Length;
        }

        bool hasLength = S2Block.TryGetLength(data, out int length, out _);
        if (!hasLength || length > S2Format.MaximumBlockLength) length = UsualBlockLength;
        byte[] decoded = new byte[(int)Math.Min(length, room)];
        int reached = decoded.Length;

        // Zeros at the end were not reached; a few may be those of the last checksum.
        if (!S2Block.DecodePart(data, decoded)) reached = Math.Min(reached, decoded.AsSpan().TrimEnd((byte)0).Length + HighwayHash64.Length);
        output.Write(decoded.AsSpan(0, reached));
        return decoded.Length;
    }
}
