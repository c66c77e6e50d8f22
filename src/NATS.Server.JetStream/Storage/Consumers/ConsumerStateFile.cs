using System.Buffers;
using System.Buffers.Binary;
using NATS.Server.Core.Binary;
using NATS.Server.Core.Hashing;
using NATS.Server.Core.Storage;

namespace NATS.Server.JetStream.Storage.Consumers;

/// <summary>
/// Pure. What is in <c>o.dat</c> and its twin, decrypted: the state in nats-server's format, and behind it, where nats-server does not look, a version that grows with each change, the
/// HighwayHash-64 of all before, and a mark.
/// </summary>
/// <remarks>A state without anything behind it was written by nats-server. Anything else behind it is damage.</remarks>
internal static class ConsumerStateFile
{
    /// <summary>Bytes behind the state.</summary>
    public const int TrailerLength = 20;

    private static ReadOnlySpan<byte> Mark => "NSC1"u8;

    public static byte[] Encode(ConsumerSnapshot state, ulong version, long baseSeconds, HighwayHashKey key)
    {
        var output = new ArrayBufferWriter<byte>();
        state.Encode(output, baseSeconds);
        output.WriteUInt64(version);
        output.WriteUInt64(HighwayHash64.Hash(key, output.WrittenSpan));
        output.Write(Mark);
        return output.WrittenSpan.ToArray();
    }

    /// <summary>Reads a file.</summary>
    /// <param name="file">All of it, decrypted.</param>
    /// <param name="key">Of the consumer.</param>
    /// <param name="version">0 when nats-server has written it.</param>
    /// <returns>Null when it is damaged.</returns>
    public static ConsumerSnapshot? TryDecode(ReadOnlySpan<byte> file, HighwayHashKey key, out ulong version)
    {
        version = 0;
        int end = file.Length;
        if (file.EndsWith(Mark))
        {
            end -= TrailerLength;
            if (end < 0) return null;
            ReadOnlySpan<byte> trailer = file[end..];
            version = BinaryPrimitives.ReadUInt64LittleEndian(trailer);
            if (BinaryPrimitives.ReadUInt64LittleEndian(trailer[sizeof(ulong)..]) != HighwayHash64.Hash(key, file[..(end + sizeof(ulong))])) return null;
        }

        return ConsumerSnapshot.TryDecode(file[..end], out ConsumerSnapshot? state, out _, out int length) && length == end && ConsumerProgress.IsConsistent(state) ? state : null;
    }
}
