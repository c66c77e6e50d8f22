using System.Globalization;
using NATS.Server.Core.JetStream.Json;
using Xunit;

namespace NATS.Server.UnitTests.JetStream.Json;

public sealed class ZonedTimeTests
{
    [Theory]
    [InlineData("2026-01-02T03:04:05Z", "2026-01-02T03:04:05Z")]
    [InlineData("2026-01-02T03:04:05.120Z", "2026-01-02T03:04:05.12Z")]
    [InlineData("2026-01-02T03:04:05.1234567899+02:00", "2026-01-02T03:04:05.123456789+02:00")]
    [InlineData("2026-01-02T3:04:05,5-07:30", "2026-01-02T03:04:05.5-07:30")]
    [InlineData("2026-01-02T03:04:05+02:60", "2026-01-02T03:04:05+03:00")]
    [InlineData("2026-01-02T03:04:05+00:00", "2026-01-02T03:04:05Z")]
    [InlineData("0000-02-29T00:00:00Z", "0000-02-29T00:00:00Z")]
    [InlineData("9999-12-31T23:59:59.999999999Z", "9999-12-31T23:59:59.999999999Z")]
    [InlineData("1969-12-31T23:59:59.5+01:00", "1969-12-31T23:59:59.5+01:00")]
    public void A_time_is_written_as_it_was_read(string text, string expected)
    {
        Assert.True(ZonedTime.TryParse(text, out ZonedTime time, out _));
        Assert.Equal(expected, time.ToString());
    }

    [Theory]
    [InlineData("foo", " as \"2006-01-02T15:04:05Z07:00\": cannot parse \"foo\" as \"2006\"")]
    [InlineData("2026-1-02T03:04:05Z", " as \"2006-01-02T15:04:05Z07:00\": cannot parse \"1-02T03:04:05Z\" as \"01\"")]
    [InlineData("2026-13-02T03:04:05Z", ": month out of range")]
    [InlineData("2026-02-30T03:04:05Z", ": day out of range")]
    [InlineData("2026-02-03T03:00:05", " as \"2006-01-02T15:04:05Z07:00\": cannot parse \"\" as \"Z07:00\"")]
    [InlineData("2026-02-03T03:00:05Zx", ": extra text: \"x\"")]
    [InlineData("2026-02-03T03:00:05+25:00", ": time zone offset hour out of range")]
    public void What_is_no_time_is_refused_in_the_words_of_the_reference(string text, string expected)
    {
        Assert.False(ZonedTime.TryParse(text, out _, out string? problem));
        Assert.Equal($"parsing time \"{text}\"{expected}", problem);
    }

    // The class library knows the calendar, to a hundred nanoseconds.
    [Fact]
    public void Dates_are_those_of_the_class_library()
    {
        var random = new Random(20261122);
        for (int i = 0; i < 20_000; i++)
        {
            var expected = new DateTimeOffset(random.NextInt64(DateTime.MinValue.Ticks + TimeSpan.TicksPerDay, DateTime.MaxValue.Ticks - TimeSpan.TicksPerDay), TimeSpan.FromMinutes(random.Next(-840, 841)));
            string text = expected.ToString("yyyy-MM-ddTHH:mm:ss.fffffffzzz", CultureInfo.InvariantCulture);
            Assert.True(ZonedTime.TryParse(text, out ZonedTime time, out _));
            Assert.Equal(expected.ToUnixTimeSeconds(), time.Seconds);
            Assert.Equal(expected.Offset.TotalSeconds, time.OffsetSeconds);
            Assert.True(ZonedTime.TryParse(time.ToString(), out ZonedTime again, out _));
            Assert.Equal(time, again);
        }
    }

    [Fact]
    public void The_first_second_of_year_one_stands_for_no_time()
    {
        Assert.True(ZonedTime.TryParse("0001-01-01T00:00:00Z", out ZonedTime time, out _));
        Assert.True(time.IsZero);
        Assert.False(default(ZonedTime).IsZero);
    }

    [Fact]
    public void The_same_moment_by_another_clock_is_the_same_moment_and_not_equal()
    {
        Assert.True(ZonedTime.TryParse("2026-01-02T03:04:05+02:00", out ZonedTime there, out _));
        Assert.True(ZonedTime.TryParse("2026-01-02T01:04:05Z", out ZonedTime here, out _));
        Assert.True(there.IsSameMoment(here));
        Assert.NotEqual(here, there);
        Assert.Equal(here, there.ToUtc());
    }

    [Theory]
    [InlineData(0)]
    [InlineData(-1)]
    [InlineData(1_700_000_000_123_456_789)]
    [InlineData(long.MinValue)]
    [InlineData(long.MaxValue)]
    public void Stamps_become_times_and_stamps_again(long stamp) => Assert.Equal(stamp, ZonedTime.FromUnixNanoseconds(stamp).ToUnixNanoseconds());
}
