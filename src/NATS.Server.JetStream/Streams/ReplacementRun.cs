using NATS.Server.Core.Runtime;

namespace NATS.Server.JetStream.Streams;

/// <summary>By the executor, once. Messages of a batch are on the device: what they replace goes now.</summary>
internal sealed class ReplacementRun(Stream stream, PublishedBatch published) : IWorkItem
{
    public void Run() => stream.TakeAway(published);
}
