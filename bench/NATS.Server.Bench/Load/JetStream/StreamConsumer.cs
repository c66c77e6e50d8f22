using System.Net;
using System.Text;

namespace NATS.Server.Bench.Load.JetStream;

/// <summary>
/// Takes the messages of a consumer, in order without gap or repetition, and acknowledges them if wanted. Whatever one receive brought is answered with one send.
/// Loop thread only.
/// </summary>
internal abstract unsafe class StreamConsumer(EventLoop loop, IPEndPoint server, int payloadLength, bool acknowledges) : BufferedPeer(loop, server)
{
    private static readonly byte[] Ack = Encoding.ASCII.GetBytes(" 4\r\n+ACK\r\n");

    public long Received { get; private set; }

    /// <summary>What the next payload must say.</summary>
    public long Next { get; init; }

    protected override int Consume(byte* data, int length)
    {
        var hasTail = Payload.HasTail(payloadLength);
        var offset = 0;
        var before = Received;
        while (offset < length)
        {
            var rest = new ReadOnlySpan<byte>(data + offset, length - offset);
            if (rest[0] is not ((byte)'M' or (byte)'H'))
            {
                var control = ConsumeControl(data + offset, rest.Length, deliveryLength: int.MaxValue);
                if (control == 0) break;
                offset += control;
                continue;
            }

            if (!DeliveryLine.TryRead(rest, out var line, out var size)) break;
            if (rest[0] == 'H')
            {
                OnStatus(rest[..(line - 1)], rest.Slice(line + 1, size));
            }
            else
            {
                var payload = data + offset + line + 1;
                if (size != payloadLength || !Payload.EndsRight(payload, size, hasTail, Payload.Sequence(payload))) throw new VerificationException($"a message arrived damaged: {Quote(rest)}");
                Verify(rest[..(line - 1)], Payload.Sequence(payload));
                if (acknowledges)
                {
                    Append("PUB "u8);
                    Append(DeliveryLine.Reply(rest[..(line - 1)]));
                    Append(Ack);
                }

                Received++;
            }

            offset += line + 1 + size + 2;
        }

        if (Received > before) OnReceived();
        Flush();
        return offset;
    }

    /// <summary>What was received must be the next message of the stream.</summary>
    protected virtual void Verify(ReadOnlySpan<byte> line, long sequence)
    {
        if (sequence != Next + Received) throw new VerificationException($"message {Next + Received} was due, {sequence} arrived");
    }

    /// <summary>Messages were taken.</summary>
    protected abstract void OnReceived();

    /// <summary>A message with headers came: a status of the server.</summary>
    protected abstract void OnStatus(ReadOnlySpan<byte> line, ReadOnlySpan<byte> message);
}
