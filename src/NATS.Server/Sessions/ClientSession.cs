using System.Text;
using Microsoft.Extensions.Logging;
using NATS.Server.Accounts;
using NATS.Server.Auth;
using NATS.Server.Connections;
using NATS.Server.Core.Protocol;
using NATS.Server.Core.Subjects;
using NATS.Server.Delivery;

namespace NATS.Server.Sessions;

/// <summary>
/// The server's side of one NATS client. What parses and publishes belongs to the read loop; deliveries come from any thread and touch only the
/// outbound buffer and the subscription; deadlines are looked at by the clock's thread through volatile fields. In parts: handshake, publish,
/// subscriptions, delivery, keep-alive, tracing.
/// </summary>
internal sealed partial class ClientSession : ConnectionHandler
{
    /// <summary>What may be buffered of a client that has not sent CONNECT.</summary>
    public const int MaxBufferedBeforeConnect = 8 * 1024;

    /// <summary>A batch that takes longer delays everybody on its loop, and operators are told.</summary>
    private const long ReadLoopReportMs = 2000;

    private readonly ServerContext _server;
    private readonly Connection _connection;
    private readonly OutboundBuffer _outbound;
    private readonly ClientSubscriber _subscriber;
    private readonly SubscriptionTable _subscriptions = new();
    private readonly long _startMs;

    private ParserState _parser;
    private ConnectOptions _options = ConnectOptions.Default;
    private Account _account;
    private Account? _countedIn;
    private string _label;
    private bool _refused;
    private bool _traced;

    public ClientSession(ServerContext server, Connection connection)
    {
        _server = server;
        _connection = connection;
        _outbound = connection.Outbound;
        _account = _countedIn = server.Accounts.Global;
        _account.AddConnection();
        _trafficMark = new TrafficMark(_account, default);
        Id = server.NextClientId();
        Start = server.Clock.UtcNow;
        _startMs = server.Clock.NowMs;
        _label = $"{connection.RemoteEndPoint?.ToString() ?? "pipe"} - cid:{Id}";
        ApplyLimits();
        _nonce = server.Authenticator.RequiresNonce ? Nonce.Create() : "";
        _parser.MaxControlLine = server.Options.MaxControlLine;
        _maxPending = server.Options.MaxPending;
        _subscriber = new ClientSubscriber(this, _outbound, _maxPending);
        _lastActivityTicks = Start.UtcTicks;
        UpdateTraceLevel();
    }

    /// <summary>The connection's number, unique in the server's life.</summary>
    public ulong Id { get; }

    public DateTimeOffset Start { get; }

    public Connection Connection => _connection;

    public Account Account => _account;

    /// <summary>What the client said in CONNECT.</summary>
    public ConnectOptions Options => _options;

    public SubscriptionTable Subscriptions => _subscriptions;

    /// <summary>Whether CONNECT has been accepted, or is not needed any more.</summary>
    public bool ConnectReceived { get; private set; }

    /// <summary>Largest accepted payload in bytes.</summary>
    public int MaxPayload { get; private set; }

    /// <summary>Subscriptions that the connection may have; negative is unlimited.</summary>
    public long MaxSubscriptions { get; private set; }

    // Counters of what the client sent; owned by the read loop, read by anyone.
    public long InMessages;
    public long InBytes;

    // SUB and UNSUB operations, to tell activity from pings; read loop only.
    private long _interestChanges;

    /// <summary>How logs name the connection.</summary>
    public string Label => _label;

    public override int MaxBuffered => ConnectReceived ? int.MaxValue : MaxBufferedBeforeConnect;

    private bool Verbose => _options.Verbose;

    /// <summary>Refuses the client with an error as soon as it has been greeted.</summary>
    public void Refuse() => _refused = true;

    public override void OnOpened(LoopContext loop)
    {
        LogDebug("Client connection created");
        _parser.ExpectConnect = _server.Authenticator.IsRequired;
        Begin(loop);
        if (!_refused) return;

        loop.FlushAll();
        CloseAsExcess();
    }

    /// <summary>There are more connections than allowed, and this one has to go. Any thread.</summary>
    public void CloseAsExcess()
    {
        _outbound.AppendAndFlush(ErrorLine(ProtocolTexts.MaximumConnectionsExceeded));
        if (_server.MayLog(ProtocolTexts.MaximumConnectionsExceeded)) LogError(ProtocolTexts.MaximumConnectionsExceeded);
        _connection.Close(ClosedState.MaxConnectionsExceeded, Detail("as many clients were connected as may be", "max_connections", value: null, _server.Options.MaxConnections));
    }

    public override int OnReceive(LoopContext loop, Span<byte> data, out int consumed)
    {
        if (_authenticating || (CurrentPhase != Phase.Protocol && !OnFirstBytes(data)))
        {
            consumed = 0;
            return 0;
        }

        _lastInMs = loop.NowMs;
        _stallTarget = null;
        long activityBefore = InMessages + _interestChanges;
        var handler = new OperationHandler(this, loop);
        ParseOutcome outcome = NatsParser.Parse(data, ref handler, ref _parser, out consumed);
        if (InMessages + _interestChanges != activityBefore) _lastActivityTicks = loop.UtcTicks;
        switch (outcome)
        {
            case ParseOutcome.UnknownOperation:
                SendError(loop, ProtocolTexts.UnknownProtocolOperation);
                LogError($"Client parser ERROR, state=0, i={consumed}: proto='{Snippet(data[consumed..])}...'");
                _connection.Close(ClosedState.ProtocolViolation, UnknownOperation(data[consumed..]));
                break;
            case ParseOutcome.ControlLineTooLong:
                OnControlLineTooLong(loop);
                break;
            case ParseOutcome.NeedMore when _stallTarget is not null:
                StallIfStillBehind(loop);
                break;
        }

        long took = _server.Clock.NowMs - loop.NowMs;
        if (took > ReadLoopReportMs) LogWarning($"Readloop processing time: {Durations.Format(TimeSpan.FromMilliseconds(took))}");
        return _parser.Needed;
    }

    public override void OnBufferExceeded()
    {
        // Only before CONNECT: no client library sends that much before it introduces itself.
        _outbound.AppendAndFlush(ErrorLine(ProtocolTexts.MaximumPayloadViolation));
        _connection.Close(ClosedState.MaxPayloadExceeded, BeforeConnect(value: null));
    }

    public override void OnClosed(ClosedState reason)
    {
        LogDebug($"Client connection closed: {reason.ToReason()}");
        _fallbackTimer?.Dispose();
        _closeDeadlineMs = _server.Clock.NowMs + Math.Max(100, (long)_server.Options.WriteDeadline.TotalMilliseconds);
        if (reason == ClosedState.StaleConnection) _server.Counters.CountStaleConnection();
        _server.ClosingClients[this] = true;
        Subscription[] subscriptions = _subscriptions.Snapshot();
        foreach (Subscription subscription in subscriptions)
        {
            subscription.IsClosed = true;
            if (_traced && !_server.IsShuttingDown) Trace($"<-> [DELSUB {Text(subscription.Sid)}]");
        }

        _account.Remove(subscriptions);
        Unbind();
        _server.Clients.Remove(this);
        _server.Traffic.Settle(this, next: null);
        _server.OnClientClosed?.Invoke(this, reason, subscriptions);
        _subscriptions.TakeAll();
    }

    public override void OnFinished() => _server.ClosingClients.TryRemove(this, out _);

    private void OnControlLineTooLong(LoopContext loop)
    {
        SendError(loop, ProtocolTexts.MaximumControlLineExceeded);
        LogError(ProtocolTexts.MaximumControlLineExceeded);
        _connection.Close(ClosedState.MaxControlLineExceeded, Detail("an operation's line was longer", "max_control_line", value: null, _parser.MaxControlLine));
    }

    private byte[] InfoLine(ServerInfoLine line) => line.ToInfoLine(Id, ClientIp, "");

    /// <summary>The peer's address without port; empty inside the process.</summary>
    public string ClientIp => _connection.RemoteEndPoint?.Address.ToString() ?? "";

    /// <summary>Sends INFO again, to clients that understand it at any time. Any thread.</summary>
    public void SendInfo(ServerInfo info)
    {
        if (!ConnectReceived || _options.Protocol < 1) return;
        bool isPrepared = info.MaxPayload == MaxPayload && ReferenceEquals(info, _server.Info);
        _outbound.AppendAndFlush(InfoLine(isPrepared ? _server.InfoLine : (info with { MaxPayload = MaxPayload }).Prepare()));
    }

    /// <summary>Sends <c>-ERR</c> at the end of the batch.</summary>
    private void SendError(LoopContext loop, string text)
    {
        if (_traced) Trace($"->> [-ERR {text}]");
        _outbound.Append(loop, ErrorLine(text));
    }

    private static byte[] ErrorLine(string text) => Encoding.UTF8.GetBytes($"-ERR '{text}'\r\n");

    private void SendOk(LoopContext loop)
    {
        if (_traced) Trace("->> [OK]");
        _outbound.Append(loop, ProtocolTexts.Ok);
    }

    // The reference leaves out the last byte when there is less than a whole snippet; log scrapers may compare.
    private static string Snippet(ReadOnlySpan<byte> bytes)
    {
        const int length = 32;
        if (bytes.IsEmpty) return "\"\"";
        return QuotedText.Quote(bytes[..(bytes.Length < length ? bytes.Length - 1 : length)]);
    }
}
