using System.Text.Json.Serialization;

namespace NATS.Server.Monitoring;

/// <summary>A page of connections, as served on <c>/connz</c>. Immutable; its properties in snake case are the JSON fields.</summary>
public sealed record Connz
{
    /// <summary>Entries of a page when no limit is asked for.</summary>
    public const int DefaultLimit = 1024;

    /// <summary>Empty when an unknown account was asked for.</summary>
    public required string ServerId { get; init; }

    public required DateTimeOffset Now { get; init; }

    /// <summary>Entries in <see cref="Connections"/>.</summary>
    public required int NumConnections { get; init; }

    /// <summary>Connections in the asked state and account, before filters by user, client or id.</summary>
    public required int Total { get; init; }

    public required long Offset { get; init; }

    public required long Limit { get; init; }

    /// <summary>Null when an unknown account was asked for.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.Never)]
    public required IReadOnlyList<ConnInfo>? Connections { get; init; }
}

/// <summary>One connection in <see cref="Connz"/>. Immutable; its properties in snake case are the JSON fields.</summary>
public sealed record ConnInfo
{
    public required ulong Cid { get; init; }

    public string? Kind { get; init; }

    public string? Type { get; init; }

    public required string Ip { get; init; }

    public required int Port { get; init; }

    public required DateTimeOffset Start { get; init; }

    public required DateTimeOffset LastActivity { get; init; }

    public DateTimeOffset? Stop { get; init; }

    public string? Reason { get; init; }

    public string? Rtt { get; init; }

    public required string Uptime { get; init; }

    public required string Idle { get; init; }

    public required long PendingBytes { get; init; }

    public required long InMsgs { get; init; }

    public required long OutMsgs { get; init; }

    public required long InBytes { get; init; }

    public required long OutBytes { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public long Stalls { get; init; }

    public required uint Subscriptions { get; init; }

    public string? Name { get; init; }

    public string? Lang { get; init; }

    public string? Version { get; init; }

    public string? TlsVersion { get; init; }

    public string? TlsCipherSuite { get; init; }

    public IReadOnlyList<TlsPeerCert>? TlsPeerCerts { get; init; }

    /// <summary>The handshake came before INFO.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public bool TlsFirst { get; init; }

    public string? AuthorizedUser { get; init; }

    public string? Account { get; init; }

    public IReadOnlyList<string>? SubscriptionsList { get; init; }

    public IReadOnlyList<SubDetail>? SubscriptionsListDetail { get; init; }

    /// <summary>The user's JWT; null also when it is one that needs no signature, since whoever reads it could use it.</summary>
    public string? Jwt { get; init; }

    /// <summary>The key that signed the user's JWT.</summary>
    public string? IssuerKey { get; init; }

    public string? NameTag { get; init; }

    /// <summary>The tags in the user's JWT.</summary>
    public IReadOnlyList<string>? Tags { get; init; }

    public string? MqttClient { get; init; }

    /// <summary>The proxy that vouched for the client.</summary>
    public ProxyInfo? Proxy { get; init; }
}

/// <summary>A trusted proxy. Immutable.</summary>
/// <param name="Key">Its public key.</param>
public sealed record ProxyInfo(string Key);

/// <summary>A certificate that a peer presented. Immutable.</summary>
public sealed record TlsPeerCert
{
    public required string Subject { get; init; }

    /// <summary>SHA-256 of the public key (DER, SubjectPublicKeyInfo) in hexadecimal; what <c>pinned_certs</c> lists.</summary>
    [JsonPropertyName("spki_sha256")]
    public required string SpkiSha256 { get; init; }

    /// <summary>SHA-256 of the certificate in hexadecimal.</summary>
    [JsonPropertyName("cert_sha256")]
    public required string CertSha256 { get; init; }
}

/// <summary>Which connections <see cref="Connz"/> lists, and how. Immutable.</summary>
public sealed record ConnzOptions
{
    public ConnectionSort Sort { get; init; }

    /// <summary>Whether to show user names and accounts.</summary>
    public bool Auth { get; init; }

    /// <summary>Whether to list subjects.</summary>
    public bool Subscriptions { get; init; }

    /// <summary>Whether to list subscriptions with their details; wins over <see cref="Subscriptions"/>.</summary>
    public bool SubscriptionsDetail { get; init; }

    /// <summary>Entries to skip; negative is 0.</summary>
    public long Offset { get; init; }

    /// <summary>Entries to show; 0 and negative are <see cref="Connz.DefaultLimit"/>.</summary>
    public long Limit { get; init; }

    /// <summary>Only this connection; 0 for all.</summary>
    public ulong Cid { get; init; }

    public ConnectionState State { get; init; }

    /// <summary>Only this user; empty for all.</summary>
    public string User { get; init; } = "";

    /// <summary>Only this account; empty for all.</summary>
    public string Account { get; init; } = "";

    /// <summary>Only this MQTT client id; empty for all.</summary>
    public string MqttClient { get; init; } = "";

    /// <summary>Only connections with interest in this subject; needs <see cref="Account"/>. Empty and <c>&gt;</c> for all.</summary>
    public string FilterSubject { get; init; } = "";

    /// <summary>Says what is wrong with this combination, in the reference's words; null when nothing is.</summary>
    public string? Validate()
    {
        if (Sort == ConnectionSort.Stop && State != ConnectionState.Closed) return "sort by stop only valid on closed connections";
        if (Sort == ConnectionSort.Reason && State != ConnectionState.Closed) return "sort by reason only valid on closed connections";
        if (FilterSubject is not ("" or ">") && Account.Length == 0) return "filter by subject only valid with account filtering";
        return null;
    }
}

/// <summary>Which connections to list by state.</summary>
public enum ConnectionState
{
    Open,
    Closed,
    All,
}

/// <summary>The order of connections; equal ones are ordered by connection id. What is counted begins with the largest.</summary>
public enum ConnectionSort
{
    /// <summary>By connection id, oldest first.</summary>
    Cid,

    /// <summary>By start, oldest first: the same as <see cref="Cid"/>.</summary>
    Start,
    Subscriptions,
    Pending,

    /// <summary>By messages sent to the connection.</summary>
    MessagesTo,

    /// <summary>By messages received from the connection.</summary>
    MessagesFrom,
    BytesTo,
    BytesFrom,

    /// <summary>By last activity, most recent first.</summary>
    Last,

    /// <summary>By idle time, longest first.</summary>
    Idle,

    /// <summary>By age, youngest first.</summary>
    Uptime,

    /// <summary>By end, most recent first; closed connections only.</summary>
    Stop,

    /// <summary>By the text of the close reason, ascending; closed connections only.</summary>
    Reason,

    /// <summary>By round trip time, longest first.</summary>
    RoundTrip,
}

/// <summary>The names of <see cref="ConnectionSort"/> in requests. Pure, thread-safe.</summary>
public static class ConnectionSortNames
{
    /// <summary>Reads a name as used in requests; empty is <see cref="ConnectionSort.Cid"/>.</summary>
    public static bool TryParse(string name, out ConnectionSort sort)
    {
        ConnectionSort? found = name switch
        {
            "" or "cid" => ConnectionSort.Cid,
            "start" => ConnectionSort.Start,
            "subs" => ConnectionSort.Subscriptions,
            "pending" => ConnectionSort.Pending,
            "msgs_to" => ConnectionSort.MessagesTo,
            "msgs_from" => ConnectionSort.MessagesFrom,
            "bytes_to" => ConnectionSort.BytesTo,
            "bytes_from" => ConnectionSort.BytesFrom,
            "last" => ConnectionSort.Last,
            "idle" => ConnectionSort.Idle,
            "uptime" => ConnectionSort.Uptime,
            "stop" => ConnectionSort.Stop,
            "reason" => ConnectionSort.Reason,
            "rtt" => ConnectionSort.RoundTrip,
            _ => null,
        };
        sort = found ?? ConnectionSort.Cid;
        return found is not null;
    }
}
