using System.Diagnostics;
using NATS.Server.Accounts;
using NATS.Server.Auth;
using NATS.Server.Connections;
using NATS.Server.Core.Protocol;
using NATS.Server.Options;

namespace NATS.Server.Sessions;

/// <summary>CONNECT and authentication. Read loop; what takes long runs on the pool while reading is paused.</summary>
internal sealed partial class ClientSession
{
    private readonly string _nonce;
    private volatile ClientRights _rights = ClientRights.Unrestricted;
    private volatile AuthResult? _authenticated;
    private bool _headers;
    private volatile bool _authenticating;

    /// <summary>The name the client gave, as monitoring shows it; empty without one.</summary>
    public string AuthorizedUser => UserLabels.ForMonitoring(_options, _authenticated?.UserKey ?? "");

    /// <summary>What authentication found; null before.</summary>
    public AuthResult? Authenticated => _authenticated;

    private ConnectionFacts Facts => new(ConnectionType, Id, _connection.RemoteEndPoint, _nonce, _clientTls);

    /// <summary>What users list in <c>allowed_connection_types</c>.</summary>
    public string ConnectionType => _connection.IsInProcess ? ConnectionTypes.InProcess : ConnectionTypes.Standard;

    // Some clients never send CONNECT: with a user for the unauthenticated, any first operation logs them in.
    public bool OnOperationBeforeConnect(LoopContext loop)
    {
        Authenticator authenticator = _server.Authenticator;
        if (!authenticator.MayOmitConnect(Facts))
        {
            RefuseAuthentication(AuthResult.Reject(_options, ""), wasJudged: false, "another operation came before CONNECT");
            return false;
        }

        Volatile.Write(ref _authDeadlineMs, 0);
        ConnectReceived = true;
        return Authenticate(authenticator, LoginStep.WithoutConnect);
    }

    // CONNECT {json}
    public bool OnConnect(LoopContext loop, ReadOnlySpan<byte> json)
    {
        if (_traced) Trace($"<<- [CONNECT {SecretRedaction.Redact(json)}]");
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
        return Authenticate(_server.Authenticator, first ? LoginStep.FirstConnect : LoginStep.RepeatedConnect);
    }

    /// <summary>Judges what the client has said so far: at once, or later with reading paused. Read loop.</summary>
    private bool Authenticate(Authenticator authenticator, LoginStep step)
    {
        ConnectionFacts facts = Facts;
        CheckCost cost = authenticator.CostOf(_options, facts);
        TimeSpan delay = authenticator.IsRequired ? _server.LoginThrottle.DelayFor(_connection.RemoteEndPoint?.Address) : TimeSpan.Zero;
        if (delay == TimeSpan.Zero && cost == CheckCost.None)
        {
            ValueTask<AuthResult> result = authenticator.AuthenticateAsync(_options, facts);
            Debug.Assert(result.IsCompleted, "what costs nothing does not wait");
            return FinishLogin(authenticator, result.Result, step);
        }

        // The loop goes on with others, this connection reads again when it is judged.
        _authenticating = true;
        _connection.PauseReading();
        var login = new SlowLogin(this, authenticator, step, cost);
        if (delay == TimeSpan.Zero) _server.LoginLanes.Enqueue(cost, login);
        else login.EnqueueAfter(delay);
        return false;
    }

    /// <summary>Judges a connection whose reading is paused. A pool thread.</summary>
    private async Task AuthenticateSlowlyAsync(Authenticator authenticator, LoginStep step, CheckCost cost)
    {
        bool goOn = false;
        try
        {
            if (_connection.IsClosing) return;
            AuthResult result;
            if (cost is CheckCost.Exchange or CheckCost.Wait)
            {
                using var timeout = new CancellationTokenSource(_server.Options.Authorization.Timeout, _server.Clock.Time);
                result = await authenticator.AuthenticateAsync(_options, Facts, timeout.Token).ConfigureAwait(false);
            }
            else
            {
                result = await authenticator.AuthenticateAsync(_options, Facts).ConfigureAwait(false);
            }

            goOn = !_connection.IsClosing && FinishLogin(authenticator, result, step);
        }
        catch (Exception problem)
        {
            // Whatever a check failed at: nobody is let in by it, and no thread of the pool ends with it.
            LogError($"Authentication failed: {problem.GetType().Name}");
            RefuseAuthentication(AuthResult.Reject(_options, ""), why: $"the check itself failed: {problem.GetType().Name}");
        }
        finally
        {
            _authenticating = false;
            if (goOn) _connection.ResumeReading();
        }
    }

    /// <summary>Goes on after the verdict. The thread that owns reading at the moment.</summary>
    private bool FinishLogin(Authenticator authenticator, AuthResult result, LoginStep step)
    {
        if (result.Warning.Length > 0) Log.LoginWarning(_server.Logger, result.Warning);
        if (!result.Accepted)
        {
            _server.LoginThrottle.OnFailure(_connection.RemoteEndPoint?.Address);
            if (LogsDebug && result.Reason.Length > 0) LogDebug(result.Reason);
            RefuseAuthentication(result);
            return false;
        }

        if (!Accept(result)) return false;

        // A reload, or another token of the account, that came between may not have seen this client: it is judged by what holds now.
        bool isOutdated = result.Basis is { } basis && !ReferenceEquals(basis, _account.Model);
        if (isOutdated || !ReferenceEquals(authenticator, _server.Authenticator))
        {
            ThreadPool.UnsafeQueueUserWorkItem(static session => _ = session.ReauthorizeAsync(session._server.Authenticator), this, preferLocal: false);
        }

        if (step == LoginStep.WithoutConnect)
        {
            _parser.ExpectConnect = false;
            return true;
        }

        if (step == LoginStep.FirstConnect) _label = FullLabel();
        if (_options.Protocol is < 0 or > 1) return RefuseConnect(ProtocolTexts.InvalidClientProtocol, ClosedState.BadClientProtocolVersion, Detail("CONNECT said an unknown protocol", "protocol", _options.Protocol, 1));
        if (_options.NoResponders && !_headers)
        {
            return RefuseConnect(ProtocolTexts.NoRespondersRequiresHeaders, ClosedState.NoRespondersRequiresHeaders, NoHeaders());
        }

        if (!_options.Verbose) return true;
        if (_traced) Trace("->> [OK]");
        _outbound.AppendAndFlush(ProtocolTexts.Ok);
        return true;
    }

    /// <summary>The reference sends the text and then logs it as a protocol violation.</summary>
    private bool RefuseConnect(string text, ClosedState reason, CloseDetail detail)
    {
        _outbound.AppendAndFlush(ErrorLine(text));
        LogError(text);
        _connection.Close(reason, detail);
        return false;
    }

    private void RefuseAuthentication(AuthResult rejected, bool wasJudged = true, string why = "")
    {
        _options = rejected.Options;
        LogError(UserLabels.ForRejection(rejected.Options, rejected.UserKey));
        if (_traced) Trace($"->> [-ERR {ProtocolTexts.AuthorizationViolation}]");
        _outbound.AppendAndFlush(ErrorLine(ProtocolTexts.AuthorizationViolation));
        _server.OnClientRefused?.Invoke(this, rejected, wasJudged);
        _connection.Close(rejected.ClosedState, Refusal(rejected, why));
    }

    /// <summary>
    /// Takes over what authentication found. The thread that owns reading. False when the account takes no more connections; this one is closed then.
    /// </summary>
    private bool Accept(AuthResult result)
    {
        if (!_server.Accounts.TryFind(result.AccountName, out Account? account))
        {
            // A reload took the account away since the user was found.
            RefuseAuthentication(result with { Accepted = false }, why: $"account {result.AccountName} is gone since a reload");
            return false;
        }

        _options = result.Options;
        if (!Bind(account))
        {
            CloseAsExcessOfAccount(account);
            return false;
        }

        TakeOver(result);
        ApplyLimits();
        _server.OnClientConnected?.Invoke(this);
        return true;
    }

    /// <summary>Takes over rights, on any thread.</summary>
    private void TakeOver(AuthResult result)
    {
        _authenticated = result;
        _options = result.Options;
        _rights = new ClientRights(result.Permissions, result.Permissions?.CreateResponses(_server.Clock.Time));
        _subscriber.Rights = _rights.MattersAtDelivery ? _rights : null;
        StartExpiration(result.ExpiresAt);
    }

    /// <summary>The configuration was reloaded: the client goes on with its new rights, or has to leave. Any thread; may take long.</summary>
    public async Task ReauthorizeAsync(Authenticator authenticator)
    {
        if (_authenticated is not { } earlier || _connection.IsClosing)
        {
            // Not yet authenticated: the new configuration judges its CONNECT, or its deadline.
            return;
        }

        RecheckResult verdict = await authenticator.RecheckAsync(earlier, Facts).ConfigureAwait(false);

        // Logged in anew meanwhile, as another perhaps: that is what has to be judged.
        if (!ReferenceEquals(_authenticated, earlier))
        {
            await ReauthorizeAsync(authenticator).ConfigureAwait(false);
            return;
        }

        switch (verdict.Action)
        {
            case RecheckAction.Close:
                _connection.Close(ClosedState.ClientClosed, new CloseDetail("a reload took its user away"));
                return;
            case RecheckAction.Violation:
                RefuseAuthentication(verdict.Result with { Options = earlier.Options, UserKey = earlier.UserKey });
                return;
        }

        if (verdict.Result.AccountName != _account.Name || !_server.Accounts.TryFind(_account.Name, out Account? known) || !ReferenceEquals(known, _account))
        {
            // The user was moved, or the account is gone: the client comes back and finds itself where it belongs.
            _connection.Close(ClosedState.ClientClosed, new CloseDetail("a reload moved its user to another account, or took the account away"));
            return;
        }

        TakeOver(verdict.Result);
        ApplyLimits();
        _server.OnClientConnected?.Invoke(this);
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
        Log.SubscriptionRemoved(_server.Logger, $"{QuotedText.Quote(subscription.Subject)}{queue} {sid}", UserLabels.ForSentence(_options, _authenticated?.UserKey ?? ""));
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
        string user = UserLabels.ForLogPrefix(_options, _authenticated?.UserKey ?? "");
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
        _connection.Close(ClosedState.ParseError, ClientError(text));
        return false;
    }

    /// <summary>What led to an authentication.</summary>
    private enum LoginStep : byte
    {
        FirstConnect,
        RepeatedConnect,

        /// <summary>Another operation came first.</summary>
        WithoutConnect,
    }

    /// <summary>An authentication that is too slow for the loop, or has to wait because its address failed too often. A pool thread.</summary>
    private sealed class SlowLogin(ClientSession session, Authenticator authenticator, LoginStep step, CheckCost cost) : IThreadPoolWorkItem
    {
        private ITimer? _timer;

        public void Execute() => _ = session.AuthenticateSlowlyAsync(authenticator, step, cost);

        public void EnqueueAfter(TimeSpan delay)
        {
            _timer = session._server.Clock.Time.CreateTimer(
                static state =>
                {
                    var login = (SlowLogin)state!;
                    login._timer?.Dispose();
                    login.Enqueue();
                },
                this,
                Timeout.InfiniteTimeSpan,
                Timeout.InfiniteTimeSpan);
            _timer.Change(delay, Timeout.InfiniteTimeSpan);
        }

        private void Enqueue() => session._server.LoginLanes.Enqueue(cost, this);
    }
}
