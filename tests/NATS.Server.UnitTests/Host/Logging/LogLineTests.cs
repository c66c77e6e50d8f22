using System.Text;
using Microsoft.Extensions.Logging;
using NATS.Server.Host.Logging;
using NATS.Server.Testing;
using Xunit;

namespace NATS.Server.UnitTests.Host.Logging;

public sealed class LogLineTests
{
    private static readonly DateTimeOffset Noon = new(2026, 11, 21, 19, 57, 5, 123, 456, TimeSpan.Zero);

    [Fact]
    public void Has_the_form_of_the_reference() => Assert.Equal("[7] 2026/11/21 19:57:05.123456 [INF] Server is ready\n", Render(LogLevel.Information, "Server is ready"));

    [Theory]
    [InlineData(LogLevel.Trace, "TRC", "33")]
    [InlineData(LogLevel.Debug, "DBG", "36")]
    [InlineData(LogLevel.Information, "INF", "32")]
    [InlineData(LogLevel.Warning, "WRN", "0;93")]
    [InlineData(LogLevel.Error, "ERR", "31")]
    [InlineData(LogLevel.Critical, "FTL", "31")]
    public void Labels_and_their_colours(LogLevel level, string label, string color)
    {
        Assert.Equal($"[7] [{label}] x\n", Render(level, "x", new LogLine(time: null, isUtc: false, hasColors: false, 7)));
        Assert.Equal($"[7] [\e[{color}m{label}\e[0m] x\n", Render(level, "x", new LogLine(time: null, isUtc: false, hasColors: true, 7)));
    }

    [Fact]
    public void Time_is_local_unless_UTC_is_asked_for()
    {
        var time = new ZonedTime(Noon);
        Assert.StartsWith("[7] 2026/11/21 22:57:05.123456 ", Render(LogLevel.Information, "x", new LogLine(time, isUtc: false, hasColors: false, 7)), StringComparison.Ordinal);
        Assert.StartsWith("[7] 2026/11/21 19:57:05.123456 ", Render(LogLevel.Information, "x", new LogLine(time, isUtc: true, hasColors: false, 7)), StringComparison.Ordinal);
    }

    [Fact]
    public void A_text_that_ends_its_own_line_gets_no_second_line_end() => Assert.EndsWith("] a\nb\n", Render(LogLevel.Error, "a\nb\n"), StringComparison.Ordinal);

    [Fact]
    public void Text_is_UTF8_and_a_broken_surrogate_is_replaced() => Assert.EndsWith("] é😀\ufffd\n", Render(LogLevel.Information, "é😀\ud800"), StringComparison.Ordinal);

    [Fact]
    public void A_long_text_is_kept_whole_and_the_next_short_one_is_right()
    {
        var line = new LogLine(time: null, isUtc: false, hasColors: false, 7);
        var big = new string('日', 100_000);
        Assert.Equal($"[7] [TRC] {big}\n", Render(LogLevel.Trace, big, line));
        Assert.Equal("[7] [TRC] small\n", Render(LogLevel.Trace, "small", line));
    }

    [Fact]
    public void Rendering_allocates_nothing()
    {
        var line = new LogLine(new FakeTimeProvider(Noon), isUtc: true, hasColors: false, 7);
        line.Render(LogLevel.Trace, "warm up");
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 100; i++)
            line.Render(LogLevel.Trace, "a line of ordinary length");
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
    }

    private static string Render(LogLevel level, string text, LogLine? line = null)
    {
        line ??= new LogLine(new FakeTimeProvider(Noon), isUtc: false, hasColors: false, 7);
        return Encoding.UTF8.GetString(line.Render(level, text));
    }

    private sealed class ZonedTime(DateTimeOffset now) : TimeProvider
    {
        public override TimeZoneInfo LocalTimeZone { get; } = TimeZoneInfo.CreateCustomTimeZone("test", TimeSpan.FromHours(3), "test", "test");

        public override DateTimeOffset GetUtcNow() => now;
    }
}
