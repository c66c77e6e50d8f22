using NATS.Server.Auth;
using NATS.Server.Options;
using NATS.Server.Testing;
using Xunit;

namespace NATS.Server.UnitTests.Auth;

/// <summary>What is left of the right to answer, looked at without using it.</summary>
public sealed class ResponseGrantTests
{
    [Fact]
    public void A_look_uses_nothing_up()
    {
        var time = new FakeTimeProvider();
        var responses = new ResponsePermissions(new ResponsePermissionOptions(2, TimeSpan.FromSeconds(10)), time);
        Assert.False(responses.TryPeek("r"u8, out _));
        responses.Grant("r"u8);
        time.Advance(TimeSpan.FromSeconds(4));
        for (int i = 0; i < 3; i++)
        {
            Assert.True(responses.TryPeek("r"u8, out ResponseGrant grant));
            Assert.Equal(new ResponseGrant(2, TimeSpan.FromSeconds(6)), grant);
        }

        Assert.True(responses.Use("r"u8));
        Assert.True(responses.TryPeek("r"u8, out ResponseGrant left));
        Assert.Equal(1, left.Messages);
        Assert.True(responses.Use("r"u8));
        Assert.False(responses.TryPeek("r"u8, out _));
    }

    [Fact]
    public void What_has_expired_is_nothing_and_what_never_does_has_no_end()
    {
        var time = new FakeTimeProvider();
        var responses = new ResponsePermissions(new ResponsePermissionOptions(-1, TimeSpan.FromSeconds(10)), time);
        responses.Grant("r"u8);
        Assert.True(responses.TryPeek("r"u8, out ResponseGrant grant));
        Assert.Equal(-1, grant.Messages);
        time.Advance(TimeSpan.FromSeconds(11));
        Assert.False(responses.TryPeek("r"u8, out _));
        var endless = new ResponsePermissions(new ResponsePermissionOptions(1, TimeSpan.FromSeconds(-1)), time);
        endless.Grant("r"u8);
        time.Advance(TimeSpan.FromDays(1));
        Assert.True(endless.TryPeek("r"u8, out grant));
        Assert.Null(grant.Ends);
    }
}
