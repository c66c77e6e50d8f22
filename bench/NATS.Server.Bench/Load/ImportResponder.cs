using System.Net;
using System.Runtime.CompilerServices;
using System.Text;

namespace NATS.Server.Bench.Load;

/// <summary>
/// Answers every request that comes over a service import at once: such a request has a reply subject of the server's making and a header, so it is read
/// as a client would read it. Loop thread only.
/// </summary>
internal sealed unsafe class ImportResponder : Peer, IResponder
{
    private readonly Frame _reply;
    private readonly byte[] _afterSubject;
    private readonly byte[] _block;
    private int _blockLength;

    /// <summary>Connects.</summary>
    /// <param name="loop">Whose connection it is.</param>
    /// <param name="server">Where to.</param>
    /// <param name="frames">What is asked and answered.</param>
    /// <param name="inFlight">Requests that may arrive together.</param>
    /// <param name="user">A user of the exporting account.</param>
    public ImportResponder(EventLoop loop, IPEndPoint server, RequestFrames frames, int inFlight, string user)
        : base(loop, server, user)
    {
        const int longestSubject = 100;
        _reply = frames.Reply;
        _afterSubject = Encoding.ASCII.GetBytes($" {_reply.PayloadLength}\r\n");
        _block = GC.AllocateUninitializedArray<byte>((_reply.Length + longestSubject) * inFlight, pinned: true);
    }

    public long Received { get; private set; }

    protected override int Consume(byte* data, int length)
    {
        var offset = 0;
        Span<Range> arguments = stackalloc Range[7];
        while (offset < length)
        {
            var rest = new ReadOnlySpan<byte>(data + offset, length - offset);
            if (rest[0] != 'H')
            {
                var control = ConsumeControl(data + offset, rest.Length, deliveryLength: 0);
                if (control == 0)
                {
                    break;
                }

                offset += control;
                continue;
            }

            // HMSG <subject> <sid> <reply> <header size> <size>
            var lineLength = rest.IndexOf("\r\n"u8);
            if (lineLength < 0)
            {
                break;
            }

            var line = rest[..lineLength];
            if (Split(line, arguments) != 6 || !int.TryParse(line[arguments[4]], out var headerSize) || !int.TryParse(line[arguments[5]], out var size)
                || size - headerSize != _reply.PayloadLength)
            {
                throw new VerificationException($"unexpected request: {Quote(line)}");
            }

            var frameLength = lineLength + 2 + size + 2;
            if (rest.Length < frameLength)
            {
                break;
            }

            if (Payload.Sequence(data + offset + lineLength + 2 + headerSize) != Received)
            {
                throw new VerificationException($"request {Received} is due, arrived: {Quote(line)}");
            }

            Answer(line[arguments[3]]);
            offset += frameLength;
            Received++;
        }

        if (_blockLength > 0)
        {
            Write(_block.AsSpan(0, _blockLength));
            _blockLength = 0;
        }

        return offset;
    }

    private static int Split(ReadOnlySpan<byte> line, Span<Range> arguments)
    {
        var count = 0;
        foreach (var argument in line.Split((byte)' '))
        {
            if (count == arguments.Length)
            {
                return count + 1;
            }

            arguments[count++] = argument;
        }

        return count;
    }

    private void Answer(ReadOnlySpan<byte> subject)
    {
        Append("PUB "u8);
        Append(subject);
        Append(_afterSubject);
        var payload = _blockLength;
        Append(new ReadOnlySpan<byte>(_reply.Bytes + _reply.HeadLength, _reply.PayloadLength + 2));
        Payload.Stamp((byte*)Unsafe.AsPointer(ref _block[payload]), _reply.PayloadLength, Payload.HasTail(_reply.PayloadLength), Received);
    }

    private void Append(ReadOnlySpan<byte> bytes)
    {
        bytes.CopyTo(_block.AsSpan(_blockLength));
        _blockLength += bytes.Length;
    }
}
