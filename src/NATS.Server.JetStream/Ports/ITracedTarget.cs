using NATS.Server.Core.Protocol;

namespace NATS.Server.JetStream.Ports;

/// <summary>Who keeps what it receives, and says of a message that is traced whether it did. Any thread, like <see cref="IMessageTarget"/>.</summary>
internal interface ITracedTarget : IMessageTarget
{
    /// <summary>The stream's name.</summary>
    string Name { get; }

    /// <summary>A traced message has come.</summary>
    /// <param name="batch">The publisher's.</param>
    /// <param name="message">Valid during the call.</param>
    /// <param name="outcome">Gets what becomes of it.</param>
    /// <returns>False when nobody is there to take it.</returns>
    bool ReceiveTraced(MessageBatch batch, in InboundMessage message, TracedPublish outcome);
}
