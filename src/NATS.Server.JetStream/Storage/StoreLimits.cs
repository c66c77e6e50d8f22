namespace NATS.Server.JetStream.Storage;

/// <summary>What of a stream's configuration its store has to know, and what may change while it lives. Immutable.</summary>
public sealed record StoreLimits
{
    /// <summary>0 or less: no limit.</summary>
    public long MaxMessages { get; init; }

    /// <summary>0 or less: no limit.</summary>
    public long MaxBytes { get; init; }

    /// <summary>0: no limit.</summary>
    public long MaxAgeNs { get; init; }

    /// <summary>0 or less: no limit.</summary>
    public long MaxMessagesPerSubject { get; init; }

    public DiscardPolicy Discard { get; init; }

    /// <summary>With <see cref="DiscardPolicy.New"/>: a subject that is full refuses new messages.</summary>
    public bool DiscardNewPerSubject { get; init; }

    /// <summary>Messages may have a time to live.</summary>
    public bool AllowTtl { get; init; }

    /// <summary>How long the marker lives that takes the place of a subject's last message when it expires; 0: none is left.</summary>
    public long DeleteMarkerTtlNs { get; init; }

    /// <summary>Messages may be schedules.</summary>
    public bool AllowSchedules { get; init; }

    /// <summary>The names under which sources are tracked; empty for a stream without sources.</summary>
    public IReadOnlyList<string> Sources { get; init; } = [];

    public MessageCompression Compression { get; init; }
}
