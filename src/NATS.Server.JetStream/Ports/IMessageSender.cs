using NATS.Server.Core.Protocol;

namespace NATS.Server.JetStream.Ports;

/// <summary>Who published a message. Any thread.</summary>
internal interface IMessageSender
{
    /// <summary>Who it is, as the JSON object that answers and advisories show; empty for the server itself.</summary>
    /// <param name="message">What was published: a request that came from another account says in a header who asks.</param>
    byte[] Describe(in InboundMessage message);

    /// <summary>Whether the message came from another account, so that its reply is not what the client listens to.</summary>
    bool IsImported { get; }
}
