using System.Diagnostics;
using NATS.Server.Bench.Load;
using NATS.Server.Bench.Measurement;
using NATS.Server.Bench.Pairs;

namespace NATS.Server.Bench.Cases;

/// <summary>Requesters with a number of requests in flight each, one responder for each, a reply subject per request. Counts and times requests.</summary>
internal sealed record RequestCase(string Name, string Title) : BenchCase(Name, Title)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    public int Size { get; init; } = 128;

    /// <summary>Requests in flight per requester.</summary>
    public int InFlight { get; init; } = 1;

    public int Requesters { get; init; } = 1;

    /// <summary>The responders are in another account, whose service the requesters' account imports.</summary>
    public bool IsImported { get; init; }

    public override RunResult Run(ServerProcess server, TimeSpan duration)
    {
        using var loop = new EventLoop();
        var latencies = new LatencyHistogram();
        var responders = new List<IResponder>();
        var requesters = new List<Requester>();
        for (var i = 0; i < Requesters; i++)
        {
            var frames = new RequestFrames(Size, i);
            Peer responder = IsImported ? new ImportResponder(loop, server.EndPoint, frames, InFlight, "exporter") : new Responder(loop, server.EndPoint, frames, InFlight);
            responder.Join();
            responder.Subscribe(frames.Subject, RequestFrames.ServiceSid);
            responders.Add((IResponder)responder);
            var requester = new Requester(loop, server.EndPoint, frames, InFlight, latencies, IsImported ? "importer" : "");
            requester.Join();
            requester.Subscribe(frames.InboxWildcard, RequestFrames.InboxSid);
            requesters.Add(requester);
        }

        TrafficRun.Synchronise(loop);

        var serverCpu = server.Meter.CpuSeconds;
        var generatorCpu = ProcessMeter.Own.CpuSeconds;
        var start = Stopwatch.GetTimestamp();
        foreach (var requester in requesters)
        {
            requester.Ask(InFlight);
        }

        while (!requesters.TrueForAll(static requester => requester.Received == requester.Sent))
        {
            if (Stopwatch.GetElapsedTime(start) >= duration)
            {
                requesters.ForEach(static requester => requester.IsStopping = true);
            }

            if (!loop.Poll((int)Patience.TotalMilliseconds))
            {
                throw new VerificationException(Counts(requesters, responders));
            }
        }

        var elapsed = Stopwatch.GetElapsedTime(start);
        var result = new RunResult
        {
            Messages = requesters.Sum(static requester => requester.Received),
            Seconds = elapsed.TotalSeconds,
            ServerCpuSeconds = server.Meter.CpuSeconds - serverCpu,
            GeneratorCpuSeconds = ProcessMeter.Own.CpuSeconds - generatorCpu,
            P50Microseconds = latencies.Microseconds(0.5),
            P99Microseconds = latencies.Microseconds(0.99),
            LongestMicroseconds = latencies.Microseconds(1),
            ResidentMib = server.Meter.ResidentKib / 1024.0,
        };
        TrafficRun.Synchronise(loop);
        return responders.Sum(static responder => responder.Received) == requesters.Sum(static requester => requester.Sent)
            ? result
            : throw new VerificationException(Counts(requesters, responders));
    }

    private static string Counts(List<Requester> requesters, List<IResponder> responders) =>
        $"{requesters.Sum(static requester => requester.Sent)} requests were sent, {responders.Sum(static responder => responder.Received)} delivered, "
        + $"{requesters.Sum(static requester => requester.Received)} replies arrived";
}
