using System.Diagnostics;
using System.Net;
using NATS.Server.Bench.Measurement;

namespace NATS.Server.Bench.Load;

/// <summary>Keeps a number of requests in flight and takes the time of each. Loop thread only.</summary>
internal sealed class Requester(EventLoop loop, IPEndPoint server, RequestFrames frames, int inFlight, LatencyHistogram latencies, string user = "")
    : ExchangePeer(loop, server, frames.DeliveredReply, frames.DeliveredReplyToken, frames.Request, frames.RequestToken, inFlight, user)
{
    private readonly long[] _sentAt = new long[inFlight];

    /// <summary>Set to stop asking; what is in flight still comes home.</summary>
    public bool IsStopping { get; set; }

    public void Ask(int count)
    {
        var now = Stopwatch.GetTimestamp();
        for (var i = 0; i < count; i++)
        {
            _sentAt[(Sent + i) % _sentAt.Length] = now;
        }

        SendNext(count);
    }

    protected override void OnReceived(long first, int count)
    {
        var now = Stopwatch.GetTimestamp();
        for (var i = 0; i < count; i++)
        {
            latencies.Record(now - _sentAt[(first + i) % _sentAt.Length]);
        }

        if (!IsStopping)
        {
            Ask(count);
        }
    }
}
