namespace NATS.Server.Core.JetStream.Consumers;

/// <summary>Immutable. What the configuration of a consumer says about pull requests, checked and with its defaults filled in. 0 is no limit.</summary>
public sealed record PullRules
{
    public const int DefaultMaxWaiting = 512;

    public PriorityPolicy Policy { get; init; }

    /// <summary>The groups that requests may name.</summary>
    public IReadOnlyList<string> Groups { get; init; } = [];

    /// <summary>How long a client keeps its pin without another request, nanoseconds.</summary>
    public long PinTimeoutNs { get; init; }

    /// <summary>How many requests may wait.</summary>
    public int MaxWaiting { get; init; } = DefaultMaxWaiting;

    /// <summary>How many messages a request may ask for.</summary>
    public long MaxBatch { get; init; }

    /// <summary>How long a request may wait, nanoseconds.</summary>
    public long MaxExpiresNs { get; init; }

    /// <summary>How many bytes a request may ask for.</summary>
    public long MaxBytes { get; init; }
}
