namespace NATS.Server.Core.JetStream.Ingest;

/// <summary>How many batches publishers may have open, and how long. Immutable.</summary>
public sealed record BatchLimits
{
    /// <summary>Atomic batches of a stream.</summary>
    public int AtomicPerStream { get; init; } = 50;

    /// <summary>Atomic batches of the server.</summary>
    public int AtomicTotal { get; init; } = 1000;

    /// <summary>Fast batches of a stream.</summary>
    public int FastPerStream { get; init; } = 1000;

    /// <summary>Fast batches of the server.</summary>
    public int FastTotal { get; init; } = 50_000;

    /// <summary>Messages of an atomic batch.</summary>
    public int AtomicMessages { get; init; } = 1000;

    /// <summary>Bytes that the messages of all open atomic batches of the server may take: they wait in memory.</summary>
    public long AtomicBytes { get; init; } = 256L * 1024 * 1024;

    /// <summary>How long a batch may be open without a message, nanoseconds.</summary>
    public long TimeoutNs { get; init; } = 10_000_000_000;
}
