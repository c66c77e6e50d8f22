using NATS.Server.Core.JetStream.Limits;

namespace NATS.Server.Options;

/// <summary>One configured account. Immutable.</summary>
public sealed record AccountOptions
{
    public required string Name { get; init; }

    /// <summary>How people call an account whose name is a key; empty when the name says it.</summary>
    public string DisplayName { get; init; } = "";

    /// <summary>The account's public nkey; empty without one.</summary>
    public string Nkey { get; init; } = "";

    /// <summary>Users of the account; <see cref="UserOptions.Account"/> names it.</summary>
    public IReadOnlyList<UserOptions> Users { get; init; } = [];

    /// <summary>For users without permissions of their own; <see cref="UserOptions.Permissions"/> already holds it.</summary>
    public PermissionsOptions? DefaultPermissions { get; init; }

    public IReadOnlyList<ExportOptions> Exports { get; init; } = [];

    public IReadOnlyList<ImportOptions> Imports { get; init; } = [];

    /// <summary>Subject mappings, in the order of the configuration.</summary>
    public IReadOnlyList<SubjectMappingOptions> Mappings { get; init; } = [];

    public AccountLimitsOptions Limits { get; init; } = new();

    /// <summary>What the account may use of JetStream; null: nothing, it is not enabled.</summary>
    public AccountTiers? JetStream { get; init; }

    /// <summary>In whose name the servers of a cluster replicate the account's assets.</summary>
    public ClusterTraffic ClusterTraffic { get; init; }

    /// <summary>Where traces of messages with a sampled <c>traceparent</c> go; empty: nowhere.</summary>
    public string TraceDestination { get; init; } = "";

    /// <summary>Percent of such messages that are traced.</summary>
    public int TraceSampling { get; init; }
}

/// <summary>What an account may have; -1 is unlimited.</summary>
public sealed record AccountLimitsOptions
{
    public long MaxConnections { get; init; } = -1;
    public long MaxSubscriptions { get; init; } = -1;
    public long MaxPayload { get; init; } = -1;
    public long MaxLeafNodes { get; init; } = -1;
}

/// <summary>The account that carries what servers of a cluster say to each other about an account's assets.</summary>
public enum ClusterTraffic : byte
{
    /// <summary>The system account.</summary>
    System,

    /// <summary>The account itself.</summary>
    Owner,
}

/// <summary>What an account offers to others.</summary>
public enum ExportKind : byte
{
    Stream,
    Service,
}

/// <summary>How many messages answer one request of a service.</summary>
public enum ServiceResponseType : byte
{
    Singleton,
    Streamed,
    Chunked,
}

/// <summary>A stream or service that an account exports. Immutable.</summary>
/// <param name="Kind">Stream or service.</param>
/// <param name="Subject">May have wildcards.</param>
public sealed record ExportOptions(ExportKind Kind, string Subject)
{
    /// <summary>Who may import it: null everybody, otherwise names or public nkeys of accounts.</summary>
    public IReadOnlyList<string>? Accounts { get; init; }

    /// <summary>Position, from 1, of the token that must be the importing account's name; 0: none.</summary>
    public int AccountTokenPosition { get; init; }

    public ServiceResponseType ResponseType { get; init; }

    /// <summary>Time after which an unanswered request is forgotten; zero is the default of two minutes.</summary>
    public TimeSpan ResponseThreshold { get; init; }

    /// <summary>Null: latency is not measured.</summary>
    public ServiceLatencyOptions? Latency { get; init; }

    public bool AllowTrace { get; init; }
}

/// <summary>Latency measurements of a service.</summary>
/// <param name="Sampling">Percent, 1 to 100; 0: the requests whose headers ask for it.</param>
/// <param name="Subject">Where measurements are published, in the exporting account.</param>
public sealed record ServiceLatencyOptions(int Sampling, string Subject);

/// <summary>A stream or service that an account uses of another. Immutable.</summary>
/// <param name="Kind">Stream or service.</param>
/// <param name="Account">The exporting account.</param>
/// <param name="Subject">The subject there.</param>
public sealed record ImportOptions(ExportKind Kind, string Account, string Subject)
{
    /// <summary>The subject here; empty: the same. May use <c>$1</c> and mapping functions.</summary>
    public string To { get; init; } = "";

    /// <summary>Streams: what stands before the subject here.</summary>
    public string Prefix { get; init; } = "";

    /// <summary>Services: the exporter is told who asks.</summary>
    public bool Share { get; init; }

    public bool AllowTrace { get; init; }
}
