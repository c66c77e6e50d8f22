using System.Text;
using NATS.Server.Auth;
using NATS.Server.Options;
using NATS.Server.Testing;
using Xunit;

namespace NATS.Server.UnitTests.Auth;

/// <summary>Counts and order were taken from nats-server 2.15.1.</summary>
public sealed class ResponsePermissionsTests
{
    private readonly FakeTimeProvider _time = new();

    private ResponsePermissions Create(int maxMessages, TimeSpan expires) => new(new ResponsePermissionOptions(maxMessages, expires), _time);

    [Fact]
    public void A_reply_that_was_not_delivered_may_not_be_used()
    {
        ResponsePermissions responses = Create(1, TimeSpan.FromMinutes(2));
        responses.Grant("r1"u8);

        Assert.False(responses.Use("r2"u8));
        Assert.True(responses.Use("r1"u8));
    }

    [Theory]
    [InlineData(1, 1)]
    [InlineData(2, 2)]
    [InlineData(7, 7)]
    public void A_reply_may_be_used_as_often_as_configured(int maxMessages, int expected)
    {
        ResponsePermissions responses = Create(maxMessages, TimeSpan.FromMinutes(2));
        responses.Grant("r"u8);

        Assert.Equal(expected, CountUses(responses));
        Assert.Equal(0, responses.Count);
    }

    [Fact]
    public void A_negative_maximum_is_no_maximum()
    {
        ResponsePermissions responses = Create(-1, TimeSpan.FromMinutes(2));
        responses.Grant("r"u8);

        Assert.Equal(1000, CountUses(responses));
    }

    // max, deliveries with the same reply before the first answer, answers that pass: every delivery but the first uses one up, and starts over when
    // there is none left.
    [Theory]
    [InlineData(1, 2, 0)]
    [InlineData(1, 3, 1)]
    [InlineData(2, 2, 1)]
    [InlineData(2, 3, 0)]
    [InlineData(2, 4, 2)]
    public void Deliveries_with_the_same_reply_count_as_answers(int maxMessages, int deliveries, int expected)
    {
        ResponsePermissions responses = Create(maxMessages, TimeSpan.FromMinutes(2));
        for (int i = 0; i < deliveries; i++)
        {
            responses.Grant("r"u8);
        }

        Assert.Equal(expected, CountUses(responses));
    }

    [Fact]
    public void A_grant_expires_after_its_time_and_not_at_it()
    {
        ResponsePermissions responses = Create(-1, TimeSpan.FromSeconds(10));
        responses.Grant("r"u8);

        _time.Advance(TimeSpan.FromSeconds(10));
        Assert.True(responses.Use("r"u8));
        _time.Advance(TimeSpan.FromMilliseconds(1));
        Assert.False(responses.Use("r"u8));
    }

    [Fact]
    public void A_negative_expiry_is_no_expiry()
    {
        ResponsePermissions responses = Create(1, TimeSpan.FromSeconds(-1));
        responses.Grant("r"u8);

        _time.Advance(TimeSpan.FromDays(1000));
        Assert.True(responses.Use("r"u8));
    }

    [Fact]
    public void Expired_and_used_up_grants_are_cleared_away_with_the_first_grant_of_a_second()
    {
        ResponsePermissions responses = Create(1, TimeSpan.FromSeconds(5));
        responses.Grant("used"u8);
        responses.Use("used"u8);
        responses.Grant("expired"u8);
        _time.Advance(TimeSpan.FromSeconds(4));
        responses.Grant("alive"u8);
        _time.Advance(TimeSpan.FromSeconds(2));

        responses.Grant("new"u8);

        Assert.Equal(2, responses.Count);
        Assert.True(responses.Use("alive"u8));
        Assert.True(responses.Use("new"u8));
    }

    [Fact]
    public void Used_up_grants_are_cleared_away_with_every_4097th_grant_of_one_second()
    {
        ResponsePermissions responses = Create(1, TimeSpan.FromMinutes(2));
        for (int i = 0; i < 4096; i++)
        {
            byte[] reply = Encoding.ASCII.GetBytes($"r{i}");
            responses.Grant(reply);
            responses.Use(reply);
        }

        Assert.Equal(4096, responses.Count);
        responses.Grant("last"u8);
        Assert.Equal(1, responses.Count);
    }

    [Fact]
    public void At_the_maximum_the_older_half_is_forgotten()
    {
        ResponsePermissions responses = Create(-1, TimeSpan.FromSeconds(-1));
        int granted = 0;
        while (granted <= ResponsePermissions.MaxGrants || responses.Count > ResponsePermissions.MaxGrants)
        {
            responses.Grant(Encoding.ASCII.GetBytes($"r{granted++}"));
            _time.Advance(TimeSpan.FromTicks(1));
            Assert.True(granted < ResponsePermissions.MaxGrants * 2);
        }

        Assert.InRange(responses.Count, ResponsePermissions.MaxGrants / 2, (ResponsePermissions.MaxGrants / 2) + 4097);
        Assert.False(responses.Use("r0"u8));
        Assert.True(responses.Use(Encoding.ASCII.GetBytes($"r{granted - 1}")));
    }

    [Fact]
    public void Grants_and_uses_may_come_from_several_threads()
    {
        ResponsePermissions responses = Create(1, TimeSpan.FromMinutes(2));
        int used = 0;
        Parallel.For(0, 20_000, i =>
        {
            byte[] reply = Encoding.ASCII.GetBytes($"r{i}");
            responses.Grant(reply);
            if (responses.Use(reply)) Interlocked.Increment(ref used);
        });

        Assert.Equal(20_000, used);
    }

    private static int CountUses(ResponsePermissions responses)
    {
        int count = 0;
        while (count < 1000 && responses.Use("r"u8))
        {
            count++;
        }

        return count;
    }
}
