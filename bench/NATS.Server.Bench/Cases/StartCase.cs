using NATS.Server.Bench.Measurement;
using NATS.Server.Bench.Pairs;

namespace NATS.Server.Bench.Cases;

/// <summary>Time from starting the process to its line about listening, and the resident set of a server that has done nothing.</summary>
internal sealed record StartCase(string Name, string Title) : BenchCase(Name, Title)
{
    private static readonly TimeSpan SettleLimit = TimeSpan.FromSeconds(1);

    public override bool NeedsFreshServer => true;

    public override RunResult Run(ServerProcess server, TimeSpan duration)
    {
        server.Meter.Settle(SettleLimit);
        return new RunResult { StartMilliseconds = server.StartMilliseconds, ResidentMib = server.Meter.ResidentKib / 1024.0 };
    }
}
