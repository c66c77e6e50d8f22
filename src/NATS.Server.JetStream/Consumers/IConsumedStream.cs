using NATS.Server.Core.JetStream.Streams;
using NATS.Server.JetStream.Ports;
using NATS.Server.JetStream.Storage;

namespace NATS.Server.JetStream.Consumers;

/// <summary>Any thread. What a consumer knows of its stream.</summary>
internal interface IConsumedStream
{
    string Name { get; }

    /// <summary>The domain of the server; empty without one.</summary>
    string Domain { get; }

    StreamConfig Config { get; }

    MessageStore Store { get; }

    IAccountPort Port { get; }

    /// <summary>The last sequence that may be delivered: what follows is not flushed yet, or not committed.</summary>
    ulong Readable { get; }

    /// <summary>A consumer does not need messages any more: they go away where nobody else needs them and the stream does not keep them.</summary>
    void Settled(Consumer consumer, List<ulong> sequences);

    /// <summary>A consumer needs less than it did, or does not know any more what it has not needed: what nobody needs goes away.</summary>
    void Reconcile(Consumer consumer);

    /// <summary>A consumer that nobody used long enough wants to be deleted.</summary>
    void Abandoned(Consumer consumer);
}
