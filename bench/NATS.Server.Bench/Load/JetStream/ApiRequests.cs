using System.Globalization;
using System.Net;
using System.Text;

namespace NATS.Server.Bench.Load.JetStream;

/// <summary>Sends many requests to the JetStream API with some in flight, and insists that each succeeds. Loop thread only.</summary>
/// <param name="loop">Whose connection it is.</param>
/// <param name="server">Where to.</param>
/// <param name="count">How many requests.</param>
/// <param name="request">Subject below <c>$JS.API.</c> and body of each.</param>
internal sealed unsafe class ApiRequests(EventLoop loop, IPEndPoint server, int count, Func<int, (string Subject, string Body)> request) : BufferedPeer(loop, server)
{
    public const string Inbox = "_INBOX.Fi0qTWqMvKxjzJtuvA";
    public const string Sid = "4";
    private int _sent;

    public int Answered { get; private set; }

    public bool IsDone => Answered == count;

    public void Start(int inFlight)
    {
        for (var i = 0; i < inFlight; i++) SendNext();
        Flush();
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
            var answer = rest.Slice(line + 1, size);
            if (rest[0] == 'H' || answer.IndexOf("\"error\":"u8) >= 0) throw new VerificationException($"a request was answered: {Encoding.Latin1.GetString(answer)}");
            Answered++;
            offset += line + 1 + size + 2;
            SendNext();
        }

        Flush();
        return offset;
    }

    private void SendNext()
    {
        if (_sent == count) return;
        var (subject, body) = request(_sent++);
        Append(Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"PUB $JS.API.{subject} {Inbox} {body.Length}\r\n{body}\r\n")));
    }
}
