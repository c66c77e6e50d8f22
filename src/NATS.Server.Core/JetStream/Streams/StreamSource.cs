using NATS.Server.Core.Collections;
using NATS.Server.Core.JetStream.Json;

namespace NATS.Server.Core.JetStream.Streams;

/// <summary>Immutable. Another stream, of which a stream is a mirror or which is one of its sources.</summary>
public sealed record StreamSource
{
    public string Name { get; init; } = "";

    public ulong StartSequence { get; init; }

    public ZonedTime? StartTime { get; init; }

    public string FilterSubject { get; init; } = "";

    public ValueList<SubjectTransformConfig>? SubjectTransforms { get; init; }

    public ExternalStream? External { get; init; }

    public StreamConsumerSource? Consumer { get; init; }
}

/// <summary>Immutable. How to reach a stream of another account or domain.</summary>
public sealed record ExternalStream
{
    /// <summary>What stands before the subjects of its API, such as <c>$JS.hub.API</c>.</summary>
    public string ApiPrefix { get; init; } = "";

    /// <summary>What stands before the subjects that its messages are delivered to.</summary>
    public string DeliverPrefix { get; init; } = "";
}

/// <summary>Immutable. The durable consumer that messages of another stream are read with.</summary>
public sealed record StreamConsumerSource
{
    public string Name { get; init; } = "";

    public string DeliverSubject { get; init; } = "";
}

/// <summary>Immutable. A rule that turns subjects into others.</summary>
public sealed record SubjectTransformConfig
{
    /// <summary>Empty: all subjects.</summary>
    public string Source { get; init; } = "";

    /// <summary>Empty: the subject stays.</summary>
    public string Destination { get; init; } = "";
}

/// <summary>Immutable. What is published again once it is stored.</summary>
public sealed record RepublishConfig
{
    public string Source { get; init; } = "";

    public string Destination { get; init; } = "";

    public bool HeadersOnly { get; init; }
}

/// <summary>Immutable. On which servers of a cluster a stream should be.</summary>
public sealed record Placement
{
    public string Cluster { get; init; } = "";

    public ValueList<string>? Tags { get; init; }

    /// <summary>A server by name; only for requests that move leadership.</summary>
    public string Preferred { get; init; } = "";

    /// <summary>Whether it says nothing. A list of no tags says something to the reference.</summary>
    public bool IsEmpty => Cluster.Length == 0 && Tags is null && Preferred.Length == 0;
}

/// <summary>Immutable. What consumers of the stream have at most, and what they have that do not say it; 0 means no limit.</summary>
public sealed record StreamConsumerLimits
{
    public long InactiveThresholdNs { get; init; }

    public long MaxAckPending { get; init; }
}
