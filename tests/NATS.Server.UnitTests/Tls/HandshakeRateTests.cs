using NATS.Server.Connections.Tls;
using NATS.Server.Testing;
using Xunit;

namespace NATS.Server.UnitTests.Tls;

public sealed class HandshakeRateTests
{
    [Fact]
    public void A_second_has_so_many_handshakes()
    {
        var time = new FakeTimeProvider();
        var rate = new HandshakeRate(3, time);
        Assert.Equal([true, true, true, false, false], Enumerable.Range(0, 5).Select(_ => rate.Allow()));
        Assert.Equal(2, rate.TakeRefused());
        Assert.Equal(0, rate.TakeRefused());
        time.Advance(TimeSpan.FromSeconds(1.01));
        Assert.True(rate.Allow());
    }
}
