using System.Net;
using NATS.Server.Hosting;
using NATS.Server.Monitoring;
using NATS.Server.Monitoring.Profiling;
using NATS.Server.Options;

namespace NATS.Server;

/// <summary>Monitoring: the HTTP port, and the same answers as objects.</summary>
public sealed partial class NatsServer
{
    private readonly MonitoringService _monitoring;
    private readonly ProfilerService _profiler;

    /// <summary>What the monitoring endpoints answer, as objects; also when no monitoring port is open.</summary>
    public ServerMonitor Monitor => _monitoring.Monitor;

    /// <summary>Where monitoring is served; null when no port is configured.</summary>
    public IPEndPoint? MonitorEndPoint => _monitoring.EndPoint;

    /// <summary>Where profiles are served; null when no port is configured.</summary>
    public IPEndPoint? ProfileEndPoint => _profiler.EndPoint;

    /// <summary>Whether the client listener is open, or none is wanted.</summary>
    internal bool AcceptsClients => Options.DontListen ? IsRunning : _acceptor is not null && !_context.IsLameDuck && !_context.IsShuttingDown;

    /// <summary>The command line without secrets; empty when it is not to be shown.</summary>
    internal IReadOnlyList<string> CommandLine => _services.CommandLine;

    /// <summary>What waits to be told to the system account, and to be answered there.</summary>
    internal IReadOnlyList<QueueSnapshot> SystemQueues => _systemEvents.Queues;

    private MonitoringService CreateMonitoring(ServerOptions options)
    {
        var source = new MonitoringSource(this);
        _context.OnClientClosed = source.OnClientClosed;
        return new MonitoringService(source, options, () => Volatile.Read(ref _monitoringTls), _clock.Time, _log);
    }

    private void StartProfiler(ServerOptions options)
    {
        try
        {
            _profiler.Start(options);
        }
        catch (MonitoringException error)
        {
            throw new NatsServerException($"error starting profiler: {error.Message}", error);
        }
    }

    private void StartMonitoring()
    {
        _monitoring.StartMeter(_services.MeterFactory);
        try
        {
            _monitoring.Start();
        }
        catch (MonitoringException error)
        {
            throw new NatsServerException($"Can't start monitoring: {error.Message}", error);
        }
    }
}
