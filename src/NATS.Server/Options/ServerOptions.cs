namespace NATS.Server.Options;

/// <summary>
/// Everything that configures a server: an immutable snapshot. Built from a configuration file and flags, or by an embedder with <c>with</c>.
/// Names are the reference's option names; durations are <see cref="TimeSpan"/>; sizes are bytes.
/// </summary>
public sealed record ServerOptions
{
    public const int DefaultPort = 4222;
    public const int RandomPort = -1;

    // Network
    public string Host { get; init; } = "0.0.0.0";

    /// <summary>Client port; <see cref="RandomPort"/> lets the system choose.</summary>
    public int Port { get; init; } = DefaultPort;
    public string ClientAdvertise { get; init; } = "";

    /// <summary>No client listener: only in-process connections.</summary>
    public bool DontListen { get; init; }

    // Identity
    /// <summary>Empty: the server id is the name.</summary>
    public string ServerName { get; init; } = "";
    public IReadOnlyList<string> Tags { get; init; } = [];
    public IReadOnlyDictionary<string, string> Metadata { get; init; } = new Dictionary<string, string>(StringComparer.Ordinal);
    public IReadOnlyDictionary<string, bool> FeatureFlags { get; init; } = new Dictionary<string, bool>(StringComparer.Ordinal);

    // Monitoring
    public string HttpHost { get; init; } = "";

    /// <summary>Monitoring port: 0 is off, <see cref="RandomPort"/> lets the system choose.</summary>
    public int HttpPort { get; init; }

    /// <summary>Monitoring over TLS, with the certificates of <see cref="Tls"/>; at most one of the two ports can be set.</summary>
    public int HttpsPort { get; init; }

    /// <summary>As configured; empty is the root.</summary>
    public string HttpBasePath { get; init; } = "";

    /// <summary>Port for profiles of the process: 0 is off, <see cref="RandomPort"/> lets the system choose.</summary>
    public int ProfilePort { get; init; }

    /// <summary>What the server tells of itself in the format of Prometheus, and to a collector (this server's own option).</summary>
    public MetricsOptions Metrics { get; init; } = MetricsOptions.Off;

    /// <summary>Who is told the server's spans.</summary>
    public TracesOptions Traces { get; init; } = new();

    // Limits
    public int MaxControlLine { get; init; } = 4096;
    public int MaxPayload { get; init; } = 1024 * 1024;
    public long MaxPending { get; init; } = 64 * 1024 * 1024;

    /// <summary>A configured 0 becomes -1, which refuses everyone; there is no "unlimited".</summary>
    public int MaxConnections { get; init; } = 64 * 1024;

    /// <summary>Subscriptions per connection; 0 is unlimited.</summary>
    public int MaxSubscriptions { get; init; }

    /// <summary>Tokens per subscription subject; 0 is unlimited.</summary>
    public int MaxSubTokens { get; init; }
    public int MaxClosedClients { get; init; } = 10000;

    /// <summary>Bytes of a traced message that are shown; 0 is unlimited.</summary>
    public int MaxTracedMessageLength { get; init; }
    public bool NoHeaderSupport { get; init; }
    public bool DisableSublistCache { get; init; }

    // Flow
    public TimeSpan PingInterval { get; init; } = TimeSpan.FromMinutes(2);
    public int MaxPingsOut { get; init; } = 2;
    public TimeSpan WriteDeadline { get; init; } = TimeSpan.FromSeconds(10);
    public WriteTimeoutPolicy WriteTimeout { get; init; }
    public bool NoFastProducerStall { get; init; }

    // Life and death
    public TimeSpan LameDuckDuration { get; init; } = TimeSpan.FromMinutes(2);
    public TimeSpan LameDuckGracePeriod { get; init; } = TimeSpan.FromSeconds(10);

    // Reports
    /// <summary>Every how many failed first attempts a failing connection to another server is reported.</summary>
    public int ConnectErrorReports { get; init; } = 3600;

    /// <summary>As <see cref="ConnectErrorReports"/>, for connections that were up before.</summary>
    public int ReconnectErrorReports { get; init; } = 1;

    // Logging
    public bool Debug { get; init; }
    public bool Trace { get; init; }
    public bool TraceVerbose { get; init; }
    public bool TraceHeaders { get; init; }
    public bool Logtime { get; init; } = true;
    public bool LogtimeUtc { get; init; }
    public string LogFile { get; init; } = "";

    /// <summary>Size in bytes at which the log file is rotated; 0 never rotates.</summary>
    public long LogSizeLimit { get; init; }

    /// <summary>Rotated log files that are kept, the current one included; 0 keeps all.</summary>
    public long LogMaxFiles { get; init; }
    public bool Syslog { get; init; }
    public string RemoteSyslog { get; init; } = "";

    // Process files
    public string PidFile { get; init; } = "";
    public string PortsFileDir { get; init; } = "";
    public string ConfigFile { get; init; } = "";

    /// <summary>Digest of the parsed configuration, <c>sha256:…</c>; empty without a file.</summary>
    public string ConfigDigest { get; init; } = "";

    // TLS
    /// <summary>Null: clients connect without TLS.</summary>
    public TlsOptions? Tls { get; init; }

    /// <summary>Clients may also connect without TLS.</summary>
    public bool AllowNonTls { get; init; }

    /// <summary>Where answers about revoked certificates are kept.</summary>
    public OcspCacheKind OcspCache { get; init; }

    // Authentication
    public AuthorizationOptions Authorization { get; init; } = new();

    /// <summary>The configured user that a connection without credentials becomes; empty: credentials are needed.</summary>
    public string NoAuthUser { get; init; } = "";

    /// <summary>Subject mappings of the global account, in the order of the configuration.</summary>
    public IReadOnlyList<SubjectMappingOptions> Mappings { get; init; } = [];

    // Accounts
    /// <summary>Configured accounts; <c>$G</c> and the system account need not be among them.</summary>
    public IReadOnlyList<AccountOptions> Accounts { get; init; } = [];

    /// <summary>Name or public key of the system account; empty is <c>$SYS</c>.</summary>
    public string SystemAccount { get; init; } = "";
    public bool NoSystemAccount { get; init; }
    public OperatorOptions Operator { get; init; } = new();

    /// <summary>The users of the authorization block, then those of the accounts.</summary>
    public IEnumerable<UserOptions> AllUsers => Authorization.Users.Concat(Accounts.SelectMany(static account => account.Users));

    /// <summary>Public keys of proxies that may vouch for clients.</summary>
    public IReadOnlyList<string> TrustedProxies { get; init; } = [];

    /// <summary>INFO carries a nonce even if nothing configured needs one. For embedders.</summary>
    public bool AlwaysEnableNonce { get; init; }

    // JetStream
    /// <summary>What is configured of JetStream, which may be switched off.</summary>
    public JetStreamOptions JetStreamSettings { get; init; } = new();

    /// <summary>Null: the server has no JetStream. Setting null switches it off, setting options switches it on.</summary>
    public JetStreamOptions? JetStream
    {
        get => JetStreamSettings.IsEnabled ? JetStreamSettings : null;
        init => JetStreamSettings = (value ?? JetStreamSettings) with { IsEnabled = value is not null };
    }

    /// <summary>By account: the domain whose JetStream an account without its own asks; empty: none.</summary>
    public IReadOnlyDictionary<string, string> DefaultJetStreamDomains { get; init; } = new Dictionary<string, string>(StringComparer.Ordinal);

    // Engine (this server's own options)
    /// <summary>Event loops of the Linux engine; 0 chooses half of the cores, at least one.</summary>
    public int EventLoops { get; init; }

    /// <summary>Which I/O engine serves plain TCP connections.</summary>
    public ConnectionEngineKind Engine { get; init; }
}

/// <summary>What happens when a write to a connection misses its deadline.</summary>
public enum WriteTimeoutPolicy : byte
{
    /// <summary>Close clients, retry on connections between servers.</summary>
    Default,
    Close,
    Retry,
}

/// <summary>The I/O engines behind the transport interface.</summary>
public enum ConnectionEngineKind : byte
{
    /// <summary>Own epoll loops on Linux, sockets of the class library elsewhere.</summary>
    Automatic,
    Epoll,
    Portable,
}

/// <summary>
/// The <c>authorization</c> block: at most one of user/password, token, and users is set by a file. Flags can add a user or token to a file's
/// users; the users win then.
/// </summary>
public sealed record AuthorizationOptions
{
    /// <summary>The configuration has an <c>authorization</c> block, even an empty one.</summary>
    public bool IsDefined { get; init; }

    public string Username { get; init; } = "";
    public string Password { get; init; } = "";
    public string Token { get; init; } = "";
    public IReadOnlyList<UserOptions> Users { get; init; } = [];

    /// <summary>Time for a connection to authenticate; zero: two seconds, or with TLS one second more than its handshake may take.</summary>
    public TimeSpan Timeout { get; init; }

    /// <summary>What the file gave to users without permissions of their own; <see cref="UserOptions.Permissions"/> already holds it.</summary>
    public PermissionsOptions? DefaultPermissions { get; init; }

    /// <summary>Null: no such service is asked.</summary>
    public AuthCalloutOptions? Callout { get; init; }

    /// <summary>Connections must come through a trusted proxy.</summary>
    public bool ProxyRequired { get; init; }

    public bool IsRequired => Username.Length > 0 || Token.Length > 0 || Users.Count > 0 || Callout is not null;

    /// <summary>Tells no secrets: options are printed into logs and failure messages.</summary>
    public override string ToString() => $"{nameof(AuthorizationOptions)} {{ {nameof(IsRequired)} = {IsRequired}, {nameof(Users)} = {Users.Count} }}";
}

/// <summary>One configured user.</summary>
public sealed record UserOptions
{
    /// <summary>Empty for a user with an <see cref="Nkey"/>.</summary>
    public required string Username { get; init; }

    /// <summary>Plain text, or a bcrypt hash.</summary>
    public string Password { get; init; } = "";

    /// <summary>The user's public nkey; empty for a user with a name.</summary>
    public string Nkey { get; init; } = "";

    /// <summary>Name of the user's account; empty is <c>$G</c>.</summary>
    public string Account { get; init; } = "";

    /// <summary>The connection must come through a trusted proxy.</summary>
    public bool ProxyRequired { get; init; }
    public PermissionsOptions? Permissions { get; init; }

    /// <summary>Upper-cased connection types; empty allows all.</summary>
    public IReadOnlyList<string> AllowedConnectionTypes { get; init; } = [];

    /// <summary>Tells no secrets.</summary>
    public override string ToString() => $"{nameof(UserOptions)} {{ {nameof(Username)} = {Username}, {nameof(Nkey)} = {Nkey}, {nameof(Account)} = {Account} }}";
}

/// <summary>Publish and subscribe permissions; null means unrestricted.</summary>
public sealed record PermissionsOptions
{
    public SubjectPermissionOptions? Publish { get; init; }
    public SubjectPermissionOptions? Subscribe { get; init; }
    public ResponsePermissionOptions? AllowResponses { get; init; }
}

/// <summary>Allowed and denied subjects. For subscribe an entry may be <c>subject queue</c>. Null allow: everything; empty allow: nothing.</summary>
public sealed record SubjectPermissionOptions
{
    public IReadOnlyList<string>? Allow { get; init; }
    public IReadOnlyList<string>? Deny { get; init; }
}

/// <summary>Dynamic permission to publish to the reply subject of a delivered message.</summary>
/// <param name="MaxMessages">Replies per request; -1 is unlimited.</param>
/// <param name="Expires">Time to reply; negative is unlimited.</param>
public sealed record ResponsePermissionOptions(int MaxMessages, TimeSpan Expires);

/// <summary>One source subject and its weighted destinations.</summary>
public sealed record SubjectMappingOptions(string Source, IReadOnlyList<MappingDestinationOptions> Destinations);

/// <summary>A destination of a mapping.</summary>
/// <param name="Subject">Destination, may use mapping functions.</param>
/// <param name="Weight">Percent, 0 to 100.</param>
/// <param name="Cluster">Only in this cluster; empty is everywhere.</param>
public sealed record MappingDestinationOptions(string Subject, int Weight, string Cluster = "");
