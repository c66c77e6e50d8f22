using NATS.Server.Connections;
using NATS.Server.Options;

namespace NATS.Server.Monitoring.Explaining;

/// <summary>Owned by one caller. Tells why a connection was closed: what happened, by which setting, with the numbers of then.</summary>
internal sealed class ClosedConnectionStory
{
    private readonly IMonitoredServer _server;
    private readonly ClosedConnection _closed;
    private readonly ConnectionSnapshot _connection;
    private readonly CloseDetail? _detail;
    private readonly ServerOptions _options;
    private readonly DateTimeOffset _now;

    public ClosedConnectionStory(IMonitoredServer server, ClosedConnection closed, DateTimeOffset now)
    {
        _server = server;
        _closed = closed;
        _connection = closed.Connection;
        _detail = closed.Detail;
        _options = server.Options;
        _now = now;
    }

    public Explanation Tell()
    {
        ClosedReason reason = Why();
        string ago = StandingText.Span(_now - _closed.Stop);
        string lived = StandingText.Span(_closed.Stop - _connection.Start);
        List<Finding> findings =
        [
            ConnectionDescription.Identity(_connection, isKnown: _closed.Reason is not (ClosedState.AuthenticationViolation or ClosedState.AuthenticationTimeout or ClosedState.TlsHandshakeError)),
            new Finding
            {
                Kind = "closed",
                Text = $"closed {ago} ago, at {StandingText.Time(_closed.Stop)}, after {lived}: {_closed.Reason.ToReason()}{(_detail is null ? "" : $": {_detail.Text}")}",
                Decides = true,
                Value = _detail?.Value,
                Limit = _detail?.Limit,
                Refusal = _closed.Reason.ToReason(),
            },
            ConnectionDescription.Traffic(_connection),
            new Finding { Kind = "activity", Text = $"it was last active {StandingText.Span(_closed.Stop - _connection.LastActivity)} before its end, and had {StandingText.Count(_connection.SubscriptionCount, "subscription")}" },
        ];
        if (_connection.PendingBytes > 0 || _connection.Stalls > 0)
        {
            long maxPending = _closed.Limits?.MaxPending ?? _options.MaxPending;
            findings.Add(new Finding
            {
                Kind = "pending",
                Text = $"{StandingText.Count(_connection.PendingBytes, "byte")} still waited to be sent to it, of at most {StandingText.Number(maxPending)}; publishers had been paused {StandingText.Count(_connection.Stalls, "time")} because of it",
                Value = _connection.PendingBytes,
                Limit = maxPending,
            });
        }

        return new Explanation
        {
            Question = "connection",
            Verdict = "closed",
            Summary = $"{StandingText.Sentence(ConnectionSearch.NameOf(_connection))} closed {ago} ago: {reason.What}.",
            Rule = reason.Rule,
            Findings = findings,
            Hints = reason.Hints,
        };
    }

    private ClosedReason Why() => _closed.Reason switch
    {
        ClosedState.ClientClosed => ClientClosed(),
        ClosedState.AuthenticationTimeout => new(
            $"it did not authenticate within {Limit(_options.Authorization.Timeout)}",
            ConnectionDescription.OfServer("authorization.timeout", Limit(_options.Authorization.Timeout)),
            "Look whether the client sends CONNECT at all (a health check or port scan does not), or is too slow to: raise authorization.timeout then."),
        ClosedState.AuthenticationViolation => Refused(),
        ClosedState.TlsHandshakeError => Handshake(),
        ClosedState.SlowConsumerPendingBytes => new(
            $"it did not read as fast as others published to it: {StandingText.Number(_detail?.Value ?? _connection.PendingBytes)} bytes waited, more than max_pending {StandingText.Number(MaxPending)} allows",
            ConnectionDescription.OfServer("max_pending", StandingText.Plain(MaxPending)),
            "Let the client process messages faster, share its subscription with others in a queue group, or use a JetStream consumer; raise max_pending only for bursts."),
        ClosedState.SlowConsumerWriteDeadline => new(
            $"it did not take what was sent to it within {Limit(_options.WriteDeadline)}: {_detail?.Text ?? "the socket stayed full"}",
            ConnectionDescription.OfServer("write_deadline", Limit(_options.WriteDeadline)),
            "The client does not read, or the network between is too slow or gone: look at the client's process and the network first, then at write_deadline."),
        ClosedState.WriteError => new($"sending to it failed{Because}", null, "The network broke, or the client went away while messages were being sent to it."),
        ClosedState.ReadError => new($"receiving from it failed{Because}", null, "The client's process ended without closing, or something in between reset the connection."),
        ClosedState.ParseError => new($"the client reported an error of the server{Because}", null, "Look into the client's log: it did not understand something that this server sent."),
        ClosedState.StaleConnection => Stale(),
        ClosedState.ProtocolViolation => new($"it broke the protocol{Because}", null, ProtocolHint()),
        ClosedState.BadClientProtocolVersion => new(
            $"its CONNECT asked for protocol {_detail?.Value ?? 0}, and this server speaks 0 and 1",
            new ExplainRule("protocol", StandingText.Plain(_detail?.Value ?? 0), "the client"),
            "Use a client library that is made for this server."),
        ClosedState.MaxAccountConnectionsExceeded => new(
            $"account {AccountName} had as many connections as it may have{LimitText()}",
            new ExplainRule("max_connections", LimitOrEmpty(), $"account {AccountName}"),
            $"Close connections of account {AccountName}, or raise its max_connections."),
        ClosedState.MaxConnectionsExceeded => TooMany(),
        ClosedState.MaxPayloadExceeded => Payload(),
        ClosedState.MaxControlLineExceeded => new(
            $"it sent an operation with a line longer than {StandingText.Number(ControlLine)} bytes",
            ConnectionDescription.OfServer("max_control_line", StandingText.Plain(ControlLine)),
            "Long subjects, replies or queue names do that, and CONNECT with a large token: raise max_control_line, or shorten them."),
        ClosedState.MaxSubscriptionsExceeded => Subscriptions(),
        ClosedState.ServerShutdown => new(
            _detail is null ? "the server was stopped" : "the server is in lame duck mode and closes its clients one by one",
            _detail is null ? null : ConnectionDescription.OfServer("lame_duck_duration", StandingText.Setting(_options.LameDuckDuration)),
            "Nothing is wrong with the client: it should have gone on to another server."),
        ClosedState.AuthenticationExpired => Expired(),
        ClosedState.Revocation => new(
            $"the user's token was revoked{Because}",
            new ExplainRule("revocations", "", $"account {AccountName}"),
            "Issue a new token for the user, or take the revocation out of the account's."),
        ClosedState.MissingAccount => new("the account that it belongs to is not known here", new ExplainRule("account", _connection.Account, "the client's token"), "Push the account's token to the resolver of this server."),
        ClosedState.NoRespondersRequiresHeaders => new(
            $"it asked to be told of missing responders, which takes headers, and has none{Because}",
            _detail?.Rule == "no_header_support" ? ConnectionDescription.OfServer("no_header_support", "true") : new ExplainRule("headers", "false", "the client's CONNECT"),
            _detail?.Rule == "no_header_support" ? "Take no_header_support out of the configuration." : "Let the client send headers: true in CONNECT, as client libraries do."),
        ClosedState.MessageHeaderViolation => new($"it sent a message whose headers are not allowed{Because}", null, "Look at the headers that the client sends."),
        ClosedState.Kicked => new($"an operator closed it{Because}", null, "If that is a riddle, look who may use the system account."),
        ClosedState.ProxyNotTrusted => new(
            "it came through a proxy that is not one of the trusted ones",
            ConnectionDescription.OfServer("proxies.trusted", StandingText.List([.. _options.TrustedProxies.Take(SimilarNames.Maximum)])),
            "Add the proxy's public key to proxies.trusted, or find out why it signed with another one."),
        ClosedState.ProxyRequired => new(
            $"its user may only come through a trusted proxy, and it came by itself{(UserName.Length > 0 ? $" (user {UserName})" : "")}",
            new ExplainRule("proxy_required", "true", UserName.Length > 0 ? $"user {UserName}" : "authorization"),
            "Let the client connect to the proxy, or take proxy_required from its user."),
        _ => new($"{_closed.Reason.ToReason()}{Because}", null),
    };

    private string Because => _detail is null ? "" : $": {_detail.Text}";

    private string UserName => ConnectionSearch.UserOf(_connection);

    private string AccountName => _server.DisplayNameOf(_detail is { Account: { Length: > 0 } account } ? account : _connection.Account);

    private long MaxPending => _detail?.Limit ?? _closed.Limits?.MaxPending ?? _options.MaxPending;

    private long ControlLine => _detail?.Limit ?? _closed.Limits?.MaxControlLine ?? _options.MaxControlLine;

    // A time as it was in force when the connection ended; the configuration may have another one by now.
    private string Limit(TimeSpan now) => _detail?.Limit is > 0 and var then ? StandingText.Setting(then) : StandingText.Setting(now);

    private string LimitText() => _detail?.Limit is { } limit ? $": {StandingText.Number(limit)}" : "";

    private string LimitOrEmpty() => _detail?.Limit is { } limit ? StandingText.Plain(limit) : "";

    private ClosedReason ClientClosed() => _detail is null
        ? new("the client closed it, or its process ended", null, "Nothing is wrong on this side; look at the client if it was not meant to go.")
        : new($"this server closed it: {_detail.Text}", new ExplainRule("users", UserName, "the configuration"), "The client may connect again with credentials that the new configuration knows.");

    private ClosedReason Refused()
    {
        string user = UserName.Length > 0 ? $" as {UserName}" : "";
        string source = AccountName.Length > 0 && _detail is { Account.Length: > 0 } ? $"account {AccountName}" : "the server";
        return new(
            _detail is null ? $"it was refused{user}: its credentials are not good, or an authorization service refused them" : $"it was refused{user}: {_detail.Text}",
            new ExplainRule("authorization", "", source),
            UserName.Length > 0 ? $"Compare the credentials of {UserName} in the client with what the server is configured with." : "The client has sent no credentials, or a token: compare them with what the server is configured with.",
            "The client was only told 'Authorization Violation'.");
    }

    private ClosedReason Handshake()
    {
        if (_detail?.Rule == "tls.pinned_certs") return new(_detail.Text, ConnectionDescription.OfServer("tls.pinned_certs", ""), "Give the client a certificate whose key is pinned, or pin its key.");
        if (_detail?.Rule == "tls.timeout")
            return new($"the TLS handshake was not done within {StandingText.Setting(_detail.Limit ?? 0)}", ConnectionDescription.OfServer("tls.timeout", StandingText.Setting(_detail.Limit ?? 0)), "A client that does not begin TLS waits for ever: let it, or look at the network; raise tls.timeout if it is only slow.");
        return new($"the TLS handshake failed{Because}", ConnectionDescription.OfServer("tls", ""), "Common causes: the client does not trust the server's certificate, presents none where one is needed, or does not speak TLS at all.");
    }

    private ClosedReason Stale()
    {
        string interval = StandingText.Setting(_options.PingInterval);
        long max = _detail?.Limit ?? _options.MaxPingsOut;
        return new(
            $"it did not answer {StandingText.Count(_detail?.Value ?? max, "PING")}, one every {interval}{Because}",
            ConnectionDescription.OfServer("ping_max", StandingText.Plain(max)),
            $"The client hangs, or the network lost it without saying so; with ping_interval {interval} and ping_max {StandingText.Number(max)} that is found out after about {StandingText.Span(_options.PingInterval * (max + 1))}.");
    }

    private string ProtocolHint() => _detail?.Text switch
    {
        { } text when text.Contains("TLS", StringComparison.Ordinal) => "Configure TLS on this server, or let the client connect without (nats:// instead of tls://).",
        { } text when text.Contains("HTTP", StringComparison.Ordinal) => "Something speaks HTTP to the client port: the monitoring port is another one (http_port).",
        { } text when text.Contains("MQTT", StringComparison.Ordinal) => "Something speaks MQTT to the client port.",
        _ => "Look at the client library, and whether the sizes that it sends are those of the payloads.",
    };

    private ClosedReason TooMany()
    {
        if (_detail is { Rule: "tls.connection_rate_limit" })
            return new($"more TLS handshakes came in a second than are begun: {StandingText.Number(_detail.Limit ?? 0)}", ConnectionDescription.OfServer("tls.connection_rate_limit", LimitOrEmpty()), "Clients should wait and try again; raise tls.connection_rate_limit if the machine can do more.");
        long max = _detail?.Limit ?? _options.MaxConnections;
        return new(
            $"as many clients were connected as may be: {StandingText.Number(max)}",
            ConnectionDescription.OfServer("max_connections", StandingText.Plain(max)),
            "Raise max_connections (and the limit of open files), or find out who opens so many: /connz?sort=start.");
    }

    private ClosedReason Payload()
    {
        if (_detail is { Rule.Length: 0 })
            return new($"{_detail.Text}{(_detail.Value is { } sent ? $": {StandingText.Number(sent)} bytes" : "")}, at most {StandingText.Number(_detail.Limit ?? 0)} bytes", null, "No client library does that: something else talks to the client port, or sends messages before CONNECT.");
        long limit = _detail?.Limit ?? _closed.Limits?.MaxPayload ?? _options.MaxPayload;
        return new(
            $"it published a message of {StandingText.Number(_detail?.Value ?? 0)} bytes, and {StandingText.Number(limit)} are allowed",
            ConnectionDescription.MaxPayload(limit, _connection, _closed.Limits, _server),
            "Publish smaller messages, for instance by the object store, or raise max_payload where it is set.");
    }

    private ClosedReason Subscriptions()
    {
        long limit = _detail?.Limit ?? _closed.Limits?.MaxSubscriptions ?? _options.MaxSubscriptions;
        return new(
            $"it had {StandingText.Count(_detail?.Value ?? _connection.SubscriptionCount, "subscription")}, and {StandingText.Number(limit)} are allowed since the limit was lowered",
            ConnectionDescription.MaxSubscriptions(limit, _connection, _closed.Limits, _server),
            "Raise max_subscriptions where it is set, or use wildcards in fewer subscriptions.");
    }

    private ClosedReason Expired() => _detail is { Account.Length: > 0 }
        ? new(_detail.Text, new ExplainRule("exp", "", $"the token of account {AccountName}"), $"Give account {AccountName} a new token.")
        : new($"its credentials expired{Because}", new ExplainRule("exp", "", UserName.Length > 0 ? $"the token of user {UserName}" : "the user's token"), "Give the user a new token; a client library with a credentials file reads it again when it connects.");

    private sealed record ClosedReason(string What, ExplainRule? Rule, params IReadOnlyList<string> Hints);
}
