using System.Buffers;
using System.Text;
using NATS.Server.Core.Binary;
using NATS.Server.Core.Collections;
using NATS.Server.Core.Storage;
using Xunit;

namespace NATS.Server.UnitTests.Storage;

public sealed class StreamIndexTests
{
    private static readonly StreamTotals Totals = new(5, 500, 1, 1_000_000_007, 9, 2_000_000_009);

    [Fact]
    public void An_index_comes_back()
    {
        byte[] content = Write();
        Assert.True(StreamIndexReader.TryBegin(content, out StreamIndexReader reader));
        Assert.Equal(Totals, reader.Totals);
        Assert.Equal(2UL, reader.SubjectCount);
        Assert.True(reader.TryReadSubject(out ReadOnlySpan<byte> subject, out StoredSubject info));
        Assert.Equal(("a.b", new StoredSubject(1, 1, 1)), (Encoding.ASCII.GetString(subject), info));
        Assert.True(reader.TryReadSubject(out subject, out info));
        Assert.Equal(("c", new StoredSubject(4, 1, 2)), (Encoding.ASCII.GetString(subject), info));
        Assert.False(reader.TryReadSubject(out _, out _));
        Assert.True(reader.TryReadBlock(out StoredBlock? first));
        Assert.Equal(new StoredBlock(1, 300, 1, Totals.FirstTimeNs, 7, 1_500_000_000, null, 3, 4), first! with { Deleted = null });
        Assert.Equal([2UL, 3], first.Deleted!);
        Assert.True(reader.TryReadBlock(out StoredBlock? second));
        Assert.Equal(new StoredBlock(2, 200, 8, 1_600_000_000, 9, Totals.LastTimeNs, null, 0, 0), second);
        Assert.False(reader.TryReadBlock(out _));
        Assert.True(reader.TryReadEnd(out uint lastBlock, out ulong lastHash));
        Assert.Equal((2U, 0x1122334455667788UL), (lastBlock, lastHash));
    }

    [Fact]
    public void The_checksum_is_over_all_that_is_before_it()
    {
        var key = StoreHashKey.OfStream("S");
        var output = new ArrayBufferWriter<byte>();
        byte[] content = Write();
        output.Write(content);
        StreamIndexWriter.WriteChecksum(output, key, content);
        byte[] file = output.WrittenSpan.ToArray();
        Assert.True(StreamIndexReader.TryCheck(file, key, out ReadOnlySpan<byte> read));
        Assert.True(read.SequenceEqual(content));
        Assert.False(StreamIndexReader.TryCheck(file, StoreHashKey.OfStream("T"), out _));
        Assert.False(StreamIndexReader.TryCheck(file.AsSpan(1), key, out _));
        Assert.False(StreamIndexReader.TryCheck([], key, out _));
    }

    [Fact]
    public void An_index_that_is_cut_off_is_noticed()
    {
        byte[] content = Write();
        for (int cut = 0; cut < content.Length; cut++)
        {
            Assert.False(ReadsToTheEnd(content.AsSpan(0, cut)), $"cut at {cut}");
        }

        Assert.True(ReadsToTheEnd(content));
    }

    [Fact]
    public void Damage_anywhere_ends_in_an_answer()
    {
        var random = new Random(9);
        for (int i = 0; i < 20_000; i++)
        {
            byte[] content = Write();
            for (int damage = random.Next(4); damage >= 0; damage--)
            {
                content[random.Next(content.Length)] = (byte)random.Next(256);
            }

            ReadsToTheEnd(content);
        }
    }

    [Fact]
    public void The_end_cannot_be_read_before_the_rest()
    {
        StreamIndexReader.TryBegin(Write(), out StreamIndexReader reader);
        Assert.False(reader.TryReadBlock(out _));
        Assert.False(reader.TryReadEnd(out _, out _));
    }

    // Before version 4 a subject with one message had one block; versions 1 and 2 lack the last counters of a block.
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Older_versions_are_read(byte version)
    {
        var output = new ArrayBufferWriter<byte>();
        output.Write((byte[])[11, version]);
        foreach (ulong number in (ulong[])[5, 500, 1, 20, 9, 40, 2]) output.WriteVarint(number);
        output.Write((byte[])[1, (byte)'a', 1, 7]);
        output.Write((byte[])[1, (byte)'b', 4, 7, 8]);
        output.WriteVarint(1);
        foreach (ulong number in (ulong[])[8, 300, 1, 0, 9, 20, 0]) output.WriteVarint(number);
        if (version >= 2) output.WriteVarint(11);
        if (version >= 3) output.WriteVarint(12);
        output.WriteVarint(8);
        output.WriteUInt64(99);

        Assert.True(StreamIndexReader.TryBegin(output.WrittenSpan, out StreamIndexReader reader));
        Assert.True(reader.TryReadSubject(out _, out StoredSubject a));
        Assert.True(reader.TryReadSubject(out _, out StoredSubject b));
        Assert.Equal((new StoredSubject(1, 7, 7), new StoredSubject(4, 7, 8)), (a, b));
        Assert.True(reader.TryReadBlock(out StoredBlock? block));
        Assert.Equal(new StoredBlock(8, 300, 1, 10, 9, 20, null, version >= 2 ? 11UL : 0, version >= 3 ? 12UL : 0), block);
        Assert.True(reader.TryReadEnd(out _, out ulong hash));
        Assert.Equal(99UL, hash);
    }

    [Theory]
    [InlineData("")]
    [InlineData("0B")]
    [InlineData("0B00")]
    [InlineData("0B05")]
    [InlineData("0A04")]
    [InlineData("0B04")]
    public void Other_files_are_refused(string content) => Assert.False(StreamIndexReader.TryBegin(Convert.FromHexString(content), out _));

    private static bool ReadsToTheEnd(ReadOnlySpan<byte> content)
    {
        if (!StreamIndexReader.TryBegin(content, out StreamIndexReader reader)) return false;
        while (reader.TryReadSubject(out _, out _))
        {
        }

        while (reader.TryReadBlock(out _))
        {
        }

        return reader.TryReadEnd(out _, out _);
    }

    private static byte[] Write()
    {
        var output = new ArrayBufferWriter<byte>();
        var writer = new StreamIndexWriter(output, Totals, 2);
        writer.WriteSubject("a.b"u8, new StoredSubject(1, 1, 1));
        writer.WriteSubject("c"u8, new StoredSubject(4, 1, 2));
        writer.BeginBlocks(2);
        var deleted = new SequenceSet();
        deleted.Add(2);
        deleted.Add(3);
        writer.WriteBlock(new StoredBlock(1, 300, 1, Totals.FirstTimeNs, 7, 1_500_000_000, deleted, 3, 4));
        writer.WriteBlock(new StoredBlock(2, 200, 8, 1_600_000_000, 9, Totals.LastTimeNs, null, 0, 0));
        writer.WriteEnd(2, 0x1122334455667788);
        return output.WrittenSpan.ToArray();
    }
}
