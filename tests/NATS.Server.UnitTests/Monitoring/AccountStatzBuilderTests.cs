using NATS.Server.Monitoring;
using Xunit;

namespace NATS.Server.UnitTests.Monitoring;

public sealed class AccountStatzBuilderTests
{
    private readonly FakeMonitoredServer _server = new();

    public AccountStatzBuilderTests()
    {
        _server.Stats.Add(new AccountStatSnapshot { Name = "B", DisplayName = "b", Clients = 2, Traffic = new TrafficSnapshot(1, 2, 3, 4), SlowConsumers = 5, Subscriptions = 6 });
        _server.Stats.Add(new AccountStatSnapshot { Name = "A", DisplayName = "A" });
    }

    [Fact]
    public void Accounts_without_connections_are_shown_when_asked_for()
    {
        Assert.Equal(["B"], Names(new AccountStatzOptions()));
        Assert.Equal(["A", "B"], Names(new AccountStatzOptions { IncludeUnused = true }));
        Assert.Equal(["B", "A"], Names(new AccountStatzOptions { IncludeUnused = true, Accounts = ["B", "A", "none"] }));
        Assert.Empty(Names(new AccountStatzOptions { Accounts = ["A"] }));
    }

    [Fact]
    public void What_clients_publish_is_received_and_what_they_get_is_sent()
    {
        AccountStat account = AccountStatzBuilder.Build(new AccountStatzOptions(), _server, FakeMonitoredServer.Start).Accounts[0];
        Assert.Equal((1L, 2L, 3L, 4L), (account.Received.Msgs, account.Received.Bytes, account.Sent.Msgs, account.Sent.Bytes));
        Assert.Equal(("B", "b", 2, 2, 0, 6U, 5L), (account.Acc, account.Name, account.Conns, account.TotalConns, account.Leafnodes, account.NumSubscriptions, account.SlowConsumers));
        Assert.Equal(new MessageStats(), account.Sent.Routes);
    }

    private IEnumerable<string> Names(AccountStatzOptions options) => AccountStatzBuilder.Build(options, _server, FakeMonitoredServer.Start).Accounts.Select(static account => account.Acc);
}
