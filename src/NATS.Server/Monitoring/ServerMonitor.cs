namespace NATS.Server.Monitoring;

/// <summary>
/// The monitoring of one server for programs that embed it: the same answers as the HTTP endpoints, as objects. Thread-safe. A call costs about as
/// much as the request it corresponds to and never makes message flow wait.
/// </summary>
public sealed class ServerMonitor
{
    private readonly IMonitoredServer _server;
    private readonly ProcessUsageSampler _usage;
    private readonly TimeProvider _time;

    internal ServerMonitor(IMonitoredServer server, ProcessUsageSampler usage, TimeProvider time)
    {
        _server = server;
        _usage = usage;
        _time = time;
    }

    internal RequestCounters Requests { get; } = new();

    /// <summary>General information about the server.</summary>
    public Varz Varz() => VarzBuilder.Build(_server.SnapshotServer(), _usage.Current, Requests.Snapshot(), _time.GetUtcNow());

    /// <summary>A page of connections.</summary>
    /// <exception cref="ArgumentException">The options contradict each other, see <see cref="ConnzOptions.Validate"/>.</exception>
    public Connz Connz(ConnzOptions? options = null)
    {
        options ??= new ConnzOptions();
        if (options.Validate() is string error) throw new ArgumentException(error, nameof(options));
        return ConnzBuilder.Build(options, _server, _time.GetUtcNow());
    }

    /// <summary>Subscriptions and the statistics of their index.</summary>
    /// <exception cref="ArgumentException">The options are wrong, see <see cref="SubszOptions.Validate"/>.</exception>
    public Subsz Subsz(SubszOptions? options = null)
    {
        options ??= new SubszOptions();
        if (options.Validate() is string error) throw new ArgumentException(error, nameof(options));
        return SubszBuilder.Build(options, _server, _time.GetUtcNow());
    }

    /// <summary>Whether the server works.</summary>
    public HealthStatus Healthz(HealthzOptions? options = null) => HealthBuilder.Build(options ?? new HealthzOptions(), _server);
}
