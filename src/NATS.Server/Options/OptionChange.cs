namespace NATS.Server.Options;

/// <summary>An option that a running server can take over.</summary>
/// <param name="Option">Which.</param>
/// <param name="Field">The reference's name of the field, such as <c>MaxPayload</c>.</param>
/// <param name="Notice">What the log says once it is applied, such as <c>Reloaded: max_payload = 1048576</c>; empty for a silent change.</param>
public sealed record OptionChange(ReloadableOption Option, string Field, string Notice)
{
    /// <summary>The loggers have to be set up again.</summary>
    public bool IsLogging => Option is ReloadableOption.Debug or ReloadableOption.Logtime or ReloadableOption.LogtimeUtc or ReloadableOption.LogFile or
        ReloadableOption.Syslog or ReloadableOption.RemoteSyslog || IsTraceLevel;

    /// <summary>Connections have to look again at what they trace.</summary>
    public bool IsTraceLevel => Option is ReloadableOption.Trace or ReloadableOption.TraceVerbose or ReloadableOption.TraceHeaders;

    /// <summary>The TLS of the client listener has to be made anew.</summary>
    public bool IsTls => Option is ReloadableOption.Tls or ReloadableOption.TlsTimeout or ReloadableOption.TlsPinnedCertificates or
        ReloadableOption.TlsHandshakeFirst or ReloadableOption.TlsHandshakeFirstFallback;

    /// <summary>Connections have to be authorized again.</summary>
    public bool IsAuthorization => Option is ReloadableOption.Users or ReloadableOption.Accounts or ReloadableOption.Username or
        ReloadableOption.Password or ReloadableOption.Token or ReloadableOption.NkeyUsers or ReloadableOption.Resolver;
}

/// <summary>The options that a reload can change.</summary>
public enum ReloadableOption : byte
{
    ClientAdvertise,
    Trace,
    Debug,
    TraceVerbose,
    TraceHeaders,
    Logtime,
    LogtimeUtc,
    MaxConnections,

    /// <summary>The users; part of every reload, since what a user may do is not compared.</summary>
    Users,

    /// <summary>The accounts and subject mappings; part of every reload.</summary>
    Accounts,
    Username,
    Password,
    Token,
    TlsTimeout,

    /// <summary>Certificates, keys, authorities, and what is asked of clients; for connections to come.</summary>
    Tls,

    /// <summary>Clients with other keys have to leave.</summary>
    TlsPinnedCertificates,
    TlsHandshakeFirst,
    TlsHandshakeFirstFallback,
    PingInterval,
    MaxPingsOut,
    AuthorizationTimeout,
    MaxControlLine,
    MaxPayload,
    NoFastProducerStall,
    PidFile,
    PortsFileDir,
    LogFile,
    Syslog,
    RemoteSyslog,
    WriteDeadline,
    MaxTracedMessageLength,
    ConnectErrorReports,
    ReconnectErrorReports,
    Tags,
    Metadata,

    /// <summary>The users with nkeys; <see cref="Users"/> are part of every reload, these are told of in addition.</summary>
    NkeyUsers,

    /// <summary>The account resolver, or what it begins with.</summary>
    Resolver,
    DefaultSentinel,

    /// <summary>Keys of proxies: connections through one that is gone are closed.</summary>
    TrustedProxies,

    /// <summary>The user of connections without credentials is gone, together with the option that named it.</summary>
    NoAuthUser,

    /// <summary>What is told in the format of Prometheus.</summary>
    Metrics,

    /// <summary>JetStream is to start or to stop.</summary>
    JetStream,
    JetStreamMaxMemory,
    JetStreamMaxStorage,

    /// <summary>What single assets and requests may ask for.</summary>
    JetStreamLimits,
}
