namespace NATS.Server.Core.Jwt;

/// <summary>What an account may use. Immutable. In all numbers -1 means unlimited.</summary>
public sealed record AccountLimits
{
    /// <summary>The value of an unlimited number.</summary>
    public const long Unlimited = -1;

    /// <summary>The limits of a token that names none: everything zero.</summary>
    public static AccountLimits None { get; } = new();

    /// <summary>No limits, and no JetStream: what tools start with.</summary>
    public static AccountLimits Standard { get; } = new()
    {
        Subscriptions = Unlimited,
        Data = Unlimited,
        Payload = Unlimited,
        Imports = Unlimited,
        Exports = Unlimited,
        WildcardExports = true,
        Connections = Unlimited,
        LeafNodeConnections = Unlimited,
    };

    public long Subscriptions { get; init; }

    public long Data { get; init; }

    /// <summary>Bytes of one message.</summary>
    public long Payload { get; init; }

    public long Imports { get; init; }

    public long Exports { get; init; }

    public bool WildcardExports { get; init; }

    /// <summary>Whether users that prove nothing but the possession of their token are refused.</summary>
    public bool DisallowBearer { get; init; }

    public long Connections { get; init; }

    public long LeafNodeConnections { get; init; }

    public JetStreamLimits JetStream { get; init; } = JetStreamLimits.None;

    /// <summary>Limits by tier (<c>R1</c>, <c>R3</c>), instead of <see cref="JetStream"/>.</summary>
    public IReadOnlyDictionary<string, JetStreamLimits> Tiers { get; init; } = new Dictionary<string, JetStreamLimits>(StringComparer.Ordinal);

    public bool IsEmpty => Tiers.Count == 0 && (this with { Tiers = None.Tiers }) == None;

    public bool IsJetStreamEnabled => Tiers.Count > 0 ? Tiers.Values.Any(tier => tier.HasStorage) : JetStream.HasStorage;
}

/// <summary>What an account may use of JetStream. Immutable. -1 means unlimited, no storage at all means disabled.</summary>
public sealed record JetStreamLimits
{
    public static JetStreamLimits None { get; } = new();

    /// <summary>Bytes.</summary>
    public long MemoryStorage { get; init; }

    /// <summary>Bytes.</summary>
    public long DiskStorage { get; init; }

    public long Streams { get; init; }

    public long Consumers { get; init; }

    public long MaxAckPending { get; init; }

    /// <summary>Bytes of one stream.</summary>
    public long MemoryMaxStreamBytes { get; init; }

    /// <summary>Bytes of one stream.</summary>
    public long DiskMaxStreamBytes { get; init; }

    public bool MaxBytesRequired { get; init; }

    public bool HasStorage => MemoryStorage != 0 || DiskStorage != 0;
}
