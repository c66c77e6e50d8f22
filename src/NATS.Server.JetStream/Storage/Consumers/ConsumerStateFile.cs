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
/// <remarks>
/// A state without anything behind it was written by nats-server. Behind the mark may be zeros up to a multiple of <see cref="Room"/>. Anything else is damage.
/// </remarks>
internal static class ConsumerStateFile
{
    /// <summary>Bytes behind the state.</summary>
    public const int TrailerLength = 20;

    /// <summary>Files may be filled up with zeros to a multiple of this, so that a longer state can be written over a shorter one.</summary>
    public const int Room = 256;

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
        if (!ConsumerSnapshot.TryDecode(file, out ConsumerSnapshot? state, out _, out int length) || !ConsumerProgress.IsConsistent(state)) return null;
        if (length == file.Length) return state;
        if (file.Length - length < TrailerLength) return null;
        ReadOnlySpan<byte> trailer = file.Slice(length, TrailerLength);
        ReadOnlySpan<byte> rest = file[(length + TrailerLength)..];
        if (!rest.IsEmpty && (file.Length % Room != 0 || rest.ContainsAnyExcept((byte)0))) return null;
        version = BinaryPrimitives.ReadUInt64LittleEndian(trailer);
        bool isWhole = trailer.EndsWith(Mark) && BinaryPrimitives.ReadUInt64LittleEndian(trailer[sizeof(ulong)..]) == HighwayHash64.Hash(key, file[..(length + sizeof(ulong))]);
        return isWhole ? state : null;
    }
}
