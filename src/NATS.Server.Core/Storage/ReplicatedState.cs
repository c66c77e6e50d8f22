using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using NATS.Server.Core.Binary;
using NATS.Server.Core.Collections;

namespace NATS.Server.Core.Storage;

/// <summary>Not synchronised. What the replicas of a stream tell each other of it, in raft snapshots and when one catches up.</summary>
/// <remarks>
/// 42, version (1; 2 has sources), messages, bytes, first and last sequence, failed, with version 2 a count and the sources, how many sequences are
/// deleted, and which: sets (which begin with 22) and ranges (33, first, count) up to the end. Reference: nats-server store.go.
/// </remarks>
public sealed class ReplicatedState
{
    private const byte Magic = 42;
    private const byte PlainVersion = 1;
    private const byte VersionWithSources = 2;
    private const byte RangeMagic = 33;

    public ulong Messages { get; set; }

    public ulong Bytes { get; set; }

    public ulong FirstSequence { get; set; }

    public ulong LastSequence { get; set; }

    /// <summary>How many proposals failed: the distance between the stream's and the log's sequences.</summary>
    public ulong Failed { get; set; }

    /// <summary>How many sequences between first and last have no message.</summary>
    public ulong DeletedCount { get; set; }

    /// <summary>Which they are, in ascending order.</summary>
    public List<DeletedBlock> Deleted { get; } = [];

    /// <summary>Written, and told to older servers who then refuse all, only if there are any.</summary>
    public List<StoredSource> Sources { get; private set; } = [];

    /// <summary>Reads a state.</summary>
    /// <param name="input">All of it.</param>
    /// <param name="state">Null when it is damaged.</param>
    public static bool TryDecode(ReadOnlySpan<byte> input, [NotNullWhen(true)] out ReplicatedState? state)
    {
        state = null;
        if (input.Length < 2 || input[0] != Magic || input[1] is not (PlainVersion or VersionWithSources)) return false;
        var reader = new ByteReader(input[2..]);
        var read = new ReplicatedState
        {
            Messages = reader.ReadVarint(),
            Bytes = reader.ReadVarint(),
            FirstSequence = reader.ReadVarint(),
            LastSequence = reader.ReadVarint(),
            Failed = reader.ReadVarint(),
        };
        if (input[1] == VersionWithSources)
        {
            if (!SourcesFile.TryRead(ref reader, reader.ReadVarint(), out List<StoredSource>? sources)) return false;
            read.Sources = sources;
        }

        read.DeletedCount = reader.ReadVarint();
        if (!reader.IsValid || (read.DeletedCount > 0 && !read.TryReadDeleted(ref reader))) return false;
        state = read;
        return true;
    }

    /// <summary>Writes the state.</summary>
    public void Encode(IBufferWriter<byte> output)
    {
        output.WriteByte(Magic);
        output.WriteByte(Sources.Count > 0 ? VersionWithSources : PlainVersion);
        output.WriteVarint(Messages);
        output.WriteVarint(Bytes);
        output.WriteVarint(FirstSequence);
        output.WriteVarint(LastSequence);
        output.WriteVarint(Failed);
        if (Sources.Count > 0) output.WriteVarint((ulong)Sources.Count);
        foreach (StoredSource source in Sources)
        {
            SourcesFile.Write(output, source);
        }

        output.WriteVarint(DeletedCount);
        foreach (DeletedBlock block in Deleted)
        {
            if (block.Set is { } set)
            {
                int length = set.EncodedLength;
                set.Encode(output.GetSpan(length));
                output.Advance(length);
                continue;
            }

            output.WriteByte(RangeMagic);
            output.WriteVarint(block.First);
            output.WriteVarint(block.Count);
        }
    }

    private bool TryReadDeleted(ref ByteReader reader)
    {
        while (!reader.Left.IsEmpty)
        {
            if (reader.Left[0] == RangeMagic)
            {
                reader.Skip(1);
                Deleted.Add(DeletedBlock.OfRange(reader.ReadVarint(), reader.ReadVarint()));
            }
            else if (SequenceSet.TryDecode(reader.Left, out SequenceSet? set, out int length, out _))
            {
                Deleted.Add(DeletedBlock.OfSet(set));
                reader.Skip(length);
            }
            else
            {
                return false;
            }
        }

        return reader.IsValid;
    }
}
