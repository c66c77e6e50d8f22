using System.Text.Json.Serialization;

namespace NATS.Server.Monitoring;

/// <summary>General information about the server, as served on <c>/varz</c>. Immutable; its properties in snake case are the JSON fields.</summary>
public sealed record Varz
{
    public required string ServerId { get; init; }

    public required string ServerName { get; init; }

    /// <summary>The nats-server release that this server is compatible with.</summary>
    public required string Version { get; init; }

    public required int Proto { get; init; }

    public string? GitCommit { get; init; }

    /// <summary>The runtime the server runs on; the field's name is the reference's.</summary>
    public required string Go { get; init; }

    public required string Host { get; init; }

    public required int Port { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public bool AuthRequired { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public bool TlsRequired { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public bool TlsVerify { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public bool TlsOcspPeerVerify { get; init; }

    public string? Ip { get; init; }

    public IReadOnlyList<string>? ConnectUrls { get; init; }

    public IReadOnlyList<string>? WsConnectUrls { get; init; }

    public required int MaxConnections { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public int MaxSubscriptions { get; init; }

    /// <summary>Nanoseconds in JSON.</summary>
    public required TimeSpan PingInterval { get; init; }

    public required int PingMax { get; init; }

    public required string HttpHost { get; init; }

    /// <summary>The configured port: -1 when the system chose.</summary>
    public required int HttpPort { get; init; }

    public required string HttpBasePath { get; init; }

    public int HttpsPort { get; init; }

    /// <summary>Seconds.</summary>
    public required double AuthTimeout { get; init; }

    public required int MaxControlLine { get; init; }

    public required int MaxPayload { get; init; }

    public required long MaxPending { get; init; }

    public VarzSection Cluster { get; init; } = VarzSection.NotConfigured;

    public VarzSection Gateway { get; init; } = VarzSection.NotConfigured;

    public VarzSection Leaf { get; init; } = VarzSection.NotConfigured;

    public VarzSection Mqtt { get; init; } = VarzSection.NotConfigured;

    public VarzSection Websocket { get; init; } = VarzSection.NotConfigured;

    public JetStreamVarz Jetstream { get; init; } = JetStreamVarz.Disabled;

    /// <summary>Seconds.</summary>
    public required double TlsTimeout { get; init; }

    /// <summary>Nanoseconds in JSON.</summary>
    public required TimeSpan WriteDeadline { get; init; }

    public string? WriteTimeout { get; init; }

    public required DateTimeOffset Start { get; init; }

    public required DateTimeOffset Now { get; init; }

    public required string Uptime { get; init; }

    /// <summary>Resident memory in bytes.</summary>
    public required long Mem { get; init; }

    public required int Cores { get; init; }

    /// <summary>Processors the runtime uses; the field's name is the reference's.</summary>
    public required int Gomaxprocs { get; init; }

    /// <summary>Percent of one processor over the last second.</summary>
    public required double Cpu { get; init; }

    public required int Connections { get; init; }

    public required ulong TotalConnections { get; init; }

    public required int Routes { get; init; }

    public required int Remotes { get; init; }

    public required int Leafnodes { get; init; }

    public required long InMsgs { get; init; }

    public required long InBytes { get; init; }

    public required long InClientMsgs { get; init; }

    public required long InClientBytes { get; init; }

    public required long OutMsgs { get; init; }

    public required long OutBytes { get; init; }

    public required long OutClientMsgs { get; init; }

    public required long OutClientBytes { get; init; }

    public required long SlowConsumers { get; init; }

    public required long StaleConnections { get; init; }

    public required long StalledClients { get; init; }

    public required uint Subscriptions { get; init; }

    /// <summary>Requests per monitoring endpoint.</summary>
    public required IReadOnlyDictionary<string, ulong> HttpReqStats { get; init; }

    public required DateTimeOffset ConfigLoadTime { get; init; }

    public required string ConfigDigest { get; init; }

    public IReadOnlyList<string>? Tags { get; init; }

    public IReadOnlyDictionary<string, string>? Metadata { get; init; }

    public IReadOnlyDictionary<string, bool>? FeatureFlags { get; init; }

    /// <summary>The JWTs of trusted operators.</summary>
    public IReadOnlyList<string>? TrustedOperatorsJwt { get; init; }

    /// <summary>What these JWTs say.</summary>
    public IReadOnlyList<System.Text.Json.JsonElement>? TrustedOperatorsClaim { get; init; }

    public string? SystemAccount { get; init; }

    /// <summary>Logins refused because the account is not one of those that may connect; null for none.</summary>
    public ulong? PinnedAccountFails { get; init; }

    /// <summary>Answers of certificate authorities that are remembered; null when none are asked.</summary>
    public OcspPeerCache? OcspPeerCache { get; init; }

    public required PeerStats SlowConsumerStats { get; init; }

    public required PeerStats StaleConnectionStats { get; init; }

    public DiskIoWaitStats DiskIoWaitStats { get; init; } = new();

    /// <summary>Proxies that may vouch for clients; null without any.</summary>
    public ProxiesOptions? Proxies { get; init; }

    /// <summary>When the certificate of the client listener ends.</summary>
    public DateTimeOffset? TlsCertNotAfter { get; init; }
}

/// <summary>Proxies in <see cref="Varz"/>. Immutable.</summary>
public sealed record ProxiesOptions(IReadOnlyList<ProxyInfo> Trusted);

/// <summary>The options of a subsystem in <see cref="Varz"/>. Immutable. Empty while the subsystem is not configured.</summary>
public sealed record VarzSection
{
    public static readonly VarzSection NotConfigured = new();
}

/// <summary>A count per kind of peer. Immutable.</summary>
public sealed record PeerStats
{
    public ulong Clients { get; init; }

    public ulong Routes { get; init; }

    public ulong Gateways { get; init; }

    public ulong Leafs { get; init; }
}

/// <summary>Contention for the disk. Immutable. Times are nanoseconds.</summary>
public sealed record DiskIoWaitStats
{
    public long Waiters { get; init; }

    public ulong Waits { get; init; }

    public ulong WaitTime { get; init; }

    public ulong MaxWaitTime { get; init; }
}

/// <summary>Answers of certificate authorities that are remembered. Immutable. What is 0 is absent in JSON.</summary>
public sealed record OcspPeerCache
{
    public required string CacheType { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public long CacheHits { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public long CacheMisses { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public long CachedResponses { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public long CachedRevokedResponses { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public long CachedGoodResponses { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public long CachedUnknownResponses { get; init; }
}
