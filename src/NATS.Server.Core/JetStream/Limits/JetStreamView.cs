using NATS.Server.Core.JetStream.Streams;

namespace NATS.Server.Core.JetStream.Limits;

/// <summary>Immutable while a request is judged. What there is of JetStream in the account of a request, and what it may use.</summary>
public sealed record JetStreamView
{
    public required ServerLimits Server { get; init; }

    public required AccountTiers Tiers { get; init; }

    /// <summary>The streams of the account by name.</summary>
    public required IReadOnlyDictionary<string, StreamConfig> Streams { get; init; }

    /// <summary>Whether the server is on its own, so that there can be one replica only.</summary>
    public bool IsStandalone { get; init; } = true;
}
