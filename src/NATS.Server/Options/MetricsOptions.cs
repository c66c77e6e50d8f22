namespace NATS.Server.Options;

/// <summary>What the server tells of itself in the format of Prometheus, and to a collector. Immutable. nats-server has no such options.</summary>
public sealed record MetricsOptions
{
    /// <summary>Accounts, streams or consumers that get series of their own, unless it is said otherwise.</summary>
    public const int DefaultLimit = 1000;

    /// <summary>The most that may be asked for.</summary>
    public const int MaxLimit = 100_000;

    /// <summary>Nothing is told.</summary>
    public static MetricsOptions Off { get; } = new();

    /// <summary>Whether the monitoring port answers <c>/metrics</c>.</summary>
    public bool IsEnabled { get; init; }

    /// <summary>What names begin with instead of <c>gnatsd</c> and <c>jetstream</c>; empty for these.</summary>
    public string Prefix { get; init; } = "";

    /// <summary>Accounts with series of their own; how many there are beyond is told by a number.</summary>
    public int MaxAccounts { get; init; } = DefaultLimit;

    /// <summary>The same for streams.</summary>
    public int MaxStreams { get; init; } = DefaultLimit;

    /// <summary>The same for consumers.</summary>
    public int MaxConsumers { get; init; } = DefaultLimit;

    /// <summary>Address of a collector that gets the metrics by OTLP over HTTP; null: none. Only the executable exports, an embedder listens to the meter.</summary>
    public Uri? OtlpEndpoint { get; init; }

    /// <summary>How often it gets them.</summary>
    public TimeSpan OtlpInterval { get; init; } = TimeSpan.FromMinutes(1);
}
