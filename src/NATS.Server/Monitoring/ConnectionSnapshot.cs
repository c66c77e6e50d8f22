using System.Runtime.InteropServices;
using NATS.Server.Connections;

namespace NATS.Server.Monitoring;

/// <summary>One connection at one moment, or at its end. Immutable.</summary>
internal sealed record ConnectionSnapshot
{
    public required ulong Cid { get; init; }

    /// <summary>The reference's word for the role: <c>Client</c>, <c>Leafnode</c>.</summary>
    public string Kind { get; init; } = "Client";

    /// <summary>The protocol of a client: <c>nats</c>, <c>websocket</c>, <c>mqtt</c>; empty for other kinds.</summary>
    public string Type { get; init; } = "nats";

    /// <summary>Remote address; empty for a connection inside the process.</summary>
    public string Ip { get; init; } = "";

    public int Port { get; init; }

    public required DateTimeOffset Start { get; init; }

    /// <summary>Last message, subscription or ping in either direction; <see cref="Start"/> when there was none.</summary>
    public required DateTimeOffset LastActivity { get; init; }

    /// <summary>Zero when it was not measured yet.</summary>
    public TimeSpan RoundTrip { get; init; }

    /// <summary>Bytes that wait to be sent.</summary>
    public long PendingBytes { get; init; }

    /// <summary>Traffic seen from the server: in is what the peer published.</summary>
    public TrafficSnapshot Traffic { get; init; }

    /// <summary>How often a producer was paused because this connection lagged behind.</summary>
    public long Stalls { get; init; }

    public int SubscriptionCount { get; init; }

    /// <summary>From CONNECT, like <see cref="Language"/> and <see cref="Version"/>; empty when not sent.</summary>
    public string Name { get; init; } = "";

    public string Language { get; init; } = "";

    public string Version { get; init; } = "";

    /// <summary>What TLS established; null without.</summary>
    public Connections.Tls.TlsState? Tls { get; init; }

    /// <summary>User name or nkey as sent in CONNECT; <c>[REDACTED]</c> for a token; empty for none. Never a secret.</summary>
    public string AuthorizedUser { get; init; } = "";

    public required string Account { get; init; }

    /// <summary>The display name of the account; the account's name when it has no other.</summary>
    public string AccountTag { get; init; } = "";

    /// <summary>The user's JWT as sent in CONNECT; empty without one. Not for everybody: see <see cref="BearerToken"/>.</summary>
    public string Jwt { get; init; } = "";

    /// <summary>The name in the user's JWT; empty without one.</summary>
    public string UserName { get; init; } = "";

    /// <summary>The key that signed the user's JWT; empty without one.</summary>
    public string IssuerKey { get; init; } = "";

    /// <summary>The tags in the user's JWT.</summary>
    public IReadOnlyList<string> Tags { get; init; } = [];

    /// <summary>Empty unless <see cref="Type"/> is <c>mqtt</c>.</summary>
    public string MqttClient { get; init; } = "";

    /// <summary>The public key of the proxy that vouched for the client; empty without one.</summary>
    public string ProxyKey { get; init; } = "";
}

/// <summary>Sums over connections.</summary>
/// <param name="Count">Connections.</param>
/// <param name="PendingBytes">Bytes that wait to be sent to them.</param>
/// <param name="Subscriptions">Their subscriptions.</param>
/// <param name="Traffic">What they sent and got.</param>
[StructLayout(LayoutKind.Auto)]
internal readonly record struct ConnectionTotals(int Count, long PendingBytes, long Subscriptions, TrafficSnapshot Traffic);

/// <summary>One subscription at one moment. Immutable; shares its arrays with the subscription it describes.</summary>
internal sealed record SubscriptionSnapshot
{
    public required string Account { get; init; }

    /// <summary>The display name of the account; the account's name when it has no other.</summary>
    public string AccountTag { get; init; } = "";

    public required byte[] Subject { get; init; }

    /// <summary>Null or empty for a plain subscription.</summary>
    public byte[]? Queue { get; init; }

    public required byte[] Sid { get; init; }

    /// <summary>Messages delivered so far.</summary>
    public long Messages { get; init; }

    /// <summary>Messages after which it ends; 0 for never.</summary>
    public long MaxMessages { get; init; }

    public required ulong Cid { get; init; }
}

/// <summary>A connection that ended. Immutable.</summary>
/// <param name="Connection">Its last state.</param>
/// <param name="Stop">When it ended.</param>
/// <param name="Reason">Why it ended.</param>
/// <param name="Subscriptions">What it had subscribed to at the end.</param>
internal sealed record ClosedConnection(
    ConnectionSnapshot Connection,
    DateTimeOffset Stop,
    ClosedState Reason,
    IReadOnlyList<SubscriptionSnapshot> Subscriptions)
{
    /// <summary>What else is known of why it ended; null for nothing.</summary>
    public CloseDetail? Detail { get; init; }

    /// <summary>What it was allowed at the end.</summary>
    public ConnectionLimits? Limits { get; init; }
}
