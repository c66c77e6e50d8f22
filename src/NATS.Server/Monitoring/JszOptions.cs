namespace NATS.Server.Monitoring;

/// <summary>What <c>/jsz</c> shows. Immutable.</summary>
public sealed record JszOptions
{
    /// <summary>Accounts of a page when no limit is asked for.</summary>
    public const int DefaultLimit = 1024;

    /// <summary>Only this account; empty for what <see cref="Accounts"/> says.</summary>
    public string Account { get; init; } = "";

    /// <summary>Whether to list accounts.</summary>
    public bool Accounts { get; init; }

    /// <summary>Whether to list streams; lists accounts too.</summary>
    public bool Streams { get; init; }

    /// <summary>Whether to list consumers; lists streams too.</summary>
    public bool Consumers { get; init; }

    /// <summary>Whether to list the consumers of mirrors and sources too.</summary>
    public bool DirectConsumers { get; init; }

    /// <summary>Whether to show configurations.</summary>
    public bool Config { get; init; }

    /// <summary>Only the leader of a cluster answers. A server on its own leads.</summary>
    public bool LeaderOnly { get; init; }

    /// <summary>Only streams that this server leads. A server on its own leads all.</summary>
    public bool StreamLeaderOnly { get; init; }

    /// <summary>Whether to count what this server leads, and to name Raft groups. A server on its own has none.</summary>
    public bool Raft { get; init; }

    /// <summary>Accounts to skip; negative is 0.</summary>
    public long Offset { get; init; }

    /// <summary>Accounts to show; 0 is <see cref="DefaultLimit"/>, negative all.</summary>
    public long Limit { get; init; }
}
