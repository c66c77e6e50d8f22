using NATS.Server.Core.Protocol;

namespace NATS.Server.JetStream.Ports;

/// <summary>Who receives the messages of a subscription. Any thread, in the middle of a publisher's batch: quick, without blocking, without exceptions.</summary>
internal interface IMessageTarget
{
    /// <summary>A message has come.</summary>
    /// <param name="batch">The publisher's.</param>
    /// <param name="message">Valid during the call.</param>
    /// <param name="sender">Who published it.</param>
    /// <returns>False when nobody is there to take it: a requester is told so.</returns>
    bool Receive(MessageBatch batch, in InboundMessage message, IMessageSender sender);
}
