using System.Buffers;
using System.Text;
using NATS.Server.Core.JetStream.Ingest;
using NATS.Server.Testing.JetStream;
using Xunit;

namespace NATS.Server.UnitTests.JetStream.Ingest;

/// <summary>What schedules publish when they are due.</summary>
public sealed class ScheduledMessageTests
{
    private const long Due = 1_767_225_600_000_000_000; // 2026-01-01T00:00:00Z

    [Fact]
    public void A_message_at_a_time_ends_its_schedule() => Assert.Equal(
        "NATS/1.0\r\nX: y\r\nNats-Scheduler: s.plan\r\nNats-Schedule-Next: purge\r\n\r\n",
        Write("Nats-Schedule: @at 2026-01-01T00:00:00Z\r\nNats-Schedule-Target: s.t\r\nX: y\r\nNats-Rollup: sub\r\nNats-Msg-Id: a\r\nNats-TTL: 5\r\nNats-Expected-Last-Sequence: 1"));

    [Fact]
    public void A_message_that_repeats_says_when_it_comes_again() => Assert.Equal(
        "NATS/1.0\r\nNats-Scheduler: s.plan\r\nNats-Schedule-Next: 2026-01-01T01:00:00Z\r\nNats-TTL: 5m\r\nNats-Rollup: sub\r\n\r\n",
        Write("Nats-Schedule: @every 1h\r\nNats-Schedule-Target: s.t\r\nNats-Schedule-TTL: 5m\r\nNats-Schedule-Rollup: sub"));

    [Fact]
    public void It_says_so_by_the_clock_of_its_time_zone() => Assert.Contains(
        "Nats-Schedule-Next: 2026-01-01T12:00:00+01:00\r\n",
        Write("Nats-Schedule: 0 0 12 * * *\r\nNats-Schedule-Time-Zone: Europe/Amsterdam\r\nNats-Schedule-Target: s.t"), StringComparison.Ordinal);

    [Fact]
    public void The_content_may_be_that_of_another_message() => Assert.Equal(
        "NATS/1.0\r\nZ: 1\r\nNats-Scheduler: s.plan\r\nNats-Schedule-Next: purge\r\n\r\n",
        Write("Nats-Schedule: @at 2026-01-01T00:00:00Z\r\nNats-Schedule-Target: s.t\r\nX: y", "NATS/1.0\r\nZ: 1\r\nNats-Scheduler: s.other\r\n\r\n"));

    [Theory]
    [InlineData("X: y")]
    [InlineData("Nats-Schedule: nonsense\r\nNats-Schedule-Target: s.t")]
    [InlineData("Nats-Schedule: @every 1h")]
    [InlineData("Nats-Schedule: @every 1h\r\nNats-Schedule-Target: s.t\r\nNats-Schedule-TTL: x")]
    public void What_is_no_schedule_publishes_nothing(string headers) => Assert.Equal("", Write(headers));

    private static string Write(string headers, string? content = null)
    {
        string block = $"NATS/1.0\r\n{headers}\r\n\r\n";
        var output = new ArrayBufferWriter<byte>();
        bool isSchedule = ScheduledMessage.TryWrite(Encoding.ASCII.GetBytes(block), "s.plan"u8, Encoding.ASCII.GetBytes(content ?? block), Due, Due, SimulatedStream.FindTimeZone, output);
        Assert.Equal(isSchedule, output.WrittenCount > 0);
        return Encoding.ASCII.GetString(output.WrittenSpan);
    }
}
