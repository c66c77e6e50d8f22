using System.Text.Json.Serialization;

namespace NATS.Server.Monitoring;

/// <summary>The leaf nodes of the server, as served on <c>/leafz</c>. Immutable; its properties in snake case are the JSON fields.</summary>
public sealed record Leafz
{
    public required string ServerId { get; init; }

    public required DateTimeOffset Now { get; init; }

    /// <summary>Entries in <see cref="Leafs"/>.</summary>
    [JsonPropertyName("leafnodes")]
    public required int NumLeafs { get; init; }

    public IReadOnlyList<PeerInfo> Leafs { get; init; } = [];
}
