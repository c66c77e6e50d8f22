using NATS.Server.Accounts;
using NATS.Server.Auth;
using NATS.Server.Connections;
using NATS.Server.Core.Protocol;
using NATS.Server.Core.Subjects;
using NATS.Server.Delivery;
using NATS.Server.JetStream.Engine;
using NATS.Server.Monitoring;
using NATS.Server.Options;
using NATS.Server.Sessions;

namespace NATS.Server.Hosting;

/// <summary>Shows a running server to monitoring. Thread-safe; reads counters without stopping those who count.</summary>
internal sealed partial class MonitoringSource(NatsServer server) : IMonitoredServer
{
    private readonly ServerContext _context = server.Context;

    public ClosedConnectionRing ClosedConnections { get; } = new(Math.Max(1, server.Context.Clients.MaxClosed));

    public ServerOptions Options => _context.Options;

    public ServerSnapshot SnapshotServer()
    {
        ServerInfo info = _context.Info;
        TrafficSnapshot traffic = SumTraffic();
        return new ServerSnapshot
        {
            Options = _context.Options,
            ServerId = server.ServerId,
            ServerName = info.ServerName,
            Runtime = info.Runtime,
            Host = info.Host,
            Port = info.Port,
            IsAuthRequired = _context.Authenticator.IsRequired,
            Start = server.StartTime,
            ConfigLoadTime = server.ConfigTime,
            Connections = _context.Clients.Count,
            TotalConnections = (ulong)_context.Counters.TotalConnections,
            Traffic = traffic,
            ClientTraffic = traffic,
            SlowConsumers = new PeerCounts((ulong)_context.Counters.SlowConsumers, 0, 0, 0),
            StaleConnections = new PeerCounts((ulong)_context.Counters.StaleConnections, 0, 0, 0),
            StalledClients = _context.Counters.StalledClients,
            Subscriptions = (uint)server.NumSubscriptions,
            SystemAccount = _context.Accounts.System?.Name ?? "",
            JetStream = server.DescribeJetStream(),
            DiskWaits = server.DescribeDiskWaits(),
            OcspCache = server.DescribeOcspCache(),
            PinnedAccountFailures = server.NumPinnedAccountFailures,
        };
    }

    public IReadOnlyList<ConnectionSnapshot> SnapshotConnections() => [.. _context.Clients.Open.Select(Describe)];

    public ConnectionTotals SumConnections()
    {
        int count = 0;
        long pending = 0, subscriptions = 0;
        TrafficCount traffic = default;
        foreach (ClientSession session in _context.Clients.Open)
        {
            count++;
            pending += session.Connection.Outbound.Pending;
            subscriptions += session.Subscriptions.Count;
            traffic += session.Traffic;
        }

        return new ConnectionTotals(count, pending, subscriptions, new TrafficSnapshot(traffic.InMessages, traffic.InBytes, traffic.OutMessages, traffic.OutBytes));
    }

    public IReadOnlyList<SubscriptionSnapshot> SnapshotSubscriptions(ulong cid) =>
        _context.Clients.Find(cid) is { } session ? Describe(session, session.Subscriptions.Snapshot()) : [];

    public bool HasAccount(string account) => _context.Accounts.TryFind(account, out _);

    public string DisplayNameOf(string account) => _context.Accounts.TryFind(account, out Account? found) ? found.DisplayName : account;

    public JetStreamEngine? JetStream => server.JetStream;

    public IReadOnlyList<ListenerSnapshot> SnapshotListeners() => [new("server", server.AcceptsClients)];

    /// <summary>Remembers a connection that ends. The thread that closes it.</summary>
    public void OnClientClosed(ClientSession session, ClosedState reason, Subscription[] subscriptions)
    {
        SubscriptionSnapshot[] remembered = subscriptions.Length > ClosedConnectionRing.MaxSubscriptionDetails ? [] : Describe(session, subscriptions, isClosed: true);
        ConnectionSnapshot last = Describe(session) with { SubscriptionCount = subscriptions.Length };

        // As in the reference a closed connection does not show its certificates, which would also be much to remember.
        if (last.Tls is { } tls) last = last with { Tls = tls with { PeerCertificates = [], VerifiedChain = [] } };
        ClosedConnections.Add(new ClosedConnection(last, _context.Clock.UtcNow, reason, remembered)
        {
            Detail = session.Connection.CloseDetail,
            Limits = LimitsOf(session),
        });
    }

    private static ConnectionSnapshot Describe(ClientSession session)
    {
        ConnectOptions options = session.Options;
        OutboundBuffer outbound = session.Connection.Outbound;
        return new ConnectionSnapshot
        {
            Cid = session.Id,
            Ip = session.ClientIp,
            Port = session.Connection.RemoteEndPoint?.Port ?? 0,
            Start = session.Start,
            LastActivity = session.LastActivity,
            RoundTrip = session.RoundTrip,
            PendingBytes = outbound.Pending,
            Traffic = new TrafficSnapshot(
                Volatile.Read(ref session.InMessages),
                Volatile.Read(ref session.InBytes),
                Volatile.Read(ref outbound.Messages),
                Volatile.Read(ref outbound.PayloadBytes)),
            Stalls = Volatile.Read(ref outbound.Stalls),
            SubscriptionCount = session.Subscriptions.Count,
            Name = options.Name,
            Language = options.Language,
            Version = options.Version,
            Tls = session.Tls is { } tls ? tls with { IsHandshakeFirst = session.IsHandshakeFirst } : null,
            AuthorizedUser = session.AuthorizedUser,
            ProxyKey = session.Authenticated?.ProxyKey ?? "",
            Account = session.Account.Name,
            AccountTag = session.Account.DisplayName,
            Jwt = options.Jwt,
            UserName = session.Authenticated?.NameTag ?? "",
            IssuerKey = session.Authenticated?.IssuerKey ?? "",
            Tags = session.Authenticated?.Tags ?? [],
        };
    }

    private static SubscriptionSnapshot[] Describe(ClientSession session, Subscription[] subscriptions, bool isClosed = false)
    {
        var described = new SubscriptionSnapshot[subscriptions.Length];
        for (int i = 0; i < described.Length; i++)
        {
            // The end of its connection is also the end of a subscription's maximum: the reference does not show it any more.
            SubscriptionSnapshot snapshot = Describe(subscriptions[i], session.Id, session.Account);
            described[i] = isClosed ? snapshot with { MaxMessages = 0 } : snapshot;
        }

        return described;
    }

    private static SubscriptionSnapshot Describe(Subscription subscription, ulong cid, Account account) => new()
    {
        Account = account.Name,
        AccountTag = account.DisplayName,
        Subject = subscription.Subject,
        Queue = subscription.Queue,
        Sid = subscription.Sid.ToArray(),
        Messages = Volatile.Read(ref subscription.Delivered),
        MaxMessages = Volatile.Read(ref subscription.Max),
        Cid = cid,
    };

    private TrafficSnapshot SumTraffic()
    {
        long inMessages = 0, inBytes = 0, outMessages = 0, outBytes = 0;
        foreach (LoopContext loop in server.Engine.Contexts)
        {
            inMessages += Volatile.Read(ref loop.InMessages);
            inBytes += Volatile.Read(ref loop.InBytes);
            outMessages += Volatile.Read(ref loop.OutMessages);
            outBytes += Volatile.Read(ref loop.OutBytes);
        }

        return new TrafficSnapshot(inMessages, inBytes, outMessages, outBytes);
    }
}
