using NATS.Server.Accounts;
using NATS.Server.Connections;
using NATS.Server.Connections.Tls.Ocsp;
using NATS.Server.Delivery;
using NATS.Server.Monitoring;
using NATS.Server.Sessions;

namespace NATS.Server.SystemEvents;

/// <summary>What the server tells its system account, and what it answers there, as a whole. Made, started and stopped by the server; the rest is thread-safe.</summary>
internal sealed class SystemEventService
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(1);

    private readonly ServerContext _server;
    private readonly EventPublisher _publisher;
    private readonly AccountActivity _activity;
    private readonly ServerStatistics _statistics;
    private readonly OcspEvents _ocsp;
    private readonly ServerRequests _requests;

    /// <summary>Begins to answer, and to tell of clients.</summary>
    /// <param name="server">The server; its accounts and sessions are followed from here on.</param>
    /// <param name="monitor">Shows what is asked for.</param>
    /// <param name="router">Puts the imports of accounts to work.</param>
    /// <param name="engine">Lends contexts to threads that have none.</param>
    /// <param name="reload">Reads the configuration anew; says why that failed, or null.</param>
    public SystemEventService(ServerContext server, ServerMonitor monitor, ServiceRouter router, IConnectionEngine engine, Func<string?> reload)
    {
        _server = server;
        Stamp = new ServerStamp(server);
        _publisher = new EventPublisher(engine, server.Logger);
        _activity = new AccountActivity(server, _publisher, Stamp, account => Describe(account, monitor.Server));
        _statistics = new ServerStatistics(server, _publisher, monitor, Stamp);
        _ocsp = new OcspEvents(server, _publisher, Stamp);
        var clients = new ClientEvents(server, _publisher, Stamp);
        server.OnClientConnected = clients.OnConnected;
        server.OnClientRefused = clients.OnRefused;
        server.OnClientClosed += clients.OnDisconnected;
        server.Accounts.ConnectionsChanged = _activity.OnChanged;
        var monitoring = new MonitoringRequests(server, monitor);
        var table = new RequestTable(server, monitoring, new ControlRequests(server, monitoring, reload), new AccountRequests(server, _activity), _statistics);
        _requests = new ServerRequests(server, Stamp);
        new SystemServices(server, router, engine, _requests, table.Routes, Stamp).Start();
    }

    /// <summary>Says in events and answers which server they are from.</summary>
    public ServerStamp Stamp { get; }

    /// <summary>What waits to be published and to be answered, under the reference's names.</summary>
    public IReadOnlyList<QueueSnapshot> Queues => [Describe("System sendQ", _publisher.Queued), Describe("System recvQ", _requests.Queued)];

    /// <summary>Begins to tell how the server does.</summary>
    public void Start() => _statistics.Start();

    /// <summary>What is due. The clock's thread.</summary>
    public void Sweep(long nowMs) => _activity.Sweep(nowMs);

    /// <summary>A client was refused for its certificates.</summary>
    public void OnPeerRefused(OcspRefusal refusal) => _ocsp.OnRefused(refusal);

    /// <summary>Tells that the server begins to let its clients go.</summary>
    public void TellLameDuck()
    {
        if (_server.Accounts.System is not { } system) return;
        string subject = SubjectOf("LAMEDUCK");
        if (_publisher.IsWanted(system, subject)) _publisher.Enqueue(system, subject, Stamp.WriteValue);
    }

    /// <summary>Tells that the server stops, if it ever served, and nothing any more after that.</summary>
    public async Task StopAsync(bool hasServed)
    {
        _statistics.Dispose();
        if (hasServed && _server.Accounts.System is { } system) await _publisher.CloseAsync(system, SubjectOf("SHUTDOWN"), Stamp.WriteValue, Patience).ConfigureAwait(false);
    }

    private static AccountStat? Describe(Account account, IMonitoredServer server) =>
        server.SnapshotAccountStats([account.Name]) is [var found, ..] ? AccountStatzBuilder.Describe(found) : null;

    // The one at the front is being worked at.
    private static QueueSnapshot Describe(string name, int count) => new(name, Math.Max(0, count - 1), Math.Min(count, 1));

    private string SubjectOf(string word) => $"$SYS.SERVER.{_server.Info.ServerId}.{word}";
}
