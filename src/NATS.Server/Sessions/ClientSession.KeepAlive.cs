using NATS.Server.Connections;
using NATS.Server.Core.Protocol;

namespace NATS.Server.Sessions;

/// <summary>PING, PONG and deadlines. The clock's thread looks at times that the read loop writes; each is one volatile number.</summary>
internal sealed partial class ClientSession
{
    private const long FirstPingMs = 2000;
    private static readonly long RttLifetimeMs = (long)TimeSpan.FromHours(1).TotalMilliseconds;

    private long _lastInMs;
    private long _lastActivityTicks;

    // The clock may look at a session before it is opened: INFO comes before any PING.
    private long _nextPingMs = long.MaxValue;
    private long _authDeadlineMs;
    private long _expiresMs;
    private long _closeDeadlineMs;
    private long _pingSentTicks;
    private long _pingSentMs;
    private long _rttTicks;
    private int _pingsOut;
    private volatile bool _firstPongSent;

    /// <summary>When the client last published, received a message, changed its interest or introduced itself; pings do not count.</summary>
    public DateTimeOffset LastActivity => new(Math.Max(Volatile.Read(ref _lastActivityTicks), Volatile.Read(ref _outbound.LastDeliveryTicks)), TimeSpan.Zero);

    /// <summary>Last measured round trip; zero until it was measured.</summary>
    public TimeSpan RoundTrip => new(Volatile.Read(ref _rttTicks));

    private void StartKeepAlive() => Volatile.Write(ref _nextPingMs, _startMs + (long)_server.Options.PingInterval.TotalMilliseconds);

    private void StartAuthenticationDeadline(TimeSpan delay) =>
        Volatile.Write(ref _authDeadlineMs, _server.Clock.NowMs + Math.Max(1, (long)(_server.Options.Authorization.Timeout + delay).TotalMilliseconds));

    /// <summary>What the client authenticated with is good until this moment; null: for ever.</summary>
    private void StartExpiration(DateTimeOffset? at)
    {
        long expires = at is { } moment ? _server.Clock.NowMs + Math.Max(0, (long)(moment - _server.Clock.UtcNow).TotalMilliseconds) : 0;
        Volatile.Write(ref _expiresMs, expires);
    }

    /// <summary>CONNECT arrived: the first PING comes early, to measure the round trip.</summary>
    private void StartPingsAfterConnect(LoopContext loop)
    {
        Volatile.Write(ref _rttTicks, Math.Max(1, (_server.Clock.UtcNow - Start).Ticks));
        long first = Math.Min(FirstPingMs, (long)_server.Options.PingInterval.TotalMilliseconds);
        Volatile.Write(ref _nextPingMs, loop.NowMs + first + loop.NextRandom((int)Math.Max(1, first / 5)));
    }

    public bool OnPing(LoopContext loop)
    {
        if (_traced) Trace("<<- [PING]");
        if (_traced) Trace("->> [PONG]");
        _outbound.Append(loop, ProtocolTexts.Pong);
        if (!ConnectReceived || _firstPongSent) return true;
        _firstPongSent = true;
        if (_options.Protocol >= 1)
        {
            ServerInfo info = AsSeen(_server.Info) with
            {
                MaxPayload = MaxPayload,
                ConnectInfo = true,
                RemoteAccount = _account.Name,
                IsSystemAccount = ReferenceEquals(_account, _server.Accounts.System),
            };
            _outbound.Append(loop, InfoLine(info.Prepare()));
        }

        return true;
    }

    /// <summary>Tells the client that the server goes, if it understands that and is ready to hear it. Any thread.</summary>
    public bool TrySendLameDuckInfo()
    {
        if (_options.Protocol < 1 || !_firstPongSent) return false;
        LogDebug("Sending Lame Duck Mode info to client");
        SendInfo(_server.Info with { LameDuckMode = true });
        return true;
    }

    public bool OnPong(LoopContext loop)
    {
        if (_traced) Trace("<<- [PONG]");
        Volatile.Write(ref _pingsOut, 0);
        long sent = Volatile.Read(ref _pingSentTicks);
        if (sent != 0) Volatile.Write(ref _rttTicks, Math.Max(1, _server.Clock.UtcNow.UtcTicks - sent));
        return true;
    }

    public override void OnTick(long nowMs)
    {
        if (_connection.IsClosing)
        {
            if (_closeDeadlineMs != 0 && nowMs >= _closeDeadlineMs) _connection.Abandon();
            return;
        }

        if (CloseAfterSlowHandshake(nowMs)) return;
        long authDeadline = Volatile.Read(ref _authDeadlineMs);
        if (authDeadline != 0 && nowMs >= authDeadline)
        {
            CloseUnauthenticated();
            return;
        }

        long expires = Volatile.Read(ref _expiresMs);
        if (expires != 0 && nowMs >= expires)
        {
            CloseExpired();
            return;
        }

        long writeDeadline = (long)_server.Options.WriteDeadline.TotalMilliseconds;
        if (writeDeadline > 0 && _outbound.MissedDeadline(nowMs, writeDeadline, out long attempted, out bool anySent))
        {
            OnMissedWriteDeadline(attempted, anySent);
            return;
        }

        if (nowMs >= Volatile.Read(ref _nextPingMs)) OnPingDue(nowMs);
    }

    private void CloseUnauthenticated()
    {
        Volatile.Write(ref _authDeadlineMs, 0);
        if (_connection.IsClosing) return;
        _outbound.AppendAndFlush(ErrorLine(ProtocolTexts.AuthenticationTimeout));
        if (_server.MayLog(ProtocolTexts.AuthenticationTimeout)) LogDebug(ProtocolTexts.AuthenticationTimeout);
        _connection.Close(ClosedState.AuthenticationTimeout, LateConnect());
    }

    private void CloseExpired()
    {
        LogDebug(ProtocolTexts.UserAuthenticationExpired);
        _outbound.AppendAndFlush(ErrorLine(ProtocolTexts.UserAuthenticationExpired));
        _connection.Close(ClosedState.AuthenticationExpired, Expired());
    }

    private void OnMissedWriteDeadline(long attempted, bool anySent)
    {
        // Before CONNECT it is the handshake that is slow, not a consumer.
        if (!ConnectReceived && Volatile.Read(ref _authDeadlineMs) != 0)
        {
            _connection.Close(ClosedState.SlowConsumerWriteDeadline, MissedDeadline(attempted));
            return;
        }

        bool retries = _server.Options.WriteTimeout == NATS.Server.Options.WriteTimeoutPolicy.Retry && anySent;
        string deadline = Durations.Format(_server.Options.WriteDeadline);
        string what = $"WriteDeadline of {deadline} exceeded with {(attempted / BlockPool.LargeSize) + 1} chunks of {attempted} total bytes.";
        if (!retries)
        {
            CloseSlowConsumer(what, ClosedState.SlowConsumerWriteDeadline, MissedDeadline(attempted));
            return;
        }

        _server.Counters.CountSlowConsumer();
        _account.CountSlowConsumer();
        LogNotice($"Slow Consumer {(_wasSlow ? "State" : "Detected")}: {what}");
        _wasSlow = true;
    }

    private bool _wasSlow;

    private void OnPingDue(long nowMs)
    {
        LogDebug("Client Ping Timer");
        long interval = Math.Max(1, (long)_server.Options.PingInterval.TotalMilliseconds);
        long lastIn = Volatile.Read(ref _lastInMs);
        bool needsRtt = Volatile.Read(ref _rttTicks) == 0 || _pingSentMs == 0 || nowMs - _pingSentMs > RttLifetimeMs;
        if (nowMs - lastIn < interval && !needsRtt)
        {
            LogDebug($"Delaying PING due to remote client data or ping {(nowMs - lastIn + 500) / 1000}s ago");
        }
        else if (Volatile.Read(ref _pingsOut) + 1 > _server.Options.MaxPingsOut)
        {
            LogDebug("Stale Client Connection - Closing");
            _outbound.AppendAndFlush(ErrorLine(ProtocolTexts.StaleConnection));
            _connection.Close(ClosedState.StaleConnection, Silence(nowMs));
            return;
        }
        else
        {
            SendPing(nowMs);
        }

        Volatile.Write(ref _nextPingMs, nowMs + interval);
    }

    private void SendPing(long nowMs)
    {
        Volatile.Write(ref _pingSentTicks, _server.Clock.UtcNow.UtcTicks);
        _pingSentMs = nowMs;
        Interlocked.Increment(ref _pingsOut);
        if (_traced) Trace("->> [PING]");
        _outbound.AppendAndFlush(ProtocolTexts.Ping);
    }
}
