using System.Globalization;
using System.Net;
using NATS.Server.Core.Jwt;
using Xunit;

namespace NATS.Server.UnitTests.Jwt;

/// <summary>When and from where a user may connect.</summary>
public sealed class UserTimesTests
{
    private static readonly TimeZoneInfo TwoHoursEast = TimeZoneInfo.CreateCustomTimeZone("east", TimeSpan.FromHours(2), null, null);

    [Theory]
    [InlineData("11:00:00", "22:00:00", "13:00:00", 9)]
    [InlineData("11:00:00", "22:00:00", "10:00:00", null)]
    [InlineData("11:00:00", "22:00:00", "22:00:00", null)]
    [InlineData("22:00:00", "06:00:00", "05:00:00", 1)]
    [InlineData("22:00:00", "06:00:00", "23:00:00", 7)]
    [InlineData("22:00:00", "06:00:00", "12:00:00", null)]
    public void Ranges_hold_and_may_cross_midnight(string start, string end, string now, int? hoursLeft)
    {
        UserRights rights = UserRights.None with { Times = [new TimeRange(start, end)] };
        bool isAllowed = ConnectTimes.AreNow(rights, At(now, TimeSpan.Zero), TimeZoneInfo.Utc, static _ => null, out TimeSpan? left);
        Assert.Equal(hoursLeft is not null, isAllowed);
        Assert.Equal(hoursLeft is { } hours ? TimeSpan.FromHours(hours) : null, left);
    }

    [Fact]
    public void The_range_that_lasts_longest_counts()
    {
        UserRights rights = UserRights.None with { Times = [new TimeRange("08:00:00", "10:00:00"), new TimeRange("07:00:00", "12:00:00"), new TimeRange("01:00:00", "02:00:00")] };
        Assert.True(ConnectTimes.AreNow(rights, At("09:00:00", TimeSpan.Zero), TimeZoneInfo.Utc, static _ => null, out TimeSpan? left));
        Assert.Equal(TimeSpan.FromHours(3), left);
    }

    [Fact]
    public void Times_are_those_of_the_users_zone()
    {
        UserRights rights = UserRights.None with { Times = [new TimeRange("08:00:00", "10:00:00")], TimeZone = "Far/East" };
        Assert.True(ConnectTimes.AreNow(rights, At("07:00:00", TimeSpan.Zero), TimeZoneInfo.Utc, static _ => TwoHoursEast, out TimeSpan? left));
        Assert.Equal(TimeSpan.FromHours(1), left);
        Assert.False(ConnectTimes.AreNow(rights, At("09:00:00", TimeSpan.Zero), TimeZoneInfo.Utc, static _ => TwoHoursEast, out _));
        Assert.False(ConnectTimes.AreNow(rights, At("07:00:00", TimeSpan.Zero), TimeZoneInfo.Utc, static _ => null, out _));
    }

    [Theory]
    [InlineData("10.1.2.3", true)]
    [InlineData("::ffff:10.1.2.3", true)]
    [InlineData("11.1.2.3", false)]
    [InlineData("2001:db8::1", true)]
    [InlineData("::1", false)]
    [InlineData(null, false)]
    public void Sources_hold(string? address, bool isAllowed)
    {
        IPAddress? client = address is null ? null : IPAddress.Parse(address);
        Assert.Equal(isAllowed, SourceNetwork.IsAllowed(["10.9.9.9/8", "2001:db8::/32"], client));
        Assert.True(SourceNetwork.IsAllowed([], client));
    }

    private static DateTimeOffset At(string time, TimeSpan offset) => new(new DateTime(2026, 3, 4) + TimeSpan.Parse(time, CultureInfo.InvariantCulture), offset);
}
