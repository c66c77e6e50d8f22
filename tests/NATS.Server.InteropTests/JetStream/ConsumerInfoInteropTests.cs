using System.Globalization;
using System.Text.Json;
using NATS.Server.Core.JetStream.Consumers;
using NATS.Server.InteropTests.Storage;
using NATS.Server.Testing;
using Xunit;

namespace NATS.Server.InteropTests.JetStream;

/// <summary>Random lives of consumers: after each step the real server has to report the same of its consumer as ours remembers.</summary>
public sealed class ConsumerInfoInteropTests
{
    private const long Millisecond = 1_000_000;

    [Theory]
    [InlineData("explicit", 0, 1000, "", 1)]
    [InlineData("explicit", 2, 10, "", 2)]
    [InlineData("explicit", 3, 1000, "o.1", 3)]
    [InlineData("all", 0, 1000, "", 4)]
    [InlineData("all", 3, 20, "o.2", 5)]
    [InlineData("none", 0, 0, "", 6)]
    public async Task Consumers_report_what_the_reference_reports(string policy, int maxDeliver, int maxAckPending, string filter, int seed)
    {
        await using ServerProcess server = await ReferenceServer.StartAsync(new ServerProcessOptions { Config = "jetstream { store_dir: $FOLDER/js }" });
        await using JetStreamScript script = await JetStreamScript.ConnectAsync(server);
        await script.RequestAsync("$JS.API.STREAM.CREATE.S", """{"name":"S","subjects":["o.*"],"storage":"memory"}""");
        await script.RequestAsync(
            "$JS.API.CONSUMER.CREATE.S.C",
            string.Concat(
                "{\"stream_name\":\"S\",\"config\":{\"durable_name\":\"C\",\"ack_policy\":\"", policy, "\",\"ack_wait\":3600000000000",
                maxDeliver > 0 ? $",\"max_deliver\":{maxDeliver}" : "", maxAckPending > 0 ? $",\"max_ack_pending\":{maxAckPending}" : "", filter.Length > 0 ? $",\"filter_subject\":\"{filter}\"" : "", "}}"));
        var rules = new ConsumerRules
        {
            AckPolicy = policy switch { "explicit" => AckPolicy.Explicit, "all" => AckPolicy.All, _ => AckPolicy.None },
            AckWaitNs = 3_600_000 * Millisecond,
            MaxDeliver = maxDeliver,
            MaxAckPending = maxAckPending,
        };
        var ours = new SimulatedConsumer(rules, new PullRules(), subject => filter.Length == 0 || subject == filter);
        var random = new Random(seed);
        List<string> acks = [];
        for (int step = 0; step < 400; step++)
        {
            string done = "";
            switch (random.Next(10))
            {
                case < 3:
                    for (int i = random.Next(1, 4); i > 0; i--)
                    {
                        string subject = $"o.{random.Next(3)}";
                        await script.RequestAsync(subject, "x");
                        ours.Publish(subject);
                        done = "publish";
                    }

                    break;
                case < 6:
                    int before = ours.Sent.Count;
                    string reply = $"in.{step}";
                    string body = $"{{\"batch\":{random.Next(1, 5)},\"no_wait\":true}}";
                    ours.Pull(reply, body);
                    string[] expected = [.. ours.Sent.Skip(before).Where(sent => sent.Reply == reply).Select(static sent => sent.Text)];
                    List<string> actual = await script.PullAsync("S", "C", body, expected.Length);
                    Assert.Equal(expected.Select(Plain), actual.Select(Plain));
                    acks.AddRange(actual.Where(static text => text.StartsWith("$JS.ACK", StringComparison.Ordinal)));
                    done = "pull " + string.Join(' ', expected.Select(Plain));
                    break;
                default:
                    if (acks.Count == 0) break;
                    string ack = acks[random.Next(4) == 0 ? random.Next(acks.Count) : Math.Max(0, acks.Count - 1 - random.Next(5))];
                    string payload = random.Next(10) switch { < 5 => "+ACK", < 8 => "-NAK", < 9 => "+TERM", _ => "+WPI" };
                    await script.SendAsync(ack, payload);
                    ours.Acknowledge(ack, payload);
                    done = $"{payload} {Plain(ack)}";
                    break;
            }

            await CompareAsync(script, ours, maxDeliver, $"step {step}: {done}");
        }
    }

    [Theory]
    [InlineData("reset", "fetch 5", "ack 1", "ack 3", "reset ", "fetch 2", "reset 4", "fetch 1", "ack 4")]
    [InlineData("purge everything", "fetch 5", "ack 3", "purge ", "fetch 1", "publish 3", "fetch 2", "ack 11")]
    [InlineData("purge in the middle", "fetch 5", "ack 3", "purge 4", "ack 4", "ack 5", "purge 8", "fetch 1", "ack 8")]
    [InlineData("purge what is queued", "fetch 4", "nak 2", "nak 1", "purge 8", "fetch 1")]
    [InlineData("deletions", "fetch 5", "delete 1", "delete 3", "ack 2", "delete 5", "ack 4", "delete 8", "fetch 4", "delete 6", "delete 7", "ack 9")]
    [InlineData("deletion of what is queued", "fetch 3", "nak 1", "nak 2", "delete 1", "fetch 1", "ack 2", "ack 3")]
    [InlineData("nothing left", "fetch 10", "ack 10", "ack 1", "ack 2", "nak 9", "fetch 1", "ack 9", "term 3", "ack 4", "ack 5", "ack 6", "ack 7", "ack 8")]
    public async Task Consumers_follow_their_stream_as_the_reference_does(string name, params string[] steps)
    {
        await using ServerProcess server = await ReferenceServer.StartAsync(new ServerProcessOptions { Config = "jetstream { store_dir: $FOLDER/js }" });
        await using JetStreamScript script = await JetStreamScript.ConnectAsync(server);
        await script.RequestAsync("$JS.API.STREAM.CREATE.S", """{"name":"S","subjects":["o.*"],"storage":"memory"}""");
        await script.RequestAsync("$JS.API.CONSUMER.CREATE.S.C", """{"stream_name":"S","config":{"durable_name":"C","ack_policy":"explicit"}}""");
        var ours = new SimulatedConsumer(new ConsumerRules { AckWaitNs = 30_000 * Millisecond, MaxAckPending = 1000 }, new PullRules());
        await PublishAsync(script, ours, 10);
        Dictionary<string, string> acks = new(StringComparer.Ordinal);
        foreach (string step in steps)
        {
            string[] words = step.Split(' ');
            ulong number = words[1].Length == 0 ? 0 : ulong.Parse(words[1], CultureInfo.InvariantCulture);
            switch (words[0])
            {
                case "publish": await PublishAsync(script, ours, (int)number); break;
                case "fetch":
                    int before = ours.Sent.Count;
                    ours.Pull(step, $"{{\"batch\":{number},\"no_wait\":true}}");
                    string[] expected = [.. ours.Sent.Skip(before).Select(static sent => sent.Text)];
                    List<string> actual = await script.PullAsync("S", "C", $"{{\"batch\":{number},\"no_wait\":true}}", expected.Length);
                    Assert.Equal(expected.Select(Plain), actual.Select(Plain));
                    foreach (string ack in actual.Where(static text => text.StartsWith("$JS", StringComparison.Ordinal))) acks[ack.Split('.')[5]] = ack;
                    break;
                case "ack" or "nak" or "term":
                    string payload = words[0] switch { "ack" => "+ACK", "nak" => "-NAK", _ => "+TERM" };
                    await script.SendAsync(acks[words[1]], payload);
                    ours.Acknowledge(acks[words[1]], payload);
                    break;
                case "delete":
                    await script.RequestAsync("$JS.API.STREAM.MSG.DELETE.S", $"{{\"seq\":{number}}}");
                    ours.Remove(number);
                    break;
                case "purge":
                    await script.RequestAsync("$JS.API.STREAM.PURGE.S", number == 0 ? "" : $"{{\"seq\":{number}}}");
                    ours.Purge(number);
                    break;
                default:
                    JsonElement answer = await script.RequestAsync("$JS.API.CONSUMER.RESET.S.C", number == 0 ? "" : $"{{\"seq\":{number}}}");
                    ulong to = number == 0 ? ours.State.SettledSequence + 1 : number;
                    Assert.Equal(answer.GetProperty("reset_seq").GetUInt64(), to);
                    ours.State.Reset(to);
                    break;
            }

            await CompareAsync(script, ours, 0, $"{name}: {step}");
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public async Task Messages_are_given_up_when_the_reference_gives_them_up(int maxDeliver)
    {
        const long wait = 1500 * Millisecond;
        await using ServerProcess server = await ReferenceServer.StartAsync(new ServerProcessOptions { Config = "jetstream { store_dir: $FOLDER/js }" });
        await using JetStreamScript script = await JetStreamScript.ConnectAsync(server);
        await script.RequestAsync("$JS.API.STREAM.CREATE.S", """{"name":"S","subjects":["o.*"],"storage":"memory"}""");
        await script.RequestAsync("$JS.API.CONSUMER.CREATE.S.C", $"{{\"stream_name\":\"S\",\"config\":{{\"durable_name\":\"C\",\"ack_policy\":\"explicit\",\"ack_wait\":{wait},\"max_deliver\":{maxDeliver}}}}}");
        var ours = new SimulatedConsumer(new ConsumerRules { AckWaitNs = wait, MaxAckPending = 1000, MaxDeliver = maxDeliver }, new PullRules());
        await PublishAsync(script, ours, 2);
        for (int delivery = 1; delivery <= maxDeliver; delivery++)
        {
            int before = ours.Sent.Count;
            ours.Pull($"in.{delivery}", """{"batch":2,"expires":10000000000}""");
            Task<List<string>> told = script.PullAsync("S", "C", """{"batch":2,"expires":10000000000}""", 2);
            Assert.Equal(ours.Sent.Skip(before).Select(static sent => Plain(sent.Text)), (await told).Select(Plain));
            ours.Wait(wait + (50 * Millisecond));
        }

        // Given up at the end of the wait or, as here, when they would be delivered once more: a pull waits for that.
        await using JetStreamScript other = await JetStreamScript.ConnectAsync(server);
        int count = ours.Sent.Count;
        ours.Pull("last", "1");
        Task<List<string>> waiting = script.PullAsync("S", "C", "1", 1);
        await CompareAsync(other, ours, maxDeliver, "after the last wait", TimeSpan.FromSeconds(10));
        await PublishAsync(other, ours, 1);
        List<string> last = await waiting;
        Assert.Equal(Plain(ours.Sent[count].Text), Plain(last[0]));
        await script.SendAsync(last[0], "+ACK");
        ours.Acknowledge(last[0], "+ACK");
        await CompareAsync(script, ours, maxDeliver, "after another message");
    }

    private static async Task PublishAsync(JetStreamScript script, SimulatedConsumer ours, int count)
    {
        for (int i = 0; i < count; i++)
        {
            await script.RequestAsync($"o.{i % 3}", "x");
            ours.Publish($"o.{i % 3}");
        }
    }

    // Acknowledgements are handled by and by.
    private static async Task CompareAsync(JetStreamScript script, SimulatedConsumer ours, int maxDeliver, string where, TimeSpan? limit = null)
    {
        string expected = "";
        string actual = Show(ours.State.Delivered, ours.State.AckFloor, ours.State.PendingCount, maxDeliver == 1 ? 0 : ours.State.RedeliveredCount, (long)ours.Pending);
        long start = System.Diagnostics.Stopwatch.GetTimestamp();
        while (expected != actual && System.Diagnostics.Stopwatch.GetElapsedTime(start) < (limit ?? TimeSpan.FromSeconds(3)))
        {
            JsonElement info = await script.RequestAsync("$JS.API.CONSUMER.INFO.S.C", "");
            expected = Show(PairOf(info.GetProperty("delivered")), PairOf(info.GetProperty("ack_floor")), info.GetProperty("num_ack_pending").GetInt32(), info.GetProperty("num_redelivered").GetInt32(), info.GetProperty("num_pending").GetInt64());
        }

        Assert.True(expected == actual, $"{where}\nours      {actual}\nreference {expected}");
    }

    private static SequencePair PairOf(JsonElement pair) => new(pair.GetProperty("consumer_seq").GetUInt64(), pair.GetProperty("stream_seq").GetUInt64());

    private static string Show(SequencePair delivered, SequencePair floor, int pending, int redelivered, long left) =>
        string.Create(CultureInfo.InvariantCulture, $"delivered {delivered.Consumer}/{delivered.Stream}, floor {floor.Consumer}/{floor.Stream}, {pending} pending, {redelivered} redelivered, {left} left");

    private static string Plain(string text)
    {
        if (!text.StartsWith("$JS.ACK", StringComparison.Ordinal)) return text;
        string[] tokens = text.Split('.');
        return $"[{tokens[4]} {tokens[5]} {tokens[6]} {tokens[8]}]";
    }
}
