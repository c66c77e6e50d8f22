namespace NATS.Server.JetStream.Storage;

/// <summary>The totals of a store.</summary>
public readonly record struct StreamState
{
    public ulong Messages { get; init; }

    /// <summary>As the reference counts them: whole records in files; 16 bytes and subject, headers and payload in memory.</summary>
    public ulong Bytes { get; init; }

    /// <summary>The sequence of the first message; with none that ever was 0, with none left one more than the last.</summary>
    public ulong FirstSequence { get; init; }

    /// <summary>Nanoseconds since 1970; 0 for none.</summary>
    public long FirstTimeNs { get; init; }

    public ulong LastSequence { get; init; }

    /// <summary>Nanoseconds since 1970; 0 for none.</summary>
    public long LastTimeNs { get; init; }

    public int Subjects { get; init; }

    /// <summary>Sequences between the first and the last that have no message.</summary>
    public ulong Deleted { get; init; }
}
