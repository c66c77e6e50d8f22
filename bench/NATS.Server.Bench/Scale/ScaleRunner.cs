using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using NATS.Server.Bench.Cases.JetStream;
using NATS.Server.Bench.Load;
using NATS.Server.Bench.Load.JetStream;
using NATS.Server.Bench.Pairs;

namespace NATS.Server.Bench.Scale;

/// <summary>Puts very many streams and consumers, then very many subjects, onto one server each, and prints time, CPU and memory of every step. One thread.</summary>
internal sealed class ScaleRunner(ScaleOptions options, TextWriter output, CancellationToken stop)
{
    private const int InFlight = 64;
    private const double LimitMib = 4096;
    private static readonly TimeSpan SettleLimit = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    /// <returns>The exit status: 0, 3 when our server took more memory than it may.</returns>
    public int Run()
    {
        var isWithinLimit = true;
        output.WriteLine("| step | server | seconds | a second | CPU s | resident MiB | at most |");
        output.WriteLine("|---|---|--:|--:|--:|--:|--:|");
        foreach (var (side, path) in ((Side, string)[])[(Side.Ours, options.Ours), (Side.Reference, options.Reference)])
        {
            if (path.Length == 0) continue;
            var assets = WithServer(path, side, Assets);
            _ = WithServer(path, side, Subjects);
            if (side == Side.Ours) isWithinLimit = assets <= LimitMib;
        }

        output.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"\n{options.Streams} streams with {options.Consumers} consumers, created and idle, in {LimitMib:0} MiB: {(options.Ours.Length == 0 ? "not measured" : isWithinLimit ? "met" : "**MISSED**")}"));
        return isWithinLimit ? 0 : 3;
    }

    private static double WithServer(string path, Side side, Func<ServerProcess, Side, double> steps)
    {
        var folder = Directory.CreateTempSubdirectory("nats-scale-").FullName;
        try
        {
            var configuration = Path.Combine(folder, "server.conf");
            File.WriteAllText(configuration, JetStreamConfigurations.Relaxed.Replace(JetStreamConfigurations.StoreFolder, Path.Combine(folder, "store"), StringComparison.Ordinal));
            using var server = ServerProcess.Start(path, ["-c", configuration]);
            return steps(server, side);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    /// <summary>Streams with consumers; the last stream and its last consumer must work.</summary>
    /// <returns>MiB resident when all is idle.</returns>
    private double Assets(ServerProcess server, Side side)
    {
        var perStream = options.Consumers / options.Streams;
        Step(server, side, $"{options.Streams} streams", options.Streams, () => Ask(server, options.Streams, static i =>
            ($"STREAM.CREATE.S{i}", $"{{\"name\":\"S{i}\",\"subjects\":[\"s.{i}.>\"]}}")));
        Step(server, side, $"{options.Consumers} consumers", options.Consumers, () => Ask(server, perStream * options.Streams, i =>
            ($"CONSUMER.CREATE.S{i / perStream}.C{i % perStream}", $"{{\"stream_name\":\"S{i / perStream}\",\"config\":{{\"durable_name\":\"C{i % perStream}\",\"name\":\"C{i % perStream}\",\"ack_policy\":\"explicit\"}}}}")));
        using var api = new JetStreamApi(server.EndPoint);
        var used = Math.Min(1000, options.Streams);
        Step(server, side, $"a message for each of {used} streams", used, () =>
        {
            for (var i = 0; i < used; i++)
            {
                using var loop = new EventLoop();
                var publisher = new AckedPublisher(loop, server.EndPoint, $"s.{i * (options.Streams / used)}.x", 128, i, 1);
                publisher.Join();
                publisher.Subscribe(publisher.InboxWildcard, AckedPublisher.Sid);
                new AckedRun(loop, [publisher]).Fill(1);
            }
        });
        if (api.ConsumerFigure("S0", $"C{perStream - 1}", "num_pending") != 1) throw new VerificationException("a consumer does not see the message of its stream");
        using (var names = api.Ask("STREAM.NAMES", ""))
        {
            var total = names.RootElement.GetProperty("total").GetInt32();
            if (total != options.Streams) throw new VerificationException($"{options.Streams} streams were created, {total} are listed");
        }

        Step(server, side, "idle", 0, static () => { });
        return server.Meter.ResidentKib / 1024.0;
    }

    /// <summary>One stream with a message on each of its subjects; then what one does with a subject of it.</summary>
    private double Subjects(ServerProcess server, Side side)
    {
        const int size = 128;
        const string stream = "SUBJECTS";
        var keys = new KeySpace("t.", options.Subjects);
        using var api = new JetStreamApi(server.EndPoint);
        api.CreateStream(stream, "\"subjects\":[\"t.*\"],\"max_msgs_per_subject\":1,\"allow_direct\":true");
        Step(server, side, $"{options.Subjects} subjects", options.Subjects, () =>
        {
            using var loop = new EventLoop();
            var publisher = new KeyedPublisher(loop, server.EndPoint, size, 0, 4000, keys) { IsSequential = true };
            publisher.Join();
            publisher.Subscribe(publisher.InboxWildcard, AckedPublisher.Sid);
            new AckedRun(loop, [publisher]).Fill(options.Subjects);
        });
        Step(server, side, "info of one subject", 1, () => Expect(api, stream, "num_subjects", options.Subjects, $"{{\"subjects_filter\":\"{keys.Subject(42)}\"}}"));
        const int gets = 50_000;
        Step(server, side, $"{gets} gets of scattered subjects", gets, () => Get(server, stream, keys, size, gets));
        Step(server, side, "consumer of one subject", 1, () =>
        {
            api.CreateConsumer(stream, "ONE", $"\"ack_policy\":\"none\",\"filter_subject\":\"{keys.Subject(42)}\",\"inactive_threshold\":60000000000");
            if (api.ConsumerFigure(stream, "ONE", "num_pending") != 1) throw new VerificationException("a consumer does not find its subject");
        });
        Step(server, side, "consumer of the last of each subject", 1, () =>
        {
            api.CreateConsumer(stream, "LAST", "\"ack_policy\":\"none\",\"deliver_policy\":\"last_per_subject\",\"filter_subject\":\"t.*\",\"inactive_threshold\":60000000000");
            if (api.ConsumerFigure(stream, "LAST", "num_pending") != options.Subjects) throw new VerificationException("a consumer does not find all subjects");
        });
        Step(server, side, "purge of one subject", 1, () => api.Ask($"STREAM.PURGE.{stream}", $"{{\"filter\":\"{keys.Subject(42)}\"}}").Dispose());
        Expect(api, stream, "num_subjects", options.Subjects - 1, "");
        Step(server, side, "idle", 0, static () => { });
        return server.Meter.ResidentKib / 1024.0;
    }

    private static void Expect(JetStreamApi api, string stream, string field, long expected, string request)
    {
        using var info = api.Ask($"STREAM.INFO.{stream}", request);
        var found = info.RootElement.GetProperty("state").TryGetProperty(field, out JsonElement value) ? value.GetInt64() : 0;
        if (found != expected) throw new VerificationException($"{field} is {found} instead of {expected}");
    }

    private static void Get(ServerProcess server, string stream, KeySpace keys, int size, int count)
    {
        using var loop = new EventLoop();
        var reader = new KeyReader(loop, server.EndPoint, stream, keys, size);
        reader.Join();
        reader.Subscribe(KeyReader.InboxWildcard, KeyReader.Sid);
        reader.Ask(InFlight);
        while (reader.Received < reader.Sent)
        {
            reader.IsStopping |= reader.Sent >= count;
            if (!loop.Poll((int)Patience.TotalMilliseconds)) throw new VerificationException($"{reader.Sent} subjects were asked for, {reader.Received} answers came");
        }
    }

    private void Ask(ServerProcess server, int count, Func<int, (string Subject, string Body)> request)
    {
        using var loop = new EventLoop();
        var requests = new ApiRequests(loop, server.EndPoint, count, request);
        requests.Join();
        requests.Subscribe(ApiRequests.Inbox, ApiRequests.Sid);
        requests.Start(InFlight);
        while (!requests.IsDone)
        {
            stop.ThrowIfCancellationRequested();
            if (!loop.Poll((int)Patience.TotalMilliseconds)) throw new VerificationException($"{requests.Answered} of {count} requests were answered");
        }
    }

    private void Step(ServerProcess server, Side side, string name, int operations, Action action)
    {
        stop.ThrowIfCancellationRequested();
        var cpu = server.Meter.CpuSeconds;
        var start = Stopwatch.GetTimestamp();
        action();
        var seconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
        if (operations == 0) server.Meter.Settle(SettleLimit);
        var rate = operations > 0 ? (operations / seconds).ToString("0", CultureInfo.InvariantCulture) : "";
        output.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"| {name} | {side} | {seconds:0.00} | {rate} | {server.Meter.CpuSeconds - cpu:0.00} | {server.Meter.ResidentKib / 1024.0:0} | {server.Meter.PeakResidentKib / 1024.0:0} |"));
    }
}
