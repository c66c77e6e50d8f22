using System.Buffers;
using System.Buffers.Binary;
using NATS.Server.Core.Binary;
using NATS.Server.Core.Hashing;

namespace NATS.Server.JetStream.Storage.Recovery;

/// <summary>
/// Pure. Small files without a checksum of their own (<c>thw.db</c>, <c>sched.db</c>, <c>sources.db</c>) get one behind their content, where nats-server does not look:
/// a mark of eight bytes and the hash of the content. A file without it was written by nats-server and is believed; one whose end is neither is damaged.
/// </summary>
internal static class SealedFile
{
    /// <summary>Bytes behind the content.</summary>
    public const int TrailerLength = 16;

    private static ReadOnlySpan<byte> Mark => "\0NATSUM1"u8;

    /// <summary>Adds the checksum to a content that is complete.</summary>
    public static void Seal(ArrayBufferWriter<byte> output, HighwayHashKey key)
    {
        ulong hash = HighwayHash64.Hash(key, output.WrittenSpan);
        output.Write(Mark);
        output.WriteUInt64(hash);
    }

    /// <summary>What a file says about itself.</summary>
    /// <param name="file">All of it.</param>
    /// <param name="key">Of the stream.</param>
    /// <param name="contentLength">How much of it is content: its own lengths have to end there.</param>
    /// <returns>False when there is a mark and the hash is another.</returns>
    public static bool TryCheck(ReadOnlySpan<byte> file, HighwayHashKey key, out int contentLength)
    {
        contentLength = file.Length;
        if (file.Length < TrailerLength || !file[^TrailerLength..].StartsWith(Mark)) return true;
        contentLength = file.Length - TrailerLength;
        return BinaryPrimitives.ReadUInt64LittleEndian(file[^HighwayHash64.Length..]) == HighwayHash64.Hash(key, file[..contentLength]);
    }
}
