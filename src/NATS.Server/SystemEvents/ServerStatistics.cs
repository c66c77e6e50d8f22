using System.Text.Json;
using NATS.Server.Accounts;
using NATS.Server.Monitoring;
using NATS.Server.Sessions;

namespace NATS.Server.SystemEvents;

/// <summary>
/// Tells the system account how the server does: soon after the start, then at longer and longer intervals up to every 10 seconds, and when asked.
/// Thread-safe.
/// </summary>
internal sealed class ServerStatistics : IDisposable
{
    /// <summary>From the start to the first time.</summary>
    public static readonly TimeSpan FirstInterval = TimeSpan.FromMilliseconds(250);

    /// <summary>In the long run.</summary>
    public static readonly TimeSpan LongestInterval = TimeSpan.FromSeconds(10);

    /// <summary>Between two, unless the interval is shorter than that.</summary>
    public static readonly TimeSpan LeastPause = TimeSpan.FromSeconds(1);

    private readonly ServerContext _server;
    private readonly EventPublisher _publisher;
    private readonly ServerMonitor _monitor;
    private readonly ServerStamp _stamp;
    private readonly Lock _lock = new();
    private readonly ITimer _timer;
    private TimeSpan _interval = FirstInterval;
    private long? _lastMs;

    /// <summary>Begins when <see cref="Start"/> is called.</summary>
    public ServerStatistics(ServerContext server, EventPublisher publisher, ServerMonitor monitor, ServerStamp stamp)
    {
        _server = server;
        _publisher = publisher;
        _monitor = monitor;
        _stamp = stamp;
        _timer = server.Clock.Time.CreateTimer(static state => ((ServerStatistics)state!).OnTimer(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    public void Start() => _timer.Change(FirstInterval, Timeout.InfiniteTimeSpan);

    public void Dispose() => _timer.Dispose();

    /// <summary>Tells everybody now, however short ago that was done.</summary>
    public void PublishNow()
    {
        lock (_lock) _lastMs = null;
        PublishUnlessTooSoon();
    }

    /// <summary>Writes an object with the server's stamp and its statistics.</summary>
    public void Write(Utf8JsonWriter json)
    {
        ServerSnapshot server = _monitor.Server.SnapshotServer();
        ProcessUsage usage = _monitor.Usage;
        json.WriteStartObject();
        _stamp.Write(json);
        json.WriteStartObject("statsz"u8);
        json.WriteTime("start"u8, server.Start);
        json.WriteNumber("mem"u8, usage.ResidentBytes);
        json.WriteNumber("cores"u8, usage.Processors);
        json.WriteNumber("cpu"u8, usage.CpuPercent);
        json.WriteNumber("connections"u8, server.Connections);
        json.WriteNumber("total_connections"u8, server.TotalConnections);
        json.WriteNumber("active_accounts"u8, CountActiveAccounts());
        json.WriteNumber("subscriptions"u8, server.Subscriptions);
        json.WriteSent("sent"u8, server.Traffic);
        json.WriteSent("sent_to_clients"u8, server.ClientTraffic);
        json.WriteReceived("received"u8, server.Traffic);
        json.WriteReceived("received_from_clients"u8, server.ClientTraffic);
        json.WriteNumber("slow_consumers"u8, server.SlowConsumers.Total);
        WriteCounts(json, "slow_consumer_stats"u8, server.SlowConsumers);
        if (server.StaleConnections.Total != 0) json.WriteNumber("stale_connections"u8, server.StaleConnections.Total);
        WriteCounts(json, "stale_connection_stats"u8, server.StaleConnections);
        if (server.StalledClients != 0) json.WriteNumber("stalled_clients"u8, server.StalledClients);
        json.WriteNumber("active_servers"u8, 1);
        WriteJetStream(json, server.JetStream);
        json.WriteNumber("gomaxprocs"u8, usage.Processors);
        json.WriteEndObject();
        json.WriteEndObject();
    }

    private void OnTimer()
    {
        lock (_lock)
        {
            _interval = Min(_interval * 2, LongestInterval);
            _timer.Change(_interval, Timeout.InfiniteTimeSpan);
        }

        PublishUnlessTooSoon();
    }

    private void PublishUnlessTooSoon()
    {
        lock (_lock)
        {
            long now = _server.Clock.NowMs;
            long pause = (long)Min(LeastPause, _interval).TotalMilliseconds;
            if (_lastMs is { } last && now - last < pause)
            {
                _timer.Change(TimeSpan.FromMilliseconds(last + pause - now), Timeout.InfiniteTimeSpan);
                return;
            }

            _lastMs = now;
        }

        if (_server.Accounts.System is not { } system) return;
        string subject = $"$SYS.SERVER.{_server.Info.ServerId}.STATSZ";
        if (_publisher.IsWanted(system, subject)) _publisher.Enqueue(system, subject, Write);
    }

    // The server itself is always active in its system account.
    private int CountActiveAccounts() => _server.Accounts.ActiveCount + (_server.Accounts.System is { Connections: 0 } ? 1 : 0);

    private static void WriteCounts(Utf8JsonWriter json, ReadOnlySpan<byte> name, PeerCounts counts)
    {
        if (counts.Total == 0) return;
        json.WriteStartObject(name);
        json.WriteNumber("clients"u8, counts.Clients);
        json.WriteNumber("routes"u8, counts.Routes);
        json.WriteNumber("gateways"u8, counts.Gateways);
        json.WriteNumber("leafs"u8, counts.LeafNodes);
        json.WriteEndObject();
    }

    // Where things are stored is nobody's business outside of this machine.
    private static void WriteJetStream(Utf8JsonWriter json, JetStreamVarz jetStream)
    {
        if (jetStream.Config is not { } config) return;
        json.WritePropertyName("jetstream"u8);
        JsonSerializer.Serialize(json, jetStream with { Config = config with { StoreDir = null } }, MonitoringJson.Default.JetStreamVarz);
    }

    private static TimeSpan Min(TimeSpan first, TimeSpan second) => first < second ? first : second;
}
