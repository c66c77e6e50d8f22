namespace NATS.Server.Core.JetStream.Limits;

/// <summary>Immutable. What the JetStream of an account may use, all of it or one tier.</summary>
public sealed record AccountLimits
{
    /// <summary>Bytes in memory; -1: no limit, 0: none.</summary>
    public long MaxMemory { get; init; } = -1;

    /// <summary>Bytes in files; -1: no limit, 0: none.</summary>
    public long MaxStorage { get; init; } = -1;

    /// <summary>Not above 0: no limit.</summary>
    public long MaxStreams { get; init; } = -1;

    /// <summary>Of each stream; not above 0: no limit.</summary>
    public long MaxConsumers { get; init; } = -1;

    /// <summary>Of each consumer; not above 0: no limit.</summary>
    public long MaxAckPending { get; init; } = -1;

    /// <summary>Bytes of each stream in memory; not above 0: no limit.</summary>
    public long MaxMemoryStreamBytes { get; init; } = -1;

    /// <summary>Bytes of each stream in files; not above 0: no limit.</summary>
    public long MaxStorageStreamBytes { get; init; } = -1;

    /// <summary>Whether every stream has to say how many bytes it may have.</summary>
    public bool IsMaxBytesRequired { get; init; }
}
