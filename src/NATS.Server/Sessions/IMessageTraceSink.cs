using NATS.Server.Accounts;
using NATS.Server.Connections;
using NATS.Server.Tracing;

namespace NATS.Server.Sessions;

/// <summary>Takes the traces of messages. Any thread, in the middle of its batch.</summary>
internal interface IMessageTraceSink
{
    /// <summary>A message has been on its way and is done with: its trace goes to where the message asked for.</summary>
    /// <param name="loop">The publisher's batch.</param>
    /// <param name="account">The publisher's account.</param>
    /// <param name="trace">Complete.</param>
    void Publish(LoopContext loop, Account account, MessageTrace trace);
}
