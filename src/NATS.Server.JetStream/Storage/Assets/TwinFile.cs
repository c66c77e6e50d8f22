using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using NATS.Server.Core.Hashing;

namespace NATS.Server.JetStream.Storage.Assets;

/// <summary>
/// Pure. A copy of a small file that cannot be rebuilt, with its checksum in the same file: <c>meta.twin</c> and <c>key.twin</c> of streams and consumers, and
/// <c>msgs/N.twin</c> of block keys.
/// </summary>
/// <remarks>
/// Eight bytes "NATSTWN1", HighwayHash-64 (little-endian) of the content, the content as it lies in the file that it is the twin of. nats-server does not know these files.
/// </remarks>
public static class TwinFile
{
    /// <summary>What stands before the content.</summary>
    public const int HeaderLength = 16;

    private static ReadOnlySpan<byte> Magic => "NATSTWN1"u8;

    /// <summary>Makes the file.</summary>
    /// <param name="key">Of the asset or block; it is not enough to be another file's twin.</param>
    /// <param name="content">What it is the twin of.</param>
    public static byte[] Encode(HighwayHashKey key, ReadOnlySpan<byte> content)
    {
        byte[] file = new byte[HeaderLength + content.Length];
        Magic.CopyTo(file);
        BinaryPrimitives.WriteUInt64LittleEndian(file.AsSpan(Magic.Length), HighwayHash64.Hash(key, content));
        content.CopyTo(file.AsSpan(HeaderLength));
        return file;
    }

    /// <summary>Reads the file.</summary>
    /// <param name="key">Of the asset or block.</param>
    /// <param name="file">All of it, or null.</param>
    /// <param name="content">Null when it is damaged, or not there.</param>
    public static bool TryDecode(HighwayHashKey key, byte[]? file, [NotNullWhen(true)] out byte[]? content)
    {
        content = null;
        if (file is null || file.Length < HeaderLength || !file.AsSpan().StartsWith(Magic)) return false;
        ReadOnlySpan<byte> read = file.AsSpan(HeaderLength);
        if (BinaryPrimitives.ReadUInt64LittleEndian(file.AsSpan(Magic.Length)) != HighwayHash64.Hash(key, read)) return false;
        content = read.ToArray();
        return true;
    }
}
