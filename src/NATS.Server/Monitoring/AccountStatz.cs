using System.Text.Json.Serialization;

namespace NATS.Server.Monitoring;

/// <summary>What accounts have done so far, as served on <c>/accstatz</c>. Immutable; its properties in snake case are the JSON fields.</summary>
public sealed record AccountStatz
{
    public required string ServerId { get; init; }

    public required DateTimeOffset Now { get; init; }

    [JsonPropertyName("account_statz")]
    public required IReadOnlyList<AccountStat> Accounts { get; init; }
}

/// <summary>What one account has done so far. Immutable; its properties in snake case are the JSON fields.</summary>
public sealed record AccountStat
{
    /// <summary>The account.</summary>
    public required string Acc { get; init; }

    /// <summary>How people call it.</summary>
    public required string Name { get; init; }

    /// <summary>Open client connections.</summary>
    public required int Conns { get; init; }

    public required int Leafnodes { get; init; }

    /// <summary>Clients and leaf nodes.</summary>
    public required int TotalConns { get; init; }

    public required uint NumSubscriptions { get; init; }

    /// <summary>What its subscribers got.</summary>
    public required TrafficStats Sent { get; init; }

    /// <summary>What its clients published.</summary>
    public required TrafficStats Received { get; init; }

    public required long SlowConsumers { get; init; }
}

/// <summary>Messages and payload bytes in one direction, with the parts that other servers have in them. Immutable.</summary>
public sealed record TrafficStats
{
    public long Msgs { get; init; }

    public long Bytes { get; init; }

    public MessageStats? Gateways { get; init; }

    public MessageStats? Routes { get; init; }

    public MessageStats? Leafs { get; init; }
}

/// <summary>Messages and payload bytes. Immutable.</summary>
public sealed record MessageStats
{
    public long Msgs { get; init; }

    public long Bytes { get; init; }
}

/// <summary>Which accounts <see cref="AccountStatz"/> lists. Immutable.</summary>
public sealed record AccountStatzOptions
{
    /// <summary>Only these; empty for all. Unknown ones are left out.</summary>
    public IReadOnlyList<string> Accounts { get; init; } = [];

    /// <summary>Also accounts without connections.</summary>
    public bool IncludeUnused { get; init; }
}
