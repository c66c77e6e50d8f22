using System.Globalization;
using NATS.Server.JetStream.Engine;
using NATS.Server.Monitoring.Explaining;
using Xunit;
using Stream = NATS.Server.JetStream.Streams.Stream;

namespace NATS.Server.ServerTests.Monitoring.Explaining;

/// <summary>
/// Random accounts with mappings, imports, permissions, queue groups and streams: who gets a random message is who was explained to get it.
/// <c>NATS_EXPLAIN_WORLDS</c> sets how many, <c>NATS_EXPLAIN_SEED</c> the first seed.
/// </summary>
public sealed class ExplainedWorldsTests
{
    private static readonly string[] Tokens = ["a", "b", "c"];
    private static readonly string[] Accounts = ["A", "B", "C"];

    [Fact]
    public async Task Random_messages_go_where_it_is_explained()
    {
        int worlds = Setting("NATS_EXPLAIN_WORLDS", 12);
        int seed = Setting("NATS_EXPLAIN_SEED", 20261122);
        int delivered = 0, refused = 0;
        for (int world = 0; world < worlds; world++)
        {
            (int got, int denied) = await PlayAsync(new Random(seed + world), $"seed {seed + world}");
            delivered += got;
            refused += denied;
        }

        Assert.True(delivered > worlds * 5 && refused > 0, $"only {delivered} messages went anywhere, {refused} were refused");
    }

    private static async Task<(int Delivered, int Refused)> PlayAsync(Random random, string name)
    {
        string config = Config(random);
        await using ExplainedServer play = await ExplainedServer.StartAsync(config);
        List<ExplainedClient> clients = [];
        try
        {
            foreach (string account in Accounts)
            {
                for (int i = 0; i < 3; i++) clients.Add(await SubscriberAsync(random, play, account + i));
                await CreateStreamAsync(random, play, account + "0");
            }

            int delivered = 0, refused = 0;
            for (int message = 0; message < 40; message++)
            {
                ExplainedClient publisher = clients[random.Next(clients.Count)];
                string subject = Literal(random);
                Explanation answer = play.Route(subject, publisher.Cid, reply: true);
                Dictionary<string, ulong> before = LastSequences(play);
                Dictionary<ulong, int> had = clients.ToDictionary(static client => client.Cid, Bodies);
                string said = await publisher.PublishAsync(subject, "nowhere.to.be.seen");
                foreach (ExplainedClient client in clients) await client.TakeAsync();
                Dictionary<ulong, int> got = clients.Where(client => Bodies(client) != had[client.Cid]).ToDictionary(static client => client.Cid, client => Bodies(client) - had[client.Cid]);
                string[] stored = [.. LastSequences(play).Where(stream => stream.Value != before[stream.Key]).Select(static stream => stream.Key)];
                var expected = ExpectedRoute.Of(answer);
                string what = $"{name}: {subject} of connection {publisher.Cid}: {answer.Verdict}: {answer.Summary} Got: {string.Join(", ", got)}; stored: {string.Join(", ", stored)}; said: {said}\n{expected}\n{config}";
                Assert.True(expected.Explains(got, stored), what);
                Assert.True(expected.IsWeighted || (answer.Verdict == "denied") == said.Contains("Permissions Violation", StringComparison.Ordinal), what);
                Assert.True(answer.Verdict != "nobody" || (got.Count == 0 && stored.Length == 0), what);
                if (answer.Verdict == "delivered") delivered++;
                else if (answer.Verdict == "denied") refused++;
            }

            return (delivered, refused);
        }
        finally
        {
            foreach (ExplainedClient client in clients) await client.DisposeAsync();
        }
    }

    // Streams are imported from accounts before in the alphabet, services from those behind, so that nothing goes round.
    private static string Config(Random random)
    {
        var text = new System.Text.StringBuilder("jetstream { sync_interval: 2m }\naccounts {\n");
        for (int i = 0; i < Accounts.Length; i++)
        {
            text.Append(CultureInfo.InvariantCulture, $"{Accounts[i]} {{\n  jetstream: enabled\n  users: [\n");
            for (int user = 0; user < 3; user++) text.Append(CultureInfo.InvariantCulture, $"    {{ user: {Accounts[i]}{user}, password: p{(user == 0 ? "" : Permissions(random))} }}\n");
            text.Append("  ]\n  exports: [ { stream: \">\" }, { service: \"s.*\" }, { service: \"s.*.*\" } ]\n  imports: [\n");
            for (int other = 0; other < Accounts.Length; other++)
            {
                if (other < i && random.Next(2) == 0) text.Append(CultureInfo.InvariantCulture, $"    {{ stream: {{ account: {Accounts[other]}, subject: \"{Pattern(random)}\" }}{(random.Next(2) == 0 ? ", prefix: " + Token(random) : "")} }}\n");
                if (other > i && random.Next(3) > 0) text.Append(CultureInfo.InvariantCulture, $"    {{ service: {{ account: {Accounts[other]}, subject: \"s.*\" }}, to: \"{Token(random)}.*\" }}\n");
            }

            text.Append("  ]\n");
            if (random.Next(2) == 0) text.Append(CultureInfo.InvariantCulture, $"  mappings: {{ \"{Token(random)}.*\": [ {Destinations(random)} ], \"s.{Token(random)}\": \"s.{Token(random)}\" }}\n");
            text.Append("}\n");
        }

        return text.Append("}\n").ToString();
    }

    private static string Destinations(Random random) => random.Next(3) switch
    {
        0 => $"{{ destination: \"{Token(random)}.{Token(random)}.$1\", weight: 100 }}",
        1 => "{ destination: \"a.x.$1\", weight: 30 }, { destination: \"b.$1\", weight: 40 }",
        _ => "{ destination: \"c.y.$1\", weight: 50 }",
    };

    private static string Permissions(Random random)
    {
        string publish = random.Next(2) == 0 ? $", publish: {{ deny: [\"{Pattern(random)}\"] }}" : "";
        return $", permissions: {{ subscribe: {{ deny: [\"{Pattern(random)}\", \"{Literal(random)} q\"] }}{publish} }}";
    }

    private static async Task<ExplainedClient> SubscriberAsync(Random random, ExplainedServer play, string user)
    {
        ExplainedClient client = await play.ConnectAsync(user, random.Next(3) == 0 ? ",\"echo\":false" : "");
        int count = random.Next(1, 5);
        for (int i = 0; i < count; i++) await client.SubscribeAsync(Pattern(random), random.Next(3) == 0 ? random.Next(2) == 0 ? "q" : "r" : "");
        return client;
    }

    // One that the server refuses is none.
    private static async Task CreateStreamAsync(Random random, ExplainedServer play, string user)
    {
        await using ExplainedClient client = await play.ConnectAsync(user);
        string limits = random.Next(4) switch
        {
            0 => ",\"max_msgs\":3,\"discard\":\"new\"",
            1 => ",\"max_msgs_per_subject\":1,\"max_msgs\":4,\"discard\":\"new\",\"discard_new_per_subject\":true",
            2 => ",\"max_msgs\":2",
            _ => ",\"max_bytes\":150,\"discard\":\"new\"",
        };
        string more = random.Next(3) switch
        {
            0 => ",\"republish\":{\"src\":\">\",\"dest\":\"again.>\"}",
            1 => ",\"subject_transform\":{\"src\":\"*.*\",\"dest\":\"{{wildcard(2)}}.{{wildcard(1)}}\"}",
            _ => "",
        };
        await client.RequestAsync($"$JS.API.STREAM.CREATE.OF{user}", $"{{\"name\":\"OF{user}\",\"subjects\":[\"{Pattern(random)}\"],\"storage\":\"memory\"{limits}{more}}}");
    }

    private static Dictionary<string, ulong> LastSequences(ExplainedServer play)
    {
        Dictionary<string, ulong> sequences = new(StringComparer.Ordinal);
        foreach (JetStreamAccount account in play.Server.JetStream!.Accounts)
        {
            foreach (Stream stream in account.Streams) sequences[$"{account.Name}/{stream.Name}"] = stream.Store.State.LastSequence;
        }

        return sequences;
    }

    private static int Bodies(ExplainedClient client) => client.Raw.Received.Split("\r\nbody\r\n").Length - 1;

    private static string Token(Random random) => Tokens[random.Next(Tokens.Length)];

    private static string Literal(Random random) => (random.Next(8) == 0 ? "s." : "") + string.Join('.', Enumerable.Range(0, random.Next(1, 4)).Select(_ => Token(random)));

    private static string Pattern(Random random)
    {
        string[] tokens = Literal(random).Split('.');
        for (int i = 0; i < tokens.Length; i++)
        {
            if (random.Next(3) == 0) tokens[i] = "*";
        }

        if (random.Next(4) == 0) tokens[^1] = ">";
        return string.Join('.', tokens);
    }

    private static int Setting(string name, int fallback) =>
        int.TryParse(Environment.GetEnvironmentVariable(name), NumberStyles.Integer, CultureInfo.InvariantCulture, out int value) ? value : fallback;
}
