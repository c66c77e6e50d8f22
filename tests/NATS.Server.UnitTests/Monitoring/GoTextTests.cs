using System.Text;
using NATS.Server.Monitoring;
using NATS.Server.Sessions;
using Xunit;

namespace NATS.Server.UnitTests.Monitoring;

public sealed class GoTextTests
{
    [Theory]
    [InlineData("1", true)]
    [InlineData("t", true)]
    [InlineData("T", true)]
    [InlineData("true", true)]
    [InlineData("TRUE", true)]
    [InlineData("True", true)]
    [InlineData("0", false)]
    [InlineData("f", false)]
    [InlineData("F", false)]
    [InlineData("false", false)]
    [InlineData("FALSE", false)]
    [InlineData("False", false)]
    public void Booleans_have_twelve_spellings(string text, bool expected)
    {
        Assert.Null(GoText.ParseBool(Encoding.UTF8.GetBytes(text), out bool value));
        Assert.Equal(expected, value);
    }

    [Theory]
    [InlineData("tRUE")]
    [InlineData("yes")]
    [InlineData("2")]
    [InlineData(" 1")]
    public void Other_booleans_are_malformed(string text) =>
        Assert.Equal($"strconv.ParseBool: parsing \"{text}\": invalid syntax", GoText.ParseBool(Encoding.UTF8.GetBytes(text), out _));

    [Theory]
    [InlineData("0", 0)]
    [InlineData("+5", 5)]
    [InlineData("-5", -5)]
    [InlineData("-0", 0)]
    [InlineData("00012", 12)]
    [InlineData("9223372036854775807", long.MaxValue)]
    [InlineData("-9223372036854775808", long.MinValue)]
    public void Integers_have_an_optional_sign(string text, long expected)
    {
        Assert.Null(GoText.ParseInt(Encoding.UTF8.GetBytes(text), out long value));
        Assert.Equal(expected, value);
    }

    [Theory]
    [InlineData("", "invalid syntax")]
    [InlineData("+", "invalid syntax")]
    [InlineData("-", "invalid syntax")]
    [InlineData("+-1", "invalid syntax")]
    [InlineData("1_000", "invalid syntax")]
    [InlineData("0x10", "invalid syntax")]
    [InlineData("1.0", "invalid syntax")]
    [InlineData("9223372036854775808", "value out of range")]
    [InlineData("-9223372036854775809", "value out of range")]
    [InlineData("18446744073709551616", "value out of range")]
    [InlineData("99999999999999999999x", "value out of range")]
    [InlineData("9223372036854775808x", "invalid syntax")]
    public void Bad_integers_are_told_apart_and_read_as_zero(string text, string reason)
    {
        Assert.Equal($"strconv.Atoi: parsing \"{text}\": {reason}", GoText.ParseInt(Encoding.UTF8.GetBytes(text), out long value));
        Assert.Equal(0, value);
    }

    [Theory]
    [InlineData("18446744073709551615", ulong.MaxValue, null)]
    [InlineData("007", 7UL, null)]
    [InlineData("18446744073709551616", 0UL, "value out of range")]
    [InlineData("-1", 0UL, "invalid syntax")]
    [InlineData("+1", 0UL, "invalid syntax")]
    public void Unsigned_integers_have_no_sign(string text, ulong expected, string? reason)
    {
        string? error = GoText.ParseUnsigned(Encoding.UTF8.GetBytes(text), out ulong value);
        Assert.Equal(reason is null ? null : $"strconv.ParseUint: parsing \"{text}\": {reason}", error);
        Assert.Equal(expected, value);
    }

    [Theory]
    [InlineData(0, "0s")]
    [InlineData(59, "59s")]
    [InlineData(60, "1m0s")]
    [InlineData(3599, "59m59s")]
    [InlineData(3600, "1h0m0s")]
    [InlineData(86399, "23h59m59s")]
    [InlineData(93784, "1d2h3m4s")]
    [InlineData(31536000, "1y0d0h0m0s")]
    [InlineData(31536000 + 93784, "1y1d2h3m4s")]
    public void Uptime_begins_with_the_largest_unit(long seconds, string expected) =>
        Assert.Equal(expected, GoText.Uptime(TimeSpan.FromSeconds(seconds) + TimeSpan.FromMilliseconds(999)));

    [Theory]
    [InlineData(0, "0s")]
    [InlineData(1, "100ns")]
    [InlineData(15, "1.5µs")]
    [InlineData(500_000, "50ms")]
    [InlineData(15_000_000, "1.5s")]
    [InlineData(72_000_000_000, "2h0m0s")]
    [InlineData(long.MinValue, "-256204778h48m5.4775808s")]
    [InlineData(1_200, "120µs")]
    [InlineData(15_000, "1.5ms")]
    [InlineData(12_345_678, "1.2345678s")]
    [InlineData(600_000_000, "1m0s")]
    [InlineData(36_610_000_000, "1h1m1s")]
    [InlineData(-15_000, "-1.5ms")]
    public void Duration_keeps_all_digits(long ticks, string expected) => Assert.Equal(expected, Durations.Format(TimeSpan.FromTicks(ticks)));

    [Theory]
    [InlineData(0, "0s")]
    [InlineData(9, "900ns")]
    [InlineData(6_447, "644µs")]
    [InlineData(9_999, "999µs")]
    [InlineData(12_345, "1.2345ms")]
    public void Round_trip_below_a_millisecond_is_whole_microseconds(long ticks, string expected) =>
        Assert.Equal(expected, GoText.RoundTrip(TimeSpan.FromTicks(ticks)));
}
