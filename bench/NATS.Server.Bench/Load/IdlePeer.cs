using System.Net;

namespace NATS.Server.Bench.Load;

/// <summary>A connection that does nothing but answer pings; also one that stops reading, if it never joins the loop. Loop thread only.</summary>
internal sealed unsafe class IdlePeer(EventLoop loop, IPEndPoint server) : Peer(loop, server)
{
    protected override int Consume(byte* data, int length)
    {
        var offset = 0;
        while (true)
        {
            var taken = ConsumeControl(data + offset, length - offset, deliveryLength: 1);
            if (taken == 0)
            {
                return offset;
            }

            offset += taken;
        }
    }
}
