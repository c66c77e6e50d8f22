using System.Text;
using System.Text.RegularExpressions;
using NATS.Server.Core.JetStream.Streams;
using NATS.Server.JetStream.Engine;
using NATS.Server.JetStream.Storage;
using NATS.Server.Options;
using NATS.Server.Testing;
using NATS.Server.Testing.JetStream;
using Xunit;
using Stream = NATS.Server.JetStream.Streams.Stream;

namespace NATS.Server.InteropTests.JetStream;

/// <summary>What becomes of published messages, byte for byte as with the real server.</summary>
public sealed partial class PublishInteropTests
{
    public static TheoryData<string> Files => ["expectations.txt", "limits.txt", "rollups.txt", "counters.txt", "schedules.txt", "republish.txt", "atomic.txt", "fast.txt"];

    [Theory]
    [MemberData(nameof(Files))]
    public async Task The_rules_decide_as_the_real_server(string file) => await CompareRulesAsync(PublishScenario.Read(file));

    [Theory]
    [MemberData(nameof(Files))]
    public async Task Our_server_does_as_the_real_server(string file) => await CompareServersAsync(PublishScenario.Read(file));

    [Fact]
    public async Task Of_two_faults_the_same_one_is_told() => await CompareRulesAsync(TwoFaults());

    [Fact]
    public async Task Of_two_faults_our_server_tells_the_same_one() => await CompareServersAsync(TwoFaults());

    private static List<PublishScenario> TwoFaults()
    {
        string[] faults =
        [
            "Nats-Expected-Stream: T", "Nats-TTL: 60", "Nats-TTL: x", "Nats-Expected-Last-Sequence: 99", "Nats-Expected-Last-Subject-Sequence: 99", "Nats-Expected-Last-Subject-Sequence-Subject: s.b",
            "Nats-Schedule: nonsense", "Nats-Schedule: @every 1h", "Nats-Scheduler: s.b", "Nats-Schedule-Next: x", "Nats-Stream-Source: T 1", "Nats-Msg-Id: one", "Nats-Expected-Last-Msg-Id: two", "Nats-Rollup: x",
            "Nats-Rollup: sub", "Nats-Incr: x", "Nats-Incr: 1", "X: {{y*1000}}", "X: {{y*70000}}", "", "{{z*1000}}",
        ];
        List<PublishStep> steps = [PublishScenario.Parse("s.a | Nats-Msg-Id: one | Nats-Incr: 1")];
        for (int first = 0; first < faults.Length; first++)
        {
            for (int second = first + 1; second < faults.Length; second++)
            {
                string[] headers = [.. new[] { faults[first], faults[second] }.Where(static fault => fault.Contains(':', StringComparison.Ordinal)).Select(static fault => " | " + fault)];
                string payload = faults[second].StartsWith("{{z", StringComparison.Ordinal) ? " || " + faults[second] : "";
                steps.Add(PublishScenario.Parse($"s.a{string.Concat(headers)}{payload}"));
            }
        }

        string[] more =
        [
            "", ",\"max_msg_size\":500", ",\"max_msg_size\":500,\"allow_msg_ttl\":true,\"allow_rollup_hdrs\":true,\"allow_msg_schedules\":true", ",\"allow_msg_counter\":true", ",\"allow_msg_counter\":true,\"max_msg_size\":500",
            ",\"max_msgs\":1,\"discard\":\"new\"", ",\"retention\":\"interest\",\"max_msg_size\":500", ",\"storage\":\"memory\",\"deny_purge\":true",
        ];
        return [.. more.Select(fields => new PublishScenario(fields, $$"""{"name":"S","subjects":["s.>"]{{fields}}}""", steps))];
    }

    private static async Task CompareServersAsync(IReadOnlyList<PublishScenario> scenarios)
    {
        await using ServerProcess server = await ReferenceServer.StartAsync(new ServerProcessOptions { Arguments = ["-js", "-sd", "$FOLDER"], Config = PublishScript.Accounts(scenarios.Count) });
        using var folder = new TemporaryFolder();
        await using NatsServer ours = await NatsServer.StartAsync(new ServerOptions
        {
            Port = ServerOptions.RandomPort,
            JetStream = new JetStreamOptions { StoreDirectory = folder.Path, SyncInterval = TimeSpan.FromMinutes(2) },
        });
        Assert.True(ours.JetStream!.TryGetAccount("$G", out JetStreamAccount? account));
        List<string> wrong = [];
        for (int i = 0; i < scenarios.Count; i++)
        {
            PublishScenario scenario = scenarios[i];
            await using PublishScript script = await PublishScript.ConnectAsync(server, i);
            await using PublishScript ourScript = await PublishScript.ConnectAsync(ours.ClientEndPoint!.Port);
            Assert.Null(account.CreateStream(await ConfigOfAsync(script, scenario), out Stream? stream));
            int number = 0;
            foreach (PublishStep step in scenario.Steps)
            {
                (string expected, string actual) = step.Sequence > 0
                    ? (await script.LoadAsync(step.Sequence), Load(stream!.Store, step.Sequence))
                    : (Show(await script.PublishAsync(step)), Show(await ourScript.PublishAsync(step)));
                number++;
                if (expected != actual) wrong.Add($"{scenario.Name} #{number}: {step.Line}\n  reference: {expected}\n  we:        {actual}");
            }

            IReadOnlyList<string> abandoned = await ourScript.AbandonedAsync(0);
            Assert.Equal(await script.AbandonedAsync(abandoned.Count), abandoned);
            Assert.Null(account.DeleteStream(stream!));
        }

        Assert.True(wrong.Count == 0, string.Join('\n', wrong));
    }

    private static async Task<StreamConfig> ConfigOfAsync(PublishScript script, PublishScenario scenario)
    {
        string config = await script.BeginAsync(scenario);
        Assert.True(StreamConfigJson.TryReadRequest(Encoding.UTF8.GetBytes(config), isStrict: false, out StreamRequest request, out string? problem), problem);
        return request.Config;
    }

    private static async Task CompareRulesAsync(IReadOnlyList<PublishScenario> scenarios)
    {
        await using ServerProcess server = await ReferenceServer.StartAsync(new ServerProcessOptions { Arguments = ["-js", "-sd", "$FOLDER"], Config = PublishScript.Accounts(scenarios.Count) });
        List<string> wrong = [];
        for (int account = 0; account < scenarios.Count; account++)
        {
            PublishScenario scenario = scenarios[account];
            await using PublishScript script = await PublishScript.ConnectAsync(server, account);
            var stream = new SimulatedStream(await ConfigOfAsync(script, scenario)) { NowNs = Now() };
            int number = 0;
            List<string> abandoned = [];
            foreach (PublishStep step in scenario.Steps)
            {
                (string expected, string actual) = step.Sequence > 0
                    ? (await script.LoadAsync(step.Sequence), Load(stream.Store, step.Sequence))
                    : (Show(await script.PublishAsync(step)), Show(Publish(stream, step, abandoned)));
                number++;
                if (expected != actual) wrong.Add($"{scenario.Name} #{number}: {step.Line}\n  reference: {expected}\n  we:        {actual}");
            }

            Assert.Equal(abandoned, await script.AbandonedAsync(abandoned.Count));
        }

        Assert.True(wrong.Count == 0, string.Join('\n', wrong));
    }

    private static IEnumerable<PublishedAnswer> Publish(SimulatedStream stream, PublishStep step, List<string> abandoned)
    {
        IReadOnlyList<PublishedAnswer> answers = stream.Publish(step.Subject, step.Reply == "-" ? "" : step.Reply, step.Headers, step.Payload);
        abandoned.AddRange(answers.Where(static answer => answer.Subject == "abandoned").Select(static answer => answer.Text.ToLowerInvariant()));
        return answers.Where(static answer => answer.Subject != "abandoned");
    }

    private static string Load(IMessageStore store, ulong sequence) =>
        store.Load(sequence, out StoredMessage message) == StoreResult.Ok
            ? $"{Encoding.Latin1.GetString(message.Subject)}\n{Encoding.Latin1.GetString(message.Headers)}\n{Encoding.Latin1.GetString(message.Payload)}"
            : "none";

    // Times and ids differ.
    private static string Show(IEnumerable<PublishedAnswer> answers) =>
        Variable().Replace(string.Join(" & ", answers.Select(static answer => $"[{Automatic().Replace(answer.Subject, "auto")}] {answer.Text}")), "*");

    private static long Now() => (DateTime.UtcNow - DateTime.UnixEpoch).Ticks * TimeSpan.NanosecondsPerTick;

    [GeneratedRegex(@"(?<=Nats-Time-Stamp: )[^\r]+|(?<=""(id|timestamp)"":"")[^""]+", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Variable();

    [GeneratedRegex(@"^answers\.\d+$", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Automatic();
}
