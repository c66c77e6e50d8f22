using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using NATS.Server.Core.JetStream.Consumers;
using NATS.Server.InteropTests.Storage;
using NATS.Server.Testing;
using Xunit;

namespace NATS.Server.InteropTests.JetStream;

/// <summary>Scripts of pull requests, played to the real server and to ours: each request has to hear the same.</summary>
public sealed partial class PullInteropTests
{
    private const long Millisecond = 1_000_000;

    // pull NAME BODY · pub N · ack NAME INDEX PAYLOAD (of a message that the request has got) · wait MILLISECONDS (ours; the reference until it has said as much) ·
    // unpinned MILLISECONDS (ours; the reference until it says so) · delete
    public static TheoryData<string, string, string[]> Scripts => new()
    {
        { "bodies", "", [.. Bodies.SelectMany(static (body, i) => new[] { $"pull p{i} {body}" })] },
        { "bodies with messages", "", ["pub 60", .. Bodies.SelectMany(static (body, i) => new[] { $"pull p{i} {body}" })] },
        { "limits", """ "max_batch":5,"max_expires":2500000000,"max_bytes":100 """, ["pull a {\"batch\":6}", "pull b {\"batch\":1,\"expires\":3000000000}", "pull c {\"max_bytes\":200}", "pull d {\"max_bytes\":-1,\"batch\":5}", "pub 1"] },
        { "round-robin", "", ["pull a 3", "pull b 1", "pull c {\"batch\":2}", "pub 2", "pub 7", "pull d 4"] },
        { "max waiting", """ "max_waiting":2 """, ["pull a 1", "pull b 1", "pull c 1", "pull d {\"batch\":1,\"expires\":4000000000,\"idle_heartbeat\":1000000000}", "pub 3"] },
        {
            "bytes", "",
            [
                "pub 12", "pull a {\"batch\":10,\"max_bytes\":100}", "pull b {\"batch\":2,\"max_bytes\":1000}", "pull c {\"max_bytes\":5}", "pull d {\"batch\":9,\"max_bytes\":43}", "pull e {\"batch\":0,\"max_bytes\":500}",
                "pull f {\"batch\":2,\"max_bytes\":86}", "pull g {\"batch\":-3,\"max_bytes\":86}", "pull h {\"batch\":5,\"max_bytes\":87}",
            ]
        },
        {
            "priorities", """ "priority_groups":["g"],"priority_policy":"prioritized" """,
            [
                "pull p5 {\"batch\":2,\"group\":\"g\",\"priority\":5}", "pull p1 {\"batch\":2,\"group\":\"g\",\"priority\":1}", "pull p5b {\"batch\":3,\"group\":\"g\",\"priority\":5}", "pull p0 {\"batch\":2,\"group\":\"g\"}",
                "pull plain 2", "pull p9 {\"batch\":1,\"group\":\"g\",\"priority\":9}", "pub 5", "pull late {\"batch\":1,\"group\":\"g\",\"priority\":2}", "pub 10", "pull bad {\"batch\":1,\"group\":\"g\",\"priority\":10}",
                "pull other {\"batch\":1,\"group\":\"h\"}", "pull none {\"batch\":1}", "pull pending {\"batch\":1,\"group\":\"g\",\"min_pending\":1}", "pull pin {\"batch\":1,\"group\":\"g\",\"id\":\"x\"}",
            ]
        },
        {
            "overflow", """ "priority_groups":["g"],"priority_policy":"overflow" """,
            [
                "pull none {\"batch\":1,\"min_pending\":3}", "pull other {\"batch\":1,\"group\":\"h\"}", "pub 2", "pull mp {\"batch\":2,\"group\":\"g\",\"min_pending\":3}", "pull map {\"batch\":2,\"group\":\"g\",\"min_ack_pending\":2}",
                "pub 1", "pub 2", "pull free {\"batch\":1,\"group\":\"g\"}", "pull mp1 {\"batch\":1,\"group\":\"g\",\"min_pending\":1}", "pull plain 1", "pub 3", "pull both {\"batch\":2,\"group\":\"g\",\"min_pending\":9,\"min_ack_pending\":1}",
                "pull now {\"batch\":1,\"group\":\"g\",\"min_pending\":100,\"no_wait\":true}", "pub 4",
            ]
        },
        {
            "pin", """ "priority_groups":["g"],"priority_policy":"pinned_client","priority_timeout":4000000000 """,
            [
                "pull a {\"batch\":3,\"group\":\"g\"}", "pull b {\"batch\":2,\"group\":\"g\"}", "pub 2", "pull bad {\"batch\":1,\"group\":\"g\",\"id\":\"wrong\"}", "pull plain 1", "pull group {\"batch\":1}",
                "pull pinned {\"batch\":1,\"group\":\"g\",\"id\":\"PIN1\",\"no_wait\":true}", "pull other {\"batch\":1,\"group\":\"h\",\"id\":\"PIN1\"}", "unpinned 4100", "pull old {\"batch\":1,\"group\":\"g\",\"id\":\"PIN1\"}", "pub 4",
                "pull new {\"batch\":2,\"group\":\"g\",\"id\":\"PIN2\"}", "pub 3",
            ]
        },
        { "pin and bytes", """ "priority_groups":["g"],"priority_policy":"pinned_client","priority_timeout":60000000000 """, ["pull a {\"batch\":3,\"group\":\"g\",\"max_bytes\":5}", "pull b {\"batch\":2,\"group\":\"g\"}", "pub 3"] },
        { "no wait", """ "max_ack_pending":2 """, ["pub 4", "pull a {\"batch\":5,\"no_wait\":true}", "pull w1 {\"batch\":3,\"expires\":30000000000}", "pull n2 {\"batch\":1,\"no_wait\":true}", "ack a 0 +ACK", "ack a 1 -NAK", "ack w1 0 +ACK"] },
        { "no wait in an empty stream", "", ["pull a {\"batch\":5,\"no_wait\":true}", "pull b {\"batch\":5,\"no_wait\":true,\"expires\":30000000000}", "pub 2", "pull c {\"batch\":5,\"no_wait\":true,\"expires\":500000000}", "wait 900"] },
        { "no wait takes what is queued", "", ["pub 3", "pull a 3", "ack a 1 -NAK", "ack a 0 -NAK", "pull b {\"batch\":5,\"no_wait\":true}", "ack b 0 +TERM", "pull c {\"batch\":5,\"no_wait\":true}"] },
        { "expiry", "", ["pull a {\"batch\":2,\"expires\":700000000}", "pull b {\"batch\":2,\"expires\":60000000000}", "pub 1", "wait 1100", "pub 2"] },
        { "heartbeats", "", ["pull a {\"batch\":2,\"expires\":2900000000,\"idle_heartbeat\":1000000000}", "wait 3000"] },
        { "deleted", "", ["pull a 5", "pull b {\"batch\":3,\"max_bytes\":700}", "pub 1", "delete"] },
    };

    private static string[] Bodies { get; } =
    [
        "", "1", "0", "-1", "abc", " 5 ", "+5", "9999999999999999999", "[1]", "nul", "{}", "{", "{\"batch\":\"x\"}", "{\"batch\":1.5}", "{\"batch\":1e3}", "{\"expires\":\"1s\"}", "{\"no_wait\":1}", "{\"idle_heartbeat\":5}",
        "{\"expires\":10000000000,\"idle_heartbeat\":5000000001}", "{\"idle_heartbeat\":-5}", "{\"batch\":1}x", "{\"batch\":99999999999999999999}", "{\"group\":5}", "{\"priority\":\"x\"}", "{\"min_pending\":\"x\"}", "{\"id\":7}", "{\"max_bytes\":true}",
        "{\"a\":}", "{\"batch\":1,}", "{\"BATCH\":2,\"Expires\":30000000000}", "{batch:1}", "{\"priority\":10}", "{\"priority\":-1}", "{\"min_pending\":1}", "{\"min_ack_pending\":1}", "{\"id\":\"x\"}", "{\"id\":\"\"}", "{\"group\":\"g\"}",
        "{\"batch\":1,\"no_wait\":true}", "{\"batch\":null,\"no_wait\":true}", "{\"x\":\"\\q\"}", "{\"batch\":01}", "{\"batch\":-}", "{\"batch\":1.}", "{\"batch\":tru}", "{\"batch\":[1,2]}", "{\"batch\":{}}", "{\"batch\":true,\"expires\":\"x\"}",
        "{\"b\\u0061tch\":\"x\"}", "{\"batch\":2,\"batch\":1}", "{\"other\":{\"batch\":[7]},\"batch\":1}", "{\"expires\":-5}", "{\"batch\":3,\"expires\":-1,\"max_bytes\":10}", "{\"batch\":1,\"no_wait\":null}", "{\"group\":\"\\ud800\"}",
    ];

    [Theory]
    [MemberData(nameof(Scripts))]
    public async Task Requests_hear_what_the_reference_tells_them(string name, string consumer, string[] script)
    {
        await using ServerProcess server = await ReferenceServer.StartAsync(new ServerProcessOptions { Config = "jetstream { store_dir: $FOLDER/js }" });
        await using RawClient client = await RawClient.HandshakeAsync(server.Port, "CONNECT {\"verbose\":false,\"headers\":true}\r\n");
        await using JetStreamScript api = await JetStreamScript.ConnectAsync(server);
        await api.RequestAsync("$JS.API.STREAM.CREATE.S", """{"name":"S","subjects":["o"],"storage":"memory"}""");
        string config = string.Concat("{\"stream_name\":\"S\",\"config\":{\"durable_name\":\"C\",\"ack_policy\":\"explicit\"", consumer.Trim().Length > 0 ? "," + consumer : "", "}}");
        await api.RequestAsync("$JS.API.CONSUMER.CREATE.S.C", config);
        SimulatedConsumer ours = Simulate(consumer);
        var heard = new Heard(client);
        await heard.BeginAsync();
        foreach (string line in script)
        {
            string[] words = line.Split(' ', 3);
            switch (words[0])
            {
                case "pull":
                    string body = words.Length > 2 ? words[2] : "";
                    await heard.PullAsync(words[1], body);
                    ours.Pull(words[1], heard.Pins.Aggregate(body, static (text, pin) => text.Replace(pin.Key, pin.Value.Ours)));
                    break;
                case "pub":
                    for (int i = int.Parse(words[1], CultureInfo.InvariantCulture); i > 0; i--)
                    {
                        await api.RequestAsync("o", "x");
                        ours.Publish("o");
                        await heard.CatchUpAsync(ours);
                    }

                    break;
                case "ack":
                    string[] which = words[2].Split(' ', 2);
                    int index = int.Parse(which[0], CultureInfo.InvariantCulture);
                    await heard.AcknowledgeAsync(words[1], index, which[1]);
                    ours.Acknowledge(ours.Sent.Where(sent => sent.Reply == words[1] && sent.Text.StartsWith("$JS", StringComparison.Ordinal)).ElementAt(index).Text, which[1]);
                    break;
                case "wait":
                    ours.Wait(long.Parse(words[1], CultureInfo.InvariantCulture) * Millisecond);
                    break;
                case "unpinned":
                    ours.Wait(long.Parse(words[1], CultureInfo.InvariantCulture) * Millisecond);
                    await heard.UnpinnedAsync();
                    break;
                default:
                    await api.RequestAsync("$JS.API.CONSUMER.DELETE.S.C", "");
                    ours.Delete();
                    break;
            }

            await heard.CatchUpAsync(ours);
            heard.Compare(ours, $"{name}: {line}");
        }

        // Nothing comes behind what was expected.
        await api.AskAsync("$JS.API.CONSUMER.INFO.S.C", "");
        await client.PingAsync();
        heard.Compare(ours, $"{name}: the end");
    }

    private static SimulatedConsumer Simulate(string consumer)
    {
        long Number(string field) => Regex.Match(consumer, $"\"{field}\":(\\d+)", RegexOptions.None, TimeSpan.FromSeconds(1)) is { Success: true } match ? long.Parse(match.Groups[1].Value, CultureInfo.InvariantCulture) : 0;
        PriorityPolicy policy = consumer.Contains("prioritized") ? PriorityPolicy.Prioritized : consumer.Contains("overflow") ? PriorityPolicy.Overflow : consumer.Contains("pinned") ? PriorityPolicy.PinnedClient : PriorityPolicy.None;
        var rules = new ConsumerRules { AckWaitNs = 30_000 * Millisecond, MaxAckPending = Number("max_ack_pending") is > 0 and var most ? (int)most : 1000 };
        return new SimulatedConsumer(rules, new PullRules
        {
            Policy = policy,
            Groups = ["g"],
            PinTimeoutNs = Number("priority_timeout"),
            MaxWaiting = Number("max_waiting") is > 0 and var waiting ? (int)waiting : PullRules.DefaultMaxWaiting,
            MaxBatch = Number("max_batch"),
            MaxExpiresNs = Number("max_expires"),
            MaxBytes = Number("max_bytes"),
        });
    }

    [GeneratedRegex(@"Nats-Pin-Id: (?<pin>\S+)")]
    private static partial Regex Pin();

    /// <summary>What the reference has told each request, read without waiting for more than is expected.</summary>
    private sealed class Heard(RawClient client)
    {
        private const string Advisories = "900";
        private readonly List<string> _names = [];
        private int _unpinned;
        private readonly List<(string Reply, string Text)> _all = [];

        public Dictionary<string, (string Theirs, string Ours)> Pins { get; } = new(StringComparer.Ordinal);

        public Task BeginAsync() => client.SendAsync($"SUB $JS.EVENT.ADVISORY.CONSUMER.UNPINNED.> {Advisories}\r\n");

        public async Task PullAsync(string name, string body)
        {
            string theirs = Pins.Aggregate(body, static (text, pin) => text.Replace(pin.Key, pin.Value.Theirs));
            _names.Add(name);
            await client.SendAsync($"SUB in.{name} {_names.Count}\r\nPUB $JS.API.CONSUMER.MSG.NEXT.S.C in.{name} {Encoding.UTF8.GetByteCount(theirs)}\r\n{Encoding.Latin1.GetString(Encoding.UTF8.GetBytes(theirs))}\r\n");
        }

        public async Task AcknowledgeAsync(string name, int index, string payload)
        {
            string text = _all.Where(one => one.Reply == name && one.Text.Contains("$JS.ACK")).ElementAt(index).Text;
            string subject = text[text.IndexOf("$JS.ACK", StringComparison.Ordinal)..];
            await client.SendAsync($"PUB {subject} {payload.Length}\r\n{payload}\r\n");
        }

        public async Task UnpinnedAsync()
        {
            int before = _unpinned;
            long start = System.Diagnostics.Stopwatch.GetTimestamp();
            while (_unpinned == before)
            {
                Assert.True(System.Diagnostics.Stopwatch.GetElapsedTime(start) < Eventually.DefaultTimeout, "the pin was not freed");
                await client.PingAsync();
                Read();
            }
        }

        // Which of their pins is which of ours: they are seen in the same order.
        private void PairPins(SimulatedConsumer ours)
        {
            string[] mine = [.. ours.Sent.Select(static sent => Pin().Match(sent.Text)).Where(static match => match.Success).Select(static match => match.Groups["pin"].Value).Distinct()];
            for (int i = 1; i <= Math.Min(mine.Length, Pins.Count); i++) Pins[$"PIN{i}"] = (Pins[$"PIN{i}"].Theirs, mine[i - 1]);
        }

        // Reads until there is as much as ours has said, or nothing comes for long.
        public async Task CatchUpAsync(SimulatedConsumer ours)
        {
            long start = System.Diagnostics.Stopwatch.GetTimestamp();
            do
            {
                await client.PingAsync();
                Read();
            }
            while (_all.Count < ours.Sent.Count && System.Diagnostics.Stopwatch.GetElapsedTime(start) < TimeSpan.FromSeconds(10));
        }

        public void Compare(SimulatedConsumer ours, string where)
        {
            Read();
            PairPins(ours);
            foreach (string name in _names)
            {
                string[] expected = [.. _all.Where(one => one.Reply == name).Select(one => Plain(one.Text))];
                string[] actual = [.. ours.Sent.Where(one => one.Reply == name).Select(one => Plain(one.Text))];
                Assert.True(expected.SequenceEqual(actual, StringComparer.Ordinal), $"{where}: '{name}' hears\n{string.Join('\n', actual)}\nand from the reference\n{string.Join('\n', expected)}");
            }
        }

        // All frames that have arrived whole.
        private void Read()
        {
            string text = client.Received;
            _all.Clear();
            Pins.Clear();
            _unpinned = 0;
            int at = text.IndexOf("PONG\r\n", StringComparison.Ordinal) + 6;
            while (text.IndexOf("\r\n", at, StringComparison.Ordinal) is var end and >= 0)
            {
                string[] words = text[at..end].Split(' ');
                at = end + 2;
                if (words[0] is not ("MSG" or "HMSG")) continue;
                int total = int.Parse(words[^1], CultureInfo.InvariantCulture);
                int headers = words[0] == "HMSG" ? int.Parse(words[^2], CultureInfo.InvariantCulture) : 0;
                if (at + total + 2 > text.Length) return;
                if (words[2] == Advisories)
                {
                    _unpinned++;
                    at += total + 2;
                    continue;
                }

                string block = text.Substring(at, headers);
                at += total + 2;
                string reply = words.FirstOrDefault(static word => word.StartsWith("$JS.ACK", StringComparison.Ordinal)) ?? "";
                _all.Add((_names[int.Parse(words[2], CultureInfo.InvariantCulture) - 1], block + reply));
                if (Pin().Match(block) is { Success: true } pin) Note(pin.Groups["pin"].Value);
            }
        }

        private void Note(string pin)
        {
            if (Pins.Values.All(known => known.Theirs != pin)) Pins[$"PIN{Pins.Count + 1}"] = (pin, "not seen yet");
        }

        // Times of messages differ, pins do by their order only.
        private string Plain(string text)
        {
            foreach ((string name, (string theirs, string ours)) in Pins) text = text.Replace(theirs, name).Replace(ours, name);
            int ack = text.IndexOf("$JS.ACK", StringComparison.Ordinal);
            if (ack < 0) return text;
            string[] tokens = text[ack..].Split('.');
            return $"{text[..ack]}message {tokens[5]}, delivery {tokens[6]}, number {tokens[4]}, {tokens[8]} left";
        }
    }
}
