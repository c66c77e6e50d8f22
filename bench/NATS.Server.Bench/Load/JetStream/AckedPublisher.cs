using System.Net;
using System.Text;

namespace NATS.Server.Bench.Load.JetStream;

/// <summary>
/// Publishes to a stream, each message with a reply subject of its own, and checks every acknowledgement: its message, that it says no error, and that
/// sequences grow. Loop thread only.
/// </summary>
internal unsafe class AckedPublisher : Publisher
{
    public const string Sid = "1";

    private readonly byte[] _due;
    private readonly int _token;
    private readonly int _dueToken;
    private long _lastSequence;

    /// <summary>Connects.</summary>
    /// <param name="loop">Whose connection it is.</param>
    /// <param name="server">Where to.</param>
    /// <param name="subject">Where the messages go.</param>
    /// <param name="payloadLength">Of every message.</param>
    /// <param name="number">Which publisher it is: each has its own inbox.</param>
    /// <param name="window">Messages that may be without acknowledgement.</param>
    /// <param name="batch">Messages per send at most; 0: as many as let several sends fit into the window.</param>
    public AckedPublisher(EventLoop loop, IPEndPoint server, string subject, int payloadLength, int number, int window, int batch = 0)
        : base(loop, server, Frame.Publish($"{subject} {Inbox(number)}00000000", payloadLength, number), batch > 0 ? batch : Math.Max(1, window / 4))
    {
        Window = window;
        _token = $"PUB {subject} {Inbox(number)}".Length;
        _due = Encoding.ASCII.GetBytes($"MSG {Inbox(number)}00000000 {Sid} ");
        _dueToken = _due.Length - Sid.Length - 10;
        InboxWildcard = Inbox(number) + "*";
    }

    public int Window { get; }

    public string InboxWildcard { get; }

    /// <summary>Messages that were acknowledged.</summary>
    public long Acked { get; private set; }

    /// <summary>Messages that may be published now.</summary>
    public long Allowance => Window - (Published - Acked);

    protected override void Stamp(byte* frames, int count, long firstSequence)
    {
        base.Stamp(frames, count, firstSequence);
        var token = frames + _token;
        for (var i = 0; i < count; i++)
        {
            Digits.WriteHex(token, (uint)(firstSequence + i));
            token += FrameLength;
        }
    }

    protected override int Consume(byte* data, int length)
    {
        var offset = 0;
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
            Verify(rest[..(line + 1)], rest.Slice(line + 1, size));
            offset += line + 1 + size + 2;
            Acked++;
        }

        return offset;
    }

    private static string Inbox(int number) => $"_INBOX.Fi0qTWqMvKxjzJtuvE{number:0000}.";

    private void Verify(ReadOnlySpan<byte> line, ReadOnlySpan<byte> answer)
    {
        fixed (byte* due = _due) Digits.WriteHex(due + _dueToken, (uint)Acked);
        if (!line.StartsWith(_due)) throw new VerificationException($"due: {Quote(_due)} arrived: {Quote(line)}");
        var at = answer.IndexOf("\"seq\":"u8);
        if (at < 0 || !answer.StartsWith("{\"stream\":"u8) || answer[^1] != '}') throw new VerificationException($"a message was not stored: {Quote(answer)}");
        var sequence = DeliveryLine.Number(answer[(at + 6)..]);
        if (sequence <= _lastSequence) throw new VerificationException($"sequence {sequence} was acknowledged after {_lastSequence}");
        _lastSequence = sequence;
    }
}
