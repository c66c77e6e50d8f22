using System.Buffers;
using NATS.Server.Core.Binary;
using Xunit;

namespace NATS.Server.UnitTests.Binary;

public sealed class VarintTests
{
    [Theory]
    [InlineData(0UL, "00")]
    [InlineData(127UL, "7F")]
    [InlineData(128UL, "8001")]
    [InlineData(300UL, "AC02")]
    [InlineData(ulong.MaxValue, "FFFFFFFFFFFFFFFFFF01")]
    public void Numbers_are_written_seven_bits_a_byte(ulong number, string expected)
    {
        byte[] output = new byte[Varint.MaximumLength];
        int length = Varint.Write(output, number);
        Assert.Equal(expected, Convert.ToHexString(output, 0, length));
        Assert.Equal(length, Varint.LengthOf(number));
        Assert.True(Varint.TryRead(output, out ulong read, out int taken));
        Assert.Equal((number, length), (read, taken));
    }

    [Theory]
    [InlineData(0L, "00")]
    [InlineData(-1L, "01")]
    [InlineData(1L, "02")]
    [InlineData(-65L, "8101")]
    [InlineData(long.MinValue, "FFFFFFFFFFFFFFFFFF01")]
    [InlineData(long.MaxValue, "FEFFFFFFFFFFFFFFFF01")]
    public void Signed_numbers_are_folded(long number, string expected)
    {
        byte[] output = new byte[Varint.MaximumLength];
        int length = Varint.WriteSigned(output, number);
        Assert.Equal(expected, Convert.ToHexString(output, 0, length));
        Assert.Equal(number, new ByteReader(output).ReadSignedVarint());
    }

    [Theory]
    [InlineData("")]
    [InlineData("80")]
    [InlineData("FFFFFFFFFFFFFFFFFF")]
    [InlineData("FFFFFFFFFFFFFFFFFF02")]
    [InlineData("8080808080808080808000")]
    public void Numbers_that_do_not_end_are_refused(string input) => Assert.False(Varint.TryRead(Convert.FromHexString(input), out _, out _));

    [Fact]
    public void A_length_is_as_long_as_what_is_written()
    {
        byte[] output = new byte[Varint.MaximumLength];
        for (int bit = 0; bit < 64; bit++)
        {
            foreach (ulong number in (ulong[])[1UL << bit, (1UL << bit) - 1, (1UL << bit) + 1]) Assert.Equal(Varint.Write(output, number), Varint.LengthOf(number));
        }
    }

    [Fact]
    public void After_the_first_failure_a_reader_reads_nothing()
    {
        var reader = new ByteReader([1, 0x80]);
        Assert.Equal(1UL, reader.ReadVarint());
        Assert.True(reader.IsValid);
        Assert.Equal(0UL, reader.ReadVarint());
        Assert.False(reader.IsValid);
        Assert.Equal(0, reader.ReadByte());
        Assert.True(reader.ReadBytes(0).IsEmpty);
        Assert.False(reader.IsValid);
    }

    [Fact]
    public void What_is_written_is_read()
    {
        var output = new ArrayBufferWriter<byte>();
        output.WriteByte(7);
        output.WriteUInt16(0x1234);
        output.WriteUInt64(0x1122334455667788);
        output.WriteVarint(1000);
        output.WriteSignedVarint(-1000);
        output.Write("abc"u8);
        Assert.Equal("07341288776655443322" + "11E807CF0F616263", Convert.ToHexString(output.WrittenSpan));

        var reader = new ByteReader(output.WrittenSpan);
        Assert.Equal(7, reader.ReadByte());
        Assert.Equal(0x1234, reader.ReadUInt16());
        Assert.Equal(0x1122334455667788UL, reader.ReadUInt64());
        Assert.Equal(1000U, reader.ReadVarint32());
        Assert.Equal(-1000, reader.ReadSignedVarint());
        Assert.Equal(output.WrittenCount - 3, reader.Position);
        Assert.True(reader.ReadBytes(3).SequenceEqual("abc"u8));
        Assert.True(reader.IsValid);
        Assert.True(reader.Left.IsEmpty);
    }

    [Fact]
    public void Numbers_beyond_32_bits_do_not_fit_32_bits()
    {
        byte[] input = new byte[Varint.MaximumLength];
        Varint.Write(input, 1UL << 32);
        var reader = new ByteReader(input);
        Assert.Equal(0U, reader.ReadVarint32());
        Assert.False(reader.IsValid);
    }
}
