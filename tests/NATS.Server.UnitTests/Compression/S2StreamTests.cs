using System.Buffers;
using System.Text;
using NATS.Server.Core.Compression;
using Xunit;

namespace NATS.Server.UnitTests.Compression;

public sealed class S2StreamTests
{
    [Theory]
    [InlineData(S2Framing.S2)]
    [InlineData(S2Framing.Snappy)]
    [InlineData(S2Framing.Uncompressed)]
    public void Streams_come_back_however_they_are_cut(S2Framing framing)
    {
        var random = new Random(11);
        for (int i = 0; i < 300; i++)
        {
            byte[] input = S2Inputs.Any(random, i % 30 == 0 ? 300_000 : 3000);
            var stream = new ArrayBufferWriter<byte>();
            using (var writer = new S2Writer(stream, framing, blockLength: random.Next(2) == 0 ? S2Writer.DefaultBlockLength : 1 + random.Next(5000)))
            {
                for (int at = 0; at < input.Length;)
                {
                    int length = Math.Min(input.Length - at, 1 + random.Next(4000));
                    writer.Write(input.AsSpan(at, length));
                    at += length;
                    if (random.Next(5) == 0) writer.Flush();
                }

                writer.Flush();
            }

            using var reader = new S2Reader();
            Assert.Equal(input, ReadInPieces(reader, stream.WrittenSpan, random));
            Assert.Equal(S2Error.None, reader.Error);
            Assert.True(reader.IsBetweenChunks);
        }
    }

    [Fact]
    public void What_is_flushed_can_be_read_at_once()
    {
        var stream = new ArrayBufferWriter<byte>();
        using var writer = new S2Writer(stream);
        using var reader = new S2Reader();
        writer.Write("PING\r\n"u8);
        Assert.Equal(0, stream.WrittenCount);
        writer.Flush();
        Assert.True(reader.Read(stream.WrittenSpan, out int consumed, out ReadOnlySpan<byte> block));
        Assert.Equal("PING\r\n", Encoding.ASCII.GetString(block));
        Assert.Equal(stream.WrittenCount, consumed);
        writer.Flush();
        Assert.Equal(consumed, stream.WrittenCount);
    }

    // Identifier and one plain chunk, as the description of the framing has them.
    [Fact]
    public void Short_streams_are_written_byte_for_byte_as_described()
    {
        var stream = new ArrayBufferWriter<byte>();
        S2Stream.Compress("123456789"u8, stream, S2Framing.Snappy);

        // E3069283 is the published CRC-32C of the nine digits.
        uint masked = unchecked(((0xE3069283 >> 15) | (0xE3069283 << 17)) + 0xA282EAD8);
        string checksum = Convert.ToHexString(BitConverter.GetBytes(masked));
        Assert.Equal("FF060000734E61507059" + "010D0000" + checksum + Convert.ToHexString("123456789"u8), Convert.ToHexString(stream.WrittenSpan));
    }

    [Fact]
    public void Padding_index_and_unknown_skippable_chunks_are_passed_over()
    {
        var stream = new ArrayBufferWriter<byte>();
        S2Stream.Compress("hello"u8, stream);
        byte[] hello = stream.WrittenSpan.ToArray();
        byte[] identifier = hello[..10];
        byte[] chunk = hello[10..];
        byte[] padding = [0xFE, 3, 0, 0, 1, 2, 3];
        byte[] empty = [0xFE, 0, 0, 0];
        byte[] index = [0x99, 2, 0, 0, 1, 2];
        byte[] unknown = [0x80, 1, 0, 0, 9];
        byte[] joined = [.. identifier, .. empty, .. chunk, .. padding, .. index, .. identifier, .. unknown, .. chunk, .. empty];

        var output = new ArrayBufferWriter<byte>();
        Assert.Equal(S2Error.None, S2Stream.Decompress(joined, output, 10));
        Assert.Equal("hellohello", Encoding.ASCII.GetString(output.WrittenSpan));
        using var reader = new S2Reader();
        Assert.Equal("hellohello", Encoding.ASCII.GetString(ReadInPieces(reader, joined, new Random(4))));
    }

    [Fact]
    public void An_empty_stream_is_a_stream() => Assert.Equal(S2Error.None, S2Stream.Decompress([], new ArrayBufferWriter<byte>(), 10));

    [Theory]
    [InlineData("FF060000533273547742", S2Error.Corrupt)] // not an identifier that is known
    [InlineData("FF05000053327354774F", S2Error.Corrupt)]
    [InlineData("010D0000", S2Error.Corrupt)] // no identifier
    [InlineData("FE000000", S2Error.Corrupt)] // no identifier
    [InlineData("FF0600005332735477", S2Error.Truncated)]
    [InlineData("FF06000053327354774F01", S2Error.Truncated)]
    [InlineData("FF06000053327354774F020000", S2Error.Truncated)]
    [InlineData("FF06000053327354774F02000000", S2Error.Unsupported)]
    [InlineData("FF06000053327354774F7F000000", S2Error.Unsupported)]
    [InlineData("FF06000053327354774F00030000", S2Error.Corrupt)] // no room for a checksum
    [InlineData("FF06000053327354774F01030000", S2Error.Corrupt)]
    [InlineData("FF06000053327354774F01050000", S2Error.Truncated)]
    [InlineData("FF06000053327354774F010500000000000061", S2Error.BadChecksum)]
    [InlineData("FF06000053327354774F0004000000000000", S2Error.Corrupt)] // no length
    [InlineData("FF06000053327354774F00090000000000008080808008", S2Error.Corrupt)] // more than two gigabytes
    [InlineData("FF06000053327354774F0009000000000000FFFFFFFF07", S2Error.TooLong)] // almost two gigabytes
    [InlineData("FF06000053327354774F0007000000000000E80761", S2Error.TooLong)] // a thousand bytes where a hundred are allowed
    [InlineData("FF06000053327354774F01FFFFFF", S2Error.TooLong)]
    [InlineData("FF06000053327354774F00FFFFFF", S2Error.TooLong)]
    public void Bad_streams_are_refused(string stream, S2Error error)
    {
        byte[] bytes = Convert.FromHexString(stream);
        Assert.Equal(error, S2Stream.Decompress(bytes, new ArrayBufferWriter<byte>(), 100));
    }

    [Fact]
    public void No_more_comes_out_than_is_allowed()
    {
        byte[] zeros = new byte[5 << 20];
        var stream = new ArrayBufferWriter<byte>();
        S2Stream.Compress(zeros, stream);
        Assert.InRange(stream.WrittenCount, 1, 1000);
        Assert.Equal(S2Error.TooLong, S2Stream.Decompress(stream.WrittenSpan, new ArrayBufferWriter<byte>(), zeros.Length - 1));
        var output = new ArrayBufferWriter<byte>();
        Assert.Equal(S2Error.None, S2Stream.Decompress(stream.WrittenSpan, output, zeros.Length));
        Assert.True(output.WrittenSpan.SequenceEqual(zeros));
    }

    [Fact]
    public void A_length_that_is_announced_takes_no_memory_before_its_bytes_arrive()
    {
        using var reader = new S2Reader();
        byte[] begin = Convert.FromHexString("FF06000053327354774F01000040" + "0000000001020304");
        long before = GC.GetAllocatedBytesForCurrentThread();
        Assert.False(reader.Read(begin, out int consumed, out _));
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 4096);
        Assert.Equal(begin.Length, consumed);
        Assert.Equal(S2Error.None, reader.Error);
    }

    [Fact]
    public void A_reader_starts_over()
    {
        var stream = new ArrayBufferWriter<byte>();
        S2Stream.Compress("hello"u8, stream);
        using var reader = new S2Reader();
        Assert.False(reader.Read("garbage!"u8, out _, out _));
        Assert.Equal(S2Error.Corrupt, reader.Error);
        Assert.False(reader.Read(stream.WrittenSpan, out int consumed, out _));
        Assert.Equal(0, consumed);
        reader.Reset();
        Assert.True(reader.Read(stream.WrittenSpan, out _, out ReadOnlySpan<byte> block));
        Assert.Equal("hello", Encoding.ASCII.GetString(block));
    }

    private static byte[] ReadInPieces(S2Reader reader, ReadOnlySpan<byte> stream, Random random)
    {
        List<byte> output = [];
        int at = 0;
        while (true)
        {
            int length = Math.Min(stream.Length - at, random.Next(random.Next(2) == 0 ? 10 : 5000));
            ReadOnlySpan<byte> piece = stream.Slice(at, length);
            if (reader.Read(piece, out int consumed, out ReadOnlySpan<byte> block))
            {
                Assert.False(block.IsEmpty);
                output.AddRange(block);
            }
            else
            {
                Assert.Equal(piece.Length, consumed);
                if (at + consumed == stream.Length) return [.. output];
            }

            at += consumed;
        }
    }
}
