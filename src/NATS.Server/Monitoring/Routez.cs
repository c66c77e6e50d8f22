namespace NATS.Server.Monitoring;

/// <summary>The routes of the server, as served on <c>/routez</c>. Immutable; its properties in snake case are the JSON fields. A server on its own has none.</summary>
public sealed record Routez
{
    public required string ServerId { get; init; }

    public required string ServerName { get; init; }

    public required DateTimeOffset Now { get; init; }

    /// <summary>Entries in <see cref="Routes"/>.</summary>
    public required int NumRoutes { get; init; }

    public IReadOnlyList<PeerInfo> Routes { get; init; } = [];
}

/// <summary>A connection to another server. Immutable. A server on its own has none, so that there is nothing to say of one.</summary>
public sealed record PeerInfo;
