using System.Net;

namespace NATS.Server.Bench.Load;

/// <summary>A member of a queue group: its messages ascend, and the group's <paramref name="ledger"/> sees each message once. Loop thread only.</summary>
internal sealed unsafe class QueueMember(EventLoop loop, IPEndPoint server, Frame expected, QueueLedger ledger, DeliveryCount count) : Peer(loop, server)
{
    private long _last = -1;

    protected override int Consume(byte* data, int length)
    {
        var head = expected.Bytes;
        var headLength = expected.HeadLength;
        var payloadLength = expected.PayloadLength;
        var hasTail = Payload.HasTail(payloadLength);
        var frameLength = expected.Length;
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
            if (sequence <= _last || !Payload.EndsRight(payload, payloadLength, hasTail, sequence))
            {
                throw new VerificationException($"a queue member received message {sequence} after {_last}, or damaged");
            }

            ledger.Mark(sequence);
            _last = sequence;
            offset += frameLength;
            taken++;
        }

        count.Received += taken;
        return offset;
    }
}
