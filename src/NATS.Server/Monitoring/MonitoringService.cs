using System.Diagnostics.Metrics;
using System.Globalization;
using System.Net;
using Microsoft.Extensions.Logging;
using NATS.Server.Connections.Tls;
using NATS.Server.Monitoring.Http;
using NATS.Server.Monitoring.Metrics;
using NATS.Server.Options;

namespace NATS.Server.Monitoring;

/// <summary>The monitoring of one server: the objects behind it always, the HTTP port when one is configured. Thread-safe.</summary>
internal sealed partial class MonitoringService : IAsyncDisposable
{
    private readonly ProcessUsageSampler _usage;
    private readonly MonitoringEndpoints _endpoints;
    private readonly HttpServer _http;
    private readonly ILogger _logger;
    private readonly ServerOptions _options;

    private readonly Func<TlsListener?> _tls;
    private readonly TimeProvider _time;
    private MeterPublisher? _meter;

    /// <summary>Prepares the monitoring of a server.</summary>
    /// <param name="server">What is shown.</param>
    /// <param name="options">Their monitoring options are used.</param>
    /// <param name="tls">The TLS in force for the HTTPS port; null without.</param>
    /// <param name="time">The clock.</param>
    /// <param name="logger">The server's log.</param>
    public MonitoringService(IMonitoredServer server, ServerOptions options, Func<TlsListener?> tls, TimeProvider time, ILogger logger)
    {
        _tls = tls;
        _time = time;
        _options = options;
        _logger = logger;
        _usage = new ProcessUsageSampler(time);
        Monitor = new ServerMonitor(server, _usage, time);
        _endpoints = new MonitoringEndpoints(Monitor, options.HttpBasePath, logger);
        Monitor.Endpoints = _endpoints;
        _http = new HttpServer(_endpoints.RespondAsync, time, logger);
    }

    public ServerMonitor Monitor { get; }

    /// <summary>Where the HTTP port listens; null when there is none.</summary>
    public IPEndPoint? EndPoint => _http.LocalEndPoint;

    /// <summary>Opens the HTTP port if one is configured.</summary>
    /// <exception cref="MonitoringException">The port cannot be opened; the message is the reference's.</exception>
    public void Start()
    {
        bool isSecure = _options.HttpsPort != 0;
        if (_options.HttpPort == 0 && !isSecure) return;
        if (_options.HttpPort != 0 && isSecure)
            throw new MonitoringException(string.Create(CultureInfo.InvariantCulture, $"can't specify both HTTP ({_options.HttpPort}) and HTTPs ({_options.HttpsPort}) ports"));
        if (isSecure && _tls() is null) throw new MonitoringException("TLS cert and key required for HTTPS");
        string host = _options.HttpHost.Length > 0 ? _options.HttpHost : _options.Host;
        try
        {
            HttpPort.Open(_http, host, isSecure ? _options.HttpsPort : _options.HttpPort, isSecure ? _tls : null);
        }
        catch (MonitoringException error)
        {
            throw new MonitoringException($"can't listen to the monitor port: {error.Message}", error);
        }

        Log.Listening(_logger, isSecure ? "https" : "http", HttpPort.Join(host, EndPoint!.Port));
    }

    /// <summary>Lets whoever listens in the process see the metrics; until this is disposed.</summary>
    /// <param name="factory">Makes the meter; null: it is made here.</param>
    public void StartMeter(IMeterFactory? factory)
    {
        var options = new MeterOptions(MeterPublisher.MeterName) { Version = Core.Protocol.ServerVersion.Compatible };
        Meter meter = factory?.Create(options) ?? new Meter(options);
        Metric first = new MetricNames(_options.Metrics).Core("varz", "connections", "connections of /varz");
        _meter = new MeterPublisher(meter, first, Monitor.Write, _time, ownsMeter: factory is null);
    }

    public Task StopAsync() => _http.StopAsync();

    public async ValueTask DisposeAsync()
    {
        _meter?.Dispose();
        await _http.DisposeAsync();
        _endpoints.Dispose();
        _usage.Dispose();
    }

    private static partial class Log
    {
        [LoggerMessage(Level = LogLevel.Information, Message = "Starting {Protocol} monitor on {Address}")]
        public static partial void Listening(ILogger logger, string protocol, string address);
    }
}

/// <summary>Monitoring cannot start.</summary>
internal sealed class MonitoringException(string message, Exception? inner = null) : Exception(message, inner);
