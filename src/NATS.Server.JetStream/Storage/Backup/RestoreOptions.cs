using NATS.Server.JetStream.Storage.Disks;

namespace NATS.Server.JetStream.Storage.Backup;

/// <summary>What a stream is to be after it was restored, and how much of it there may be. Immutable.</summary>
public sealed record RestoreOptions
{
    /// <summary>The stream's name. Old backups are only restored under the name that they were made with.</summary>
    public required string Name { get; init; }

    /// <summary>The content of <c>meta.inf</c>: the configuration of the request, with <c>Created</c> in front. Of old backups, the time of creation is kept.</summary>
    public required ReadOnlyMemory<byte> Metadata { get; init; }

    /// <summary>Of that configuration. What is over them is removed while it is restored.</summary>
    public required StoreLimits Limits { get; init; }

    /// <summary>Where the stream will be and how it is encrypted; null for a stream in memory.</summary>
    public FileStoreOptions? Files { get; init; }

    /// <summary>Where the stream is put together until it is complete.</summary>
    public required IDisk Disk { get; init; }

    /// <summary>A directory that nobody else uses, in <c>__snapshots__</c> of the account, on the device of the stream. Both servers delete what is there when they start.</summary>
    public required string StagingDirectory { get; init; }

    /// <summary>For what is staged.</summary>
    public required Random Random { get; init; }

    /// <summary>Nanoseconds since 1970. Messages that have outlived their time to live by then are left out.</summary>
    public required long NowNs { get; init; }

    /// <summary>The most that messages, and what is stored of consumers, may have.</summary>
    public long MaximumBytes { get; init; } = long.MaxValue;

    /// <summary>The most that headers and payload of a message may have (<c>max_payload</c>).</summary>
    public long MaximumPayload { get; init; } = long.MaxValue;

    /// <summary>The same by the stream's configuration; below 0 for no limit.</summary>
    public long MaximumMessageSize { get; init; } = -1;

    /// <summary>Reads when a stored message is due; null where messages are never schedules.</summary>
    public ScheduleReader? ScheduleReader { get; init; }

    /// <summary>Gets the name and the configuration of each consumer, and says why it cannot be, or null.</summary>
    public Func<string, ReadOnlyMemory<byte>, string?>? CheckConsumer { get; init; }

    /// <summary>After so many bytes what was restored is synced, and dropped from memory.</summary>
    internal long SettleBytes { get; init; } = 32 << 20;
}
