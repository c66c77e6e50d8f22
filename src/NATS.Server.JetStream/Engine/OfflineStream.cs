using NATS.Server.Core.JetStream.Json;
using NATS.Server.Core.JetStream.Streams;
using NATS.Server.JetStream.Storage.Catalog;

namespace NATS.Server.JetStream.Engine;

/// <summary>Immutable. A stored stream that is not served, for its configuration or that of one of its consumers needs a newer server. Nothing of it is touched.</summary>
/// <param name="Folder">Where it is.</param>
/// <param name="Config">Its configuration, as far as it is understood.</param>
/// <param name="Reason">Why, in the words of the reference.</param>
/// <param name="Consumers">The consumers that are the reason, and why each is.</param>
internal sealed record OfflineStream(StreamFolder Folder, StreamConfig Config, string Reason, IReadOnlyDictionary<string, string> Consumers)
{
    public string Name => Folder.Name;

    /// <summary>When it was created, as far as the file says.</summary>
    public ZonedTime Created => StreamConfigJson.TryReadFile(Folder.Configuration, isStrict: false, out ZonedTime created, out _, out _) ? created : default;
}
