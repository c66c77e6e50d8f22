using System.Net;

namespace NATS.Server.Bench.Load;

/// <summary>Answers every request at once. Loop thread only.</summary>
internal sealed class Responder(EventLoop loop, IPEndPoint server, RequestFrames frames, int inFlight)
    : ExchangePeer(loop, server, frames.DeliveredRequest, frames.DeliveredRequestToken, frames.Reply, frames.ReplyToken, inFlight), IResponder
{
    protected override void OnReceived(long first, int count) => SendNext(count);
}
