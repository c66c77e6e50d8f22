using System.Buffers;
using System.Text;
using NATS.Server.Core.Storage;
using Xunit;

namespace NATS.Server.UnitTests.Storage;

public sealed class CompressedBlockTests
{
    private static readonly byte[] Records = Encoding.ASCII.GetBytes(string.Concat(Enumerable.Repeat("not really records, but long enough. ", 200)) + "CHECKSUM");

    [Fact]
    public void A_block_comes_back()
    {
        byte[] block = Compress(Records);
        Assert.StartsWith("cmp\x01", Encoding.Latin1.GetString(block), StringComparison.Ordinal);
        Assert.EndsWith("CHECKSUM", Encoding.Latin1.GetString(block), StringComparison.Ordinal);
        Assert.InRange(block.Length, 50, 1000);
        Assert.True(CompressedBlock.TryReadHeader(block, out ulong length, out _));
        Assert.Equal((ulong)Records.Length, length);
        Assert.Equal(Records, Decompress(block, Records.Length));
    }

    [Fact]
    public void A_block_of_one_checksum_comes_back() => Assert.Equal(Records[^8..], Decompress(Compress(Records[^8..]), 8));

    [Fact]
    public void Blocks_without_a_header_are_plain()
    {
        Assert.Equal(Records, Decompress(Records, Records.Length));
        Assert.Equal("cmp"u8.ToArray(), Decompress("cmp"u8.ToArray(), 3));
        Assert.Empty(Decompress([], 0)!);
    }

    [Fact]
    public void No_more_comes_out_than_is_allowed()
    {
        Assert.Null(Decompress(Records, Records.Length - 1));
        Assert.Null(Decompress(Compress(Records), Records.Length - 1));
    }

    [Fact]
    public void Damaged_blocks_are_refused()
    {
        byte[] block = Compress(Records);
        for (int cut = 5; cut < block.Length; cut++)
        {
            Assert.Null(Decompress(block[..cut], Records.Length));
        }

        foreach (string change in (string[])["636D7002", "636D70FF", "636D7001FFFFFFFFFFFFFFFFFF7F", "636D700100", "636D700109"])
        {
            byte[] changed = [.. block];
            Convert.FromHexString(change).CopyTo(changed, 0);
            Assert.Null(Decompress(changed, 1 << 20));
        }
    }

    private static byte[] Compress(byte[] records)
    {
        var output = new ArrayBufferWriter<byte>();
        CompressedBlock.Compress(records, output);
        return output.WrittenSpan.ToArray();
    }

    private static byte[]? Decompress(byte[] block, long maximumLength)
    {
        var output = new ArrayBufferWriter<byte>();
        return CompressedBlock.TryDecompress(block, output, maximumLength) ? output.WrittenSpan.ToArray() : null;
    }
}
