using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using NATS.Server.Bench.Cases.JetStream;
using NATS.Server.Bench.Measurement;
using NATS.Server.Bench.Pairs;

namespace NATS.Server.Bench.Soak;

/// <summary>Puts a mixed load onto one server for a long time and judges: memory stays flat, nothing stands still, nothing is left over. One thread.</summary>
internal sealed class SoakRunner(SoakOptions options, TextWriter output, CancellationToken stop)
{
    /// <summary>What the later half may have more than the quarter before it.</summary>
    private const double AllowedGrowth = 1.15;
    private const double AllowedGrowthMib = 48;
    private static readonly TimeSpan ReposeTime = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan CleanUpLimit = TimeSpan.FromSeconds(30);

    private readonly List<string> _problems = [];
    private readonly List<double> _residentMib = [];

    /// <returns>The exit status: 0, 1 when something was wrong.</returns>
    public int Run()
    {
        if (options.Address is { } address)
        {
            Soak(address, options.ProcessId > 0 ? new ProcessMeter(options.ProcessId) : null, options.Monitor);
        }
        else
        {
            WithServer();
        }

        foreach (var problem in _problems) output.WriteLine($"FAILED: {problem}");
        output.WriteLine(_problems.Count == 0 ? "passed" : $"{_problems.Count} problems");
        return _problems.Count == 0 ? 0 : 1;
    }

    private void WithServer()
    {
        var folder = Directory.CreateTempSubdirectory("nats-soak-").FullName;
        try
        {
            var configuration = Path.Combine(folder, "server.conf");
            var port = FreePort();
            File.WriteAllText(
                configuration,
                JetStreamConfigurations.Default.Replace(JetStreamConfigurations.StoreFolder, Path.Combine(folder, "store"), StringComparison.Ordinal)
                + string.Create(CultureInfo.InvariantCulture, $"http: \"127.0.0.1:{port}\"\n"));
            using var server = ServerProcess.Start(options.Server, ["-c", configuration]);
            Soak(server.EndPoint, server.Meter, string.Create(CultureInfo.InvariantCulture, $"127.0.0.1:{port}"));
            if (_problems.Count > 0) output.WriteLine(server.LogTail());
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private void Soak(IPEndPoint server, ProcessMeter? meter, string monitor)
    {
        // What a server makes once, when it is first asked, is not left over.
        using (var first = new SoakLoad(server)) first.Clear();
        Thread.Sleep(ReposeTime);
        var before = Counts(monitor);
        using (var load = new SoakLoad(server))
        {
            try
            {
                Drive(load, meter);
                if (load.Finish() is { Length: > 0 } left) _problems.Add(left);
            }
            catch (VerificationException wrong)
            {
                _problems.Add(wrong.Message);
            }

            load.Clear();
        }

        JudgeMemory();
        JudgeLeftovers(monitor, before);
    }

    private void Drive(SoakLoad load, ProcessMeter? meter)
    {
        var start = Stopwatch.GetTimestamp();
        var (turnAt, lookAt) = (1.0, options.Interval);
        while (true)
        {
            stop.ThrowIfCancellationRequested();
            var seconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
            if (seconds >= options.Seconds) return;
            load.Step(seconds);
            if (seconds >= turnAt)
            {
                load.Turn();
                turnAt = Math.Floor(seconds) + 1;
            }

            if (seconds < lookAt) continue;
            lookAt += options.Interval;
            var resident = (meter?.ResidentKib ?? 0) / 1024.0;
            _residentMib.Add(resident);
            output.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"{seconds:0} s: {load.Published} published, {load.Consumed} consumed, {load.Read} read; resident {resident:0} MiB, CPU {meter?.CpuSeconds ?? 0:0.0} s"));
            if (load.Stuck(seconds) is not { Length: > 0 } stuck) continue;
            _problems.Add(stuck);
            return;
        }
    }

    // The first quarter fills caches and pools: the second is compared with the last.
    private void JudgeMemory()
    {
        if (_residentMib.Count < 8 || _residentMib[0] <= 0) return;
        var quarter = _residentMib.Count / 4;
        var early = Ratio.MedianOf(_residentMib.Skip(quarter).Take(quarter));
        var late = Ratio.MedianOf(_residentMib.TakeLast(quarter));
        output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"resident in the second quarter {early:0} MiB, in the last {late:0} MiB"));
        if (late > (early * AllowedGrowth) + AllowedGrowthMib) _problems.Add(string.Create(CultureInfo.InvariantCulture, $"memory grew from {early:0} to {late:0} MiB"));
    }

    private void JudgeLeftovers(string monitor, Dictionary<string, long> before)
    {
        if (before.Count == 0) return;
        var start = Stopwatch.GetTimestamp();
        while (true)
        {
            var after = Counts(monitor);
            var more = before.Where(each => after[each.Key] > each.Value).Select(each => $"{each.Key} {each.Value} before, {after[each.Key]} after").ToList();
            if (more.Count == 0) return;
            if (Stopwatch.GetElapsedTime(start) > CleanUpLimit)
            {
                _problems.Add("left over: " + string.Join(", ", more));
                return;
            }

            Thread.Sleep(200);
        }
    }

    /// <summary>What must be as many at the end as at the start; nothing without monitoring.</summary>
    private static Dictionary<string, long> Counts(string monitor)
    {
        if (monitor.Length == 0) return [];
        using var client = new HttpClient { BaseAddress = new Uri($"http://{monitor}/") };
        JsonElement Get(string page)
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, page);
            using var answer = client.Send(request);
            using var body = answer.Content.ReadAsStream();
            using var document = JsonDocument.Parse(body);
            return document.RootElement.Clone();
        }

        var variables = Get("varz");
        var streams = Get("jsz");
        return new Dictionary<string, long>(StringComparer.Ordinal)
        {
            ["connections"] = variables.GetProperty("connections").GetInt64(),
            ["subscriptions"] = variables.GetProperty("subscriptions").GetInt64(),
            ["streams"] = streams.GetProperty("streams").GetInt64(),
            ["consumers"] = streams.GetProperty("consumers").GetInt64(),
        };
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
