using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using System.Text;
using NATS.Server.Core.Binary;

namespace NATS.Server.Core.Storage;

/// <summary>Pure. <c>sources.db</c>, beside <c>meta.inf</c>: how far a stream has read its sources. Never encrypted.</summary>
/// <remarks>Version 1 byte, count 8, high sequence 8, little-endian; for each: length and name, sequence, length and identity. In any order.</remarks>
public static class SourcesFile
{
    private const byte Version = 1;
    private const int HeaderLength = 17;

    /// <summary>Writes the file. The reference writes none when there are no entries.</summary>
    /// <param name="output">Gets it.</param>
    /// <param name="sources">Those that were read from.</param>
    /// <param name="highSequence">One above the last sequence of the stream for which they hold.</param>
    public static void Encode(IBufferWriter<byte> output, IReadOnlyCollection<StoredSource> sources, ulong highSequence)
    {
        output.WriteByte(Version);
        output.WriteUInt64((ulong)sources.Count);
        output.WriteUInt64(highSequence);
        foreach (StoredSource source in sources)
        {
            Write(output, source);
        }
    }

    /// <summary>Reads the file.</summary>
    /// <param name="input">All of it.</param>
    /// <param name="sources">Null when it is damaged.</param>
    /// <param name="highSequence">One above the last sequence of the stream for which they hold.</param>
    public static bool TryDecode(ReadOnlySpan<byte> input, [NotNullWhen(true)] out List<StoredSource>? sources, out ulong highSequence)
    {
        sources = null;
        highSequence = 0;
        if (input.Length < HeaderLength || input[0] != Version) return false;
        var reader = new ByteReader(input[1..]);
        ulong count = reader.ReadUInt64();
        ulong high = reader.ReadUInt64();
        if (!TryRead(ref reader, count, out sources)) return false;
        highSequence = high;
        return true;
    }

    internal static void Write(IBufferWriter<byte> output, in StoredSource source)
    {
        WriteText(output, source.Name);
        output.WriteVarint(source.Sequence);
        WriteText(output, source.Identity);
    }

    // The count is not trusted: the list grows with what is really there.
    internal static bool TryRead(ref ByteReader reader, ulong count, [NotNullWhen(true)] out List<StoredSource>? sources)
    {
        sources = null;
        List<StoredSource> read = [];
        for (ulong i = 0; i < count; i++)
        {
            string name = ReadText(ref reader);
            ulong sequence = reader.ReadVarint();
            string identity = ReadText(ref reader);
            if (!reader.IsValid) return false;
            read.Add(new StoredSource(name, sequence, identity));
        }

        sources = read;
        return true;
    }

    private static void WriteText(IBufferWriter<byte> output, string text)
    {
        int length = Encoding.UTF8.GetByteCount(text);
        output.WriteVarint((ulong)length);
        output.Advance(Encoding.UTF8.GetBytes(text, output.GetSpan(length)));
    }

    private static string ReadText(ref ByteReader reader) => Encoding.UTF8.GetString(reader.ReadBytes(reader.ReadVarint()));
}
