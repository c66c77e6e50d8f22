using NATS.Server.Accounts;
using NATS.Server.Auth;
using NATS.Server.Connections;
using NATS.Server.Core.Protocol;
using NATS.Server.Options;

namespace NATS.Server.Sessions;

/// <summary>CONNECT and authentication. Read loop; a slow password check runs on the pool while reading is paused.</summary>
internal sealed partial class ClientSession
{
    private volatile ClientRights _rights = ClientRights.Unrestricted;
    private AuthResult? _authenticated;
    private bool _headers;
    private volatile bool _authenticating;

    /// <summary>The name the client authenticated as, as monitoring shows it; empty without authentication.</summary>
    public string AuthorizedUser => _authenticated is { } result ? UserLabels.ForMonitoring(result.Options) : "";

    private ConnectionFacts Facts => new(ConnectionType, Id, _connection.RemoteEndPoint);

    /// <summary>What users list in <c>allowed_connection_types</c>.</summary>
    public string ConnectionType => _connection.IsInProcess ? ConnectionTypes.InProcess : ConnectionTypes.Standard;

    // Some clients never send CONNECT: with a user for the unauthenticated, any first operation logs them in.
    public bool OnOperationBeforeConnect(LoopContext loop)
    {
        Authenticator authenticator = _server.Authenticator;
        if (authenticator.HasNoAuthUser)
        {
            Volatile.Write(ref _authDeadlineMs, 0);
            ConnectReceived = true;
            AuthResult result = authenticator.Authenticate(_options, Facts);
            if (result.Accepted)
            {
                return Accept(result);
            }
        }

        RefuseAuthentication(_options);
        return false;
    }

    // CONNECT {json}
    public bool OnConnect(LoopContext loop, ReadOnlySpan<byte> json)
    {
        if (_traced) Trace($"<<- [CONNECT {SecretRedaction.Redact(Text(json))}]");
        Volatile.Write(ref _authDeadlineMs, 0);
        _lastActivityTicks = loop.UtcTicks;
        StartPingsAfterConnect(loop);
        if (!ConnectOptions.TryParse(json, _options, out ConnectOptions? parsed, out string? error)) return Violate(error);
        bool first = !ConnectReceived;
        _options = parsed;
        ConnectReceived = true;
        _parser.ExpectConnect = false;
        _headers = !_server.Options.NoHeaderSupport && parsed.Headers;
        _subscriber.Echo = parsed.Echo;
        _subscriber.Headers = _headers;

        // A repeated CONNECT may bind the connection to another account: it starts without subscriptions.
        if (!first) DropSubscriptions();
        Authenticator authenticator = _server.Authenticator;
        TimeSpan delay = authenticator.IsRequired ? _server.LoginThrottle.DelayFor(_connection.RemoteEndPoint?.Address) : TimeSpan.Zero;
        if (delay == TimeSpan.Zero && !authenticator.RequiresSlowCheck(_options)) return FinishConnect(authenticator.Authenticate(_options, Facts), first);
        AuthenticateLater(authenticator, first, delay);
        return false;
    }

    /// <summary>A slow check, or an address that fails too often: the loop goes on with others, this connection reads again when it is judged.</summary>
    private void AuthenticateLater(Authenticator authenticator, bool first, TimeSpan delay)
    {
        _authenticating = true;
        _connection.PauseReading();
        if (delay == TimeSpan.Zero)
        {
            ThreadPool.UnsafeQueueUserWorkItem(_ => AuthenticateOnPool(authenticator, first), null);
            return;
        }

        ITimer? timer = null;
        timer = _server.Clock.Time.CreateTimer(
            _ =>
            {
                timer?.Dispose();
                AuthenticateOnPool(authenticator, first);
            },
            null,
            Timeout.InfiniteTimeSpan,
            Timeout.InfiniteTimeSpan);
        timer.Change(delay, Timeout.InfiniteTimeSpan);
    }

    private void AuthenticateOnPool(Authenticator authenticator, bool first)
    {
        bool goOn = false;
        try
        {
            goOn = !_connection.IsClosing && FinishConnect(authenticator.Authenticate(_options, Facts), first);
        }
        finally
        {
            _authenticating = false;
            if (goOn) _connection.ResumeReading();
        }
    }

    /// <summary>Judges the rest of CONNECT. The thread that owns reading at the moment.</summary>
    private bool FinishConnect(AuthResult result, bool first)
    {
        if (!result.Accepted)
        {
            _server.LoginThrottle.OnFailure(_connection.RemoteEndPoint?.Address);
            if (LogsDebug && result.Reason.Length > 0) LogDebug(result.Reason);
            RefuseAuthentication(result.Options);
            return false;
        }

        if (!Accept(result)) return false;
        if (first) _label = FullLabel();
        if (_options.Protocol is < 0 or > 1) return RefuseConnect(ProtocolTexts.InvalidClientProtocol, ClosedState.BadClientProtocolVersion);
        if (_options.NoResponders && !_headers)
        {
            return RefuseConnect(ProtocolTexts.NoRespondersRequiresHeaders, ClosedState.NoRespondersRequiresHeaders);
        }

        if (!_options.Verbose) return true;
        if (_traced) Trace("->> [OK]");
        _outbound.AppendAndFlush(ProtocolTexts.Ok);
        return true;
    }

    /// <summary>The reference sends the text and then logs it as a protocol violation.</summary>
    private bool RefuseConnect(string text, ClosedState reason)
    {
        _outbound.AppendAndFlush(ErrorLine(text));
        LogError(text);
        _connection.Close(reason);
        return false;
    }

    private void RefuseAuthentication(ConnectOptions options)
    {
        _options = options;
        LogError(UserLabels.ForRejection(options));
        if (_traced) Trace($"->> [-ERR {ProtocolTexts.AuthorizationViolation}]");
        _outbound.AppendAndFlush(ErrorLine(ProtocolTexts.AuthorizationViolation));
        _connection.Close(ClosedState.AuthenticationViolation);
    }

    /// <summary>
    /// Takes over what authentication found. The thread that owns reading. False when the account takes no more connections; this one is closed then.
    /// </summary>
    private bool Accept(AuthResult result)
    {
        if (!_server.Accounts.TryFind(result.AccountName, out Account? account))
        {
            // A reload took the account away since the user was found.
            RefuseAuthentication(result.Options);
            return false;
        }

        _options = result.Options;
        if (!Bind(account))
        {
            CloseAsExcessOfAccount();
            return false;
        }

        TakeOver(result);
        return true;
    }

    /// <summary>Takes over rights, on any thread.</summary>
    private void TakeOver(AuthResult result)
    {
        _authenticated = result;
        _options = result.Options;
        _rights = new ClientRights(result.Permissions, result.Permissions?.CreateResponses(_server.Clock.Time));
        _subscriber.Rights = _rights.MattersAtDelivery ? _rights : null;
    }

    /// <summary>Moves the connection, which has no subscriptions, into an account. False when that has as many connections as it may.</summary>
    private bool Bind(Account account)
    {
        if (!ReferenceEquals(account, _account))
        {
            if (!account.TryAddConnection()) return false;
            _account.RemoveConnection();
            _account = account;
        }

        ApplyLimits();
        return true;
    }

    /// <summary>The limits of the account and of the server have changed, or the account. Any thread.</summary>
    public void ApplyLimits()
    {
        long maxPayload = _account.Model.Limits.MaxPayload;
        int ofServer = _server.Options.MaxPayload;
        MaxPayload = maxPayload >= 0 && maxPayload < ofServer ? (int)maxPayload : ofServer;
    }

    /// <summary>The account has more connections than it may have, and this one has to go. Any thread.</summary>
    public void CloseAsExcessOfAccount()
    {
        _outbound.AppendAndFlush(ErrorLine(ProtocolTexts.MaximumAccountConnectionsExceeded));
        LogError(ProtocolTexts.MaximumAccountConnectionsExceeded);
        _connection.Close(ClosedState.MaxAccountConnectionsExceeded);
    }

    /// <summary>The configuration was reloaded: the client goes on with its new rights, or has to leave. Any thread; may take long.</summary>
    public void Reauthorize(Authenticator authenticator)
    {
        if (_authenticated is not { } earlier || _connection.IsClosing)
        {
            // Not yet authenticated: the new configuration judges its CONNECT, or its deadline.
            return;
        }

        RecheckResult verdict = authenticator.Recheck(earlier, Facts);
        switch (verdict.Action)
        {
            case RecheckAction.Close:
                _connection.Close(ClosedState.ClientClosed);
                return;
            case RecheckAction.Violation:
                RefuseAuthentication(earlier.Options);
                return;
        }

        if (verdict.Result.AccountName != _account.Name)
        {
            // The user was moved: the client comes back and finds itself there.
            _connection.Close(ClosedState.ClientClosed);
            return;
        }

        TakeOver(verdict.Result);
        ApplyLimits();
        foreach (Subscription subscription in _subscriptions.Snapshot()) Recheck(subscription);
    }

    /// <summary>Rights have changed: the subscription goes on under the new ones or ends. Any thread.</summary>
    private void Recheck(Subscription subscription)
    {
        subscription.IsFiltered = _rights.NeedsDeliveryCheck(subscription.Subject);
        if (MaySubscribe(subscription.Subject, subscription.Queue)) return;
        Unsubscribe(subscription);
        string sid = $"(sid {QuotedText.Quote(subscription.Sid)})";
        string queue = subscription.Queue is null ? "" : $" using queue {QuotedText.Quote(subscription.Queue)}";
        _outbound.AppendAndFlush(ErrorLine($"{SubscriptionViolation(subscription.Subject, subscription.Queue)} {sid}"));
        Log.SubscriptionRemoved(_server.Logger, $"{QuotedText.Quote(subscription.Subject)}{queue} {sid}", UserLabels.ForSentence(_options));
    }

    private void DropSubscriptions()
    {
        Subscription[] all = _subscriptions.TakeAll();
        foreach (Subscription subscription in all) subscription.IsClosed = true;
        _account.Remove(all);
    }

    /// <summary>Address and id, then <c>"vVersion:language:name"</c>, then <c>"account/user:name"</c>; whatever of it is known.</summary>
    private string FullLabel()
    {
        var client = new List<string>(3);
        if (_options.Version.Length > 0) client.Add("v" + _options.Version);
        if (_options.Language.Length > 0) client.Add(_options.Language);
        if (_options.Name.Length > 0) client.Add(_options.Name);
        string user = UserLabels.ForLogPrefix(_options);
        string label = _label;
        if (client.Count > 0) label += " - " + QuotedText.Quote(string.Join(':', client));
        if (user.Length > 0) label += " - " + QuotedText.Quote($"{_account.Name}/{user}");
        return label;
    }

    // INFO {json}: nothing a client could tell the server this way, but it has to be JSON.
    public bool OnInfo(ReadOnlySpan<byte> json)
    {
        try
        {
            var reader = new System.Text.Json.Utf8JsonReader(json);
            if (reader.Read() && reader.TokenType == System.Text.Json.JsonTokenType.StartObject)
            {
                reader.Skip();
                return true;
            }
        }
        catch (System.Text.Json.JsonException)
        {
            // Falls through to the violation.
        }

        return Violate("invalid INFO from client");
    }

    // -ERR 'text': a client that complains is closed.
    public bool OnError(ReadOnlySpan<byte> text)
    {
        LogError($"Client Error {Text(text)}");
        _connection.Close(ClosedState.ParseError);
        return false;
    }
}
