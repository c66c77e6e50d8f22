using NATS.Server.Bench.Load;
using NATS.Server.Bench.Measurement;
using NATS.Server.Bench.Pairs;

namespace NATS.Server.Bench.Cases;

/// <summary>Connections that do nothing, on a server that has served nothing else: growth of its resident set per connection.</summary>
internal sealed record IdleCase(string Name, string Title) : BenchCase(Name, Title)
{
    private static readonly TimeSpan SettleLimit = TimeSpan.FromSeconds(1);

    public int Connections { get; init; } = 5000;

    public override bool NeedsFreshServer => true;

    public override RunResult Run(ServerProcess server, TimeSpan duration)
    {
        using var loop = new EventLoop();
        var first = new IdlePeer(loop, server.EndPoint);
        first.Join();
        TrafficRun.Synchronise(loop);
        server.Meter.Settle(SettleLimit);
        var before = server.Meter.ResidentKib;
        for (var i = 0; i < Connections; i++)
        {
            new IdlePeer(loop, server.EndPoint).Join();
        }

        TrafficRun.Synchronise(loop);
        server.Meter.Settle(SettleLimit);
        var after = server.Meter.ResidentKib;
        return new RunResult { KibPerConnection = (double)(after - before) / Connections, ResidentMib = after / 1024.0 };
    }
}
