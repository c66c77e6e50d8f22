using NATS.Server.Core.Config;

namespace NATS.Server.Options;

/// <summary>
/// Reads a parsed configuration into <see cref="ServerOptions"/>. Pure; all that is wrong goes to the diagnostics, and the options are then of no use.
/// </summary>
internal static class OptionsReader
{
    private static readonly TimeSpan MinLameDuckDuration = TimeSpan.FromSeconds(30);

    private static readonly BlockReader<ServerOptions> Keys = new(
    [
        // Network
        Key.Listen<ServerOptions>("listen", (o, v) => o with { Host = v.Host, Port = v.Port }),
        Key.Int<ServerOptions>("port", (o, v) => o with { Port = v }),
        Key.Text<ServerOptions>("host net", (o, v) => o with { Host = v }),
        Key.Text<ServerOptions>("client_advertise", (o, v) => o with { ClientAdvertise = v }),

        // Identity
        new("server_name", ReadServerName),
        new("server_tags", ReadTags),
        new("server_metadata", ReadMetadata),
        new("feature_flags", ReadFeatureFlags),

        // Monitoring
        Key.Listen<ServerOptions>("http", (o, v) => o with { HttpHost = v.Host, HttpPort = v.Port }),
        Key.Int<ServerOptions>("http_port monitor_port", (o, v) => o with { HttpPort = v }),
        Key.Listen<ServerOptions>("https", (o, v) => o with { HttpHost = v.Host, HttpsPort = v.Port }),
        Key.Int<ServerOptions>("https_port", (o, v) => o with { HttpsPort = v }),
        Key.Text<ServerOptions>("http_base_path", (o, v) => o with { HttpBasePath = v }),
        Key.Int<ServerOptions>("prof_port", (o, v) => o with { ProfilePort = v }),

        // Limits
        Key.Int<ServerOptions>("max_control_line", (o, v) => o with { MaxControlLine = v }),
        Key.Int<ServerOptions>("max_payload", (o, v) => o with { MaxPayload = v }),
        Key.Long<ServerOptions>("max_pending", (o, v) => o with { MaxPending = v }),
        Key.Int<ServerOptions>("max_connections max_conn", (o, v) => o with { MaxConnections = v == 0 ? -1 : v }),
        Key.Int<ServerOptions>("max_subscriptions max_subs", (o, v) => o with { MaxSubscriptions = v }),
        new("max_sub_tokens max_subscription_tokens", ReadMaxSubTokens),
        Key.Int<ServerOptions>("max_closed_clients", (o, v) => o with { MaxClosedClients = v }),
        Key.Int<ServerOptions>("max_traced_msg_len", (o, v) => o with { MaxTracedMessageLength = v }),
        Key.Boolean<ServerOptions>("no_header_support", (o, v) => o with { NoHeaderSupport = v }),
        Key.Boolean<ServerOptions>("disable_sublist_cache no_sublist_cache", (o, v) => o with { DisableSublistCache = v }),

        // Flow
        Key.Duration<ServerOptions>("ping_interval", (o, v) => o with { PingInterval = v }),
        Key.Int<ServerOptions>("ping_max", (o, v) => o with { MaxPingsOut = v }),
        Key.Duration<ServerOptions>("write_deadline", (o, v) => o with { WriteDeadline = v }),
        new("write_timeout", ReadWriteTimeout),
        Key.Boolean<ServerOptions>("no_fast_producer_stall", (o, v) => o with { NoFastProducerStall = v }),

        // This server's own keys: nats-server has none of them
        new("connection_engine", ReadConnectionEngine),
        Key.Int<ServerOptions>("event_loops", (o, v) => o with { EventLoops = v }),
        new("metrics", MetricsReader.Read),
        new("traces", TracesReader.Read),

        // Life and death
        new("lame_duck_duration", ReadLameDuckDuration),
        new("lame_duck_grace_period", ReadLameDuckGracePeriod),

        // Reports
        Key.Int<ServerOptions>("connect_error_reports", (o, v) => o with { ConnectErrorReports = v }),
        Key.Int<ServerOptions>("reconnect_error_reports", (o, v) => o with { ReconnectErrorReports = v }),

        // Logging
        Key.Boolean<ServerOptions>("debug", (o, v) => o with { Debug = v }),
        Key.Boolean<ServerOptions>("trace", (o, v) => o with { Trace = v }),
        Key.Boolean<ServerOptions>("trace_verbose", (o, v) => o with { TraceVerbose = v }),
        Key.Boolean<ServerOptions>("trace_headers", (o, v) => o with { TraceHeaders = v }),
        Key.Boolean<ServerOptions>("logtime", (o, v) => o with { Logtime = v }),
        Key.Boolean<ServerOptions>("logtime_utc", (o, v) => o with { LogtimeUtc = v }),
        Key.Text<ServerOptions>("log_file logfile", (o, v) => o with { LogFile = v }),
        Key.Long<ServerOptions>("log_size_limit logfile_size_limit", (o, v) => o with { LogSizeLimit = v }),
        Key.Long<ServerOptions>("log_max_num logfile_max_num", (o, v) => o with { LogMaxFiles = v }),
        Key.Boolean<ServerOptions>("syslog", (o, v) => o with { Syslog = v }),
        Key.Text<ServerOptions>("remote_syslog", (o, v) => o with { RemoteSyslog = v }),

        // Process files
        Key.Text<ServerOptions>("pid_file pidfile", (o, v) => o with { PidFile = v }),
        Key.Text<ServerOptions>("ports_file_dir", (o, v) => o with { PortsFileDir = v }),

        // TLS
        new("tls", (o, e) => TlsReader.Read(e) is { } tls ? o with { Tls = tls } : o),
        Key.Boolean<ServerOptions>("allow_non_tls", (o, v) => o with { AllowNonTls = v }),
        new("ocsp_cache", OcspReader.ReadCache),

        // Authentication
        new("authorization", AuthorizationReader.Read),
        Key.Text<ServerOptions>("no_auth_user", (o, v) => o with { NoAuthUser = v }),
        new("mappings maps", (o, e) => o with { Mappings = SubjectMappingsReader.Read(o.Mappings, e) }),

        // Accounts
        new("accounts", AccountsReader.Read),
        new("system_account system no_system_account no_system no_sys_acc", static (o, _) => o), // read ahead, see SystemAccountReader

        // Other ways of authentication
        new("proxies", (o, e) => o with { TrustedProxies = ProxiesReader.Read(o.TrustedProxies, e) }),
        new("operator operators root roots root_operator root_operators", OperatorReader.ReadOperators),
        new("trusted trusted_keys", OperatorReader.ReadTrustedKeys),
        new("resolver account_resolver accounts_resolver", ResolverReader.Read),
        new("resolver_tls", (o, e) =>
        {
            if (TlsReader.Read(e) is not { } tls) return o;
            if (tls.OcspPeer is { Verify: true }) e.Fail("field \"ocsp_peer\": checking an account resolver by OCSP is not built yet");
            return o with { Operator = o.Operator with { ResolverTls = tls } };
        }),
        new("resolver_preload", OperatorReader.ReadPreload),
        new("resolver_pinned_accounts", OperatorReader.ReadPinnedAccounts),
        Key.Text<ServerOptions>("default_sentinel", (o, v) => o with { Operator = o.Operator with { DefaultSentinel = v } }),

        // JetStream
        new("jetstream", JetStreamReader.Read),
        new("store_dir storedir", JetStreamReader.ReadStoreDirectory),
        new("default_js_domain", JetStreamReader.ReadDefaultDomains),

        .. UnbuiltKeys.TopLevel.Readers<ServerOptions>(),
    ]);

    /// <summary>The names of all keys of the top level, in lower case.</summary>
    public static IReadOnlyCollection<string> Names => Keys.Names;

    /// <summary>Reads a configuration.</summary>
    /// <param name="configuration">The parsed file.</param>
    /// <param name="file">Its path, for messages without a position.</param>
    /// <param name="diagnostics">Receives errors and warnings.</param>
    /// <param name="allowUnknown">Skip unknown keys of the top level.</param>
    /// <param name="storeDirectory">What a flag says of JetStream's directory: the file must say nothing then.</param>
    public static ServerOptions Read(ConfigMap configuration, string file, OptionsDiagnostics diagnostics, bool allowUnknown, string storeDirectory = "")
    {
        if (configuration.Count == 0) diagnostics.Warn($"{file}: config has no values or is empty");
        var options = SystemAccountReader.Read(configuration, diagnostics);
        options = options with { JetStreamSettings = options.JetStreamSettings with { StoreDirectory = storeDirectory } };
        options = Keys.Read(configuration, options, diagnostics, allowUnknown);
        AuthCalloutReader.CheckAccounts(options, diagnostics);
        // Asking for a way of tracing asks for tracing.
        return options with { Trace = options.Trace || options.TraceVerbose || options.TraceHeaders };
    }

    private static ServerOptions ReadServerName(ServerOptions options, ConfigEntry entry)
    {
        if (!entry.TryText(out var name)) return options;
        if (!name.Contains(' ', StringComparison.Ordinal)) return options with { ServerName = name };
        entry.Fail("server name cannot contain spaces");
        return options;
    }

    private static ServerOptions ReadTags(ServerOptions options, ConfigEntry entry)
    {
        switch (entry.Content)
        {
            case string tag:
                return options with { Tags = TagList.Add(options.Tags, [tag]) };
            case ConfigArray array when array.All(static item => item.Content is string):
                return options with { Tags = TagList.Add(options.Tags, array.Select(static item => (string)item.Content)) };
            case ConfigArray:
                // The type that the reference names here is that of its own wrapper, whatever the value is.
                entry.Fail("error parsing tags: unsupported type *conf.token where string is expected");
                return options;
            default:
                entry.Fail($"error parsing tags: unsupported type {entry.TypeName}");
                return options;
        }
    }

    private static ServerOptions ReadMetadata(ServerOptions options, ConfigEntry entry)
    {
        if (entry.Content is not ConfigMap map)
        {
            entry.Fail($"error parsing metadata: unsupported type {entry.TypeName}");
            return options;
        }
        var metadata = new Dictionary<string, string>(options.Metadata, StringComparer.Ordinal);
        foreach (var (name, value) in map)
        {
            if ((entry with { Name = name, Value = value }).TryText(out var text)) metadata[name] = text;
        }
        return options with { Metadata = metadata };
    }

    private static ServerOptions ReadFeatureFlags(ServerOptions options, ConfigEntry entry)
    {
        if (entry.Content is not ConfigMap map)
        {
            entry.Fail($"error parsing feature flags: unsupported type {entry.TypeName}");
            return options;
        }
        var flags = new Dictionary<string, bool>(options.FeatureFlags, StringComparer.Ordinal);
        foreach (var (name, value) in map)
        {
            if (value.Content is bool isOn)
                flags[name] = isOn;
            else
                entry.Diagnostics.Error(value.Position, $"error parsing feature flag {GoFormat.Quote(name)}: expected bool, got {ConfigValue.TypeName(value.Content)}");
        }
        return options with { FeatureFlags = flags };
    }

    private static ServerOptions ReadMaxSubTokens(ServerOptions options, ConfigEntry entry)
    {
        if (!entry.TryInteger(out var tokens)) return options;
        if (tokens is > 0 and <= byte.MaxValue) return options with { MaxSubTokens = (int)tokens };
        entry.Fail(tokens > 0 ? $"{entry.Name} value is too big" : $"{entry.Name} value can not be negative");
        return options;
    }

    private static ServerOptions ReadWriteTimeout(ServerOptions options, ConfigEntry entry)
    {
        if (!entry.TryText(out var policy)) return options;
        switch (policy)
        {
            case "default":
                return options with { WriteTimeout = WriteTimeoutPolicy.Default };
            case "close":
                return options with { WriteTimeout = WriteTimeoutPolicy.Close };
            case "retry":
                return options with { WriteTimeout = WriteTimeoutPolicy.Retry };
            default:
                entry.Fail("write_timeout must be 'default', 'close' or 'retry'");
                return options;
        }
    }

    private static ServerOptions ReadConnectionEngine(ServerOptions options, ConfigEntry entry)
    {
        if (!entry.TryText(out var text)) return options;
        switch (text)
        {
            case "automatic": return options with { Engine = ConnectionEngineKind.Automatic };
            case "epoll": return options with { Engine = ConnectionEngineKind.Epoll };
            case "portable": return options with { Engine = ConnectionEngineKind.Portable };
            default:
                entry.Fail("connection_engine must be 'automatic', 'epoll' or 'portable'");
                return options;
        }
    }

    private static ServerOptions ReadLameDuckDuration(ServerOptions options, ConfigEntry entry)
    {
        if (!entry.TryDurationText("error parsing lame_duck_duration", out var duration)) return options;
        if (duration >= MinLameDuckDuration) return options with { LameDuckDuration = duration };
        entry.Fail($"invalid lame_duck_duration of {GoDuration.Format(duration)}, minimum is 30 seconds");
        return options;
    }

    private static ServerOptions ReadLameDuckGracePeriod(ServerOptions options, ConfigEntry entry)
    {
        if (!entry.TryDurationText("error parsing lame_duck_grace_period", out var duration)) return options;
        if (duration >= TimeSpan.Zero) return options with { LameDuckGracePeriod = duration };
        entry.Fail("invalid lame_duck_grace_period, needs to be positive");
        return options;
    }
}
