using NATS.Server.Core.Compression;
using NATS.Server.UnitTests.Architecture;
using Xunit;

namespace NATS.Server.UnitTests.Compression;

public sealed class S2BlockTests
{
    private readonly S2Encoder _encoder = new();

    [Theory]
    [InlineData(S2Level.Fast, false)]
    [InlineData(S2Level.Fast, true)]
    [InlineData(S2Level.Better, false)]
    [InlineData(S2Level.Better, true)]
    public void What_was_compressed_comes_back(S2Level level, bool snappy)
    {
        var encoder = new S2Encoder(level);
        var random = new Random(snappy ? 1 : 2);
        for (int i = 0; i < 3000; i++)
        {
            byte[] input = S2Inputs.Any(random, i % 50 == 0 ? 300_000 : 2000);
            byte[] output = new byte[S2Encoder.MaximumLength(input.Length)];
            int length = encoder.Encode(input, output, snappy);

            Assert.True(length <= input.Length + 10, $"{input.Length} bytes became {length}");
            Assert.Equal(input, Decode(output.AsSpan(0, length)));
        }
    }

    [Fact]
    public void Text_becomes_a_third_and_repetition_almost_nothing()
    {
        byte[] json = S2Inputs.Json(new Random(5), 100_000);
        Assert.InRange(_encoder.Encode(json, new byte[S2Encoder.MaximumLength(json.Length)]), 1, 36_000);
        byte[] zeros = new byte[1 << 20];
        Assert.InRange(_encoder.Encode(zeros, new byte[S2Encoder.MaximumLength(zeros.Length)]), 1, 50);
    }

    [Fact]
    public void The_better_level_is_better()
    {
        byte[] source = System.Text.Encoding.UTF8.GetBytes(string.Concat(SourceTree.Below("src", "NATS.Server.Core").Select(file => file.Text)))[..300_000];
        byte[] output = new byte[S2Encoder.MaximumLength(source.Length)];
        int fast = _encoder.Encode(source, output);
        int better = new S2Encoder(S2Level.Better).Encode(source, output);
        Assert.True(better < fast * 0.95, $"{fast} bytes became {better}");
    }

    [Fact]
    public void Noise_is_not_compressed()
    {
        byte[] noise = new byte[10_000];
        new Random(5).NextBytes(noise);
        Assert.Equal(0, _encoder.TryEncode(noise, new byte[S2Encoder.MaximumLength(noise.Length)]));
    }

    [Fact]
    public void Snappy_blocks_repeat_no_offset()
    {
        byte[] input = S2Inputs.Json(new Random(5), 60_000);
        byte[] output = new byte[S2Encoder.MaximumLength(input.Length)];
        Assert.True(CountRepeats(output.AsSpan(0, _encoder.Encode(input, output))) > 0);
        Assert.Equal(0, CountRepeats(output.AsSpan(0, _encoder.Encode(input, output, snappy: true))));
    }

    // The codes of the format's table, each with the length that it stands for. Before them a literal and a copy, which sets the offset.
    [Theory]
    [InlineData("01 00", 4)]
    [InlineData("05 00", 5)]
    [InlineData("09 00", 6)]
    [InlineData("0D 00", 7)]
    [InlineData("11 00", 8)]
    [InlineData("15 00 00", 8)]
    [InlineData("15 00 FF", 263)]
    [InlineData("19 00 01 02", 260 + 0x0201)]
    [InlineData("1D 00 01 02 03", 65540 + 0x030201)]
    public void Repeats_have_the_lengths_of_the_format(string repeat, int length)
    {
        byte[] body = [0x04, (byte)'a', (byte)'b', 0x01, 0x02, .. Convert.FromHexString(repeat.Replace(" ", "", StringComparison.Ordinal))];
        byte[] expected = [.. Enumerable.Range(0, 6 + length).Select(i => (byte)(i % 2 == 0 ? 'a' : 'b'))];
        Assert.Equal(expected, Decode([.. LengthOf(expected.Length), .. body]));
    }

    // The example of the format's description: literals, a repeat and copies.
    [Theory]
    [InlineData("05 10 68 65 6C 6C 6F", "hello")]
    [InlineData("00", "")]
    [InlineData("08 00 61 19 01", null)]
    [InlineData("0B 00 61 19 01", "aaaaaaaaaaa")]
    [InlineData("05 00 61 0E 01 00", "aaaaa")]
    [InlineData("05 00 61 0F 01 00 00 00", "aaaaa")]
    [InlineData("03 F0 02 61 62 63", "abc")]
    [InlineData("03 F4 02 00 61 62 63", "abc")]
    [InlineData("03 F8 02 00 00 61 62 63", "abc")]
    [InlineData("03 FC 02 00 00 00 61 62 63", "abc")]
    public void Blocks_made_by_hand_are_read(string block, string? expected) =>
        Assert.Equal(expected, DecodeOrNull(Convert.FromHexString(block.Replace(" ", "", StringComparison.Ordinal))) is { } bytes ? System.Text.Encoding.ASCII.GetString(bytes) : null);

    [Theory]
    [InlineData("")]
    [InlineData("80")]
    [InlineData("FFFFFFFFFF7F")]
    [InlineData("8080808010")]
    [InlineData("8080808008")]
    public void Bad_lengths_are_refused(string block) =>
        Assert.False(S2Block.TryGetLength(Convert.FromHexString(block), out _, out _));

    [Theory]
    [InlineData("0100")] // a literal that is missing
    [InlineData("0104616263")] // longer than announced
    [InlineData("0500610E00")] // cut within a copy
    [InlineData("05000105")] // cut within a copy
    [InlineData("0500610F010000")]
    [InlineData("05006101")]
    [InlineData("0500610100")] // a repeat with nothing to repeat
    [InlineData("0500610E0000")] // offset 0 outside of a repeat
    [InlineData("0500610E0200")] // before the beginning
    [InlineData("0500610F010000FF")]
    [InlineData("0400610E0100")] // longer than announced
    [InlineData("0600610E0100")] // shorter than announced
    [InlineData("01FCFFFFFFFF61")]
    [InlineData("01F4FF")]
    public void Damaged_blocks_are_refused(string block) => Assert.Null(DecodeOrNull(Convert.FromHexString(block)));

    [Fact]
    public void Damage_anywhere_ends_in_an_answer()
    {
        var random = new Random(3);
        for (int i = 0; i < 20_000; i++)
        {
            byte[] input = S2Inputs.Any(random, 400);
            byte[] output = new byte[S2Encoder.MaximumLength(input.Length)];
            byte[] block = output[.._encoder.Encode(input, output)];
            for (int damage = random.Next(4); damage >= 0; damage--)
            {
                block[random.Next(block.Length)] = (byte)random.Next(256);
            }

            if (S2Block.TryGetLength(block, out int length, out _) && length < 10_000) S2Block.TryDecode(block.AsSpan(0, random.Next(block.Length + 1)), new byte[length]);
        }
    }

    [Fact]
    public void The_output_has_to_have_the_announced_length()
    {
        byte[] block = [0x01, 0x00, (byte)'a'];
        Assert.True(S2Block.TryDecode(block, new byte[1]));
        Assert.False(S2Block.TryDecode(block, new byte[2]));
        Assert.False(S2Block.TryDecode(block, []));
    }

    [Fact]
    public void Blocks_are_compressed_and_read_without_allocation()
    {
        byte[] input = S2Inputs.Json(new Random(5), 50_000);
        byte[] output = new byte[S2Encoder.MaximumLength(input.Length)];
        byte[] again = new byte[input.Length];
        long before = GC.GetAllocatedBytesForCurrentThread();
        int length = _encoder.Encode(input, output);
        bool read = S2Block.TryDecode(output.AsSpan(0, length), again);
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
        Assert.True(read);
    }

    private static byte[] Decode(ReadOnlySpan<byte> block)
    {
        byte[]? output = DecodeOrNull(block);
        Assert.NotNull(output);
        return output;
    }

    private static byte[]? DecodeOrNull(ReadOnlySpan<byte> block)
    {
        Assert.True(S2Block.TryGetLength(block, out int length, out _));
        byte[] output = new byte[length];
        return S2Block.TryDecode(block, output) ? output : null;
    }

    private static List<byte> LengthOf(int length)
    {
        List<byte> bytes = [];
        for (; length >= 0x80; length >>= 7)
        {
            bytes.Add((byte)(length | 0x80));
        }

        return [.. bytes, (byte)length];
    }

    private static int CountRepeats(ReadOnlySpan<byte> block)
    {
        S2Block.TryGetLength(block, out _, out int at);
        int repeats = 0;
        while (at < block.Length)
        {
            int tag = block[at];
            int value = tag >> 2;
            if ((tag & 3) == 0) at += value < 60 ? value + 2 : (value - 58) + 1 + NumberAt(block[(at + 1)..], value - 59);
            else if ((tag & 3) == 2) at += 3;
            else if ((tag & 3) == 3) at += 5;
            else if ((tag & 0xE0) != 0 || block[at + 1] != 0) at += 2;
            else
            {
                repeats++;
                at += 2 + Math.Max(0, (value & 7) - 4);
            }
        }

        return repeats;
    }

    private static int NumberAt(ReadOnlySpan<byte> bytes, int length)
    {
        int number = 0;
        for (int i = 0; i < length; i++)
        {
            number |= bytes[i] << (8 * i);
        }

        return number;
    }
}
