using System.Collections.Concurrent;
using System.Text.Json;
using NATS.Server.Core.JetStream.Consumers;
using NATS.Server.JetStream.Storage;
using NATS.Server.JetStream.Storage.Catalog;
using NATS.Server.JetStream.Storage.Consumers;

namespace NATS.Server.Testing.Storage;

/// <summary>Thread-safe. Reads of the configurations in nats-server's format what tests need, and remembers what was opened.</summary>
public sealed class JsonCatalogReader : ICatalogReader
{
    private const int LargeBlock = 8 << 20;
    private readonly ConcurrentQueue<StreamFolder> _opened = new();

    /// <summary>What was told, in order.</summary>
    public IReadOnlyCollection<StreamFolder> OpenedStreams => _opened;

    /// <summary>Bytes of a block.</summary>
    public int BlockSize { get; init; } = LargeBlock;

    public IStoreListener? Listener { get; init; }

    /// <summary>Called, when a stream's configuration is read, by the thread that opens it.</summary>
    public Action<StreamFolder>? Reading { get; init; }

    public StreamSettings? ReadStream(StreamFolder stream, out string? problem)
    {
        Reading?.Invoke(stream);
        problem = null;
        using JsonDocument configuration = JsonDocument.Parse(stream.Configuration!);
        if (Number(configuration, "max_msgs") < -1)
        {
            problem = "unsupported";
            return null;
        }

        return new StreamSettings { BlockSize = BlockSize, Limits = new StoreLimits { MaxMessages = Number(configuration, "max_msgs") }, Listener = Listener };
    }

    public ConsumerSettings? ReadConsumer(ConsumerFolder consumer, out string? problem)
    {
        problem = null;
        using JsonDocument configuration = JsonDocument.Parse(consumer.Configuration!);
        AckPolicy policy = configuration.RootElement.TryGetProperty("ack_policy", out JsonElement text) ? text.GetString() switch
        {
            "none" => AckPolicy.None,
            "all" => AckPolicy.All,
            "explicit" => AckPolicy.Explicit,
            _ => throw new InvalidDataException("ack_policy"),
        } : AckPolicy.Explicit;
        return new ConsumerSettings(policy, Number(configuration, "max_deliver"));
    }

    public void Opened(StreamFolder stream) => _opened.Enqueue(stream);

    private static long Number(JsonDocument configuration, string name) => configuration.RootElement.TryGetProperty(name, out JsonElement value) ? value.GetInt64() : 0;
}
