using NATS.Server.Accounts;
using NATS.Server.SystemEvents;
using Xunit;

namespace NATS.Server.UnitTests.SystemEvents;

public sealed class AccountActivityTests : IDisposable
{
    private readonly SystemWorld _world = new();
    private readonly AccountActivity _activity;
    private readonly Account _a;

    public AccountActivityTests()
    {
        _activity = new AccountActivity(_world.Server, _world.Publisher, _world.Stamp, SystemWorld.FiguresOf);
        _world.Accounts.ConnectionsChanged = _activity.OnChanged;
        _a = _world.Accounts.GetOrAdd("A");
    }

    public void Dispose() => _world.Dispose();

    [Fact]
    public void A_change_is_told_under_the_new_and_the_old_subject()
    {
        _world.Listen("$SYS.>");
        _a.TryAddConnection();
        Assert.Equal(2, _world.Received.Count);
        Assert.StartsWith("$SYS.SERVER.ACCOUNT.A.CONNS {\"type\":\"io.nats.server.advisory.v1.account_connections\",", _world.Received[0], StringComparison.Ordinal);
        Assert.StartsWith("$SYS.ACCOUNT.A.SERVER.CONNS ", _world.Received[1], StringComparison.Ordinal);
        Assert.Equal(SystemWorld.Field(_world.Received[0], "id"), SystemWorld.Field(_world.Received[1], "id"));
        Assert.Equal("1", SystemWorld.Field(_world.Received[1], "conns"));
    }

    [Fact]
    public void Only_the_subject_somebody_subscribed_to_is_published()
    {
        _world.Listen("$SYS.ACCOUNT.*.SERVER.CONNS");
        _a.TryAddConnection();
        _a.RemoveConnection();
        Assert.Equal(["1", "0"], _world.Received.Select(static text => SystemWorld.Field(text, "conns")));
    }

    [Fact]
    public void The_global_account_is_not_told_of()
    {
        _world.Listen("$SYS.>");
        _world.Accounts.Global.TryAddConnection();
        Assert.Empty(_world.Received);
        Assert.Equal(0, _activity.Followed);
    }

    [Fact]
    public void While_there_are_connections_the_figures_are_told_again_every_30_seconds()
    {
        _world.Listen("$SYS.ACCOUNT.*.SERVER.CONNS");
        _a.TryAddConnection();
        Advance(29.9);
        Assert.Single(_world.Received);
        Advance(0.2);
        Assert.Equal(2, _world.Received.Count);
        Advance(29.8);
        Assert.Equal(2, _world.Received.Count);
        Advance(0.3);
        Assert.Equal(3, _world.Received.Count);
    }

    [Fact]
    public void A_change_puts_the_next_heartbeat_off()
    {
        _world.Listen("$SYS.ACCOUNT.*.SERVER.CONNS");
        _a.TryAddConnection();
        Advance(20);
        _a.TryAddConnection();
        Advance(20);
        Assert.Equal(2, _world.Received.Count);
        Advance(10.1);
        Assert.Equal(3, _world.Received.Count);
    }

    [Fact]
    public void An_account_without_connections_is_forgotten()
    {
        _world.Listen("$SYS.ACCOUNT.*.SERVER.CONNS");
        _a.TryAddConnection();
        _a.RemoveConnection();
        Advance(31);
        Assert.Equal(2, _world.Received.Count);
        Assert.Equal(0, _activity.Followed);
    }

    [Fact]
    public void An_account_that_comes_back_before_its_heartbeat_keeps_its_pace()
    {
        _world.Listen("$SYS.ACCOUNT.*.SERVER.CONNS");
        _a.TryAddConnection();
        Advance(10);
        _a.RemoveConnection();
        Advance(10);
        _a.TryAddConnection();
        Assert.Equal(3, _world.Received.Count);
        Advance(29.9);
        Assert.Equal(3, _world.Received.Count);
        Advance(0.2);
        Assert.Equal(4, _world.Received.Count);
        Assert.Equal(1, _activity.Followed);
    }

    [Fact]
    public void Nothing_is_made_of_a_change_that_nobody_listens_to()
    {
        _a.TryAddConnection();
        Advance(31);
        Assert.Equal(0, _world.Publisher.Queued);
        Assert.Equal(1, _activity.Followed);
    }

    private void Advance(double seconds)
    {
        _world.Time.Advance(TimeSpan.FromSeconds(seconds));
        _activity.Sweep(_world.Server.Clock.NowMs);
    }
}
