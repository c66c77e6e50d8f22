using System.Globalization;
using NATS.Server.Core.JetStream.Schedules;
using Xunit;

namespace NATS.Server.UnitTests.JetStream.Schedules;

public sealed class ScheduleTests
{
    private const string Now = "2026-11-22T10:20:30.400Z";

    [Theory]
    [InlineData("@at 2099-01-02T03:04:05Z", "2099-01-02T03:04:05Z")]
    [InlineData("@at 2099-01-02T03:04:05.25+01:30", "2099-01-02T01:34:05.25Z")]
    [InlineData("@at 2020-01-01T00:00:00Z", "2020-01-01T00:00:00Z")]
    public void A_time_is_that_time(string pattern, string expected) => Assert.Equal((expected, false), Next(pattern));

    [Theory]
    [InlineData("@every 5s", "2026-11-22T10:20:35Z")]
    [InlineData("@every 1500ms", "2026-11-22T10:20:31.5Z")]
    [InlineData("@every 24h", "2026-11-23T10:20:30Z")]
    public void An_interval_begins_at_a_whole_second(string pattern, string expected) => Assert.Equal((expected, true), Next(pattern));

    [Theory]
    [InlineData("* * * * * *", "2026-11-22T10:20:31Z")]
    [InlineData("0 * * * * *", "2026-11-22T10:21:00Z")]
    [InlineData("@hourly", "2026-11-22T11:00:00Z")]
    [InlineData("@daily", "2026-11-23T00:00:00Z")]
    [InlineData("@midnight", "2026-11-23T00:00:00Z")]
    [InlineData("@weekly", "2026-11-29T00:00:00Z")]
    [InlineData("@monthly", "2026-12-01T00:00:00Z")]
    [InlineData("@yearly", "2027-01-01T00:00:00Z")]
    [InlineData("@annually", "2027-01-01T00:00:00Z")]
    [InlineData("0 0 0 29 2 *", "2028-02-29T00:00:00Z")]
    [InlineData("0 0 12 13 * fri", "2026-11-27T12:00:00Z")]
    [InlineData("0 0 12 */2 * fri", "2026-11-23T12:00:00Z")]
    [InlineData("0 0 12 * * fri", "2026-11-27T12:00:00Z")]
    [InlineData("30-40/5,59 20 10 22 nov ?", "2026-11-22T10:20:35Z")]
    public void Cron_is_the_next_second_that_matches(string pattern, string expected) => Assert.Equal((expected, true), Next(pattern));

    [Fact]
    public void The_second_that_has_begun_is_over()
    {
        long after = Parse("2026-11-22T10:20:30.999999999Z");
        Assert.True(Schedule.TryNext("* * * * * *", null, after, 0, out ScheduledTime next));
        Assert.Equal(Parse("2026-11-22T10:20:31Z"), next.TimeNs);
    }

    [Theory]
    [InlineData("@every 1h", "2026-11-22T11:20:30Z")]
    [InlineData("0 0 * * * *", "2026-11-22T11:00:00Z")]
    public void What_was_missed_is_not_made_up_for(string pattern, string expected)
    {
        Assert.True(Schedule.TryNext(pattern, null, Parse("2020-01-01T00:00:00Z"), Parse(Now), out ScheduledTime next));
        Assert.Equal(Parse(expected), next.TimeNs);
    }

    [Theory]
    [InlineData("Europe/Amsterdam", "0 30 2 28 3 *", "2028-03-28T00:30:00Z", "a time that there is not comes when there is one")]
    [InlineData("Europe/Amsterdam", "0 0 3 28 3 *", "2027-03-28T01:00:00Z", "the first second of summer")]
    [InlineData("Europe/Amsterdam", "0 30 2 31 10 *", "2027-10-31T00:30:00Z", "the first of two")]
    [InlineData("America/New_York", "0 0 9 * * mon", "2026-11-23T14:00:00Z", "winter")]
    public void Zones_decide_what_the_clock_shows(string zone, string pattern, string expected, string why)
    {
        Assert.True(Schedule.TryNext(pattern, TimeZoneInfo.FindSystemTimeZoneById(zone), Parse(Now), Parse(Now), out ScheduledTime next));
        Assert.True(Parse(expected) == next.TimeNs, $"{Show(next.TimeNs)}: {why}");
    }

    [Theory]
    [InlineData("")]
    [InlineData("@at")]
    [InlineData("@at now")]
    [InlineData("@every 999ms")]
    [InlineData("@every never")]
    [InlineData("@fortnightly")]
    [InlineData("0 0 0 30 2 *")]
    [InlineData("0 0 0 , * *")]
    [InlineData("* * * * *")]
    [InlineData("60 * * * * *")]
    [InlineData("* * * * * 7")]
    public void Other_patterns_are_refused(string pattern) => Assert.False(Schedule.TryNext(pattern, null, Parse(Now), Parse(Now), out _));

    [Theory]
    [InlineData("@at 2099-01-02T03:04:05Z")]
    [InlineData("@every 1h")]
    public void Only_cron_has_a_zone(string pattern) => Assert.False(Schedule.TryNext(pattern, TimeZoneInfo.Utc, Parse(Now), Parse(Now), out _));

    [Theory]
    [InlineData("@at 9999-12-31T23:59:59Z", long.MaxValue)]
    [InlineData("@at 0000-01-01T00:00:00Z", long.MinValue)]
    public void Times_beyond_all_others_stay_at_the_end(string pattern, long expected)
    {
        Assert.True(Schedule.TryNext(pattern, null, 0, 0, out ScheduledTime next));
        Assert.Equal(expected, next.TimeNs);
    }

    [Fact]
    public void Random_patterns_and_times_are_read_without_an_exception()
    {
        var random = new Random(11);
        string[] starts = ["@at ", "@every ", "", "* * * ", "0 0 0 ", "@at 2099-01-02T03:04:05", "* * * * * ", "0 0 0 * 1 "];
        const string letters = "0123456789 */-,?@:.+TZjanfebmonsunhms";
        long[] times = [0, -1, long.MinValue, long.MaxValue, Parse(Now), Parse("0001-01-01T00:00:00Z")];
        TimeZoneInfo?[] zones = [null, TimeZoneInfo.Utc, TimeZoneInfo.FindSystemTimeZoneById("Pacific/Kiritimati")];
        int read = 0;
        for (int i = 0; i < 50_000; i++)
        {
            string text = starts[random.Next(starts.Length)] + string.Concat(Enumerable.Range(0, random.Next(14)).Select(_ => letters[random.Next(letters.Length)]));
            if (Schedule.TryNext(text, zones[random.Next(zones.Length)], times[random.Next(times.Length)], times[random.Next(times.Length)], out _)) read++;
        }

        Assert.True(read > 100, $"only {read} patterns were any");
    }

    private static (string Time, bool Repeats) Next(string pattern)
    {
        Assert.True(Schedule.TryNext(pattern, null, Parse(Now), Parse(Now), out ScheduledTime next));
        return (Show(next.TimeNs), next.Repeats);
    }

    private static string Show(long timeNs) => DateTime.UnixEpoch.AddTicks(timeNs / 100).ToString("yyyy-MM-ddTHH:mm:ss.FFFFFFF") + "Z";

    private static long Parse(string text)
    {
        string digits = text.Contains('.') ? text[(text.IndexOf('.') + 1)..^1].PadRight(9, '0') : "0";
        DateTime whole = DateTime.Parse(text[..19] + "Z", CultureInfo.InvariantCulture, DateTimeStyles.AdjustToUniversal);
        return (long)Int128.Clamp(((Int128)(whole - DateTime.UnixEpoch).Ticks * 100) + int.Parse(digits, CultureInfo.InvariantCulture), long.MinValue, long.MaxValue);
    }
}
