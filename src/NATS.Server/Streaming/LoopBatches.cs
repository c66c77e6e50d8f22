using NATS.Server.Connections;
using NATS.Server.JetStream.Ports;

namespace NATS.Server.Streaming;

/// <summary>Thread-safe. Lends contexts of the connection engine to JetStream's threads.</summary>
/// <param name="engine">Whose.</param>
internal sealed class LoopBatches(IConnectionEngine engine) : IBatchSource
{
    public MessageBatch Rent() => LoopBatch.Of(engine.Rent());

    public void Return(MessageBatch batch) => engine.Return(((LoopBatch)batch).Loop);
}
