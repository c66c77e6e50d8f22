namespace NATS.Server.Core.JetStream.Limits;

/// <summary>Immutable. What the JetStream of a server may use, and what of it is reserved.</summary>
public sealed record ServerLimits
{
    /// <summary>Bytes in memory.</summary>
    public long MaxMemory { get; init; }

    /// <summary>Bytes in files.</summary>
    public long MaxStorage { get; init; }

    /// <summary>Bytes in memory that streams of all accounts have reserved.</summary>
    public long ReservedMemory { get; init; }

    /// <summary>Bytes in files that streams of all accounts have reserved.</summary>
    public long ReservedStorage { get; init; }

    /// <summary>The longest window in which duplicates are found; not above 0: no limit.</summary>
    public long MaxDuplicateWindowNs { get; init; }

    /// <summary>Of each consumer; not above 0: no limit.</summary>
    public long MaxAckPending { get; init; }

    /// <summary>Of each stream for which neither its configuration nor its account says how many; not above 0: no limit.</summary>
    public long DefaultMaxConsumers { get; init; }

    /// <summary>Of each pull request; not above 0: no limit.</summary>
    public long MaxRequestBatch { get; init; }
}
