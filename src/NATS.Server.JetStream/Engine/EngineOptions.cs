using NATS.Server.Core.JetStream.Limits;
using NATS.Server.JetStream.Storage.Assets;

namespace NATS.Server.JetStream.Engine;

/// <summary>Immutable. How a server's JetStream is set up.</summary>
internal sealed record EngineOptions
{
    /// <summary>The directory of the accounts: <c>jetstream</c> below the configured <c>store_dir</c>.</summary>
    public required string Directory { get; init; }

    /// <summary>Empty without one.</summary>
    public string Domain { get; init; } = "";

    /// <summary>What the server allows; reservations are counted by the engine.</summary>
    public required ServerLimits Limits { get; init; }

    /// <summary>Between two syncs of a stream that is not durable; 0: each acknowledgement waits for the device.</summary>
    public long SyncIntervalNs { get; init; }

    /// <summary>Requests have to be exactly as documented.</summary>
    public bool IsStrict { get; init; }

    /// <summary>How many requests may wait in an account, but for those that only ask for information.</summary>
    public int RequestQueueLimit { get; init; } = 10_000;

    /// <summary>How many requests for information may wait in an account.</summary>
    public int InformationQueueLimit { get; init; } = 10_000;

    /// <summary>The keys of an account, by its name.</summary>
    public required Func<string, AssetEncryption> EncryptionOf { get; init; }

    /// <summary>See <see cref="Storage.Catalog.CatalogOptions.InParallel"/>.</summary>
    public Action<int, Action<int>>? InParallel { get; init; }

    /// <summary>See <see cref="Storage.Catalog.CatalogOptions.RemovalWake"/>.</summary>
    public Action? RemovalWake { get; init; }
}
