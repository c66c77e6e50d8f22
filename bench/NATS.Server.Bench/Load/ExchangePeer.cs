using System.Net;
using System.Runtime.CompilerServices;

namespace NATS.Server.Bench.Load;

/// <summary>
/// One end of request/reply: takes frames whose head holds a running token, and sends frames with a running token.
/// Whatever one receive brought is answered with one send. Loop thread only.
/// </summary>
internal abstract unsafe class ExchangePeer : Peer
{
    private readonly Frame _incoming;
    private readonly int _incomingToken;
    private readonly byte[] _due;
    private readonly Frame _outgoing;
    private readonly int _outgoingToken;
    private readonly byte[] _block;
    private readonly int _capacity;

    protected ExchangePeer(EventLoop loop, IPEndPoint server, Frame incoming, int incomingToken, Frame outgoing, int outgoingToken, int inFlight, string user = "")
        : base(loop, server, user)
    {
        _incoming = incoming;
        _incomingToken = incomingToken;
        _due = new ReadOnlySpan<byte>(incoming.Bytes, incoming.HeadLength).ToArray();
        _outgoing = outgoing;
        _outgoingToken = outgoingToken;
        _capacity = inFlight;
        _block = GC.AllocateUninitializedArray<byte>(outgoing.Length * inFlight, pinned: true);
        for (var i = 0; i < inFlight; i++)
        {
            new ReadOnlySpan<byte>(outgoing.Bytes, outgoing.Length).CopyTo(_block.AsSpan(i * outgoing.Length));
        }
    }

    public long Received { get; private set; }

    public long Sent { get; private set; }

    protected override int Consume(byte* data, int length)
    {
        var offset = 0;
        var first = Received;
        fixed (byte* due = _due)
        {
            while (true)
            {
                var frame = data + offset;
                if (length - offset < _incoming.Length || frame[0] != 'M')
                {
                    var control = ConsumeControl(frame, length - offset, _incoming.Length);
                    if (control == 0)
                    {
                        break;
                    }

                    offset += control;
                    continue;
                }

                Verify(frame, due);
                offset += _incoming.Length;
                Received++;
            }
        }

        if (Received > first)
        {
            OnReceived(first, (int)(Received - first));
        }

        return offset;
    }

    /// <summary><paramref name="count"/> frames were taken, the first of which was number <paramref name="first"/>.</summary>
    protected abstract void OnReceived(long first, int count);

    protected void SendNext(int count)
    {
        if (count > _capacity)
        {
            throw new VerificationException($"{count} messages arrived where {_capacity} were in flight");
        }

        var block = (byte*)Unsafe.AsPointer(ref _block[0]);
        for (var i = 0; i < count; i++)
        {
            var frame = block + (i * _outgoing.Length);
            Digits.WriteHex(frame + _outgoingToken, (uint)(Sent + i));
            Payload.Stamp(frame + _outgoing.HeadLength, _outgoing.PayloadLength, Payload.HasTail(_outgoing.PayloadLength), Sent + i);
        }

        Sent += count;
        Write(new ReadOnlySpan<byte>(block, count * _outgoing.Length));
    }

    private void Verify(byte* frame, byte* due)
    {
        Digits.WriteHex(due + _incomingToken, (uint)Received);
        var payload = frame + _incoming.HeadLength;
        if (!Frame.HeadMatches(frame, due, _incoming.HeadLength)
            || Payload.Sequence(payload) != Received
            || !Payload.EndsRight(payload, _incoming.PayloadLength, Payload.HasTail(_incoming.PayloadLength), Received))
        {
            throw new VerificationException(
                $"due: {Quote(_due)} with message {Received}, arrived: {Quote(new ReadOnlySpan<byte>(frame, _incoming.HeadLength))} with message {Payload.Sequence(payload)}");
        }
    }
}
