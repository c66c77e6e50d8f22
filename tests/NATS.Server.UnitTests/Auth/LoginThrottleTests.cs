using System.Net;
using NATS.Server.Auth;
using NATS.Server.Testing;
using Xunit;

namespace NATS.Server.UnitTests.Auth;

public sealed class LoginThrottleTests
{
    private static readonly IPAddress Address = IPAddress.Parse("10.0.0.1");

    private readonly FakeTimeProvider _time = new();
    private readonly LoginThrottle _throttle;

    public LoginThrottleTests() => _throttle = new LoginThrottle(_time);

    [Fact]
    public void Ten_failures_at_once_cost_nothing()
    {
        Fail(Address, 10);

        Assert.Equal(TimeSpan.Zero, _throttle.DelayFor(Address));
    }

    [Fact]
    public void Every_further_failure_delays_the_next_attempt_by_a_tenth_of_a_second()
    {
        Fail(Address, 11);
        Assert.Equal(TimeSpan.FromMilliseconds(100), _throttle.DelayFor(Address));

        Fail(Address, 2);
        Assert.Equal(TimeSpan.FromMilliseconds(300), _throttle.DelayFor(Address));
    }

    [Fact]
    public void The_delay_ends_at_its_maximum()
    {
        Fail(Address, 1000);

        Assert.Equal(LoginThrottle.MaxDelay, _throttle.DelayFor(Address));
    }

    [Fact]
    public void Failures_are_forgotten_with_time()
    {
        Fail(Address, 1000);

        _time.Advance(TimeSpan.FromMilliseconds(500));
        Assert.Equal(TimeSpan.FromMilliseconds(500), _throttle.DelayFor(Address));
        _time.Advance(TimeSpan.FromMilliseconds(500));
        Assert.Equal(TimeSpan.Zero, _throttle.DelayFor(Address));
        _time.Advance(TimeSpan.FromSeconds(1));
        Fail(Address, 10);
        Assert.Equal(TimeSpan.Zero, _throttle.DelayFor(Address));
    }

    [Fact]
    public void Ten_failures_a_second_go_on_for_ever()
    {
        for (int i = 0; i < 1000; i++)
        {
            Fail(Address, 1);
            Assert.Equal(TimeSpan.Zero, _throttle.DelayFor(Address));
            _time.Advance(TimeSpan.FromMilliseconds(100));
        }
    }

    [Fact]
    public void Addresses_do_not_delay_each_other()
    {
        Fail(Address, 1000);

        Assert.Equal(TimeSpan.Zero, _throttle.DelayFor(IPAddress.Parse("10.0.0.2")));
    }

    [Theory]
    [InlineData("2001:db8::1", "2001:db8::2", true)]
    [InlineData("2001:db8::1", "2001:db8:0:1::1", false)]
    [InlineData("::ffff:10.0.0.1", "10.0.0.1", true)]
    public void An_address_counts_as_its_network(string first, string second, bool isSame)
    {
        Fail(IPAddress.Parse(first), 1000);

        Assert.Equal(isSame, _throttle.DelayFor(IPAddress.Parse(second)) > TimeSpan.Zero);
        Assert.Equal(1, _throttle.Sources);
    }

    [Fact]
    public void A_connection_inside_the_process_never_waits()
    {
        for (int i = 0; i < 1000; i++)
        {
            _throttle.OnFailure(null);
        }

        Assert.Equal(TimeSpan.Zero, _throttle.DelayFor(null));
        Assert.Equal(0, _throttle.Sources);
    }

    [Fact]
    public void At_the_maximum_the_address_with_the_least_to_wait_for_is_forgotten()
    {
        Fail(Address, 1000);
        for (int i = 0; i < LoginThrottle.MaxSources * 2; i++)
        {
            Fail(new IPAddress(new byte[] { 11, (byte)(i >> 16), (byte)(i >> 8), (byte)i }), 1);
        }

        Assert.Equal(LoginThrottle.MaxSources, _throttle.Sources);
        Assert.Equal(LoginThrottle.MaxDelay, _throttle.DelayFor(Address));
    }

    [Fact]
    public void Addresses_whose_failures_are_forgotten_make_room_first()
    {
        for (int i = 0; i < LoginThrottle.MaxSources; i++)
        {
            Fail(new IPAddress(new byte[] { 11, (byte)(i >> 16), (byte)(i >> 8), (byte)i }), 1);
        }

        _time.Advance(TimeSpan.FromSeconds(1));
        Fail(Address, 1);

        Assert.Equal(1, _throttle.Sources);
    }

    private void Fail(IPAddress address, int times)
    {
        for (int i = 0; i < times; i++)
        {
            _throttle.OnFailure(address);
        }
    }
}
