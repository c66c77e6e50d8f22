using NATS.Server.Core.Storage;

namespace NATS.Server.Options;

/// <summary>
/// The <c>jetstream</c> block, and the store directory wherever it was said. Immutable. A block that is switched off keeps its values, since a flag can switch it on.
/// </summary>
public sealed record JetStreamOptions
{
    /// <summary>What is told of a duration of synchronizing that nobody configured.</summary>
    public static readonly TimeSpan DefaultSyncInterval = TimeSpan.FromMinutes(2);

    public bool IsEnabled { get; init; }

    /// <summary>As written, <c>jetstream</c> is appended to it; empty: below the system's folder of temporary files.</summary>
    public string StoreDirectory { get; init; } = "";

    /// <summary>Bytes of streams in memory; negative: three quarters of the machine's.</summary>
    public long MaxMemory { get; init; } = -1;

    /// <summary>Bytes of streams in files; negative: three quarters of what is free on the disk.</summary>
    public long MaxStorage { get; init; } = -1;

    /// <summary>Empty: the server's JetStream has no domain.</summary>
    public string Domain { get; init; } = "";

    /// <summary>In lower case.</summary>
    public string UniqueTag { get; init; } = "";

    /// <summary>Requests with unknown fields are refused.</summary>
    public bool IsStrict { get; init; } = true;

    /// <summary>
    /// How often what is stored is synchronized with the disk in the background, and so how much an acknowledged message may wait for it. Null, when nobody configured it: nothing is acknowledged
    /// before it is on the disk.
    /// </summary>
    public TimeSpan? SyncInterval { get; init; }

    /// <summary>Whatever <see cref="SyncInterval"/> says, nothing is acknowledged before it is on the disk.</summary>
    public bool SyncAlways { get; init; }

    /// <summary>What encrypts everything that is stored; empty: nothing is encrypted.</summary>
    public string Key { get; init; } = "";

    /// <summary>The key before <see cref="Key"/>, for what is there already.</summary>
    public string PreviousKey { get; init; } = "";

    public StoreCipher Cipher { get; init; }

    /// <summary>Null: the key is no matter of a trusted platform module.</summary>
    public JetStreamTpmOptions? Tpm { get; init; }

    public JetStreamLimitOptions Limits { get; init; } = new();

    /// <summary>For a server that other domains could be extended to: <c>will_extend</c> or <c>no_extend</c>.</summary>
    public string ExtensionHint { get; init; } = "";

    /// <summary>Bytes that may be on their way to replicas that catch up; 0: 64 MiB.</summary>
    public long MaxOutstandingCatchup { get; init; }

    /// <summary>Bytes that may wait to be stored by a stream; 0: 128 MiB.</summary>
    public long MaxBufferedSize { get; init; }

    /// <summary>Messages that may wait to be stored by a stream; 0: 100,000.</summary>
    public long MaxBufferedMessages { get; init; }

    /// <summary>Requests to the API that may wait.</summary>
    public long RequestQueueLimit { get; init; } = 10_000;

    /// <summary>Requests for information that may wait; a configured 0 becomes <see cref="RequestQueueLimit"/>.</summary>
    public long InfoQueueLimit { get; init; }

    /// <summary>Entries after which the log of a cluster's assets is compacted; 0: by its size only.</summary>
    public long MetaCompact { get; init; }

    /// <summary>Bytes after which the log of a cluster's assets is compacted; 0: not by its size.</summary>
    public long MetaCompactSize { get; init; }

    public bool MetaCompactSync { get; init; }

    /// <summary>How many threads may wait for the disk at the same time.</summary>
    public int MaxConcurrentIo { get; init; } = 4096;

    /// <summary>The interval of synchronizing in the words of a store, in nanoseconds; 0: nothing is acknowledged before it is on the disk.</summary>
    public long SyncIntervalNs => SyncAlways || SyncInterval is not { Ticks: > 0 } interval ? 0 : interval.Ticks * TimeSpan.NanosecondsPerTick;

    /// <summary>Tells no secrets.</summary>
    public override string ToString() => $"{nameof(JetStreamOptions)} {{ {nameof(IsEnabled)} = {IsEnabled}, {nameof(StoreDirectory)} = {StoreDirectory}, {nameof(Domain)} = {Domain} }}";
}

/// <summary>The <c>limits</c> of the <c>jetstream</c> block: what single assets and requests may ask for, whatever their account allows. Immutable.</summary>
public sealed record JetStreamLimitOptions
{
    internal const long DefaultDefaultMaxConsumers = 1000;

    /// <summary>Of each consumer; not above 0: no limit.</summary>
    public long MaxAckPending { get; init; }

    /// <summary>Replicated assets of a server of a cluster; not above 0: no limit.</summary>
    public long MaxHaAssets { get; init; }

    /// <summary>Of each stream for which neither its configuration nor its account says how many; negative: no limit, 0 is 1,000.</summary>
    public long DefaultMaxConsumers { get; init; } = DefaultDefaultMaxConsumers;

    /// <summary>Of each pull request; not above 0: no limit.</summary>
    public long MaxRequestBatch { get; init; }

    /// <summary>The longest window in which duplicates are found; not above zero: no limit.</summary>
    public TimeSpan DuplicateWindow { get; init; }

    /// <summary>Batches that a stream has open; not above 0: 50 atomic, 1,000 fast ones.</summary>
    public long MaxBatchInflightPerStream { get; init; }

    /// <summary>Batches that the server has open; not above 0: 1,000 atomic, 50,000 fast ones.</summary>
    public long MaxBatchInflightTotal { get; init; }

    /// <summary>Messages of a batch; not above 0: 1,000.</summary>
    public long MaxBatchSize { get; init; }

    /// <summary>How long a batch may be open without a message; not above zero: 10 seconds.</summary>
    public TimeSpan MaxBatchTimeout { get; init; }
}

/// <summary>The <c>tpm</c> of the <c>jetstream</c> block: where a trusted platform module keeps the key. Immutable.</summary>
public sealed record JetStreamTpmOptions
{
    /// <summary>Empty: the module is not used.</summary>
    public string KeysFile { get; init; } = "";

    public string EncryptionPassword { get; init; } = "";

    public string SrkPassword { get; init; } = "";

    /// <summary>The register; 0 is 22.</summary>
    public long Pcr { get; init; }

    /// <summary>Tells no secrets.</summary>
    public override string ToString() => $"{nameof(JetStreamTpmOptions)} {{ {nameof(KeysFile)} = {KeysFile}, {nameof(Pcr)} = {Pcr} }}";
}
