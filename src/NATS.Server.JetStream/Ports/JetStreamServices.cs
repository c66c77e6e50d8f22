using Microsoft.Extensions.Logging;
using NATS.Server.Core.JetStream.Ingest;
using NATS.Server.Core.JetStream.Streams;
using NATS.Server.Core.Runtime;
using NATS.Server.JetStream.Storage;
using NATS.Server.JetStream.Storage.Disks;

namespace NATS.Server.JetStream.Ports;

/// <summary>Immutable. What streams and consumers need of the world: threads, time, disk, chance, log.</summary>
internal sealed record JetStreamServices
{
    public required IExecutor Executor { get; init; }

    public required DeadlineQueue Deadlines { get; init; }

    public required CommitQueue Commits { get; init; }

    public required IDisk Disk { get; init; }

    public required TimeProvider Time { get; init; }

    /// <summary>Thread-safe.</summary>
    public required Random Random { get; init; }

    /// <summary>Lends batches to threads that have none.</summary>
    public required IBatchSource Batches { get; init; }

    public required DedupeKey DedupeKey { get; init; }

    /// <summary>What published messages have to satisfy; unless given, no time zone but UTC is known.</summary>
    public IngestSettings Ingest { get; init; } = new() { FindTimeZone = static _ => null };

    /// <summary>The batches that publishers have open.</summary>
    public BatchBudget OpenBatches { get; init; } = new(new BatchLimits());

    public required ILogger Log { get; init; }

    /// <summary>Null when nobody wants to know how long requests take.</summary>
    public IApiSpans? Spans { get; init; }

    /// <summary>The server's version as answers show it, such as <c>2.15.1</c>.</summary>
    public required string Version { get; init; }

    /// <summary>The server's name, as answers and events show it.</summary>
    public string ServerName { get; init; } = "";

    /// <summary>The server's id.</summary>
    public string ServerId { get; init; } = "";

    /// <summary>How many messages may wait in a stream to be stored; not above 0: without a limit.</summary>
    public long MaxWaitingMessages { get; init; } = 100_000;

    /// <summary>How many bytes of messages may wait in a stream to be stored; not above 0: without a limit.</summary>
    public long MaxWaitingBytes { get; init; } = 128 << 20;

    /// <summary>An acknowledgement waits for the device; else for the operating system only.</summary>
    public required bool IsDurable { get; init; }

    /// <summary>How many bytes may wait for a client.</summary>
    public long MaxPendingBytes { get; init; } = 64 << 20;

    /// <summary>Consumers ask for acknowledgements in the format that can cross accounts and domains.</summary>
    public bool UsesSecondAckFormat { get; init; }

    /// <summary>The time, nanoseconds since 1970.</summary>
    public long NowNs => (Time.GetUtcNow().UtcTicks - DateTime.UnixEpoch.Ticks) * TimeSpan.NanosecondsPerTick;
}
