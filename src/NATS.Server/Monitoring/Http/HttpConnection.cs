using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using Microsoft.Extensions.Logging;
using NATS.Server.Connections.Tls;

namespace NATS.Server.Monitoring.Http;

/// <summary>
/// One connection to the monitoring port. <see cref="RunAsync"/> owns the socket; <see cref="EndAfterResponse"/>, <see cref="Abort"/> and
/// <see cref="IdleSince"/> may be used by any thread.
/// </summary>
internal sealed partial class HttpConnection : IDisposable
{
    /// <summary>Longest accepted request head. The reference takes 1 MiB; no scraper or browser comes near either.</summary>
    public const int MaxHeadBytes = 64 * 1024;

    /// <summary>Longest request body that is skipped to keep the connection, as in the reference.</summary>
    public const int MaxSkippedBodyBytes = 256 * 1024;

    private const int ReadBytes = 4096;
    private const int WriteBytes = 64 * 1024;

    /// <summary>A request head must arrive within this time after it began, or after the connection was accepted.</summary>
    public static readonly TimeSpan HeadTimeout = TimeSpan.FromSeconds(5);

    /// <summary>A peer that takes nothing for this long is cut off.</summary>
    public static readonly TimeSpan WriteTimeout = TimeSpan.FromSeconds(10);

    private static readonly TimeSpan LingerTimeout = TimeSpan.FromSeconds(1);

    private readonly Socket _socket;
    private SslStream? _tls;
    private readonly HttpHandler _handler;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly PooledBuffer _received = new(ReadBytes);
    private readonly CancellationTokenSource _reading = new();
    private readonly CancellationTokenSource _aborted = new();

    // Ticks of the provider's timestamp plus one; 0 while a request is read or answered.
    private long _idleSince;
    private volatile bool _isEnding;

    public HttpConnection(Socket socket, HttpHandler handler, TimeProvider time, ILogger logger)
    {
        _socket = socket;
        _handler = handler;
        _time = time;
        _logger = logger;
    }

    /// <summary>When the connection began to wait for its next request; null while it is busy.</summary>
    public long? IdleSince => Volatile.Read(ref _idleSince) is > 0 and long since ? since : null;

    /// <summary>Whether the connection was told to end.</summary>
    public bool IsEnding => _isEnding;

    /// <summary>Performs the TLS handshake. False when it failed.</summary>
    /// <param name="listener">The TLS in force; null when there is none any more, which ends the connection.</param>
    public async Task<bool> SecureAsync(TlsListener? listener)
    {
        if (listener is null) return false;
        using var timeout = new CancellationTokenSource(HeadTimeout, _time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, _reading.Token);
        _tls = new SslStream(new NetworkStream(_socket, ownsSocket: false), leaveInnerStreamOpen: false);
        try
        {
            await _tls.AuthenticateAsServerAsync(listener.CreateOptionsAsync, null, either.Token);
            return true;
        }
        catch (Exception error) when (error is AuthenticationException or IOException)
        {
            Log.HandshakeFailed(_logger, _socket.RemoteEndPoint, TlsErrorText.Describe(error));
            return false;
        }
    }

    /// <summary>Serves requests until the peer closes, an error ends the connection, or it is told to end.</summary>
    public async Task RunAsync()
    {
        bool isFirst = true;
        while (!_reading.IsCancellationRequested)
        {
            HttpParseResult head = await ReadHeadAsync(isFirst);
            isFirst = false;
            if (head.Status == HttpParseStatus.Incomplete) return;
            if (head.Status == HttpParseStatus.Invalid)
            {
                using HttpResponse refusal = HttpResponse.Text(head.ErrorCode, head.ErrorText);
                await WriteAsync(refusal, null);
                await LingerAsync();
                return;
            }

            HttpRequest request = head.Request!;
            if (request.BodyBytes > MaxSkippedBodyBytes || _reading.IsCancellationRequested) request = request with { KeepAlive = false, BodyBytes = 0 };
            _received.Consume(head.HeadBytes);
            using (HttpResponse response = await RespondAsync(request))
            {
                await WriteAsync(response, request);
            }

            if (!request.KeepAlive)
            {
                await LingerAsync();
                return;
            }

            if (!await SkipBodyAsync(request.BodyBytes)) return;
        }
    }

    /// <summary>Ends the connection as soon as it is not in the middle of a response.</summary>
    public void EndAfterResponse()
    {
        _isEnding = true;
        Cancel(_reading);
    }

    /// <summary>Ends the connection at once.</summary>
    public void Abort()
    {
        EndAfterResponse();
        Cancel(_aborted);
    }

    /// <summary>Says that the server is busy instead of reading a request.</summary>
    public async Task RefuseAsync()
    {
        _isEnding = true;
        using HttpResponse response = HttpResponse.Text(503, "503 Service Unavailable: too many monitoring connections");
        await WriteAsync(response, null);
        await LingerAsync();
    }

    public void Dispose()
    {
        _tls?.Dispose();
        _socket.Dispose();
        _received.Dispose();
        _reading.Dispose();
        _aborted.Dispose();
    }

    private static void Cancel(CancellationTokenSource source)
    {
        try
        {
            source.Cancel();
        }
        catch (ObjectDisposedException)
        {
            // The connection ended on its own meanwhile, which is what was asked for.
        }
    }

    private async Task<HttpParseResult> ReadHeadAsync(bool isFirst)
    {
        bool mayIdle = !isFirst && _received.WrittenMemory.IsEmpty;
        if (mayIdle)
        {
            Volatile.Write(ref _idleSince, _time.GetTimestamp() + 1);
            int count = await ReceiveAsync(_reading.Token);
            Volatile.Write(ref _idleSince, 0);
            if (count == 0) return HttpParseResult.Incomplete;
        }

        using var timeout = new CancellationTokenSource(HeadTimeout, _time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, _reading.Token);
        while (true)
        {
            HttpParseResult result = HttpRequestParser.Parse(_received.WrittenMemory.Span, MaxHeadBytes);
            if (result.Status != HttpParseStatus.Incomplete) return result;
            if (await ReceiveAsync(either.Token) == 0) return HttpParseResult.Incomplete;
        }
    }

    private async Task<int> ReceiveAsync(CancellationToken cancellation)
    {
        Memory<byte> target = _received.GetMemory(ReadBytes)[..ReadBytes];
        int count = _tls is null ? await _socket.ReceiveAsync(target, SocketFlags.None, cancellation) : await _tls.ReadAsync(target, cancellation);
        _received.Advance(count);
        return count;
    }

    private async Task<HttpResponse> RespondAsync(HttpRequest request)
    {
        try
        {
            return await _handler(request, _aborted.Token);
        }
        catch (Exception error) when (error is not OperationCanceledException)
        {
            Log.HandlerFailed(_logger, request.Path, error);
            return HttpResponse.Text(500, "500 Internal Server Error");
        }
    }

    private async Task WriteAsync(HttpResponse response, HttpRequest? request)
    {
        ReadOnlyMemory<byte> head = response.Head(request, _time.GetUtcNow());
        ReadOnlyMemory<byte> body = request is { IsHead: true } ? default : response.Body;
        if (head.Length + body.Length <= WriteBytes)
        {
            // One segment for what fits into one.
            await SendAsync((byte[])[.. head.Span, .. body.Span]);
            return;
        }

        await SendAsync(head);
        await SendAsync(body);
    }

    private async Task SendAsync(ReadOnlyMemory<byte> bytes)
    {
        while (!bytes.IsEmpty)
        {
            using var timeout = new CancellationTokenSource(WriteTimeout, _time);
            using var either = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, _aborted.Token);
            ReadOnlyMemory<byte> part = bytes[..Math.Min(bytes.Length, WriteBytes)];
            int sent = part.Length;
            if (_tls is null) sent = await _socket.SendAsync(part, SocketFlags.None, either.Token);
            else await _tls.WriteAsync(part, either.Token);
            bytes = bytes[sent..];
        }
    }

    private async Task<bool> SkipBodyAsync(long count)
    {
        if (count == 0) return true;
        using var timeout = new CancellationTokenSource(HeadTimeout, _time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, _reading.Token);
        while (true)
        {
            int skipped = (int)Math.Min(count, _received.WrittenMemory.Length);
            _received.Consume(skipped);
            count -= skipped;
            if (count == 0) return true;
            if (await ReceiveAsync(either.Token) == 0) return false;
        }
    }

    // Closing a socket with unread bytes makes the kernel reset the connection, and a reset can overtake the response.
    private async Task LingerAsync()
    {
        if (_tls is not null) await _tls.ShutdownAsync();
        _socket.Shutdown(SocketShutdown.Send);
        using var timeout = new CancellationTokenSource(LingerTimeout, _time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, _reading.Token);
        byte[] waste = new byte[ReadBytes];
        for (int budget = MaxSkippedBodyBytes; budget > 0;)
        {
            int count = await _socket.ReceiveAsync(waste, SocketFlags.None, either.Token);
            if (count == 0) return;
            budget -= count;
        }
    }

    private static partial class Log
    {
        [LoggerMessage(Level = LogLevel.Debug, Message = "http: TLS handshake error from {Peer}: {Reason}")]
        public static partial void HandshakeFailed(ILogger logger, System.Net.EndPoint? peer, string reason);

        [LoggerMessage(Level = LogLevel.Error, Message = "monitoring: request for {Path} failed")]
        public static partial void HandlerFailed(ILogger logger, string path, Exception error);
    }
}
