using System.Globalization;
using System.Text.Json;
using NATS.Server.JetStream.Engine;
using NATS.Server.Monitoring.Explaining;
using NATS.Server.Testing;
using Xunit;
using Stream = NATS.Server.JetStream.Streams.Stream;

namespace NATS.Server.ServerTests.Monitoring.Explaining;

/// <summary>
/// Where explain says that messages go, where traces of the same messages say that they went, and who got them. One server with accounts that map, import and
/// store is asked about many subjects.
/// </summary>
public sealed class ExplainedRoutesTests
{
    private const string Config = """
        jetstream { sync_interval: 2m }
        accounts {
          A {
            jetstream: enabled
            users: [
              { user: a, password: p }
              { user: limited, password: p, permissions: { publish: { allow: ["plain.>", "trace"] } } }
              { user: picky, password: p, permissions: { subscribe: { deny: ["plain.secret", "group.no q"] } } }
            ]
            mappings: {
              "old.*": "plain.$1"
              weighted: [ { destination: "plain.a", weight: 50 }, { destination: "group.x", weight: 50 } ]
              half: [ { destination: "plain.a", weight: 40 }, { destination: half, weight: 10 } ]
            }
            exports: [
              { stream: "news.>" }, { stream: literal }
              { service: "stored.service", allow_trace: true }
            ]
            imports: [
              { service: { account: B, subject: "ask.*" }, to: "please.*" }
              { service: { account: B, subject: silence } }
              { service: { account: C, subject: "chain.1" }, to: chain }
            ]
          }
          B {
            jetstream: enabled
            users: [ { user: b, password: p } ]
            mappings: { "ask.mapped": "answer.mapped" }
            exports: [ { service: "ask.*", allow_trace: true }, { service: silence, allow_trace: true }, { service: "chain.2", allow_trace: true }, { stream: "ask.*" } ]
            imports: [
              { stream: { account: A, subject: "news.>" }, prefix: of_a, allow_trace: true }
              { stream: { account: A, subject: literal }, to: renamed, allow_trace: true }
              { service: { account: A, subject: stored.service } }
            ]
          }
          C {
            users: [ { user: c, password: p } ]
            exports: [ { service: "chain.1", allow_trace: true } ]
            imports: [
              { service: { account: B, subject: chain.2 }, to: "chain.1" }
              { stream: { account: A, subject: "news.>" }, allow_trace: true }
              { stream: { account: B, subject: "ask.*" }, allow_trace: true }
            ]
          }
        }
        """;

    private static readonly string[] OfA =
    [
        "plain.a", "plain.secret", "plain.nobody.here", "old.a", "old.secret", "weighted", "half", "group.x", "group.no", "news.eu", "news.eu.today", "literal", "please.1", "please.mapped",
        "please.unknown", "silence", "chain", "stored.a", "stored.sealed", "stored.full", "stored.gone", "stored.service", "sub.transformed", "nothing.at.all", "$JS.API.INFO", "$JS.API.STREAM.INFO.STORED",
        "$JS.API.CONSUMER.MSG.NEXT.STORED.C", "$JS.API.CONSUMER.MSG.NEXT.STORED.NONE", "$JS.API.DIRECT.GET.STORED", "$JS.ACK.STORED.C.1.1.1.1.1", "$SYS.REQ.USER.INFO", "plain.*", "old.*", "a..b",
    ];

    [Fact]
    public async Task Messages_go_where_it_is_explained_and_where_traces_say()
    {
        await using ExplainedServer play = await ExplainedServer.StartAsync(Config);
        await using var people = await People.ComeAsync(play);

        // What is only traced is not drawn alike, and does not get as far as a store that is full.
        foreach (string subject in OfA) await CompareAsync(play, people, people.Publisher, subject, isTraced: subject is not ("half" or "weighted" or "stored.full"));
        foreach (string subject in (string[])["weighted", "half"])
        {
            // Each time another destination may be drawn.
            for (int i = 0; i < 10; i++) await CompareAsync(play, people, people.Publisher, subject, isTraced: false);
        }

        foreach (string subject in (string[])["plain.a", "group.x", "old.a", "weighted", "trace"]) await CompareAsync(play, people, people.Limited, subject, isTraced: false);
        foreach (string subject in (string[])["of_a.news.x", "ask.direct", "stored.service", "renamed", "local"]) await CompareAsync(play, people, people.OfB, subject, isTraced: true);
    }

    private static async Task CompareAsync(ExplainedServer play, People people, ExplainedClient publisher, string subject, bool isTraced)
    {
        Explanation answer = play.Route(subject, publisher.Cid, reply: true);
        var expected = ExpectedRoute.Of(answer);
        if (isTraced) Assert.Equal((subject, expected.Steps), (subject, await people.TraceAsync(publisher, subject)));
        Dictionary<string, ulong> before = people.StoredMessages();
        string said = await publisher.PublishAsync(subject, people.InboxOf(publisher));
        Dictionary<string, ulong> after = people.StoredMessages();
        string[] stored = [.. after.Where(stream => stream.Value != before[stream.Key]).Select(static stream => stream.Key).Order(StringComparer.Ordinal)];
        Dictionary<ulong, int> got = await people.TakeAsync();
        string what = $"{subject} of connection {publisher.Cid}: {answer.Verdict}: {answer.Summary} Got: {string.Join(", ", got)}; stored: {string.Join(", ", stored)}; said: {said}";
        Assert.True((answer.Verdict == "denied") == said.Contains("Permissions Violation", StringComparison.Ordinal) || expected.IsWeighted, what);
        Assert.True(expected.Explains(got, stored), what);
        if (expected.IsWeighted) return;
        bool isAlone = answer.Findings.Any(static finding => finding.Kind == "no_responders");
        Assert.True(isAlone == said.Contains(" 503", StringComparison.Ordinal) || answer.Verdict == "denied", what);
    }

    [Fact]
    public async Task Who_is_not_given_a_message_is_explained()
    {
        await using ExplainedServer play = await ExplainedServer.StartAsync(Config);
        await using ExplainedClient mute = await play.ConnectAsync("a", ",\"echo\":false");
        await mute.SubscribeAsync("plain.a");
        Explanation alone = play.Route("plain.a", mute.Cid, reply: true);
        Assert.Equal(("nobody", "echo"), (alone.Verdict, alone.Rule!.Name));
        await mute.SubscribeAsync("inbox");
        Assert.Contains(" 503", await mute.PublishAsync("plain.a", "inbox"), StringComparison.Ordinal);
        Assert.Equal("delivered", play.Route("plain.a", account: "A").Verdict);

        await using ExplainedClient picky = await play.ConnectAsync("picky");
        await picky.SubscribeAsync("plain.*");
        Explanation denied = play.Route("plain.secret", account: "A");
        Assert.Equal(new ExplainRule("permissions.subscribe.deny", "plain.secret", "user picky in account A"), denied.Rule);
        await mute.PublishAsync("plain.secret");
        Assert.Empty(await picky.TakeAsync());
    }

    [Fact]
    public async Task Explaining_goes_on_while_everything_changes_and_changes_nothing()
    {
        await using ExplainedServer play = await ExplainedServer.StartAsync(Config);
        await using ExplainedClient steady = await play.ConnectAsync("a");
        await steady.SubscribeAsync("plain.*");
        using var end = new CancellationTokenSource();
        Task<int> asking = Task.Run(() =>
        {
            int asked = 0;
            for (ulong cid = 1; !end.IsCancellationRequested || asked < 100; cid = (cid % 300) + 1, asked++)
            {
                Assert.Contains(play.Route("plain.x", cid, reply: true).Verdict, (string[])["delivered", "denied", "not_found"]);
                Assert.NotEqual("", play.Publish("plain.x", user: "picky").Summary);
                Assert.NotEqual("", play.Subscribe("plain.>", "q", cid).Summary);
            }

            return asked;
        });
        for (int i = 0; i < 150; i++)
        {
            await using ExplainedClient client = await play.ConnectAsync(i % 2 == 0 ? "picky" : "limited");
            await client.SayAsync("SUB plain.> 1\r\nSUB plain.* q 2\r\nUNSUB 1 1\r\nPUB plain.x 0\r\n");
        }

        await end.CancelAsync();
        Assert.InRange(await asking, 100, int.MaxValue);
        await steady.TakeAsync();
        Assert.Equal("delivered", play.Route("plain.x", steady.Cid).Verdict);
        Assert.Equal("", await steady.PublishAsync("other"));
    }

    [Fact]
    public async Task The_same_answer_comes_by_a_system_request()
    {
        await using ExplainedServer play = await ExplainedServer.StartAsync("accounts { $SYS { users: [{ user: s, password: p }] }, A { users: [{ user: a, password: p, permissions: { publish: \"x\" } }] } }");
        await using ExplainedClient system = await play.ConnectAsync("s");
        await using ExplainedClient client = await play.ConnectAsync("a");
        await client.SubscribeAsync("x");
        using JsonDocument route = JsonDocument.Parse(await system.RequestAsync("$SYS.REQ.SERVER.PING.EXPLAIN", "{\"question\":\"route\",\"subject\":\"x\",\"user\":\"a\"}"));
        JsonElement data = route.RootElement.GetProperty("data");
        Assert.Equal("delivered", data.GetProperty("verdict").GetString());
        Assert.Equal(client.Cid, data.GetProperty("findings").EnumerateArray().Single(static finding => finding.GetProperty("kind").GetString() == "subscription").GetProperty("cid").GetUInt64());
        using JsonDocument publish = JsonDocument.Parse(await system.RequestAsync($"$SYS.REQ.SERVER.{play.Server.ServerId}.EXPLAIN", $"{{\"question\":\"publish\",\"subject\":\"y\",\"cid\":{client.Cid}}}"));
        Assert.Equal("denied", publish.RootElement.GetProperty("data").GetProperty("verdict").GetString());
        Assert.Equal("x", publish.RootElement.GetProperty("data").GetProperty("rule").GetProperty("value").GetString());
    }

    /// <summary>The clients and streams of the configuration. Owned by one test.</summary>
    private sealed class People : IAsyncDisposable
    {
        private readonly ExplainedServer _play;
        private readonly List<ExplainedClient> _all = [];

        private People(ExplainedServer play) => _play = play;

        public ExplainedClient Publisher { get; private set; } = null!;

        public ExplainedClient Limited { get; private set; } = null!;

        public ExplainedClient OfB { get; private set; } = null!;

        public static async Task<People> ComeAsync(ExplainedServer play)
        {
            var people = new People(play);
            people.Publisher = await people.AddAsync("a", "inbox.a", "plain.a", "trace", "$JS.EVENT.>");
            people.Limited = await people.AddAsync("limited", "inbox.l");
            people.OfB = await people.AddAsync("b", "inbox.b", "of_a.news.>", "local", "renamed", "answer.*", "trace", "stored.*");
            await people.AddAsync("a", "plain.*", "group.*|q", "group.x", "literal|shared");
            await people.AddAsync("a", "group.x|q", ">|r", "news.eu");
            await people.AddAsync("picky", "plain.>", "group.*|q", "old.>");
            await people.AddAsync("b", "ask.*", "ask.1|workers", "chain.2", "*.news.eu.*", "renamed|shared");
            await people.AddAsync("c", "news.>|shared", "news.*", "ask.*", "chain.1");
            await people.CreateAsync("STORED", "\"stored.a\",\"stored.service\",\"stored.unused\"", ",\"allow_direct\":true,\"republish\":{\"src\":\"stored.a\",\"dest\":\"plain.again\"}");
            await people.CreateAsync("SEALED", "\"stored.sealed\"", "", ",\"sealed\":true");
            await people.CreateAsync("FULL", "\"stored.full\"", ",\"max_msgs\":1,\"discard\":\"new\"");
            await people.CreateAsync("GONE", "\"stored.gone\"", ",\"retention\":\"interest\"");
            await people.CreateAsync("TRANSFORMED", "\"sub.*\"", ",\"subject_transform\":{\"src\":\"sub.*\",\"dest\":\"tub.{{wildcard(1)}}\"}");
            Assert.DoesNotContain("error", await people.Publisher.RequestAsync("stored.full", "first"), StringComparison.Ordinal);
            Assert.DoesNotContain("error", await people.Publisher.RequestAsync("$JS.API.CONSUMER.CREATE.STORED.C", "{\"stream_name\":\"STORED\",\"config\":{\"durable_name\":\"C\",\"name\":\"C\",\"ack_policy\":\"explicit\",\"filter_subject\":\"stored.unused\"}}"), StringComparison.Ordinal);
            await people.TakeAsync();
            return people;
        }

        public string InboxOf(ExplainedClient client) => ReferenceEquals(client, Publisher) ? "inbox.a" : ReferenceEquals(client, Limited) ? "inbox.l" : "inbox.b";

        public Dictionary<string, ulong> StoredMessages()
        {
            Dictionary<string, ulong> stored = new(StringComparer.Ordinal);
            foreach (JetStreamAccount account in _play.Server.JetStream!.Accounts)
            {
                foreach (Stream stream in account.Streams) stored[$"{account.Name}/{stream.Name}"] = stream.Store.State.Messages;
            }

            return stored;
        }

        /// <summary>How many messages everybody got with the payload that tests publish; what servers and streams say by themselves does not count.</summary>
        public async Task<Dictionary<ulong, int>> TakeAsync()
        {
            Dictionary<ulong, int> got = [];
            foreach (ExplainedClient client in _all)
            {
                // What the publisher itself got stands before the PONG that ended its publishing.
                string before = client.Raw.Received;
                int own = before.Split("\r\nbody\r\n").Length - 1;
                await client.TakeAsync();
                int all = client.Raw.Received.Split("\r\nbody\r\n").Length - 1;
                if (all > Counted(client)) got[client.Cid] = all - Counted(client);
                _counted[client.Cid] = all;
                Assert.True(own <= all, "nothing is lost");
            }

            return got;
        }

        private readonly Dictionary<ulong, int> _counted = [];

        private int Counted(ExplainedClient client) => _counted.GetValueOrDefault(client.Cid);

        /// <summary>What a trace says of a message that is only traced, as <see cref="ExpectedRoute.Steps"/> does.</summary>
        public async Task<string> TraceAsync(ExplainedClient publisher, string subject)
        {
            const string block = "NATS/1.0\r\nNats-Trace-Dest: trace\r\nNats-Trace-Only: true\r\n\r\n";
            string received = publisher.Raw.Received;
            await publisher.SayAsync($"HPUB {subject} {InboxOf(publisher)} {block.Length} {block.Length + 4}\r\n{block}body");
            string text = publisher.Raw.Received[received.Length..];
            while (!text.Contains("\"events\":[", StringComparison.Ordinal))
            {
                await publisher.SayAsync("PING");
                text = publisher.Raw.Received[received.Length..];
            }

            await TakeAsync();
            using JsonDocument trace = JsonDocument.Parse(text[text.IndexOf("{\"server\"", StringComparison.Ordinal)..(text.IndexOf("]}\r\n", StringComparison.Ordinal) + 2)]);
            List<string> steps = [];
            JsonElement[] events = [.. trace.RootElement.GetProperty("events").EnumerateArray()];
            for (int i = 0; i < events.Length; i++)
            {
                JsonElement step = events[i];

                // Which member of a queue group it is, and so by which import it gets the message, chance decides.
                if (step.GetProperty("type").GetString() == "se" && i + 1 < events.Length && events[i + 1].TryGetProperty("queue", out _)) continue;
                string refused = step.TryGetProperty("error", out _) ? "not" : "";
                steps.Add(step.GetProperty("type").GetString() switch
                {
                    "eg" => $"eg {(step.TryGetProperty("queue", out JsonElement queue) ? queue.GetString() : step.GetProperty("cid").GetUInt64().ToString(CultureInfo.InvariantCulture))} {refused}",
                    "js" => $"js {step.GetProperty("stream").GetString()} {(refused.Length > 0 || step.TryGetProperty("nointerest", out _) ? "not" : step.GetProperty("subject").GetString())}",
                    "se" => $"se {step.GetProperty("acc").GetString()} {step.GetProperty("to").GetString()}",
                    "si" when step.GetProperty("acc").GetString() == "$SYS" && subject.StartsWith("$JS", StringComparison.Ordinal) => "si $SYS",
                    "si" => $"si {step.GetProperty("acc").GetString()} {step.GetProperty("to").GetString()}",
                    "sm" => $"sm {step.GetProperty("to").GetString()}",
                    _ => "",
                });
            }

            return string.Join("\n", steps.Where(static step => step.Length > 0).Order(StringComparer.Ordinal));
        }

        public async ValueTask DisposeAsync()
        {
            foreach (ExplainedClient client in _all) await client.DisposeAsync();
        }

        private async Task<ExplainedClient> AddAsync(string user, params string[] subscriptions)
        {
            ExplainedClient client = await _play.ConnectAsync(user);
            _all.Add(client);
            foreach (string subscription in subscriptions)
            {
                string[] parts = subscription.Split('|');
                Assert.Equal("", await client.SubscribeAsync(parts[0], parts.Length > 1 ? parts[1] : ""));
            }

            return client;
        }

        private async Task CreateAsync(string name, string subjects, string config, string update = "")
        {
            string asked = $"{{\"name\":\"{name}\",\"subjects\":[{subjects}],\"storage\":\"memory\"{config}";
            Assert.DoesNotContain("\"error\"", await Publisher.RequestAsync($"$JS.API.STREAM.CREATE.{name}", asked + "}"), StringComparison.Ordinal);
            if (update.Length > 0) Assert.DoesNotContain("\"error\"", await Publisher.RequestAsync($"$JS.API.STREAM.UPDATE.{name}", asked + update + "}"), StringComparison.Ordinal);
        }
    }
}
