using System.Globalization;
using System.Net;
using System.Net.Sockets;
using NATS.Server.Bench.Cases;
using NATS.Server.Bench.Cases.JetStream;
using NATS.Server.Bench.Load;
using NATS.Server.Bench.Load.JetStream;
using NATS.Server.Bench.Measurement;
using NATS.Server.Bench.Pairs;

namespace NATS.Server.Bench.Scrape;

/// <summary>
/// Puts very many connections, then very many streams, onto a server and measures what looking at them costs: the answer itself, and the messages that flow meanwhile. One
/// thread, and one that looks.
/// </summary>
internal sealed class ScrapeRunner(ScrapeOptions options, TextWriter output, CancellationToken stop)
{
    private const int InFlight = 64;

    // What Prometheus and its exporter do unless told otherwise.
    private const double UsualSeconds = 15;
    private const double Limit = 0.02;
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly TrafficCase _traffic = new("traffic", "1:1, 128 B");
    private readonly RequestCase _requests = new("requests", "request/reply, 1 in flight");
    private bool _isWithinLimit = true;

    /// <returns>The exit status: 0, 3 when looking at our server costs more than it may.</returns>
    public int Run()
    {
        output.WriteLine($"One look a second ({Interval.TotalSeconds / UsualSeconds:0.00} of the usual interval), runs of {options.Seconds} s, medians of {options.Rounds} pairs; loss: of messages 1:1, had there been a look every {UsualSeconds} s.");
        output.WriteLine();
        output.WriteLine("| server | path | MiB | ms | CPU ms | 1:1 quiet k/s | looked at | loss | request p50 µs | looked at | p99 | looked at | longest | looked at |");
        output.WriteLine("|---|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|");
        foreach (var (side, path) in ((Side, string)[])[(Side.Ours, options.Ours), (Side.Reference, options.Reference)])
        {
            if (path.Length == 0) continue;
            if (options.Connections > 0) WithServer(path, side, Connections);
            if (options.Streams > 0) WithServer(path, side, Streams);
        }

        output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"\nLess than {Limit:0 %} of messages lost by looking: {(options.Ours.Length == 0 ? "not measured" : _isWithinLimit ? "met" : "**MISSED**")}"));
        return _isWithinLimit ? 0 : 3;
    }

    private static void WithServer(string path, Side side, Action<ServerProcess, IPEndPoint, Side> steps)
    {
        var folder = Directory.CreateTempSubdirectory("nats-scrape-").FullName;
        try
        {
            var monitor = FreePort();
            var configuration = Path.Combine(folder, "server.conf");
            File.WriteAllText(
                configuration,
                $"http: \"{monitor}\"\nping_interval: \"1h\"\n"
                + (side == Side.Ours ? "metrics: true\n" : "")
                + JetStreamConfigurations.Relaxed.Replace(JetStreamConfigurations.StoreFolder, Path.Combine(folder, "store"), StringComparison.Ordinal));
            using var server = ServerProcess.Start(path, ["-c", configuration]);
            steps(server, monitor, side);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static IPEndPoint FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return (IPEndPoint)listener.LocalEndpoint;
    }

    private void Connections(ServerProcess server, IPEndPoint monitor, Side side)
    {
        using var loop = new EventLoop();
        for (var i = 0; i < options.Connections; i++)
        {
            var peer = new IdlePeer(loop, server.EndPoint);
            peer.Join();
            peer.Subscribe($"idle.{i.ToString(CultureInfo.InvariantCulture)}", "1");
        }

        TrafficRun.Synchronise(loop);
        if (side == Side.Ours) Measure(server, monitor, side, "/metrics");
        Measure(server, monitor, side, "/connz?limit=100000");
        Measure(server, monitor, side, "/connz?limit=100000&subs=1");
        Measure(server, monitor, side, "/subsz?subs=1&limit=100000");
        Measure(server, monitor, side, "/varz");
    }

    private void Streams(ServerProcess server, IPEndPoint monitor, Side side)
    {
        Ask(server, static i => ($"STREAM.CREATE.S{i}", $"{{\"name\":\"S{i}\",\"subjects\":[\"s.{i}.>\"]}}"));
        Ask(server, static i => ($"CONSUMER.CREATE.S{i}.C", $"{{\"stream_name\":\"S{i}\",\"config\":{{\"durable_name\":\"C\",\"name\":\"C\",\"ack_policy\":\"explicit\"}}}}"));
        if (side == Side.Ours) Measure(server, monitor, side, "/metrics");
        Measure(server, monitor, side, "/jsz");
        Measure(server, monitor, side, "/jsz?accounts=1&streams=1&consumers=1&config=1&limit=100000");
        Measure(server, monitor, side, "/healthz");
    }

    private void Ask(ServerProcess server, Func<int, (string Subject, string Body)> request)
    {
        using var loop = new EventLoop();
        var requests = new ApiRequests(loop, server.EndPoint, options.Streams, request);
        requests.Join();
        requests.Subscribe(ApiRequests.Inbox, ApiRequests.Sid);
        requests.Start(InFlight);
        while (!requests.IsDone)
        {
            stop.ThrowIfCancellationRequested();
            if (!loop.Poll((int)Patience.TotalMilliseconds)) throw new VerificationException($"{requests.Answered} of {options.Streams} requests were answered");
        }
    }

    private void Measure(ServerProcess server, IPEndPoint monitor, Side side, string path)
    {
        var answer = Answer(server, monitor, path, out var bytes, out var cpu);
        List<double> quiet = [], watched = [], losses = [];
        LatencySample quietRequests = new(), watchedRequests = new();
        var duration = TimeSpan.FromSeconds(options.Seconds);
        for (var round = 0; round < options.Rounds; round++)
        {
            stop.ThrowIfCancellationRequested();
            var without = _traffic.Run(server, duration).Rate;
            var with = Watched(monitor, path, () => _traffic.Run(server, duration), out var asked).Rate;
            quiet.Add(without);
            watched.Add(with);
            losses.Add((1 - (with / without)) * options.Seconds / Math.Max(1, asked) / UsualSeconds);
            quietRequests.Add(_requests.Run(server, duration));
            watchedRequests.Add(Watched(monitor, path, () => _requests.Run(server, duration), out _));
        }

        var loss = Median(losses);
        if (side == Side.Ours) _isWithinLimit &= loss < Limit;
        output.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"| {side} | {path} | {bytes / 1048576.0:0.00} | {answer:0.0} | {cpu:0.0} | {Median(quiet) / 1000:0} | {Median(watched) / 1000:0} | **{loss:0.00 %}** | {quietRequests.P50:0} | {watchedRequests.P50:0} | {quietRequests.P99:0} | {watchedRequests.P99:0} | {quietRequests.Longest:0} | {watchedRequests.Longest:0} |"));
    }

    private static RunResult Watched(IPEndPoint monitor, string path, Func<RunResult> run, out int asked)
    {
        var scraper = new Scraper(monitor, path, Interval);
        try
        {
            return run();
        }
        finally
        {
            scraper.Dispose();
            asked = scraper.Asked;
        }
    }

    /// <summary>The answer of a server that does nothing else.</summary>
    /// <returns>Milliseconds, the median of some.</returns>
    private double Answer(ServerProcess server, IPEndPoint monitor, string path, out long bytes, out double cpu)
    {
        const int Warmups = 30;
        using var scraper = new Scraper(monitor, path);
        for (var i = 0; i < Warmups; i++) scraper.Ask();
        List<double> times = [], costs = [];
        for (var i = 0; i < options.Rounds; i++)
        {
            var before = server.Meter.CpuSeconds;
            times.Add(scraper.Ask().TotalMilliseconds);
            costs.Add((server.Meter.CpuSeconds - before) * 1000);
        }

        (bytes, cpu) = (scraper.Length, Median(costs));
        return Median(times);
    }

    private static double Median(List<double> values)
    {
        values.Sort();
        return values[values.Count / 2];
    }

    /// <summary>Latencies of several runs.</summary>
    private sealed class LatencySample
    {
        private readonly List<double> _p50 = [];
        private readonly List<double> _p99 = [];

        public double P50 => Median(_p50);

        public double P99 => Median(_p99);

        public double Longest { get; private set; }

        public void Add(RunResult result)
        {
            _p50.Add(result.P50Microseconds);
            _p99.Add(result.P99Microseconds);
            Longest = Math.Max(Longest, result.LongestMicroseconds);
        }
    }
}
