using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.Logging;
using NATS.Server.Connections.Tls;

namespace NATS.Server.Monitoring.Http;

/// <summary>Answers one request. Called on the task of its connection; the server disposes the response when it has been written.</summary>
internal delegate ValueTask<HttpResponse> HttpHandler(HttpRequest request, CancellationToken cancellation);

/// <summary>
/// A small HTTP/1.1 server for monitoring: keep-alive, pipelining, bounded in connections, head size and time. Thread-safe.
/// At the bound of connections the one that idles longest makes room; when none idles, the new one is told 503.
/// </summary>
internal sealed partial class HttpServer : IAsyncDisposable
{
    public const int DefaultMaxConnections = 128;

    private readonly HttpHandler _handler;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly int _maxConnections;
    private readonly Lock _lock = new();
    private readonly Dictionary<HttpConnection, Task> _connections = [];
    private readonly CancellationTokenSource _stopping = new();
    private Socket? _listener;
    private Func<TlsListener?>? _tls;
    private Task _accepting = Task.CompletedTask;
    private bool _isStopped;

    public HttpServer(HttpHandler handler, TimeProvider time, ILogger logger, int maxConnections = DefaultMaxConnections)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(maxConnections);
        _handler = handler;
        _time = time;
        _logger = logger;
        _maxConnections = maxConnections;
    }

    /// <summary>How long <see cref="StopAsync"/> lets responses finish.</summary>
    public TimeSpan StopGrace { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>Where the server listens. Set by <see cref="Start"/>.</summary>
    public IPEndPoint? LocalEndPoint { get; private set; }

    public int ConnectionCount
    {
        get
        {
            lock (_lock) return _connections.Count;
        }
    }

    /// <summary>Binds and begins to accept. Port 0 lets the system choose.</summary>
    /// <param name="endPoint">Where to listen.</param>
    /// <param name="tls">The TLS that is in force when a connection comes; null: no TLS.</param>
    /// <exception cref="SocketException">The address cannot be bound.</exception>
    public void Start(IPEndPoint endPoint, Func<TlsListener?>? tls = null)
    {
        _tls = tls;
        var listener = new Socket(endPoint.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            if (endPoint.Address.Equals(IPAddress.IPv6Any)) listener.DualMode = true;
            listener.Bind(endPoint);
            listener.Listen(128);
        }
        catch
        {
            listener.Dispose();
            throw;
        }

        _listener = listener;
        LocalEndPoint = (IPEndPoint)listener.LocalEndPoint!;
        _accepting = Task.Run(() => AcceptAsync(listener));
    }

    /// <summary>Stops accepting, lets responses in progress finish for <see cref="StopGrace"/>, then cuts the rest. May be called repeatedly.</summary>
    public async Task StopAsync()
    {
        Task[] running;
        HttpConnection[] connections;
        lock (_lock)
        {
            _isStopped = true;
            running = [.. _connections.Values];
            connections = [.. _connections.Keys];
        }

        await _stopping.CancelAsync();
        _listener?.Dispose();
#pragma warning disable VSTHRD003 // this object started the task and nobody waits for this object inside it
        await _accepting;
#pragma warning restore VSTHRD003
        foreach (HttpConnection connection in connections) connection.EndAfterResponse();
        Task all = Task.WhenAll(running);
        try
        {
            await all.WaitAsync(StopGrace, _time);
        }
        catch (TimeoutException)
        {
            foreach (HttpConnection connection in connections) connection.Abort();
            await all;
        }
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        _stopping.Dispose();
    }

    private async Task AcceptAsync(Socket listener)
    {
        TimeSpan pause = TimeSpan.Zero;
        while (!_stopping.IsCancellationRequested)
        {
            try
            {
                Socket socket = await listener.AcceptAsync(_stopping.Token);
                pause = TimeSpan.Zero;
                Admit(socket);
            }
            catch (Exception error) when (error is OperationCanceledException or ObjectDisposedException)
            {
                return;
            }
            catch (SocketException error)
            {
                if (_stopping.IsCancellationRequested) return;

                // Out of descriptors, or a peer that left before it was accepted: neither may end monitoring, nor spin.
                pause = pause == TimeSpan.Zero ? TimeSpan.FromMilliseconds(10) : TimeSpan.FromTicks(Math.Min(pause.Ticks * 2, TimeSpan.TicksPerSecond));
                Log.AcceptFailed(_logger, error.Message);
                try
                {
                    await Task.Delay(pause, _time, _stopping.Token);
                }
                catch (OperationCanceledException)
                {
                    return;
                }
            }
        }
    }

    private void Admit(Socket socket)
    {
        socket.NoDelay = true;
        var connection = new HttpConnection(socket, _handler, _time, _logger);
        HttpConnection? evicted = null;
        bool isTracked;
        lock (_lock)
        {
            // Connections that are on their way out do not count against the bound, but they have one of their own.
            isTracked = !_isStopped && _connections.Count < 2 * _maxConnections;
            bool isFull = _connections.Keys.Count(x => !x.IsEnding) >= _maxConnections;
            if (isFull) evicted = _connections.Keys.Where(x => !x.IsEnding && x.IdleSince is not null).MinBy(x => x.IdleSince);
            bool isRefused = isFull && evicted is null;

            // Inside the lock, so that the entry is there before the task can remove it.
            if (isTracked) _connections.Add(connection, Task.Run(() => ServeAsync(connection, isRefused)));
        }

        evicted?.EndAfterResponse();
        if (!isTracked) connection.Dispose();
    }

    private async Task ServeAsync(HttpConnection connection, bool isRefused)
    {
        try
        {
            if (_tls is not null && !await connection.SecureAsync(_tls())) return;
            await (isRefused ? connection.RefuseAsync() : connection.RunAsync());
        }
        catch (Exception error) when (error is SocketException or IOException or OperationCanceledException or ObjectDisposedException)
        {
            Log.ConnectionEnded(_logger, error.Message);
        }
        catch (Exception error)
        {
            Log.ConnectionFailed(_logger, error);
        }
        finally
        {
            connection.Dispose();
            lock (_lock) _connections.Remove(connection);
        }
    }

    private static partial class Log
    {
        [LoggerMessage(Level = LogLevel.Error, Message = "monitoring: accept error: {Reason}")]
        public static partial void AcceptFailed(ILogger logger, string reason);

        [LoggerMessage(Level = LogLevel.Debug, Message = "monitoring: connection ended: {Reason}")]
        public static partial void ConnectionEnded(ILogger logger, string reason);

        [LoggerMessage(Level = LogLevel.Error, Message = "monitoring: connection failed")]
        public static partial void ConnectionFailed(ILogger logger, Exception error);
    }
}
