using System.Net;

namespace NATS.Server.Bench.Load.JetStream;

/// <summary>Takes what the server pushes and answers its flow control. Loop thread only.</summary>
internal sealed class PushConsumer(EventLoop loop, IPEndPoint server, int payloadLength) : StreamConsumer(loop, server, payloadLength, acknowledges: false)
{
    private static ReadOnlySpan<byte> Stalled => "Nats-Consumer-Stalled: "u8;

    protected override void OnReceived()
    {
    }

    protected override void OnStatus(ReadOnlySpan<byte> line, ReadOnlySpan<byte> message)
    {
        if (!message.StartsWith("NATS/1.0 100 "u8)) throw new VerificationException($"the server sent: {Quote(message)}");
        if (message.IndexOf("FlowControl"u8) > 0)
        {
            // HMSG subject sid reply header-size size
            Answer(DeliveryLine.Reply(line[..line.LastIndexOf((byte)' ')]));
        }
        else if (message.IndexOf(Stalled) is var at and > 0)
        {
            var subject = message[(at + Stalled.Length)..];
            Answer(subject[..subject.IndexOf("\r\n"u8)]);
        }
    }

    private void Answer(ReadOnlySpan<byte> subject)
    {
        Append("PUB "u8);
        Append(subject);
        Append(" 0\r\n\r\n"u8);
    }
}
