using NATS.Server.Core.JetStream.Consumers;
using NATS.Server.JetStream.Storage.Consumers;

namespace NATS.Server.JetStream.Storage.Catalog;

/// <summary>What the store has to know of a consumer's configuration. Immutable.</summary>
/// <param name="AckPolicy">What its acknowledgements say.</param>
/// <param name="MaxDeliver">How often a message is delivered; 0 or less: no limit.</param>
public readonly record struct ConsumerSettings(AckPolicy AckPolicy, long MaxDeliver);
