using System.Diagnostics;
using NATS.Server.Bench.Load;
using NATS.Server.Bench.Load.JetStream;
using NATS.Server.Bench.Measurement;
using NATS.Server.Bench.Pairs;

namespace NATS.Server.Bench.Cases.JetStream;

/// <summary>Puts or gets of scattered keys of a key-value bucket that holds a value for each of them. Counts operations.</summary>
internal sealed record KeyCase(string Name, string Title) : BenchCase(Name, Title)
{
    private const string Stream = "KV_bench";
    private const int FillWindow = 4000;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    public int Size { get; init; } = 128;

    public int Keys { get; init; } = 1_000_000;

    /// <summary>Operations without an answer.</summary>
    public int InFlight { get; init; } = 64;

    public bool Gets { get; init; }

    private KeySpace Space => new("$KV.bench.k", Keys);

    public override RunResult Run(ServerProcess server, TimeSpan duration)
    {
        using var api = new JetStreamApi(server.EndPoint);
        Fill(api, server);
        return Gets ? Get(server, duration) : Put(api, server, duration);
    }

    private void Fill(JetStreamApi api, ServerProcess server)
    {
        if (api.Messages(Stream) == Keys) return;
        api.DeleteStream(Stream);
        api.CreateStream(
            Stream,
            "\"subjects\":[\"$KV.bench.>\"],\"storage\":\"file\",\"max_msgs_per_subject\":1,\"discard\":\"new\",\"allow_rollup_hdrs\":true,\"deny_delete\":true,\"allow_direct\":true");
        using var loop = new EventLoop();
        var publisher = Join(new KeyedPublisher(loop, server.EndPoint, Size, 0, FillWindow, Space) { IsSequential = true });
        new AckedRun(loop, [publisher]).Fill(Keys);
        var stored = api.Messages(Stream);
        if (stored != Keys) throw new VerificationException($"{Keys} keys were put, {stored} are stored");
        server.Meter.Settle(TimeSpan.FromSeconds(2));
    }

    private RunResult Put(JetStreamApi api, ServerProcess server, TimeSpan duration)
    {
        using var loop = new EventLoop();
        var publisher = Join(new KeyedPublisher(loop, server.EndPoint, Size, 1, InFlight, Space));
        var result = new AckedRun(loop, [publisher]).Measure(server.Meter, duration);
        var stored = api.Messages(Stream);
        return stored == Keys ? result : throw new VerificationException($"the bucket of {Keys} keys holds {stored} values after {publisher.Published} puts");
    }

    private RunResult Get(ServerProcess server, TimeSpan duration)
    {
        using var loop = new EventLoop();
        var reader = new KeyReader(loop, server.EndPoint, Stream, Space, Size);
        reader.Join();
        reader.Subscribe(KeyReader.InboxWildcard, KeyReader.Sid);
        TrafficRun.Synchronise(loop);
        var serverCpu = server.Meter.CpuSeconds;
        var generatorCpu = ProcessMeter.Own.CpuSeconds;
        var start = Stopwatch.GetTimestamp();
        reader.Ask(InFlight);
        while (reader.Received < reader.Sent)
        {
            reader.IsStopping |= Stopwatch.GetElapsedTime(start) >= duration;
            if (!loop.Poll((int)Patience.TotalMilliseconds)) throw new VerificationException($"{reader.Sent} keys were asked for, {reader.Received} answers came");
        }

        var elapsed = Stopwatch.GetElapsedTime(start);
        var result = new RunResult
        {
            Messages = reader.Received,
            Seconds = elapsed.TotalSeconds,
            ServerCpuSeconds = server.Meter.CpuSeconds - serverCpu,
            GeneratorCpuSeconds = ProcessMeter.Own.CpuSeconds - generatorCpu,
            ResidentMib = server.Meter.ResidentKib / 1024.0,
        };
        TrafficRun.Synchronise(loop);
        return reader.IsComplete ? result : throw new VerificationException($"{reader.Sent} keys were asked for, {reader.Received} answers came, not one each");
    }

    private static KeyedPublisher Join(KeyedPublisher publisher)
    {
        publisher.Join();
        publisher.Subscribe(publisher.InboxWildcard, AckedPublisher.Sid);
        return publisher;
    }
}
