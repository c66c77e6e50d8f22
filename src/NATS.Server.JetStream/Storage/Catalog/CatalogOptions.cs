using NATS.Server.JetStream.Storage.Assets;
using NATS.Server.JetStream.Storage.Disks;

namespace NATS.Server.JetStream.Storage.Catalog;

/// <summary>Where and how a server's streams are stored. Immutable.</summary>
public sealed record CatalogOptions
{
    public required IDisk Disk { get; init; }

    /// <summary>The directory of the accounts: <c>jetstream</c> below the configured <c>store_dir</c>. It does not have to be there.</summary>
    public required string Directory { get; init; }

    /// <summary>The keys of an account, by its name.</summary>
    public required Func<string, AssetEncryption> EncryptionOf { get; init; }

    /// <summary>As <see cref="FileStoreOptions.SyncIntervalNs"/>, for all streams.</summary>
    public long SyncIntervalNs { get; init; }

    /// <summary>As <see cref="FileStoreOptions.CacheIdleNs"/>, for all streams.</summary>
    public long CacheIdleNs { get; init; } = 10_000_000_000;

    /// <summary>What the streams share for blocks that they read.</summary>
    public BlockCacheBudget ReadCache { get; init; } = BlockCacheBudget.OfThisMachine();

    /// <summary>
    /// Calls an action for each number below a count, at the same time as far as there are threads, and returns when all have returned; called within itself too. Used to open
    /// and to stop; null: one after the other.
    /// </summary>
    public Action<int, Action<int>>? InParallel { get; init; }

    /// <summary>Called by any thread, outside of all locks, when there is something for <see cref="StreamCatalog.RemoveNext"/> to do.</summary>
    public Action? RemovalWake { get; init; }
}
