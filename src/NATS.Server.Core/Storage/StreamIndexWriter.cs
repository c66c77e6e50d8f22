using System.Buffers;
using System.Diagnostics;
using NATS.Server.Core.Binary;
using NATS.Server.Core.Hashing;

namespace NATS.Server.Core.Storage;

/// <summary>
/// Owned by one user at a time. Writes <c>index.db</c> front to back: all subjects, all blocks, the end. The checksum is added with
/// <see cref="WriteChecksum"/>, after encryption if the stream is encrypted.
/// </summary>
public sealed class StreamIndexWriter
{
    internal const byte Magic = 11;
    internal const byte Version = 4;

    private readonly IBufferWriter<byte> _output;
    private readonly long _baseTime;
    private ulong _subjectsLeft;
    private ulong _blocksLeft;

    /// <summary>Writes the totals.</summary>
    /// <param name="output">Gets the content.</param>
    /// <param name="totals">Of the stream.</param>
    /// <param name="subjectCount">How many subjects follow.</param>
    public StreamIndexWriter(IBufferWriter<byte> output, in StreamTotals totals, ulong subjectCount)
    {
        _output = output;
        _baseTime = totals.FirstTimeNs;
        _subjectsLeft = subjectCount;
        output.WriteByte(Magic);
        output.WriteByte(Version);
        output.WriteVarint(totals.Messages);
        output.WriteVarint(totals.Bytes);
        output.WriteVarint(totals.FirstSequence);
        output.WriteSignedVarint(totals.FirstTimeNs);
        output.WriteVarint(totals.LastSequence);
        output.WriteSignedVarint(totals.LastTimeNs);
        output.WriteVarint(subjectCount);
    }

    /// <summary>Writes a subject.</summary>
    public void WriteSubject(ReadOnlySpan<byte> subject, in StoredSubject info)
    {
        Debug.Assert(_subjectsLeft > 0 && !subject.IsEmpty);
        _subjectsLeft--;
        _output.WriteVarint((ulong)subject.Length);
        _output.Write(subject);
        _output.WriteVarint(info.Messages);
        _output.WriteVarint(info.FirstBlock);
        _output.WriteVarint(info.LastBlock);
    }

    /// <summary>Ends the subjects.</summary>
    /// <param name="count">How many blocks follow.</param>
    public void BeginBlocks(ulong count)
    {
        Debug.Assert(_subjectsLeft == 0);
        _blocksLeft = count;
        _output.WriteVarint(count);
    }

    /// <summary>Writes a block.</summary>
    public void WriteBlock(StoredBlock block)
    {
        Debug.Assert(_blocksLeft > 0);
        _blocksLeft--;
        _output.WriteVarint(block.Index);
        _output.WriteVarint(block.Bytes);
        _output.WriteVarint(block.FirstSequence);
        _output.WriteSignedVarint(unchecked(block.FirstTimeNs - _baseTime));
        _output.WriteVarint(block.LastSequence);
        _output.WriteSignedVarint(unchecked(block.LastTimeNs - _baseTime));
        ulong deleted = (ulong)(block.Deleted?.Count ?? 0);
        _output.WriteVarint(deleted);
        _output.WriteVarint(block.Expiring);
        _output.WriteVarint(block.Scheduled);
        if (deleted == 0) return;
        int length = block.Deleted!.EncodedLength;
        block.Deleted.Encode(_output.GetSpan(length));
        _output.Advance(length);
    }

    /// <summary>Writes the end.</summary>
    /// <param name="lastBlock">The number of the last block.</param>
    /// <param name="lastHash">The checksum of the last record in it; 0 when it is empty.</param>
    public void WriteEnd(uint lastBlock, ulong lastHash)
    {
        Debug.Assert(_subjectsLeft == 0 && _blocksLeft == 0);
        _output.WriteVarint(lastBlock);
        _output.WriteUInt64(lastHash);
    }

    /// <summary>Writes the checksum that ends the file.</summary>
    /// <param name="output">Gets it.</param>
    /// <param name="key">Of the stream.</param>
    /// <param name="content">All that is in the file before it.</param>
    public static void WriteChecksum(IBufferWriter<byte> output, HighwayHashKey key, ReadOnlySpan<byte> content) =>
        output.WriteUInt64(HighwayHash64.Hash(key, content));
}
