using NATS.Server.Host.Flags;
using Xunit;

namespace NATS.Server.UnitTests.Host.Flags;

public sealed class GoIntegerTests
{
    [Theory]
    [InlineData("0", 0)]
    [InlineData("-0", 0)]
    [InlineData("4222", 4222)]
    [InlineData("+4222", 4222)]
    [InlineData("-1", -1)]
    [InlineData("0x1F", 31)]
    [InlineData("-0X1f", -31)]
    [InlineData("0o17", 15)]
    [InlineData("017", 15)]
    [InlineData("0b101", 5)]
    [InlineData("1_000", 1000)]
    [InlineData("0_17", 15)]
    [InlineData("0x_1f", 31)]
    [InlineData("9223372036854775807", long.MaxValue)]
    [InlineData("-9223372036854775808", long.MinValue)]
    public void Every_notation_of_Go_is_read(string text, long expected)
    {
        Assert.Null(GoInteger.Parse(text, out var value));
        Assert.Equal(expected, value);
    }

    [Theory]
    [InlineData("")]
    [InlineData("-")]
    [InlineData("1k")]
    [InlineData("08")]
    [InlineData("0x")]
    [InlineData("0b2")]
    [InlineData("_1")]
    [InlineData("1_")]
    [InlineData("1__0")]
    [InlineData("1.0")]
    [InlineData(" 1")]
    [InlineData("--1")]
    public void Anything_else_is_a_parse_error(string text) => Assert.Equal("parse error", GoInteger.Parse(text, out _));

    [Theory]
    [InlineData("9223372036854775808")]
    [InlineData("-9223372036854775809")]
    [InlineData("99999999999999999999999999999999999999999999999999")]
    public void More_than_64_bits_are_out_of_range(string text) => Assert.Equal("value out of range", GoInteger.Parse(text, out _));

    [Fact]
    public void A_bad_digit_is_a_parse_error_even_after_too_many_digits() => Assert.Equal("parse error", GoInteger.Parse("99999999999999999999x", out _));
}
