using NATS.Server.Core.Collections;

namespace NATS.Server.Core.JetStream.Streams;

/// <summary>
/// Immutable. The configuration of a stream, field for field as clients give it and as <c>meta.inf</c> keeps it. Times are nanoseconds; what a value of 0 or -1 means
/// is said by <see cref="StreamConfigCheck"/>, which makes of a request's configuration the one that counts. A list that is not there is not equal to an empty one.
/// </summary>
public sealed record StreamConfig
{
    public string Name { get; init; } = "";

    public string Description { get; init; } = "";

    public ValueList<string>? Subjects { get; init; }

    public RetentionPolicy Retention { get; init; }

    public long MaxConsumers { get; init; }

    public long MaxMessages { get; init; }

    public long MaxBytes { get; init; }

    public long MaxAgeNs { get; init; }

    public long MaxMessagesPerSubject { get; init; }

    public int MaxMessageSize { get; init; }

    public DiscardPolicy Discard { get; init; }

    public StorageType Storage { get; init; }

    public long Replicas { get; init; }

    public bool NoAck { get; init; }

    public long DuplicateWindowNs { get; init; }

    public Placement? Placement { get; init; }

    public StreamSource? Mirror { get; init; }

    public ValueList<StreamSource>? Sources { get; init; }

    public StoreCompression Compression { get; init; }

    /// <summary>The sequence of the first message; 0 is as 1.</summary>
    public ulong FirstSequence { get; init; }

    /// <summary>Applied to what is published to the stream.</summary>
    public SubjectTransformConfig? SubjectTransform { get; init; }

    public RepublishConfig? Republish { get; init; }

    public bool AllowDirect { get; init; }

    public bool MirrorDirect { get; init; }

    public bool DiscardNewPerSubject { get; init; }

    public bool Sealed { get; init; }

    public bool DenyDelete { get; init; }

    public bool DenyPurge { get; init; }

    public bool AllowRollup { get; init; }

    public StreamConsumerLimits ConsumerLimits { get; init; } = new();

    public bool AllowMessageTtl { get; init; }

    public long SubjectDeleteMarkerTtlNs { get; init; }

    public bool AllowMessageCounter { get; init; }

    public bool AllowAtomicPublish { get; init; }

    public bool AllowMessageSchedules { get; init; }

    public PersistMode PersistMode { get; init; }

    public bool AllowBatchPublish { get; init; }

    public ConfigMetadata Metadata { get; init; } = ConfigMetadata.Empty;

    /// <summary>Whether messages go away once consumers have acknowledged them.</summary>
    public bool HasInterestRetention => Retention != RetentionPolicy.Limits;
}
