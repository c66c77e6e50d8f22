using NATS.Server.Core.Collections;
using NATS.Server.Core.JetStream.Json;
using NATS.Server.Core.JetStream.Streams;

namespace NATS.Server.Core.JetStream.Api;

/// <summary>Immutable. Which part of a list a client asks for.</summary>
public sealed record PageRequest
{
    /// <summary>How many are passed over; 0 or more.</summary>
    public long Offset { get; init; }

    /// <summary>Only streams that have subjects in common with this one; empty: all.</summary>
    public string Subject { get; init; } = "";
}

/// <summary>Immutable. What a client asks about a stream.</summary>
public sealed record StreamInfoRequest
{
    /// <summary>How many subjects are passed over; 0 or more.</summary>
    public long Offset { get; init; }

    /// <summary>Whether the sequences without messages are listed.</summary>
    public bool DeletedDetails { get; init; }

    /// <summary>Which subjects are listed; empty: none.</summary>
    public string SubjectsFilter { get; init; } = "";
}

/// <summary>Immutable. Which messages a client wants to be gone.</summary>
public sealed record PurgeRequest
{
    /// <summary>Only those below; 0: all.</summary>
    public ulong Sequence { get; init; }

    /// <summary>Only those of such subjects; empty: of all.</summary>
    public string Filter { get; init; } = "";

    /// <summary>How many stay.</summary>
    public ulong Keep { get; init; }
}

/// <summary>Immutable. Which messages a client wants to see, by the API or directly.</summary>
public sealed record MessageGetRequest
{
    public ulong Sequence { get; init; }

    /// <summary>The last message of a subject.</summary>
    public string LastBySubject { get; init; } = "";

    /// <summary>The next message of subjects that match, from the sequence or the time.</summary>
    public string NextBySubject { get; init; } = "";

    /// <summary>How many messages; 0: one, in an answer of its own kind.</summary>
    public long Batch { get; init; }

    /// <summary>How many bytes; 0: as many as a client may have waiting.</summary>
    public long MaxBytes { get; init; }

    public ZonedTime? StartTime { get; init; }

    /// <summary>The last message of each subject that matches.</summary>
    public ValueList<string>? MultiLast { get; init; }

    /// <summary>Only messages up to this one; 0: all.</summary>
    public ulong UpToSequence { get; init; }

    public ZonedTime? UpToTime { get; init; }

    public bool NoHeaders { get; init; }
}

/// <summary>Immutable. Which message a client wants to be gone.</summary>
public sealed record MessageDeleteRequest
{
    public ulong Sequence { get; init; }

    /// <summary>Whether its bytes need not be overwritten.</summary>
    public bool NoErase { get; init; }
}

/// <summary>Immutable. How a client wants a backup.</summary>
public sealed record SnapshotRequest
{
    public string DeliverSubject { get; init; } = "";

    public bool NoConsumers { get; init; }

    /// <summary>Bytes; 0: as usual.</summary>
    public long ChunkSize { get; init; }

    /// <summary>Bytes that may be under way; 0: as usual.</summary>
    public long WindowSize { get; init; }

    /// <summary>Whether all messages are looked through before.</summary>
    public bool ChecksMessages { get; init; }
}

/// <summary>Immutable. A stream that a client has a backup of.</summary>
public sealed record RestoreRequest
{
    public StreamConfig Config { get; init; } = new();

    /// <summary>What the backup has, as its maker said.</summary>
    public StreamStateInfo State { get; init; } = new();
}
