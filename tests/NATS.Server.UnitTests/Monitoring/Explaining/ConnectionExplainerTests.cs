using NATS.Server.Accounts;
using NATS.Server.Connections;
using NATS.Server.Monitoring;
using NATS.Server.Monitoring.Explaining;
using NATS.Server.Options;
using Xunit;

namespace NATS.Server.UnitTests.Monitoring.Explaining;

/// <summary>Why connections closed and what holds them up, over a server made of lists.</summary>
public sealed class ConnectionExplainerTests
{
    private static readonly DateTimeOffset Now = FakeMonitoredServer.Start + TimeSpan.FromMinutes(5);

    // What only servers do to each other: no client can bring it about.
    private static readonly ClosedState[] OfClusters =
    [
        ClosedState.Unknown, ClosedState.WrongPort, ClosedState.DuplicateRoute, ClosedState.RouteRemoved, ClosedState.WrongGateway, ClosedState.InternalClient, ClosedState.ClusterNameConflict,
        ClosedState.DuplicateRemoteLeafNodeConnection, ClosedState.DuplicateClientId, ClosedState.DuplicateServerName, ClosedState.MinimumVersionRequired, ClosedState.ClusterNamesIdentical,
    ];

    public static TheoryData<ClosedState> States => [.. Enum.GetValues<ClosedState>()];

    [Theory]
    [MemberData(nameof(States))]
    public void Every_way_to_close_is_told_in_a_sentence_and_with_a_hint(ClosedState state)
    {
        var server = new FakeMonitoredServer();
        Close(server, 7, state, null);
        Close(server, 8, state, new CloseDetail("the detail") { Value = 3, Limit = 2 });
        foreach (ulong cid in (ulong[])[7, 8])
        {
            Explanation answer = Ask(server, cid);
            Assert.Equal(("connection", "closed"), (answer.Question, answer.Verdict));
            Assert.StartsWith($"Connection {cid} (\"app\", user alice) closed 4m50s ago: ", answer.Summary, StringComparison.Ordinal);
            Assert.EndsWith(".", answer.Summary, StringComparison.Ordinal);
            Finding closed = Assert.Single(answer.Findings, static finding => finding.Decides);
            Assert.Equal(state.ToReason(), closed.Refusal);
            if (OfClusters.Contains(state)) continue;
            Assert.NotEmpty(answer.Hints!);
            Assert.All(answer.Hints!, static hint => Assert.EndsWith(".", hint, StringComparison.Ordinal));
            Assert.DoesNotContain(state.ToReason(), answer.Summary, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void The_numbers_of_then_count_and_not_those_of_now()
    {
        var server = new FakeMonitoredServer();
        server.Server = server.Server with { Options = server.Options with { MaxPending = 5, MaxPingsOut = 9, MaxControlLine = 6 } };
        Close(server, 1, ClosedState.SlowConsumerPendingBytes, new CloseDetail("x") { Value = 1001, Limit = 1000 });
        Close(server, 2, ClosedState.StaleConnection, new CloseDetail("nothing had come from it for 5m0s") { Value = 2, Limit = 2 });
        Close(server, 3, ClosedState.MaxControlLineExceeded, null, new ConnectionLimits { MaxControlLine = 4096 });
        Assert.Equal(new ExplainRule("max_pending", "1000", "the server"), Ask(server, 1).Rule);
        Assert.Equal(new ExplainRule("ping_max", "2", "the server"), Ask(server, 2).Rule);
        Assert.Contains("nothing had come from it for 5m0s", Ask(server, 2).Summary, StringComparison.Ordinal);
        Assert.Equal(new ExplainRule("max_control_line", "4096", "the server"), Ask(server, 3).Rule);
    }

    [Theory]
    [InlineData(100, -1, "account A")]
    [InlineData(-1, 100, "user alice in account A")]
    [InlineData(-1, -1, "the server")]
    public void A_limit_says_whose_it_is(long ofAccount, long ofUser, string expected)
    {
        var server = new FakeMonitoredServer();
        server.Details.Add(new AccountDetailSnapshot
        {
            Name = "A",
            DisplayName = "A",
            UpdatedAt = Now,
            Sublist = default,
            Model = AccountModel.Empty with { Declared = new AccountOptions { Name = "A", Limits = new AccountLimitsOptions { MaxPayload = ofAccount } } },
        });
        Close(server, 7, ClosedState.MaxPayloadExceeded, new CloseDetail("x") { Rule = "max_payload", Value = 101, Limit = 100 }, new ConnectionLimits { MaxPayload = 100, UserMaxPayload = ofUser });
        Assert.Equal(new ExplainRule("max_payload", "100", expected), Ask(server, 7).Rule);
    }

    [Fact]
    public void What_holds_an_open_connection_up_is_told_the_worst_first()
    {
        var server = new FakeMonitoredServer { IsLameDuck = true };
        server.Standings.Add(new ConnectionStanding
        {
            Connection = Snapshot(7) with { PendingBytes = 900, Stalls = 4, SubscriptionCount = 10 },
            Limits = new ConnectionLimits { MaxPending = 1000, MaxSubscriptions = 10 },
            BlockedFor = TimeSpan.FromSeconds(3),
            UnansweredPings = 2,
            SilentFor = TimeSpan.FromMinutes(4),
            IsStalled = true,
            ExpiresAt = Now + TimeSpan.FromMinutes(2),
        });
        Explanation answer = Ask(server, 7);
        Assert.Equal(("open", new ExplainRule("max_pending", "1000", "the server")), (answer.Verdict, answer.Rule));
        Assert.Equal(["pending", "blocked", "stalled", "pings", "subscriptions", "credentials", "lame_duck"], answer.Findings.Where(static finding => finding.Decides).Select(static finding => finding.Kind));
        Assert.Contains("publishers were paused 4 times because it lagged behind", answer.Findings.Select(static finding => finding.Text));
        Assert.Contains("it has not taken what is sent to it for 3s", answer.Summary, StringComparison.Ordinal);
    }

    [Fact]
    public void One_that_nothing_holds_up_says_so()
    {
        var server = new FakeMonitoredServer();
        server.Standings.Add(new ConnectionStanding { Connection = Snapshot(7), Limits = new ConnectionLimits { MaxPending = 1000 } });
        Explanation answer = Ask(server, 7);
        Assert.Equal(("open", null, "Connection 7 (\"app\", user alice) is open, and nothing holds it up."), (answer.Verdict, answer.Rule, answer.Summary));
        Assert.Null(answer.Hints);
        Assert.DoesNotContain(answer.Findings, static finding => finding.Decides);
    }

    [Fact]
    public void Of_a_user_the_newest_connection_is_told_and_the_others_are_counted()
    {
        var server = new FakeMonitoredServer();
        Close(server, 3, ClosedState.Kicked, null);
        Close(server, 9, ClosedState.ClientClosed, null);
        server.Standings.Add(new ConnectionStanding { Connection = Snapshot(5) });
        server.Connections.Add(Snapshot(5));
        Explanation answer = ConnectionExplainer.Explain(new ExplainQuestion { Kind = ExplainKind.Connection, User = "alice" }, server, Now);
        Assert.Equal("closed", answer.Verdict);
        Assert.Equal("connection 9 is the newest connection of \"alice\"; 2 others are known: 1 open and 2 closed in all", answer.Findings[0].Text);
        answer = ConnectionExplainer.Explain(new ExplainQuestion { Kind = ExplainKind.Connection, User = "Alice" }, server, Now);
        Assert.Equal(("not_found", "Perhaps \"alice\" is meant."), (answer.Verdict, Assert.Single(answer.Hints!)));
    }

    private static Explanation Ask(FakeMonitoredServer server, ulong cid) => ConnectionExplainer.Explain(new ExplainQuestion { Kind = ExplainKind.Connection, Cid = cid }, server, Now);

    private static ConnectionSnapshot Snapshot(ulong cid) => new()
    {
        Cid = cid, Ip = "10.0.0.1", Port = 5000, Start = FakeMonitoredServer.Start, LastActivity = FakeMonitoredServer.Start, Account = "A", Name = "app", AuthorizedUser = "alice",
    };

    private static void Close(FakeMonitoredServer server, ulong cid, ClosedState state, CloseDetail? detail, ConnectionLimits? limits = null) =>
        server.ClosedConnections.Add(new ClosedConnection(Snapshot(cid), FakeMonitoredServer.Start + TimeSpan.FromSeconds(10), state, []) { Detail = detail, Limits = limits });
}
