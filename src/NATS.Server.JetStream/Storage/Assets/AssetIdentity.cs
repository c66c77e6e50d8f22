using NATS.Server.Core.Hashing;
using NATS.Server.Core.Storage;

namespace NATS.Server.JetStream.Storage.Assets;

/// <summary>Which stream or consumer metadata belongs to. Immutable.</summary>
/// <param name="Stream">The stream's name.</param>
/// <param name="Consumer">The consumer's, or null.</param>
public sealed record AssetIdentity(string Stream, string? Consumer = null)
{
    public string Name => Consumer ?? Stream;

    /// <summary>The key of the checksums of its files.</summary>
    public HighwayHashKey HashKey => Consumer is null ? StoreHashKey.OfStream(Stream) : StoreHashKey.OfConsumer(Stream, Consumer);

    /// <summary>What the key of the asset is bound to.</summary>
    public string KeyContext => Consumer is null ? StoreKeys.ContextOfStream(Stream) : StoreKeys.ContextOfConsumer(Stream, Consumer);
}
