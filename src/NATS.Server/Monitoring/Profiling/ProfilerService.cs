using System.Net;
using Microsoft.Extensions.Logging;
using NATS.Server.Monitoring.Http;
using NATS.Server.Options;

namespace NATS.Server.Monitoring.Profiling;

/// <summary>The profiling port of one server. Thread-safe.</summary>
internal sealed partial class ProfilerService : IAsyncDisposable
{
    private readonly ProfilerEndpoints _endpoints;
    private readonly HttpServer _http;
    private readonly ILogger _logger;

    /// <summary>Prepares it.</summary>
    /// <param name="monitor">Knows the process.</param>
    /// <param name="time">The clock.</param>
    /// <param name="logger">The server's log.</param>
    public ProfilerService(ServerMonitor monitor, TimeProvider time, ILogger logger)
    {
        _logger = logger;
        _endpoints = new ProfilerEndpoints(monitor, time);
        _http = new HttpServer(_endpoints.RespondAsync, time, logger) { StopGrace = TimeSpan.Zero };
    }

    /// <summary>Where it listens; null when it does not.</summary>
    public IPEndPoint? EndPoint => _http.LocalEndPoint;

    /// <summary>Opens the port if one is configured.</summary>
    /// <exception cref="MonitoringException">The port cannot be opened; the message is the reference's.</exception>
    public void Start(ServerOptions options)
    {
        if (options.ProfilePort == 0) return;
        HttpPort.Open(_http, options.Host, options.ProfilePort, tls: null);
        Log.Listening(_logger, EndPoint!.Port);
    }

    public async ValueTask DisposeAsync()
    {
        await _http.DisposeAsync();
        _endpoints.Dispose();
    }

    private static partial class Log
    {
        [LoggerMessage(Level = LogLevel.Information, Message = "profiling port: {Port}")]
        public static partial void Listening(ILogger logger, int port);
    }
}
