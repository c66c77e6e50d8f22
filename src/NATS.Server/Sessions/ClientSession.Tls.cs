using NATS.Server.Auth;
using NATS.Server.Connections;
using NATS.Server.Connections.Tls;
using NATS.Server.Core.Protocol;
using NATS.Server.Options;

namespace NATS.Server.Sessions;

/// <summary>
/// How a connection begins: in the clear, with TLS after INFO, with TLS before it, or as the client's first byte says. Read loop; the timer that ends
/// the wait for a client that begins by itself, and the clock that ends a slow handshake, only change the phase.
/// </summary>
internal sealed partial class ClientSession
{
    private const byte TlsHandshakeRecord = 0x16;

    private TlsListener? _tlsListener;
    private ITimer? _fallbackTimer;
    private int _phase;
    private long _tlsDeadlineMs;
    private bool _isHandshakeFirst;

    // What authentication sees of it.
    private ClientTls? _clientTls;

    private enum Phase
    {
        /// <summary>The protocol is spoken.</summary>
        Protocol,

        /// <summary>Nothing was sent: a client that begins with a handshake does so now.</summary>
        AwaitFirst,

        /// <summary>INFO is being sent after all: until that is done, nobody knows what the client's bytes answer to.</summary>
        FallBack,

        /// <summary>INFO was sent: the first byte tells whether the client wants TLS.</summary>
        Sniff,

        /// <summary>INFO was sent, and the client has to begin with a handshake.</summary>
        AwaitHandshake,

        /// <summary>The handshake is going on.</summary>
        Handshake,
    }

    /// <summary>What TLS established; null without.</summary>
    public TlsState? Tls => _connection.Tls;

    private Phase CurrentPhase
    {
        get => (Phase)Volatile.Read(ref _phase);
        set => Volatile.Write(ref _phase, (int)value);
    }

    /// <summary>Greets the client in the way that the listener is configured for.</summary>
    private void Begin(LoopContext loop)
    {
        _tlsListener = _connection.IsInProcess ? null : _server.Tls;
        TlsOptions? options = _tlsListener?.Options;
        if (options is null || _refused)
        {
            if (options is not { HandshakeFirst: true }) Greet(loop);
            if (!_refused) EnterProtocol();
            return;
        }

        if (options.IsHandshakeFirstOnly)
        {
            _isHandshakeFirst = true;
            StartHandshake();
        }
        else if (options.HandshakeFirst)
        {
            CurrentPhase = Phase.AwaitFirst;
            _fallbackTimer = _server.Clock.Time.CreateTimer(
                static session => ((ClientSession)session!).FallBack(), this, options.HandshakeFirstFallback, Timeout.InfiniteTimeSpan);
        }
        else
        {
            Greet(loop);
            loop.FlushAll();
            if (_server.Options.AllowNonTls) Sniff();
            else StartHandshake();
        }
    }

    private void Greet(LoopContext loop) => _outbound.Append(loop, Greeting().ToInfoLine(Id, ClientIp, _nonce));

    private ServerInfoLine Greeting()
    {
        ServerInfo info = _server.Info;
        ServerInfo seen = AsSeen(info);
        if (_isHandshakeFirst && !info.TlsRequired) seen = info with { TlsRequired = true };
        if (ReferenceEquals(seen, info)) return _server.GreetingLine;
        return (seen with { AuthRequired = info.AuthRequired && !_server.Authenticator.HasNoAuthUser }).Prepare();
    }

    /// <summary>Inside the process there is no TLS.</summary>
    private ServerInfo AsSeen(ServerInfo info) =>
        _connection.IsInProcess && (info.TlsRequired || info.TlsAvailable) ? info with { TlsRequired = false, TlsAvailable = false } : info;

    /// <summary>The client did not begin by itself in time: it wants to see INFO. Timer.</summary>
    private void FallBack()
    {
        if (Interlocked.CompareExchange(ref _phase, (int)Phase.FallBack, (int)Phase.AwaitFirst) != (int)Phase.AwaitFirst) return;
        Phase next = _server.Options.AllowNonTls ? Phase.Sniff : Phase.AwaitHandshake;
        StartTlsDeadline();
        _outbound.AppendAndFlush(_server.GreetingLine.ToInfoLine(Id, ClientIp, _nonce));
        if (next == Phase.Sniff) StartSniffDeadline();
        CurrentPhase = next;
    }

    private void Sniff()
    {
        CurrentPhase = Phase.Sniff;
        StartSniffDeadline();
    }

    /// <summary>A silent client has the time of a handshake on top of that for its credentials, since nobody knows yet which it lacks.</summary>
    private void StartSniffDeadline()
    {
        Volatile.Write(ref _tlsDeadlineMs, 0);
        if (_parser.ExpectConnect) StartAuthenticationDeadline(_tlsListener!.Options.Timeout);
    }

    private void StartTlsDeadline() =>
        Volatile.Write(ref _tlsDeadlineMs, _server.Clock.NowMs + Math.Max(1, (long)_tlsListener!.Options.Timeout.TotalMilliseconds));

    /// <summary>Looks at the first bytes. True when they are the protocol's; otherwise they are left for the handshake, or the connection is closed.</summary>
    private bool OnFirstBytes(ReadOnlySpan<byte> data)
    {
        switch (CurrentPhase)
        {
            case Phase.AwaitFirst:
                if (Interlocked.CompareExchange(ref _phase, (int)Phase.Handshake, (int)Phase.AwaitFirst) != (int)Phase.AwaitFirst) return OnFirstBytes(data);
                _fallbackTimer?.Dispose();
                _isHandshakeFirst = true;
                StartHandshake();
                return false;
            case Phase.FallBack:
                // The timer's thread is in the system call that sent INFO, or has just returned from it.
                SpinWait.SpinUntil(() => CurrentPhase != Phase.FallBack);
                return OnFirstBytes(data);
            case Phase.AwaitHandshake:
                StartHandshake();
                return false;
            case Phase.Sniff when data[0] == TlsHandshakeRecord:
                StartHandshake();
                return false;
            case Phase.Sniff:
                EnterProtocol();
                return true;
            default:
                return CurrentPhase == Phase.Protocol;
        }
    }

    private void StartHandshake()
    {
        CurrentPhase = Phase.Handshake;
        Volatile.Write(ref _authDeadlineMs, 0);
        if (_server.HandshakeRate is { } rate && !rate.Allow())
        {
            const string throttled = "Connection throttling is active. Please try again later.";
            _outbound.AppendAndFlush(ErrorLine(throttled));
            _connection.Close(ClosedState.MaxConnectionsExceeded, Detail("more TLS handshakes came in a second than are begun", "tls.connection_rate_limit", value: null, rate.Limit));
            return;
        }

        LogDebug("Starting TLS client connection handshake");
        StartTlsDeadline();
        _connection.StartTls(_tlsListener!);
    }

    public override void OnSecured(LoopContext loop)
    {
        Volatile.Write(ref _tlsDeadlineMs, 0);
        _clientTls = Describe(Tls!);
        if (LogsDebug && Tls is { } tls)
        {
            LogDebug("TLS handshake complete");
            LogDebug($"TLS version {tls.VersionText}, cipher suite {tls.CipherSuiteText}");
        }

        if (_isHandshakeFirst) Greet(loop);
        EnterProtocol();
    }

    private static ClientTls Describe(TlsState tls) => new(
        tls.VersionText,
        tls.CipherSuiteText,
        [.. tls.PeerCertificates.Select(static x => x.RawDataMemory)],
        tls.VerifiedChain.Count == 0 ? [] : [[.. tls.VerifiedChain.Select(static x => x.RawDataMemory)]]);

    /// <summary>Whether the handshake came before INFO.</summary>
    public bool IsHandshakeFirst => _isHandshakeFirst && Tls is not null;

    public override void OnTlsFailed(TlsHandshakeException error)
    {
        if (error.Detail.Length > 0) LogDebug(error.Detail);
        if (error.IsProbe) LogDebug($"TLS handshake error: {error.Message}");
        else LogError($"TLS handshake error: {error.Message}");
    }

    /// <summary>The configuration was reloaded: the client's key may not be one of the pinned ones any more. False when it has to leave. Any thread.</summary>
    public bool IsStillPinned(TlsListener? listener)
    {
        if (listener is null || CurrentPhase != Phase.Protocol || listener.IsPinned(Tls, out string reason)) return true;
        LogDebug(reason);
        return false;
    }

    /// <summary>From now on operations are expected.</summary>
    private void EnterProtocol()
    {
        CurrentPhase = Phase.Protocol;
        StartKeepAlive();
        if (_parser.ExpectConnect) StartAuthenticationDeadline(TimeSpan.Zero);
    }

    private bool CloseAfterSlowHandshake(long nowMs)
    {
        long deadline = Volatile.Read(ref _tlsDeadlineMs);
        if (deadline == 0 || nowMs < deadline) return false;
        Volatile.Write(ref _tlsDeadlineMs, 0);
        LogDebug("TLS handshake error: i/o timeout");
        _connection.Close(ClosedState.TlsHandshakeError, SlowHandshake());
        return true;
    }
}
