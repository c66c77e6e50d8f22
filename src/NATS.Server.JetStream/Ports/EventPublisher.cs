using System.Buffers;
using System.Text;
using NATS.Server.Core.JetStream;
using NATS.Server.Core.JetStream.Api;

namespace NATS.Server.JetStream.Ports;

/// <summary>Any thread. Publishes the events of an account, if somebody listens.</summary>
/// <param name="port">The account.</param>
/// <param name="services">The world.</param>
/// <param name="domain">Of the server; empty without one.</param>
internal sealed class EventPublisher(IAccountPort port, JetStreamServices services, string domain)
{
    /// <summary>Whether somebody listens: an event that costs something need not be made for nobody.</summary>
    public bool IsWanted(string subject) => port.HasInterest(Encoding.UTF8.GetBytes(subject));

    /// <summary>Publishes in the batch of the caller.</summary>
    public void Publish(MessageBatch batch, IJetStreamEvent happened)
    {
        byte[] subject = Encoding.UTF8.GetBytes(happened.Subject);
        if (!port.HasInterest(subject)) return;
        var output = new ArrayBufferWriter<byte>(512);
        JetStreamEvents.Write(output, new EventHead(UniqueName.Next(services.Random), services.NowNs, domain), happened);
        port.Publish(batch, subject, default, default, output.WrittenSpan);
    }

    /// <summary>Publishes at once, by a thread that is in no batch.</summary>
    public void Publish(IJetStreamEvent happened)
    {
        if (!IsWanted(happened.Subject)) return;
        MessageBatch batch = services.Batches.Rent();
        Publish(batch, happened);
        services.Batches.Return(batch);
    }
}
