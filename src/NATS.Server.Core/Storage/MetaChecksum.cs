using System.Buffers.Binary;
using NATS.Server.Core.Hashing;

namespace NATS.Server.Core.Storage;

/// <summary>Pure. What <c>meta.sum</c> says of <c>meta.inf</c>: sixteen lower-case hexadecimal digits, without a line end.</summary>
public static class MetaChecksum
{
    /// <summary>Bytes of the text.</summary>
    public const int Length = 2 * HighwayHash64.Length;

    /// <summary>The text for a file as it lies on disk, which is encrypted if the stream is.</summary>
    public static string Of(HighwayHashKey key, ReadOnlySpan<byte> file)
    {
        Span<byte> bytes = stackalloc byte[HighwayHash64.Length];
        BinaryPrimitives.WriteUInt64LittleEndian(bytes, HighwayHash64.Hash(key, file));
        return Convert.ToHexStringLower(bytes);
    }

    /// <summary>Whether a checksum is that of a file. In capitals it is damaged.</summary>
    public static bool Matches(HighwayHashKey key, ReadOnlySpan<byte> file, ReadOnlySpan<byte> checksum)
    {
        Span<byte> bytes = stackalloc byte[HighwayHash64.Length];
        return checksum.Length == Length
            && !checksum.ContainsAnyInRange((byte)'A', (byte)'F')
            && Convert.FromHexString(checksum, bytes, out _, out int written) == System.Buffers.OperationStatus.Done
            && written == bytes.Length
            && BinaryPrimitives.ReadUInt64LittleEndian(bytes) == HighwayHash64.Hash(key, file);
    }
}
