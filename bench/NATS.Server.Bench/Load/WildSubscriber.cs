using System.Net;

namespace NATS.Server.Bench.Load;

/// <summary>
/// Holds one half of <see cref="WildSubjects"/>: must get every message once, in order, with its subject and the id of the one subscription that matches.
/// Loop thread only.
/// </summary>
internal sealed unsafe class WildSubscriber : Peer
{
    private const int SubjectOffset = 4; // behind "MSG "
    private const int SidOffset = 18;    // behind "MSG w.000.000.000 "

    private readonly byte[] _due;
    private readonly bool _withTail;
    private readonly Frame _frame;
    private readonly DeliveryCount _count;

    public WildSubscriber(EventLoop loop, IPEndPoint server, int payloadLength, bool withTail, DeliveryCount count)
        : base(loop, server)
    {
        _frame = Frame.Delivery($"{WildSubjects.Example} {WildSubjects.FirstSid}", payloadLength);
        _due = new ReadOnlySpan<byte>(_frame.Bytes, _frame.HeadLength).ToArray();
        _withTail = withTail;
        _count = count;
    }

    public long Received { get; private set; }

    protected override int Consume(byte* data, int length)
    {
        var frameLength = _frame.Length;
        var offset = 0;
        fixed (byte* due = _due)
        {
            while (true)
            {
                var frame = data + offset;
                if (length - offset < frameLength || frame[0] != 'M')
                {
                    var control = ConsumeControl(frame, length - offset, frameLength);
                    if (control == 0)
                    {
                        break;
                    }

                    offset += control;
                    continue;
                }

                Verify(frame, due);
                offset += frameLength;
                Received++;
                _count.Received++;
            }
        }

        return offset;
    }

    private void Verify(byte* frame, byte* due)
    {
        var (a, b, c) = WildSubjects.Tokens(Received);
        Digits.WriteThree(due + SubjectOffset + 2, a);
        Digits.WriteThree(due + SubjectOffset + 6, b);
        Digits.WriteThree(due + SubjectOffset + 10, c);
        var sid = WildSubjects.Sid(a, _withTail ? b : c);
        Digits.WriteThree(due + SidOffset, sid / 1000);
        Digits.WriteThree(due + SidOffset + 3, sid % 1000);
        var payload = frame + _frame.HeadLength;
        if (!Frame.HeadMatches(frame, due, _frame.HeadLength)
            || Payload.Sequence(payload) != Received
            || !Payload.EndsRight(payload, _frame.PayloadLength, Payload.HasTail(_frame.PayloadLength), Received))
        {
            throw new VerificationException(
                $"due: {Quote(_due)} with message {Received}, arrived: {Quote(new ReadOnlySpan<byte>(frame, _frame.HeadLength))} with message {Payload.Sequence(payload)}");
        }
    }
}
