using System.Globalization;
using System.Net;
using System.Text;

namespace NATS.Server.Bench.Load.JetStream;

/// <summary>Asks for messages in batches: the next batch when few enough of the last are outstanding. Loop thread only.</summary>
internal sealed class PullConsumer : StreamConsumer
{
    public const string Sid = "2";
    private static int _made;
    private readonly byte[] _request;
    private readonly int _batch;
    private readonly int _threshold;

    /// <summary>Connects.</summary>
    /// <param name="loop">Whose connection it is.</param>
    /// <param name="server">Where to.</param>
    /// <param name="stream">The stream.</param>
    /// <param name="consumer">The consumer's name.</param>
    /// <param name="payloadLength">Of every message.</param>
    /// <param name="batch">Messages per request.</param>
    /// <param name="threshold">Outstanding messages at which the next request goes out; 0: a fetch, which ends before the next begins.</param>
    /// <param name="acknowledges">Every message is acknowledged.</param>
    public PullConsumer(EventLoop loop, IPEndPoint server, string stream, string consumer, int payloadLength, int batch, int threshold, bool acknowledges)
        : base(loop, server, payloadLength, acknowledges)
    {
        _batch = batch;
        _threshold = threshold;
        var body = string.Create(CultureInfo.InvariantCulture, $"{{\"batch\":{batch},\"expires\":60000000000}}");
        Inbox = string.Create(CultureInfo.InvariantCulture, $"_INBOX.Fi0qTWqMvKxjzJtuvE.{Interlocked.Increment(ref _made)}");
        _request = Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"PUB $JS.API.CONSUMER.MSG.NEXT.{stream}.{consumer} {Inbox} {body.Length}\r\n{body}\r\n"));
    }

    /// <summary>Where the messages come; to be subscribed to.</summary>
    public string Inbox { get; }

    /// <summary>Messages that were asked for.</summary>
    public long Requested { get; private set; }

    /// <summary>Set to ask no more; what was asked for still comes, as far as the stream has it.</summary>
    public bool IsStopping { get; set; }

    /// <summary>Messages of different streams arrive, or only some: no order is checked.</summary>
    public bool TakesAnyMessage { get; init; }

    /// <summary>Sends the first request.</summary>
    public void Start()
    {
        Renew();
        Flush();
    }

    protected override void OnReceived() => Renew();

    protected override void Verify(ReadOnlySpan<byte> line, long sequence)
    {
        if (!TakesAnyMessage) base.Verify(line, sequence);
    }

    protected override void OnStatus(ReadOnlySpan<byte> line, ReadOnlySpan<byte> message) =>
        throw new VerificationException($"a request ended: {Quote(message)}");

    private void Renew()
    {
        while (!IsStopping && Requested - Received <= _threshold)
        {
            Requested += _batch;
            Append(_request);
        }
    }
}
