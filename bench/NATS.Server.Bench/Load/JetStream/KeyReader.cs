using System.Net;
using System.Text;

namespace NATS.Server.Bench.Load.JetStream;

/// <summary>Keeps a number of direct gets of keys in flight, and checks that each answer is the value of its key. Loop thread only.</summary>
internal sealed unsafe class KeyReader : BufferedPeer
{
    public const string Sid = "3";
    private const string Inbox = "_INBOX.Fi0qTWqMvKxjzJtuvK.";
    private readonly KeySpace _keys;
    private readonly int _payloadLength;
    private readonly byte[] _request;
    private readonly int _digits;
    private readonly int _token;
    private ulong _sumOfTokens;

    public KeyReader(EventLoop loop, IPEndPoint server, string stream, KeySpace keys, int payloadLength)
        : base(loop, server)
    {
        _keys = keys;
        _payloadLength = payloadLength;
        var subject = $"$JS.API.DIRECT.GET.{stream}.{keys.Subject(0)}";
        _request = Encoding.ASCII.GetBytes($"PUB {subject} {Inbox}00000000 0\r\n\r\n");
        _digits = 4 + subject.Length - KeySpace.Digits;
        _token = $"PUB {subject} {Inbox}".Length;
    }

    public static string InboxWildcard => Inbox + "*";

    public long Received { get; private set; }

    public long Sent { get; private set; }

    public bool IsStopping { get; set; }

    /// <summary>Every request had exactly one answer.</summary>
    public bool IsComplete => Received == Sent && _sumOfTokens == ((ulong)Sent * (ulong)(Sent - 1)) / 2;

    public void Ask(int count)
    {
        for (var i = 0; i < count; i++)
        {
            fixed (byte* request = _request)
            {
                KeySpace.Write(request + _digits, _keys.Scattered(Sent));
                Digits.WriteHex(request + _token, (uint)Sent);
            }

            Append(_request);
            Sent++;
        }

        Flush();
    }

    protected override int Consume(byte* data, int length)
    {
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
            var payload = data + offset + line + 1 + size - _payloadLength;
            var token = Token(rest[("HMSG "u8.Length + Inbox.Length)..]);
            if (size < _payloadLength || Payload.Sequence(payload) != _keys.Scattered(token)) throw new VerificationException($"a get was answered: {Quote(rest)}");
            _sumOfTokens += token;
            Received++;
            offset += line + 1 + size + 2;
        }

        if (!IsStopping && Received > before) Ask((int)(Received - before));
        return offset;
    }

    private static uint Token(ReadOnlySpan<byte> digits)
    {
        var token = 0u;
        for (var i = 0; i < 8; i++) token = (token << 4) + (uint)(digits[i] <= '9' ? digits[i] - '0' : digits[i] - 'a' + 10);
        return token;
    }
}
