using NATS.Server.Core.JetStream.Consumers;
using NATS.Server.Core.Storage;
using NATS.Server.JetStream.Storage.Assets;
using NATS.Server.JetStream.Storage.Disks;

namespace NATS.Server.JetStream.Storage.Consumers;

/// <summary>Where and how the state of a consumer is kept. Immutable.</summary>
public sealed record ConsumerStoreOptions
{
    /// <summary>Null: in memory only.</summary>
    public IDisk? Disk { get; init; }

    /// <summary>The consumer's directory, which is there: <c>obs/NAME</c> of the stream.</summary>
    public string Directory { get; init; } = "";

    public required AssetIdentity Identity { get; init; }

    public AckPolicy AckPolicy { get; init; }

    /// <summary>0 or less: no limit.</summary>
    public long MaxDeliver { get; init; }

    /// <summary>The consumer's key, from its metadata; null when it is not encrypted.</summary>
    public AssetKey? Key { get; init; }

    /// <summary>During a conversion of keys that was interrupted: the state may be sealed with this one.</summary>
    public AssetKey? NextKey { get; init; }

    /// <summary>For nonces.</summary>
    public required Random Random { get; init; }
}
