namespace NATS.Server.JetStream.Storage;

/// <summary>A message to be stored.</summary>
public readonly ref struct NewMessage
{
    /// <summary>A literal subject, at most 65535 bytes. Raft logs store without one.</summary>
    public ReadOnlySpan<byte> Subject { get; init; }

    /// <summary>The header block with its version line, or empty.</summary>
    public ReadOnlySpan<byte> Headers { get; init; }

    public ReadOnlySpan<byte> Payload { get; init; }

    /// <summary>Nanoseconds since 1970.</summary>
    public long TimestampNs { get; init; }

    /// <summary>The sequence that it has to get, or 0 for the next.</summary>
    public ulong Sequence { get; init; }

    /// <summary>How long it lives, in seconds; 0: as long as the stream's limits let it; less: whatever its age. Already read from its headers.</summary>
    public long TtlSeconds { get; init; }

    /// <summary>When a scheduled message is due, nanoseconds since 1970; 0 for messages that are none.</summary>
    public long ScheduleNs { get; init; }

    /// <summary>Replicated: the discard policy was applied before it was proposed, so it is stored even where new messages are discarded.</summary>
    public bool SkipsDiscardNew { get; init; }
}
