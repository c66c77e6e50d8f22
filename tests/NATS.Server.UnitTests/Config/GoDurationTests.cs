using FsCheck;
using FsCheck.Fluent;
using NATS.Server.Core.Config;
using Xunit;

namespace NATS.Server.UnitTests.Config;

public sealed class GoDurationTests
{
    [Theory]
    [InlineData("0", 0)]
    [InlineData("0s", 0)]
    [InlineData("1s", 10_000_000)]
    [InlineData("-1.5s", -15_000_000)]
    [InlineData("+2m", 1_200_000_000)]
    [InlineData("1h2m3.5s", 37_235_000_000)]
    [InlineData("100ms", 1_000_000)]
    [InlineData("1us", 10)]
    [InlineData("1µs", 10)]
    [InlineData("1μs", 10)]
    [InlineData("250ns", 2)]
    [InlineData("1ns", 1)]
    [InlineData("-1ns", -1)]
    [InlineData("0.9ns", 0)]
    [InlineData(".5s", 5_000_000)]
    [InlineData("1.s", 10_000_000)]
    [InlineData("0.000000000000000000000000001h", 0)]
    [InlineData("2562047h47m16s", 92233720360000000)]
    public void Parses(string text, long ticks)
    {
        Assert.True(GoDuration.TryParse(text, out var duration, out var error), error);
        Assert.Equal(ticks, duration.Ticks);
    }

    [Theory]
    [InlineData("", "time: invalid duration \"\"")]
    [InlineData("-", "time: invalid duration \"-\"")]
    [InlineData("abc", "time: invalid duration \"abc\"")]
    [InlineData(".s", "time: invalid duration \".s\"")]
    [InlineData("5", "time: missing unit in duration \"5\"")]
    [InlineData("5x", "time: unknown unit \"x\" in duration \"5x\"")]
    [InlineData("1h5", "time: missing unit in duration \"1h5\"")]
    [InlineData("5 s", "time: unknown unit \" s\" in duration \"5 s\"")]
    [InlineData("3000000h", "time: invalid duration \"3000000h\"")]
    [InlineData("99999999999999999999s", "time: invalid duration \"99999999999999999999s\"")]
    [InlineData("9223372036854775807m30s", "time: invalid duration \"9223372036854775807m30s\"")]
    [InlineData("1h9223302036854775807h", "time: invalid duration \"1h9223302036854775807h\"")]
    public void Says_what_is_wrong_as_Go_does(string text, string expected)
    {
        Assert.False(GoDuration.TryParse(text, out _, out var error));
        Assert.Equal(expected, error);
    }

    [Theory]
    [InlineData(0, "0s")]
    [InlineData(1, "100ns")]
    [InlineData(15, "1.5µs")]
    [InlineData(10_000, "1ms")]
    [InlineData(12_500, "1.25ms")]
    [InlineData(10_000_000, "1s")]
    [InlineData(15_000_000, "1.5s")]
    [InlineData(-15_000_000, "-1.5s")]
    [InlineData(1_200_000_000, "2m0s")]
    [InlineData(37_235_000_000, "1h2m3.5s")]
    [InlineData(36_000_000_000, "1h0m0s")]
    [InlineData(864_000_000_000, "24h0m0s")]
    public void Formats_as_Go_does(long ticks, string expected) => Assert.Equal(expected, GoDuration.Format(TimeSpan.FromTicks(ticks)));

    [Fact]
    public void Reads_what_it_writes() => Prop.ForAll<long>(value =>
    {
        var duration = TimeSpan.FromTicks(value % 90_000_000_000_000_000);
        return GoDuration.TryParse(GoDuration.Format(duration), out var read, out _) && read == duration;
    }).QuickCheckThrowOnFailure();

    [Fact]
    public void Never_throws() => Prop.ForAll(Gen.Elements("1", "9", ".", "h", "m", "s", "ns", "-", "x", "0", "99999999999").ArrayOf().Select(string.Concat).ToArbitrary(),
        text => GoDuration.TryParse(text, out _, out var error) == (error is null)).QuickCheckThrowOnFailure();
}
