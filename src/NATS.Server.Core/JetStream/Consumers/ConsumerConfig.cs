using NATS.Server.Core.Collections;
using NATS.Server.Core.JetStream.Json;

namespace NATS.Server.Core.JetStream.Consumers;

/// <summary>
/// Immutable. The configuration of a consumer, field for field as clients give it and as <c>meta.inf</c> keeps it. Times are nanoseconds; what 0 and -1 mean is said by
/// <see cref="ConsumerConfigCheck"/>, which makes of a request's configuration the one that counts.
/// </summary>
public sealed record ConsumerConfig
{
    public string Durable { get; init; } = "";

    public string Name { get; init; } = "";

    public string Description { get; init; } = "";

    public DeliverPolicy DeliverPolicy { get; init; }

    public ulong StartSequence { get; init; }

    public ZonedTime? StartTime { get; init; }

    public AckPolicy AckPolicy { get; init; }

    public long AckWaitNs { get; init; }

    public long MaxDeliver { get; init; }

    /// <summary>How long acknowledgements are waited for, by the number of the delivery, in nanoseconds.</summary>
    public ValueList<long>? BackOffNs { get; init; }

    public string FilterSubject { get; init; } = "";

    public ValueList<string>? FilterSubjects { get; init; }

    public ReplayPolicy ReplayPolicy { get; init; }

    /// <summary>Bits per second; 0: no limit.</summary>
    public ulong RateLimit { get; init; }

    /// <summary>Percent, with or without the sign.</summary>
    public string SampleFrequency { get; init; } = "";

    public long MaxWaiting { get; init; }

    public long MaxAckPending { get; init; }

    public bool FlowControl { get; init; }

    public bool HeadersOnly { get; init; }

    public long MaxRequestBatch { get; init; }

    public long MaxRequestExpiresNs { get; init; }

    public long MaxRequestMaxBytes { get; init; }

    /// <summary>Where messages are pushed; empty: clients pull them.</summary>
    public string DeliverSubject { get; init; } = "";

    public string DeliverGroup { get; init; } = "";

    public long HeartbeatNs { get; init; }

    public long InactiveThresholdNs { get; init; }

    public long Replicas { get; init; }

    public bool MemoryStorage { get; init; }

    /// <summary>Of a mirror or source, which keeps the state itself.</summary>
    public bool Direct { get; init; }

    /// <summary>Of a mirror or source.</summary>
    public bool Sourcing { get; init; }

    public ConfigMetadata Metadata { get; init; } = ConfigMetadata.Empty;

    public ZonedTime? PauseUntil { get; init; }

    public ValueList<string>? PriorityGroups { get; init; }

    public PriorityPolicy PriorityPolicy { get; init; }

    public long PriorityTimeoutNs { get; init; }

    /// <summary>Whether it outlives its clients.</summary>
    public bool IsDurable => Durable.Length > 0;

    /// <summary>Whether clients pull messages.</summary>
    public bool IsPull => DeliverSubject.Length == 0;

    /// <summary>All filters, in the order in which the reference looks at them.</summary>
    public IReadOnlyList<string> Filters => FilterSubject.Length > 0 ? [.. FilterSubjects ?? [], FilterSubject] : FilterSubjects ?? [];

    /// <summary>How many replicas it has in its stream.</summary>
    /// <param name="streamReplicas">How many the stream has.</param>
    /// <param name="isInterestRetention">Whether messages of the stream go away once acknowledged.</param>
    public long ReplicasIn(long streamReplicas, bool isInterestRetention)
    {
        if (Replicas != 0 && Replicas <= streamReplicas) return Replicas;
        return !IsDurable && !isInterestRetention && Replicas == 0 ? 1 : streamReplicas;
    }
}
