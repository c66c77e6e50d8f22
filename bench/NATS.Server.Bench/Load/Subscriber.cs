using System.Net;

namespace NATS.Server.Bench.Load;

/// <summary>Takes every message of every publisher on one subject, and insists on each publisher's order without gap or repetition. Loop thread only.</summary>
internal sealed unsafe class Subscriber(EventLoop loop, IPEndPoint server, Frame expected, int publishers, DeliveryCount count, string user = "")
    : Peer(loop, server, user)
{
    private readonly long[] _next = new long[publishers];

    /// <summary>Messages taken from all publishers.</summary>
    public long Received => _next.Sum();

    protected override int Consume(byte* data, int length)
    {
        var head = expected.Bytes;
        var headLength = expected.HeadLength;
        var payloadLength = expected.PayloadLength;
        var hasTail = Payload.HasTail(payloadLength);
        var frameLength = expected.Length;
        var next = _next;
        var offset = 0;
        var taken = 0;
        while (true)
        {
            var frame = data + offset;
            if (length - offset < frameLength || !Frame.HeadMatches(frame, head, headLength))
            {
                var control = ConsumeControl(frame, length - offset, frameLength);
                if (control == 0)
                {
                    break;
                }

                offset += control;
                continue;
            }

            var payload = frame + headLength;
            var sequence = Payload.Sequence(payload);
            var publisher = Payload.Publisher(payload);
            if (publisher >= (uint)next.Length || next[publisher] != sequence || !Payload.EndsRight(payload, payloadLength, hasTail, sequence))
            {
                Fail(publisher, sequence);
            }

            if (sequence % Payload.BodyCheckInterval == 0 && !Payload.BodyIsIntact(payload, payloadLength))
            {
                throw new VerificationException($"message {sequence} of publisher {publisher} arrived damaged");
            }

            next[publisher] = sequence + 1;
            offset += frameLength;
            taken++;
        }

        count.Received += taken;
        return offset;
    }

    private void Fail(uint publisher, long sequence) =>
        throw new VerificationException(publisher >= (uint)_next.Length
            ? $"a message of unknown publisher {publisher} arrived"
            : _next[publisher] == sequence
                ? $"message {sequence} of publisher {publisher} arrived damaged"
                : $"publisher {publisher}: message {_next[publisher]} was due, {sequence} arrived");
}
