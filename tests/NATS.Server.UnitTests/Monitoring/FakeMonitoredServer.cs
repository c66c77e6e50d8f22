using System.Text;
using NATS.Server.Connections;
using NATS.Server.JetStream.Engine;
using NATS.Server.Monitoring;
using NATS.Server.Options;

namespace NATS.Server.UnitTests.Monitoring;

/// <summary>A server made of lists. One thread.</summary>
internal sealed partial class FakeMonitoredServer : IMonitoredServer
{
    public static readonly DateTimeOffset Start = new(2026, 1, 2, 3, 4, 5, TimeSpan.Zero);

    public ClosedConnectionRing ClosedConnections { get; } = new(100);

    public ServerSnapshot Server { get; set; } = new()
    {
        Options = OptionsBaseline.Apply(new ServerOptions { Host = "127.0.0.1", HttpHost = "127.0.0.1", HttpPort = -1 }),
        ServerId = "NID",
        ServerName = "name",
        Runtime = "dotnet10",
        Host = "127.0.0.1",
        Port = 4242,
        Start = Start,
        ConfigLoadTime = Start,
    };

    public List<ConnectionSnapshot> Connections { get; } = [];

    public List<SubscriptionSnapshot> Subscriptions { get; } = [];

    public List<AccountSnapshot> Accounts { get; } = [new() { Name = "$G", Sublist = default }];

    public List<ListenerSnapshot> Listeners { get; } = [new("server", true)];

    public static SubscriptionSnapshot Subscription(ulong cid, string sid, string subject, string? queue = null, string account = "$G") => new()
    {
        Account = account,
        Subject = Encoding.UTF8.GetBytes(subject),
        Queue = queue is null ? null : Encoding.UTF8.GetBytes(queue),
        Sid = Encoding.UTF8.GetBytes(sid),
        Cid = cid,
    };

    public ConnectionSnapshot Open(ulong cid, Func<ConnectionSnapshot, ConnectionSnapshot>? with = null)
    {
        var connection = new ConnectionSnapshot { Cid = cid, Ip = "10.0.0.1", Port = 5000, Start = Start, LastActivity = Start, Account = "$G" };
        connection = with is null ? connection : with(connection);
        Connections.Add(connection);
        return connection;
    }

    public void Close(ulong cid, TimeSpan after, ClosedState reason, Func<ConnectionSnapshot, ConnectionSnapshot>? with = null, params SubscriptionSnapshot[] subscriptions)
    {
        ConnectionSnapshot connection = Open(cid, with);
        Connections.Remove(connection);
        ClosedConnections.Add(new ClosedConnection(connection, connection.Start + after, reason, subscriptions));
    }

    public ServerSnapshot SnapshotServer() => Server;

    public IReadOnlyList<ConnectionSnapshot> SnapshotConnections() => Connections;

    public IReadOnlyList<SubscriptionSnapshot> SnapshotSubscriptions(ulong cid) => [.. Subscriptions.Where(x => x.Cid == cid)];

    public IReadOnlyList<AccountSnapshot> SnapshotAccounts(string account, bool withSubscriptions) =>
    [
        .. Accounts.Where(x => account.Length == 0 || x.Name == account)
            .Select(x => x with { Subscriptions = withSubscriptions ? [.. Subscriptions.Where(s => s.Account == x.Name)] : [] }),
    ];

    public ServerOptions Options => Server.Options;

    public ConnectionTotals Totals { get; set; }

    public SublistSnapshot Sublists { get; set; }

    public ConnectionTotals SumConnections() => Totals;

    public SublistSnapshot SumSublists() => Sublists;

    public List<QueueSnapshot> Queues { get; } = [];

    public IReadOnlyList<string> CommandLine { get; set; } = [];

    public IReadOnlyList<QueueSnapshot> SnapshotQueues() => Queues;

    public List<AccountDetailSnapshot> Details { get; } = [];

    public List<AccountStatSnapshot> Stats { get; } = [];

    public IReadOnlyList<string> ListAccounts() => [.. Accounts.Select(x => x.Name)];

    public AccountDetailSnapshot? SnapshotAccount(string account) => Details.Find(x => x.Name == account);

    public IReadOnlyList<AccountStatSnapshot> SnapshotAccountStats(IReadOnlyCollection<string> accounts) =>
        [.. Stats.Where(x => accounts.Count == 0 || accounts.Contains(x.Name))];

    public string DisplayNameOf(string account) => account;

    public JetStreamEngine? JetStream { get; set; }

    public bool HasAccount(string account) => Accounts.Exists(x => x.Name == account);

    public IReadOnlyList<ListenerSnapshot> SnapshotListeners() => Listeners;
}
