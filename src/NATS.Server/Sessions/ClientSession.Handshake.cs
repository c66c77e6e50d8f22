using NATS.Server.Auth;
using NATS.Server.Connections;
using NATS.Server.Core.Protocol;
using NATS.Server.Options;

namespace NATS.Server.Sessions;

/// <summary>CONNECT and authentication. Read loop; a slow password check runs on the pool while reading is paused.</summary>
internal sealed partial class ClientSession
{
    private ResponsePermissions? _responses;
    private bool _headers;
    private volatile bool _authenticating;

    /// <summary>The name the client authenticated as; empty without authentication.</summary>
    public string AuthorizedUser { get; private set; } = "";

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
                Accept(result);
                return true;
            }

            RefuseAuthentication(result);
            return false;
        }

        RefuseAuthentication(AuthResult.Reject(_options, "CONNECT is missing"));
        return false;
    }

    // CONNECT {json}
    public bool OnConnect(LoopContext loop, ReadOnlySpan<byte> json)
    {
        if (_traced) Trace($"<<- [CONNECT {SecretRedaction.Redact(Text(json))}]");
        Volatile.Write(ref _authDeadlineMs, 0);
        StartPingsAfterConnect(loop);
        if (!ConnectOptions.TryParse(json, _options, out ConnectOptions? parsed, out string? error)) return Violate(error ?? "");
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
        if (authenticator.RequiresSlowCheck(_options))
        {
            AuthenticateOnPool(authenticator, first);
            return false;
        }

        return FinishConnect(authenticator.Authenticate(_options, Facts), first);
    }

    private void AuthenticateOnPool(Authenticator authenticator, bool first)
    {
        _authenticating = true;
        _connection.PauseReading();
        ThreadPool.UnsafeQueueUserWorkItem(
            _ =>
            {
                AuthResult result = authenticator.Authenticate(_options, Facts);
                bool goOn = FinishConnect(result, first);
                _authenticating = false;
                if (goOn) _connection.ResumeReading();
            },
            null);
    }

    /// <summary>Judges the rest of CONNECT. The thread that owns reading at the moment.</summary>
    private bool FinishConnect(AuthResult result, bool first)
    {
        if (!result.Accepted)
        {
            RefuseAuthentication(result);
            return false;
        }

        Accept(result);
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

    private void RefuseAuthentication(AuthResult result)
    {
        _options = result.Options;
        if (LogsDebug) LogDebug(result.Reason);
        LogError(UserLabels.ForRejection(_options));
        if (_traced) Trace($"->> [-ERR {ProtocolTexts.AuthorizationViolation}]");
        _outbound.AppendAndFlush(ErrorLine(ProtocolTexts.AuthorizationViolation));
        _connection.Close(ClosedState.AuthenticationViolation);
    }

    private void Accept(AuthResult result)
    {
        _options = result.Options;
        AuthorizedUser = UserLabels.ForMonitoring(_options);
        ApplyPermissions(result.Permissions);
    }

    /// <summary>Takes over new permissions: at CONNECT, and when the configuration was reloaded.</summary>
    private void ApplyPermissions(PermissionSet? permissions)
    {
        _permissions = permissions;
        _restrictsPublish = permissions?.RestrictsPublish ?? false;
        _responses = permissions?.CreateResponses(_server.Clock.Time);
        _subscriber.Filter = permissions is not null && (permissions.HasDeliverDenies || _responses is not null) ? permissions : null;
    }

    private bool MayRespond(ReadOnlySpan<byte> subject) => _responses is not null && _responses.Use(subject);

    private void DropSubscriptions()
    {
        Accounts.Subscription[] all = _subscriptions.TakeAll();
        foreach (Accounts.Subscription subscription in all) subscription.IsClosed = true;
        _account.Remove(all);
    }

    private ConnectionFacts Facts =>
        new(_connection.IsInProcess ? ConnectionTypes.InProcess : ConnectionTypes.Standard, Id, _connection.RemoteEndPoint);

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
