using System.Buffers;
using NATS.Server.Core.Hashing;
using NATS.Server.Core.Storage;
using NATS.Server.JetStream.Storage.Blocks;
using Xunit;

namespace NATS.Server.UnitTests.Storage;

/// <summary>Compressed blocks in which a bit is turned round: how many records can still be read.</summary>
public sealed class BlockSalvageTests
{
    private const int Records = 12_000;
    private const long Longest = 64 << 20;

    private static readonly HighwayHashKey Key = StoreHashKey.OfBlock("S", 1);

    [Fact]
    public void A_block_that_is_whole_is_salvaged_as_it_is()
    {
        byte[] raw = Raw();
        Assert.Equal(raw, BlockSalvage.Decompress(Compressed(raw), Longest));
    }

    [Fact]
    public void A_wrong_bit_never_costs_the_whole_block_and_on_average_a_small_part()
    {
        byte[] raw = Raw();
        byte[] block = Compressed(raw);
        var random = new Random(7);
        int most = 0;
        long lost = 0;
        const int Cases = 60;
        for (int i = 0; i < Cases; i++)
        {
            byte[] damaged = [.. block];
            int at = i < 24 ? i : random.Next(block.Length - 8);
            damaged[at] ^= (byte)(1 << random.Next(8));
            Assert.True(BlockSalvage.IsCompressed(damaged));
            int missing = Records - Count(BlockSalvage.Decompress(damaged, Longest));
            lost += missing;
            most = Math.Max(most, missing);
        }

        // A chunk is a third of the block. What a wrong copy spoils goes through the chunk, and looking for records then may reach its bound.
        Assert.InRange(most, 1, Records - 1);
        Assert.InRange(lost / Cases, 0, Records / 10);
        TestContext.Current.TestOutputHelper?.WriteLine($"{lost / (double)Cases} of {Records} records lost on average, {most} at most");
    }

    [Fact]
    public void Noise_ends_and_takes_no_more_than_is_allowed()
    {
        var random = new Random(3);
        byte[] start = Compressed(Raw());
        for (int i = 0; i < 200; i++)
        {
            byte[] noise = new byte[random.Next(5000)];
            random.NextBytes(noise);
            if (noise.Length > 20) start[..20].CopyTo(noise, 0);
            Assert.InRange(BlockSalvage.Decompress(noise, 100_000).Length, 0, 100_000);
        }
    }

    [Fact]
    public void Chunks_without_end_are_looked_through_once_and_promises_are_not_believed()
    {
        byte[] start = Compressed(Raw())[..20];
        byte[] empty = new byte[8 << 20];
        start.CopyTo(empty, 0);
        Assert.InRange(BlockSalvage.Decompress(empty, Longest).Length, 0, 1000);

        // Each says that it holds a mebibyte, and has one byte.
        byte[] promises = new byte[1 << 20];
        ReadOnlySpan<byte> chunk = [0, 8, 0, 0, 1, 2, 3, 4, 0x80, 0x80, 0x40, 0];
        for (int at = start.Length; at + chunk.Length <= promises.Length; at += chunk.Length) chunk.CopyTo(promises.AsSpan(at));
        start.CopyTo(promises, 0);
        Assert.InRange(BlockSalvage.Decompress(promises, Longest).Length, 0, 2 * promises.Length);
    }

    private static int Count(byte[] raw)
    {
        var scan = new BlockScan(raw, raw.Length, [], Key);
        return scan.Records.Count;
    }

    private static byte[] Compressed(byte[] raw)
    {
        var output = new ArrayBufferWriter<byte>();
        CompressedBlock.Compress(raw, output);
        return output.WrittenSpan.ToArray();
    }

    private static byte[] Raw()
    {
        var random = new Random(1);
        using var raw = new MemoryStream();
        byte[] payload = new byte[200];
        byte[] record = new byte[300];
        for (ulong sequence = 1; sequence <= Records; sequence++)
        {
            random.NextBytes(payload.AsSpan(0, 100));
            int length = (int)MessageRecord.LengthOf(3, 0, payload.Length);
            MessageRecord.Write(record.AsSpan(0, length), Key, sequence, 1000 + (long)sequence, "s.a"u8, default, payload, out _);
            raw.Write(record.AsSpan(0, length));
        }

        return raw.ToArray();
    }
}
