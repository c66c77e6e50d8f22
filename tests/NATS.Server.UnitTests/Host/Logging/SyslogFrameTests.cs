using System.Text;
using Microsoft.Extensions.Logging;
using NATS.Server.Host.Logging;
using Xunit;

namespace NATS.Server.UnitTests.Host.Logging;

public sealed class SyslogFrameTests
{
    private static readonly DateTimeOffset Time = new(2026, 11, 5, 9, 7, 5, TimeSpan.Zero);

    [Fact]
    public void The_machines_log_gets_a_short_time_and_no_host_name() =>
        Assert.Equal("<29>Nov  5 09:07:05 nats-server[7]: hello\n", Render(new SyslogFrame(IsLocal: true, IsMachineLog: true, "host", "nats-server", 7), Time));

    [Fact]
    public void A_unix_URL_gets_the_same_form_with_the_facility_kern() =>
        Assert.Equal("<5>Nov 15 09:07:05 nats-server[7]: hello\n", Render(new SyslogFrame(IsLocal: true, IsMachineLog: false, "host", "nats-server", 7), Time.AddDays(10)));

    [Fact]
    public void A_server_gets_a_full_time_and_the_host_name()
    {
        var frame = new SyslogFrame(IsLocal: false, IsMachineLog: false, "host", "nats-server", 7);
        Assert.Equal("<5>2026-11-05T09:07:05Z host nats-server[7]: hello\n", Render(frame, Time));
        Assert.Equal("<5>2026-11-05T12:07:05+03:00 host nats-server[7]: hello\n", Render(frame, Time.ToOffset(TimeSpan.FromHours(3))));
    }

    [Theory]
    [InlineData(LogLevel.Critical, 2)]
    [InlineData(LogLevel.Error, 3)]
    [InlineData(LogLevel.Warning, 4)]
    [InlineData(LogLevel.Information, 5)]
    [InlineData(LogLevel.Trace, 5)]
    [InlineData(LogLevel.Debug, 7)]
    public void Levels_are_severities(LogLevel level, int severity)
    {
        var local = new SyslogFrame(IsLocal: true, IsMachineLog: true, "host", "tag", 7);
        Assert.StartsWith($"<{24 + severity}>", Encoding.UTF8.GetString(local.Render(Time, level, "x")), StringComparison.Ordinal);
        Assert.StartsWith($"<{severity}>", Encoding.UTF8.GetString((local with { IsMachineLog = false }).Render(Time, level, "x")), StringComparison.Ordinal);
    }

    [Fact]
    public void A_text_that_ends_its_own_line_gets_no_second_line_end() =>
        Assert.EndsWith(": x\n", Encoding.UTF8.GetString(new SyslogFrame(IsLocal: true, IsMachineLog: true, "host", "tag", 7).Render(Time, LogLevel.Error, "x\n")), StringComparison.Ordinal);

    private static string Render(SyslogFrame frame, DateTimeOffset time) => Encoding.UTF8.GetString(frame.Render(time, LogLevel.Information, "hello"));
}
