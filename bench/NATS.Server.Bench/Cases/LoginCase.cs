using System.Diagnostics;
using NATS.Server.Bench.Load;
using NATS.Server.Bench.Measurement;
using NATS.Server.Bench.Pairs;

namespace NATS.Server.Bench.Cases;

/// <summary>Clients that connect, sign, log in with a key, and leave: counts and times logins.</summary>
internal sealed record LoginCase(string Name, string Title) : BenchCase(Name, Title)
{
    /// <summary>A user for connections that do not log in, and one with a key.</summary>
    public static string Users => $"no_auth_user: quiet\nauthorization {{ users: [ {{ user: quiet, password: quiet }}, {{ nkey: {LoginWorker.PublicKey} }} ] }}\n";

    /// <summary>Clients that log in at the same time.</summary>
    public int Workers { get; init; } = 4;

    public override RunResult Run(ServerProcess server, TimeSpan duration)
    {
        var serverCpu = server.Meter.CpuSeconds;
        var generatorCpu = ProcessMeter.Own.CpuSeconds;
        var start = Stopwatch.GetTimestamp();
        using var storm = new LoginStorm(server.EndPoint, Workers);
        Thread.Sleep(duration);
        storm.Stop();
        var elapsed = Stopwatch.GetElapsedTime(start);
        return new RunResult
        {
            Messages = storm.Workers.Sum(static worker => worker.Logins),
            Seconds = elapsed.TotalSeconds,
            ServerCpuSeconds = server.Meter.CpuSeconds - serverCpu,
            GeneratorCpuSeconds = ProcessMeter.Own.CpuSeconds - generatorCpu,
            P50Microseconds = storm.Workers[0].Latencies.Microseconds(0.5),
            P99Microseconds = storm.Workers[0].Latencies.Microseconds(0.99),
            ResidentMib = server.Meter.ResidentKib / 1024.0,
        };
    }
}

/// <summary>Requests of clients that are connected, first in quiet, then while others log in all the time: what the logins do to their latency.</summary>
internal sealed record LoginStormCase(string Name, string Title) : BenchCase(Name, Title)
{
    /// <summary>Clients that log in at the same time.</summary>
    public int Workers { get; init; } = 2;

    public override RunResult Run(ServerProcess server, TimeSpan duration)
    {
        var requests = new RequestCase(Name, Title);
        var quiet = requests.Run(server, duration);
        using var storm = new LoginStorm(server.EndPoint, Workers);
        var stormy = requests.Run(server, duration);
        storm.Stop();
        return stormy with { P99Growth = stormy.P99Microseconds / quiet.P99Microseconds };
    }
}
