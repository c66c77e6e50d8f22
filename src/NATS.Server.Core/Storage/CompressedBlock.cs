using System.Buffers;
using NATS.Server.Core.Binary;
using NATS.Server.Core.Compression;
using NATS.Server.Core.Hashing;

namespace NATS.Server.Core.Storage;

/// <summary>Pure. Message blocks as they lie on disk, compressed or not; encryption, if any, is around this.</summary>
/// <remarks>"cmp", algorithm 1, length before compression as a number of variable length, an S2 stream, the last eight bytes as they are.</remarks>
public static class CompressedBlock
{
    private const int ShortestHeader = 5;
    private const byte PlainAlgorithm = 0;
    private const byte S2Algorithm = 1;

    private static ReadOnlySpan<byte> Magic => "cmp"u8;

    /// <summary>Looks at how a block begins. A block without the header is one of plain records.</summary>
    /// <param name="block">A block, or its first bytes.</param>
    /// <param name="length">Its length after decompression.</param>
    /// <param name="headerLength">Bytes of the header; 0 when there is none.</param>
    /// <returns>False when there is a header that is damaged or names an unknown algorithm.</returns>
    public static bool TryReadHeader(ReadOnlySpan<byte> block, out ulong length, out int headerLength)
    {
        length = (ulong)block.Length;
        headerLength = 0;
        if (block.Length < ShortestHeader || !block.StartsWith(Magic)) return true;
        if (block[Magic.Length] is not (PlainAlgorithm or S2Algorithm) || !Varint.TryRead(block[(Magic.Length + 1)..], out length, out int numberLength)) return false;
        headerLength = Magic.Length + 1 + numberLength;
        return true;
    }

    /// <summary>Decompresses a block, or copies it when it is not compressed.</summary>
    /// <param name="block">All of it.</param>
    /// <param name="output">Gets the records.</param>
    /// <param name="maximumLength">The most bytes that are written.</param>
    /// <returns>False when the block is damaged, or longer than allowed.</returns>
    public static bool TryDecompress(ReadOnlySpan<byte> block, IBufferWriter<byte> output, long maximumLength)
    {
        if (!TryReadHeader(block, out ulong length, out int headerLength) || length > (ulong)maximumLength) return false;
        ReadOnlySpan<byte> body = block[headerLength..];
        if (headerLength == 0 || block[Magic.Length] == PlainAlgorithm)
        {
            if ((ulong)body.Length != length) return false;
            output.Write(body);
            return true;
        }

        if (body.Length < HighwayHash64.Length || length < HighwayHash64.Length) return false;
        var counted = new CountedOutput(output);
        long bodyLength = (long)length - HighwayHash64.Length;
        if (bodyLength > 0 && S2Stream.Decompress(body[..^HighwayHash64.Length], counted, bodyLength) != S2Error.None) return false;
        if (counted.Count != bodyLength) return false;
        output.Write(body[^HighwayHash64.Length..]);
        return true;
    }

    /// <summary>Compresses the records of a block.</summary>
    /// <param name="records">At least one record.</param>
    /// <param name="output">Gets the block.</param>
    /// <param name="encoder">Used for it; null for a new one.</param>
    public static void Compress(ReadOnlySpan<byte> records, IBufferWriter<byte> output, S2Encoder? encoder = null)
    {
        if (records.Length < HighwayHash64.Length) throw new ArgumentException("shorter than a checksum", nameof(records));
        output.Write(Magic);
        output.WriteByte(S2Algorithm);
        output.WriteVarint((ulong)records.Length);
        S2Stream.Compress(records[..^HighwayHash64.Length], output, S2Framing.S2, encoder);
        output.Write(records[^HighwayHash64.Length..]);
    }

    private sealed class CountedOutput(IBufferWriter<byte> inner) : IBufferWriter<byte>
    {
        public long Count { get; private set; }

        public void Advance(int count)
        {
            inner.Advance(count);
            Count += count;
        }

        public Memory<byte> GetMemory(int sizeHint = 0) => inner.GetMemory(sizeHint);

        public Span<byte> GetSpan(int sizeHint = 0) => inner.GetSpan(sizeHint);
    }
}
