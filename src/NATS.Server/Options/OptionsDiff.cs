using System.Globalization;
using NATS.Server.Core.Config;

namespace NATS.Server.Options;

/// <summary>What a reload changes, and what of it a running server refuses. Pure and immutable; it applies nothing.</summary>
public sealed partial class OptionsDiff
{
    // In the order in which the reference compares, which is the order of its notices.
    private static readonly Field[] Fields =
    [
        Fixed("ConfigFile", static o => o.ConfigFile),
        Fixed("ServerName", static o => o.ServerName),
        Fixed("Host", static o => o.Host),
        Fixed("Port", static o => o.Port),
        Fixed("DontListen", static o => o.DontListen),
        new("ClientAdvertise", static o => o.ClientAdvertise, CompareClientAdvertise),
        Live("Trace", static o => o.Trace, ReloadableOption.Trace, "trace"),
        Live("Debug", static o => o.Debug, ReloadableOption.Debug, "debug"),
        Live("TraceVerbose", static o => o.TraceVerbose, ReloadableOption.TraceVerbose, "trace_verbose"),
        Live("TraceHeaders", static o => o.TraceHeaders, ReloadableOption.TraceHeaders, "trace_headers"),
        Fixed("NoSublistCache", static o => o.DisableSublistCache),
        Fixed("NoHeaderSupport", static o => o.NoHeaderSupport),
        Live("Logtime", static o => o.Logtime, ReloadableOption.Logtime, "logtime"),
        Live("LogtimeUTC", static o => o.LogtimeUtc, ReloadableOption.LogtimeUtc, "logtime_utc"),
        Live("MaxConn", static o => o.MaxConnections, ReloadableOption.MaxConnections, "max_connections"),
        Fixed("MaxSubs", static o => o.MaxSubscriptions),
        Fixed("MaxSubTokens", static o => o.MaxSubTokens),
        new("Nkeys", static o => NkeyUsersKey(o), CompareNkeyUsers),
        Always("Users", ReloadableOption.Users, "Reloaded: authorization users"),
        Always("Accounts", ReloadableOption.Accounts, "Reloaded: accounts"),
        new("NoAuthUser", static o => o.NoAuthUser, CompareNoAuthUser),
        // A bearer token: the reference shows it.
        new("DefaultSentinel", static o => o.Operator.DefaultSentinel, static (diff, _, next) => diff.Change(
            ReloadableOption.DefaultSentinel, "DefaultSentinel", $"Reloaded: default_sentinel = {(next.Operator.DefaultSentinel.Length == 0 ? "" : "[REDACTED]")}")),
        new("SystemAccount", static o => o.SystemAccount, CompareSystemAccount),
        Fixed("NoSystemAccount", static o => o.NoSystemAccount),
        Secret("Username", static o => o.Authorization.Username, ReloadableOption.Username, "username"),
        Secret("Password", static o => o.Authorization.Password, ReloadableOption.Password, "password"),
        Fixed("ProxyRequired", static o => o.Authorization.ProxyRequired),
        Secret("Authorization", static o => o.Authorization.Token, ReloadableOption.Token, "token"),
        Fixed("AuthCallout", static o => Show(o.Authorization.Callout)),
        Live("PingInterval", static o => o.PingInterval, ReloadableOption.PingInterval, "ping_interval"),
        Live("MaxPingsOut", static o => o.MaxPingsOut, ReloadableOption.MaxPingsOut, "ping_max"),
        new("HTTPHost", static o => o.HttpHost, CompareHttpHost),
        Fixed("HTTPPort", static o => o.HttpPort),
        Fixed("HTTPBasePath", static o => o.HttpBasePath),
        Fixed("HTTPSPort", static o => o.HttpsPort),
        Fixed("ProfPort", static o => o.ProfilePort),
        Live("AuthTimeout", static o => o.Authorization.Timeout.TotalSeconds, ReloadableOption.AuthorizationTimeout, "authorization timeout"),
        Live("MaxControlLine", static o => o.MaxControlLine, ReloadableOption.MaxControlLine, "max_control_line"),
        Live("MaxPayload", static o => o.MaxPayload, ReloadableOption.MaxPayload, "max_payload"),
        Fixed("MaxPending", static o => o.MaxPending),
        new("NoFastProducerStall", static o => o.NoFastProducerStall, static (diff, _, next) => diff.Change(
            ReloadableOption.NoFastProducerStall, "NoFastProducerStall", $"Reloaded: fast producers will {(next.NoFastProducerStall ? "not " : "")}be stalled")),
        .. JetStreamFields,
        new("PidFile", static o => o.PidFile, static (diff, _, next) => diff.Change(
            ReloadableOption.PidFile, "PidFile", next.PidFile.Length == 0 ? "" : $"Reloaded: pid_file = {next.PidFile}")),
        Live("PortsFileDir", static o => o.PortsFileDir, ReloadableOption.PortsFileDir, "ports_file_dir"),
        Live("LogFile", static o => o.LogFile, ReloadableOption.LogFile, "log_file"),
        Fixed("LogSizeLimit", static o => o.LogSizeLimit),
        Fixed("LogMaxFiles", static o => o.LogMaxFiles),
        Live("Syslog", static o => o.Syslog, ReloadableOption.Syslog, "syslog"),
        Live("RemoteSyslog", static o => o.RemoteSyslog, ReloadableOption.RemoteSyslog, "remote_syslog"),
        Live("TLSTimeout", static o => (o.Tls?.Timeout ?? TlsOptions.DefaultTimeout).TotalSeconds, ReloadableOption.TlsTimeout, "tls timeout"),
        Fixed("TLSMap", static o => o.Tls is { Map: true }),
        new("TLSConfig", static o => TlsIdentity.Of(o.Tls), static (diff, _, next) => diff.Change(
            ReloadableOption.Tls, "TLSConfig", $"Reloaded: tls = {(next.Tls is null ? "disabled" : "enabled")}")),
        new("TLSPinnedCerts", static o => Show([.. o.Tls?.PinnedCertificates ?? []]), static (diff, _, next) => diff.Change(
            ReloadableOption.TlsPinnedCertificates, "TLSPinnedCerts", $"Reloaded: {next.Tls?.PinnedCertificates.Count ?? 0} pinned_certs")),
        Fixed("TLSRateLimit", static o => o.Tls?.ConnectionRateLimit ?? 0),
        Live("TLSHandshakeFirst", static o => o.Tls is { HandshakeFirst: true }, ReloadableOption.TlsHandshakeFirst, "Client TLS handshake first", ":"),
        Live("TLSHandshakeFirstFallback", static o => o.Tls?.HandshakeFirstFallback ?? TimeSpan.Zero, ReloadableOption.TlsHandshakeFirstFallback,
            "Client TLS handshake first fallback delay", ":"),
        Fixed("AllowNonTLS", static o => o.AllowNonTls),
        Live("WriteDeadline", static o => o.WriteDeadline, ReloadableOption.WriteDeadline, "write_deadline"),
        Fixed("WriteTimeout", static o => o.WriteTimeout),
        Fixed("MaxClosedClients", static o => o.MaxClosedClients),
        Fixed("LameDuckDuration", static o => o.LameDuckDuration),
        Fixed("LameDuckGracePeriod", static o => o.LameDuckGracePeriod),
        Live("MaxTracedMsgLen", static o => o.MaxTracedMessageLength, ReloadableOption.MaxTracedMessageLength, "max_traced_msg_len"),
        // Operators trust their own keys; once there are any, their own refusal says more.
        new("TrustedKeys", static o => Sorted(OperatorCheck.TrustedKeys(o.Operator)), static (diff, current, next) =>
        {
            if (current.Operator.Tokens.Count > 0) return;
            diff.Refuse("TrustedKeys", Sorted(OperatorCheck.TrustedKeys(current.Operator)), Sorted(OperatorCheck.TrustedKeys(next.Operator)));
        }),
        new("TrustedOperators", static o => Sorted(o.Operator.Tokens), static (diff, current, next) =>
            diff.Refuse("TrustedOperators", OperatorCheck.Describe(current.Operator), OperatorCheck.Describe(next.Operator))),
        new("AccountResolver", null, CompareResolver),
        new("AccountResolverTLSConfig", static o => TlsIdentity.Of(o.Operator.ResolverTls), CompareResolverTls),
        Fixed("AlwaysEnableNonce", static o => o.AlwaysEnableNonce),
        Live("ConnectErrorReports", static o => o.ConnectErrorReports, ReloadableOption.ConnectErrorReports, "connect_error_reports"),
        Live("ReconnectErrorReports", static o => o.ReconnectErrorReports, ReloadableOption.ReconnectErrorReports, "reconnect_error_reports"),
        Named("Tags", static o => Show(o.Tags), ReloadableOption.Tags, "tags"),
        Named("Metadata", static o => Show(o.Metadata), ReloadableOption.Metadata, "metadata"),
        Fixed("FeatureFlags", static o => Show(o.FeatureFlags)),
        Fixed("OCSPCacheConfig", static o => o.OcspCache == OcspCacheKind.None ? "none" : "local"),
        new("Proxies", static o => Sorted(o.TrustedProxies), CompareProxies),

        // This server's own.
        Fixed("EventLoops", static o => o.EventLoops),
        Fixed("Engine", static o => o.Engine),
        Named("Metrics", static o => o.Metrics with { OtlpEndpoint = null, OtlpInterval = default }, ReloadableOption.Metrics, "metrics"),
        new("MetricsExport", static o => (o.Metrics.OtlpEndpoint, o.Metrics.OtlpInterval), static (diff, current, next) =>
            diff.Refuse("MetricsExport", ShowExport(current.Metrics), ShowExport(next.Metrics))),
        new("TracesExport", static o => o.Traces, static (diff, current, next) => diff.Refuse("TracesExport", ShowExport(current.Traces), ShowExport(next.Traces))),
    ];

    private readonly List<string> _errors = [];
    private readonly List<OptionChange> _changes = [];

    private OptionsDiff()
    {
    }

    /// <summary>Every change that is refused, the reference's first; when there is one, nothing may be applied.</summary>
    public IReadOnlyList<string> Errors => _errors;

    /// <summary>What to apply, in the order of the notices.</summary>
    public IReadOnlyList<OptionChange> Changes => _changes;

    /// <summary>The loggers have to be set up again.</summary>
    public bool IsLoggingChange => _changes.Any(static change => change.IsLogging);

    /// <summary>Connections have to look again at what they trace.</summary>
    public bool IsTraceLevelChange => _changes.Any(static change => change.IsTraceLevel);

    /// <summary>Connections have to be authorized again; so it is with every reload.</summary>
    public bool IsAuthorizationChange => _changes.Any(static change => change.IsAuthorization);

    /// <summary>Compares the options of a running server with new ones, both with defaults filled in.</summary>
    /// <param name="current">What the server runs with, the real port instead of a random one.</param>
    /// <param name="next">What it shall run with, see <see cref="CarryOver"/>; it must be valid by <see cref="OptionsValidator"/>.</param>
    /// <param name="runsJetStream">Whether JetStream is at work; null: when it is switched on.</param>
    public static OptionsDiff Compare(ServerOptions current, ServerOptions next, bool? runsJetStream = null)
    {
        var diff = new OptionsDiff { _runsJetStream = runsJetStream ?? current.JetStream is not null };
        foreach (var field in Fields)
        {
            if (field.Get is null || !Equals(field.Get(current), field.Get(next))) field.Compare(diff, current, next);
        }

        diff.CompareWhole(current.JetStreamSettings, next.JetStream);
        return diff;
    }

    /// <summary>Gives new options from a file what only the running server or its embedder knows: a random port, and options that no file can set.</summary>
    public static ServerOptions CarryOver(ServerOptions current, ServerOptions next) => next with
    {
        Port = next.Port == ServerOptions.RandomPort ? current.Port : next.Port,
        DontListen = current.DontListen,

        // Without JetStream nobody waits for the disk.
        JetStreamSettings = next.JetStream is null ? next.JetStreamSettings with { MaxConcurrentIo = current.JetStreamSettings.MaxConcurrentIo } : next.JetStreamSettings,
    };

    /// <summary>What the log says after everything is applied.</summary>
    public static string CompletionNotice(ServerOptions next) =>
        $"Reloaded server configuration {(next.ConfigDigest.Length > 0 ? $"({next.ConfigDigest})" : "")}";

    private static Field Fixed(string name, Func<ServerOptions, object> get) => new(name, get, (diff, current, next) => diff.Refuse(name, get(current), get(next)));

    private static Field Live(string name, Func<ServerOptions, object> get, ReloadableOption option, string key, string sign = " =") =>
        new(name, get, (diff, _, next) => diff.Change(option, name, $"Reloaded: {key}{sign} {Show(get(next))}"));

    private static Field Named(string name, Func<ServerOptions, object> get, ReloadableOption option, string key) =>
        new(name, get, (diff, _, _) => diff.Change(option, name, $"Reloaded: {key}"));

    private static Field Secret(string name, Func<ServerOptions, object> get, ReloadableOption option, string key) => Named(name, get, option, $"authorization {key}");

    private static Field Always(string name, ReloadableOption option, string notice) => new(name, null, (diff, _, _) => diff.Change(option, name, notice));

    private static void CompareClientAdvertise(OptionsDiff diff, ServerOptions current, ServerOptions next)
    {
        if (next.ClientAdvertise.Length > 0 && !HostPort.TryParseAdvertise(next.ClientAdvertise, 0, out _, out var error))
            diff._errors.Add($"invalid ClientAdvertise value of {next.ClientAdvertise}, err={error}");
        else
            diff.Change(ReloadableOption.ClientAdvertise, "ClientAdvertise", $"Reload: client_advertise = {next.ClientAdvertise}");
    }

    // Left out it is the host, whose own refusal is enough.
    private static void CompareHttpHost(OptionsDiff diff, ServerOptions current, ServerOptions next)
    {
        if (current.HttpHost != current.Host || next.HttpHost != next.Host) diff.Refuse("HTTPHost", current.HttpHost, next.HttpHost);
    }

    // May be dropped, but only together with its user; nobody is it any more then. One with an nkey is not looked for, as in the reference.
    private static void CompareNoAuthUser(OptionsDiff diff, ServerOptions current, ServerOptions next)
    {
        if (next.NoAuthUser.Length > 0 || next.AllUsers.Any(user => user.Nkey.Length == 0 && user.Username == current.NoAuthUser))
            diff.Refuse("NoAuthUser", current.NoAuthUser, next.NoAuthUser);
        else
            diff.Change(ReloadableOption.NoAuthUser, "NoAuthUser", "");
    }

    // Those of accounts are taken for changed every time, as in the reference.
    private static void CompareNkeyUsers(OptionsDiff diff, ServerOptions current, ServerOptions next) =>
        diff.Change(ReloadableOption.NkeyUsers, "Nkeys", "Reloaded: authorization nkey users");

    private static object NkeyUsersKey(ServerOptions options)
    {
        var users = options.AllUsers.Where(static user => user.Nkey.Length > 0).ToList();
        return users.Any(static user => user.Account.Length > 0)
            ? new object()
            : string.Join('\n', users.Select(static user => user.Nkey + Show(user)).Order(StringComparer.Ordinal));
    }

    // Not named at all is what the default name means.
    private static void CompareSystemAccount(OptionsDiff diff, ServerOptions current, ServerOptions next)
    {
        if (current.SystemAccount != "$SYS" || next.SystemAccount.Length > 0) diff.Refuse("SystemAccount", current.SystemAccount, next.SystemAccount);
    }

    // The reference compares with what the running resolver holds by now: only an empty one in memory can be the same.
    private static void CompareResolver(OptionsDiff diff, ServerOptions current, ServerOptions next)
    {
        if (current.Operator.Resolver is null != next.Operator.Resolver is null)
            diff._errors.Add("config reload does not support moving to or from an account resolver");
        else if (current.Operator.Resolver != next.Operator.Resolver)
            diff.Refuse("AccountResolver", Show(current.Operator.Resolver), Show(next.Operator.Resolver)); // the one that is open stays
        else if (current.Operator is { Resolver.Kind: ResolverKind.Memory, Preload.Count: 0 } && next.Operator.Resolver is { Kind: ResolverKind.Memory })
            diff.ChangeResolver(next.Operator.Preload.Count > 0, "");
        else
            diff.ChangeResolver(next.Operator.Resolver is not null);
    }

    // Only a web server is spoken to over TLS.
    private static void CompareResolverTls(OptionsDiff diff, ServerOptions current, ServerOptions next)
    {
        if (next.Operator.Resolver is { Kind: ResolverKind.Url })
            diff.Refuse("AccountResolverTLSConfig", current.Operator.ResolverTls is not null, next.Operator.ResolverTls is not null);
        else
            diff.ChangeResolver();
    }

    private static void CompareProxies(OptionsDiff diff, ServerOptions current, ServerOptions next)
    {
        string[] removed = [.. current.TrustedProxies.Except(next.TrustedProxies, StringComparer.Ordinal)];
        string[] added = [.. next.TrustedProxies.Except(current.TrustedProxies, StringComparer.Ordinal)];
        if (removed.Length > 0) diff.Change(ReloadableOption.TrustedProxies, "Proxies", $"Reloaded: proxies trusted keys {ShowQuoted(removed)} were removed");
        if (added.Length > 0) diff.Change(ReloadableOption.TrustedProxies, "Proxies", $"Reloaded: proxies trusted keys {ShowQuoted(added)} were added");
    }

    // The kind only: an address may have credentials in it.
    private static string Show(ResolverOptions? resolver) => resolver is null ? "<nil>" : resolver.Kind.ToString().ToUpperInvariant();

    private static string ShowExport(MetricsOptions metrics) =>
        metrics.OtlpEndpoint is { } address ? $"{OtlpAddress.Show(address)} every {GoDuration.Format(metrics.OtlpInterval)}" : "none";

    private static string ShowExport(TracesOptions traces) =>
        traces.OtlpEndpoint is { } address ? string.Create(CultureInfo.InvariantCulture, $"{OtlpAddress.Show(address)} with {traces.Sampling}% of requests") : "none";

    private static string Sorted(IReadOnlyList<string> list) => Show([.. list.Order(StringComparer.Ordinal)]);

    private static string ShowQuoted(IReadOnlyList<string> list) => Show([.. list.Select(GoFormat.Quote)]);

    private static string Show(AuthCalloutOptions? callout) => callout is null
        ? "<nil>"
        : $"&{{{callout.Issuer} {callout.Account} {Show(callout.AuthUsers)} {callout.XKey} {Show(callout.AllowedAccounts)}}}";

    // What a user with an nkey may do.
    private static string Show(UserOptions user) =>
        $" {user.ProxyRequired} {Sorted(user.AllowedConnectionTypes)} {Show(user.Permissions?.Publish)} {Show(user.Permissions?.Subscribe)} {user.Permissions?.AllowResponses}";

    private static string Show(SubjectPermissionOptions? subjects) =>
        subjects is null ? "" : $"{(subjects.Allow is { } allow ? ShowQuoted(allow) : "")}/{(subjects.Deny is { } deny ? ShowQuoted(deny) : "")}";

    private static string Show(IReadOnlyList<string> list) => $"[{string.Join(' ', list)}]";

    private static string Show<T>(IReadOnlyDictionary<string, T> map) where T : notnull =>
        $"map[{string.Join(' ', map.OrderBy(static pair => pair.Key, StringComparer.Ordinal).Select(static pair => $"{pair.Key}:{Show(pair.Value)}"))}]";

    private static string Show(object value) => value switch
    {
        TimeSpan duration => GoDuration.Format(duration),
        WriteTimeoutPolicy policy => policy switch
        {
            WriteTimeoutPolicy.Close => "close",
            WriteTimeoutPolicy.Retry => "retry",
            _ => "",
        },
        _ => GoFormat.Value(value),
    };

    private void ChangeResolver(bool isChange = true, string notice = "Reloaded: accounts")
    {
        if (isChange) Change(ReloadableOption.Resolver, "AccountResolver", notice);
    }

    private void Refuse(string field, object current, object next) =>
        _errors.Add(string.Create(CultureInfo.InvariantCulture, $"config reload not supported for {field}: old={Show(current)}, new={Show(next)}"));

    private void Change(ReloadableOption option, string field, string notice) => _changes.Add(new OptionChange(option, field, notice));

    /// <summary>One compared option.</summary>
    /// <param name="Name">The reference's name.</param>
    /// <param name="Get">The value, compared with <see cref="object.Equals(object, object)"/>; null: always changed.</param>
    /// <param name="Compare">Called on a difference.</param>
    private sealed record Field(string Name, Func<ServerOptions, object>? Get, Action<OptionsDiff, ServerOptions, ServerOptions> Compare);
}
