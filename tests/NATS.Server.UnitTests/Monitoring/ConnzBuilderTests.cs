using NATS.Server.Connections;
using NATS.Server.Monitoring;
using Xunit;
using static NATS.Server.UnitTests.Monitoring.FakeMonitoredServer;

namespace NATS.Server.UnitTests.Monitoring;

public sealed class ConnzBuilderTests
{
    private static readonly DateTimeOffset Now = Start + TimeSpan.FromMinutes(10);

    private readonly FakeMonitoredServer _server = new();

    [Fact]
    public void An_idle_server_has_an_empty_list()
    {
        Connz connz = Build(new ConnzOptions());
        Assert.Equal("NID", connz.ServerId);
        Assert.Equal((0, 0, 0, 1024), (connz.NumConnections, connz.Total, connz.Offset, connz.Limit));
        Assert.NotNull(connz.Connections);
        Assert.Empty(connz.Connections);
    }

    [Fact]
    public void Connections_are_listed_by_id_whatever_order_the_server_keeps()
    {
        foreach (ulong cid in (ulong[])[7, 3, 5]) _server.Open(cid);
        Assert.Equal([3, 5, 7], Cids(new ConnzOptions()));
    }

    [Fact]
    public void A_connection_shows_what_is_known_about_it()
    {
        _server.Open(5, x => x with
        {
            LastActivity = Start + TimeSpan.FromMinutes(9),
            RoundTrip = TimeSpan.FromMicroseconds(644.7),
            PendingBytes = 1,
            Traffic = new TrafficSnapshot(2, 3, 4, 5),
            Stalls = 6,
            SubscriptionCount = 7,
            Name = "n",
            Language = "l",
            Version = "v",
            AuthorizedUser = "u",
        });
        ConnInfo expected = new()
        {
            Cid = 5,
            Kind = "Client",
            Type = "nats",
            Ip = "10.0.0.1",
            Port = 5000,
            Start = Start,
            LastActivity = Start + TimeSpan.FromMinutes(9),
            Rtt = "644µs",
            Uptime = "10m0s",
            Idle = "1m0s",
            PendingBytes = 1,
            InMsgs = 2,
            InBytes = 3,
            OutMsgs = 4,
            OutBytes = 5,
            Stalls = 6,
            Subscriptions = 7,
            Name = "n",
            Lang = "l",
            Version = "v",
        };
        Assert.Equal(expected, Assert.Single(Build(new ConnzOptions()).Connections!));
        Assert.Equal(expected with { AuthorizedUser = "u", NameTag = "$G" }, Assert.Single(Build(new ConnzOptions { Auth = true }).Connections!));
    }

    [Fact]
    public void Account_is_shown_with_auth_unless_it_is_the_global_one()
    {
        _server.Accounts.Add(new AccountSnapshot { Name = "A", Sublist = default });
        _server.Open(1, x => x with { Account = "A", AccountTag = "tag" });
        ConnInfo shown = Build(new ConnzOptions { Auth = true }).Connections![0];
        Assert.Equal(("A", "tag"), (shown.Account, shown.NameTag));
        ConnInfo hidden = Build(new ConnzOptions()).Connections![0];
        Assert.Equal((null, null), (hidden.Account, hidden.NameTag));
    }

    [Fact]
    public void Closed_connections_show_end_and_reason_and_stop_ageing()
    {
        _server.Close(9, TimeSpan.FromSeconds(90), ClosedState.SlowConsumerPendingBytes, x => x with { LastActivity = Start + TimeSpan.FromSeconds(30) });
        ConnInfo closed = Assert.Single(Build(new ConnzOptions { State = ConnectionState.Closed }).Connections!);
        Assert.Equal(Start + TimeSpan.FromSeconds(90), closed.Stop);
        Assert.Equal(("Slow Consumer (Pending Bytes)", "1m30s", "1m0s"), (closed.Reason, closed.Uptime, closed.Idle));
    }

    [Fact]
    public void State_chooses_open_closed_or_both()
    {
        _server.Open(1);
        _server.Close(2, TimeSpan.Zero, ClosedState.ClientClosed);
        _server.Open(3);
        Assert.Equal([1, 3], Cids(new ConnzOptions()));
        Assert.Equal([2], Cids(new ConnzOptions { State = ConnectionState.Closed }));
        Assert.Equal([1, 2, 3], Cids(new ConnzOptions { State = ConnectionState.All }));
        Assert.Equal(3, Build(new ConnzOptions { State = ConnectionState.All }).Total);
    }

    [Theory]
    [InlineData(ConnectionSort.Cid, "1 2 3")]
    [InlineData(ConnectionSort.Start, "1 2 3")]
    [InlineData(ConnectionSort.Subscriptions, "3 1 2")]
    [InlineData(ConnectionSort.Pending, "2 3 1")]
    [InlineData(ConnectionSort.MessagesTo, "1 3 2")]
    [InlineData(ConnectionSort.MessagesFrom, "2 1 3")]
    [InlineData(ConnectionSort.BytesTo, "3 2 1")]
    [InlineData(ConnectionSort.BytesFrom, "1 2 3")]
    [InlineData(ConnectionSort.Last, "2 1 3")]
    [InlineData(ConnectionSort.Idle, "3 1 2")]
    [InlineData(ConnectionSort.Uptime, "3 1 2")]
    [InlineData(ConnectionSort.RoundTrip, "2 1 3")]
    public void Every_sort_key_orders_open_connections(ConnectionSort sort, string expected)
    {
        _server.Open(2, x => Ranked(x, subs: 1, pending: 3, outMsgs: 1, inMsgs: 3, outBytes: 2, inBytes: 2, last: 3, start: 1, rtt: 3));
        _server.Open(3, x => Ranked(x, subs: 3, pending: 2, outMsgs: 2, inMsgs: 1, outBytes: 3, inBytes: 1, last: 1, start: 3, rtt: 1));
        _server.Open(1, x => Ranked(x, subs: 2, pending: 1, outMsgs: 3, inMsgs: 2, outBytes: 1, inBytes: 3, last: 2, start: 2, rtt: 2));
        Assert.Equal(expected, string.Join(' ', Cids(new ConnzOptions { Sort = sort })));
    }

    [Theory]
    [InlineData(ConnectionSort.Stop, "3 2 1")]
    [InlineData(ConnectionSort.Reason, "1 3 2")]
    [InlineData(ConnectionSort.Uptime, "1 2 3")]
    public void Closed_connections_can_be_ordered_by_end_and_reason(ConnectionSort sort, string expected)
    {
        _server.Close(1, TimeSpan.FromSeconds(1), ClosedState.AuthenticationTimeout);
        _server.Close(2, TimeSpan.FromSeconds(2), ClosedState.WriteError);
        _server.Close(3, TimeSpan.FromSeconds(3), ClosedState.ClientClosed);
        Assert.Equal(expected, string.Join(' ', Cids(new ConnzOptions { Sort = sort, State = ConnectionState.Closed })));
    }

    [Fact]
    public void Equal_connections_are_ordered_by_id_so_that_pages_fit_together()
    {
        foreach (ulong cid in (ulong[])[4, 2, 9, 1]) _server.Open(cid);
        IEnumerable<ulong> paged = Enumerable.Range(0, 4).SelectMany(x => Cids(new ConnzOptions { Sort = ConnectionSort.Pending, Offset = x, Limit = 1 }));
        Assert.Equal([1, 2, 4, 9], paged);
    }

    [Theory]
    [InlineData(0, 2, "1 2")]
    [InlineData(2, 2, "3")]
    [InlineData(3, 2, "")]
    [InlineData(-5, 0, "1 2 3")]
    [InlineData(long.MaxValue, long.MaxValue, "")]
    [InlineData(1, long.MaxValue, "2 3")]
    public void Offset_and_limit_cut_a_page_and_total_counts_all(long offset, long limit, string expected)
    {
        foreach (ulong cid in (ulong[])[1, 2, 3]) _server.Open(cid);
        Connz connz = Build(new ConnzOptions { Offset = offset, Limit = limit });
        Assert.Equal(expected, string.Join(' ', connz.Connections!.Select(x => x.Cid)));
        Assert.Equal(3, connz.Total);
        Assert.Equal(connz.Connections!.Count, connz.NumConnections);
    }

    [Fact]
    public void A_connection_can_be_asked_for_by_id_in_its_state()
    {
        _server.Open(1, x => x with { AuthorizedUser = "u" });
        _server.Open(2);
        _server.Close(3, TimeSpan.Zero, ClosedState.ClientClosed, x => x with { AuthorizedUser = "u" });
        Connz found = Build(new ConnzOptions { Cid = 2, Limit = 50 });
        Assert.Equal((1, 2, 1), (found.NumConnections, found.Total, found.Limit));
        Assert.Equal([1], Cids(new ConnzOptions { Cid = 1, User = "u" }));
        Assert.Empty(Cids(new ConnzOptions { Cid = 1, User = "other" }));
        Assert.Empty(Cids(new ConnzOptions { Cid = 3 }));
        Assert.Equal([3], Cids(new ConnzOptions { Cid = 3, State = ConnectionState.Closed }));
        Assert.Equal([3], Cids(new ConnzOptions { Cid = 3, State = ConnectionState.All }));
        Assert.Empty(Cids(new ConnzOptions { Cid = 3, State = ConnectionState.Closed, User = "other" }));
        Assert.Empty(Cids(new ConnzOptions { Cid = 1, Offset = 1 }));
        Assert.Empty(Cids(new ConnzOptions { Cid = ulong.MaxValue, State = ConnectionState.All }));
    }

    [Fact]
    public void Users_and_mqtt_clients_filter_the_list_but_not_the_total()
    {
        _server.Open(1, x => x with { AuthorizedUser = "u" });
        _server.Open(2, x => x with { MqttClient = "m", Type = "mqtt" });
        _server.Close(3, TimeSpan.Zero, ClosedState.ClientClosed, x => x with { AuthorizedUser = "u" });
        Connz users = Build(new ConnzOptions { User = "u", State = ConnectionState.All });
        Assert.Equal([1, 3], users.Connections!.Select(x => x.Cid));
        Assert.Equal(3, users.Total);
        Assert.Equal([2], Cids(new ConnzOptions { MqttClient = "m", State = ConnectionState.All }));
        Assert.Empty(Cids(new ConnzOptions { User = "nobody", State = ConnectionState.All }));
    }

    [Fact]
    public void Accounts_filter_the_list_and_the_total()
    {
        _server.Accounts.Add(new AccountSnapshot { Name = "A", Sublist = default });
        _server.Open(1);
        _server.Open(2, x => x with { Account = "A" });
        _server.Close(3, TimeSpan.Zero, ClosedState.ClientClosed, x => x with { Account = "A" });
        _server.Close(4, TimeSpan.Zero, ClosedState.ClientClosed);
        Connz connz = Build(new ConnzOptions { Account = "A", State = ConnectionState.All });
        Assert.Equal([2, 3], connz.Connections!.Select(x => x.Cid));
        Assert.Equal(2, connz.Total);

        // As in the reference, closed connections of the global account are not found by their account.
        Assert.Equal([1], Cids(new ConnzOptions { Account = "$G", State = ConnectionState.All }));
    }

    [Fact]
    public void An_unknown_account_yields_no_list_at_all()
    {
        _server.Open(1);
        Connz connz = Build(new ConnzOptions { Account = "nope", Offset = 3, Limit = 4 });
        Assert.Equal(("", 0, 0, 3, 4), (connz.ServerId, connz.Total, connz.NumConnections, connz.Offset, connz.Limit));
        Assert.Null(connz.Connections);
    }

    [Fact]
    public void Interest_in_a_subject_filters_open_connections_of_an_account()
    {
        _server.Open(1);
        _server.Open(2);
        _server.Subscriptions.Add(Subscription(1, "1", "foo.*"));
        _server.Subscriptions.Add(Subscription(2, "1", "bar"));
        Assert.Equal([1], Cids(new ConnzOptions { Account = "$G", FilterSubject = "foo.bar" }));
        Assert.Equal([1, 2], Cids(new ConnzOptions { Account = "$G", FilterSubject = ">" }));
        Assert.Equal([2], Cids(new ConnzOptions { Account = "$G", FilterSubject = "*" }));
    }

    [Fact]
    public void Subscriptions_are_listed_as_subjects_or_in_detail()
    {
        _server.Open(1);
        _server.Subscriptions.Add(Subscription(1, "7", "foo", "q") with { Messages = 3, MaxMessages = 5 });
        _server.Close(2, TimeSpan.Zero, ClosedState.ClientClosed, null, Subscription(2, "8", "bar"));
        ConnInfo[] plain = [.. Build(new ConnzOptions { State = ConnectionState.All }).Connections!];
        Assert.All(plain, x => Assert.True(x.SubscriptionsList is null && x.SubscriptionsListDetail is null));

        ConnInfo[] subjects = [.. Build(new ConnzOptions { Subscriptions = true, State = ConnectionState.All }).Connections!];
        Assert.Equal([["foo"], ["bar"]], subjects.Select(x => x.SubscriptionsList!));
        Assert.All(subjects, x => Assert.Null(x.SubscriptionsListDetail));

        ConnInfo[] details = [.. Build(new ConnzOptions { SubscriptionsDetail = true, State = ConnectionState.All }).Connections!];
        Assert.Equal(new SubDetail { Subject = "foo", Qgroup = "q", Sid = "7", Msgs = 3, Max = 5, Cid = 1 }, details[0].SubscriptionsListDetail!.Single());
        SubDetail ofClosed = new() { Account = "$G", AccountTag = "$G", Subject = "bar", Sid = "8", Msgs = 0, Cid = 2 };
        Assert.Equal(ofClosed, details[1].SubscriptionsListDetail!.Single());
        Assert.All(details, x => Assert.Null(x.SubscriptionsList));
    }

    [Theory]
    [InlineData(ConnectionSort.Stop, ConnectionState.Open, "", "", "sort by stop only valid on closed connections")]
    [InlineData(ConnectionSort.Stop, ConnectionState.All, "", "", "sort by stop only valid on closed connections")]
    [InlineData(ConnectionSort.Reason, ConnectionState.All, "", "", "sort by reason only valid on closed connections")]
    [InlineData(ConnectionSort.Reason, ConnectionState.Closed, "", "", null)]
    [InlineData(ConnectionSort.Cid, ConnectionState.Open, "foo", "", "filter by subject only valid with account filtering")]
    [InlineData(ConnectionSort.Cid, ConnectionState.Open, ">", "", null)]
    [InlineData(ConnectionSort.Cid, ConnectionState.Open, "foo", "$G", null)]
    public void Contradicting_options_are_explained(ConnectionSort sort, ConnectionState state, string filter, string account, string? error) =>
        Assert.Equal(error, new ConnzOptions { Sort = sort, State = state, FilterSubject = filter, Account = account }.Validate());

    [Fact]
    public void Sort_names_are_exact()
    {
        string[] names = ["cid", "start", "subs", "pending", "msgs_to", "msgs_from", "bytes_to", "bytes_from", "last", "idle", "uptime", "stop", "reason", "rtt"];
        ConnectionSort[] parsed = [.. names.Select(x => ConnectionSortNames.TryParse(x, out ConnectionSort sort) ? sort : (ConnectionSort)(-1))];
        Assert.Equal(Enum.GetValues<ConnectionSort>(), parsed);
        Assert.True(ConnectionSortNames.TryParse("", out ConnectionSort none) && none == ConnectionSort.Cid);
        Assert.All((string[])["CID", "msgs", " cid"], x => Assert.False(ConnectionSortNames.TryParse(x, out _)));
    }

    private static ConnectionSnapshot Ranked(
        ConnectionSnapshot connection, int subs, int pending, int outMsgs, int inMsgs, int outBytes, int inBytes, int last, int start, int rtt) => connection with
        {
            SubscriptionCount = subs,
            PendingBytes = pending,
            Traffic = new TrafficSnapshot(inMsgs, inBytes, outMsgs, outBytes),
            LastActivity = Start + TimeSpan.FromSeconds(last),
            Start = Start + TimeSpan.FromSeconds(start - 10),
            RoundTrip = TimeSpan.FromMilliseconds(rtt),
        };

    private Connz Build(ConnzOptions options) => ConnzBuilder.Build(options, _server, Now);

    private IEnumerable<ulong> Cids(ConnzOptions options) => Build(options).Connections!.Select(x => x.Cid);
}
