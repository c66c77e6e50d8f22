namespace NATS.Server.Monitoring;

/// <summary>The gateways of the server, as served on <c>/gatewayz</c>. Immutable; its properties in snake case are the JSON fields. A server on its own has none.</summary>
public sealed record Gatewayz
{
    public required string ServerId { get; init; }

    public required DateTimeOffset Now { get; init; }

    /// <summary>The connection to each gateway, by its name.</summary>
    public IReadOnlyDictionary<string, PeerInfo> OutboundGateways { get; init; } = new Dictionary<string, PeerInfo>(StringComparer.Ordinal);

    /// <summary>The connections from each gateway, by its name.</summary>
    public IReadOnlyDictionary<string, IReadOnlyList<PeerInfo>> InboundGateways { get; init; } = new Dictionary<string, IReadOnlyList<PeerInfo>>(StringComparer.Ordinal);
}
