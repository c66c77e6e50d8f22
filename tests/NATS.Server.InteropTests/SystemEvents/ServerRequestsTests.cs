using Xunit;

namespace NATS.Server.InteropTests.SystemEvents;

/// <summary>Requests in the system account are answered like by the reference, field for field.</summary>
public sealed class ServerRequestsTests(ServerRequestsTests.Servers servers) : IClassFixture<ServerRequestsTests.Servers>
{
    // Of the whole server: its own subscriptions, its traffic, and that of the clients that ask.
    private static readonly string[] OfServer =
    [
        "subscriptions", "num_subscriptions", "total", "bytes", "msgs", "in_msgs", "in_bytes", "out_msgs", "out_bytes", "in_client_msgs", "in_client_bytes",
        "out_client_msgs", "out_client_bytes", "total_connections", "pending", "in_progress",
    ];

    [Theory]
    [InlineData("IDZ")]
    [InlineData("STATSZ")]
    [InlineData("VARZ")]
    [InlineData("SUBSZ")]
    [InlineData("HEALTHZ")]
    [InlineData("JSZ")]
    [InlineData("ROUTEZ")]
    [InlineData("GATEWAYZ")]
    [InlineData("LEAFZ")]
    [InlineData("RAFTZ")]
    [InlineData("IPQUEUESZ")]
    [InlineData("ACCSTATZ")]
    [InlineData("NONSENSE")]
    public async Task A_server_answers_for_itself_and_with_all_others(string word)
    {
        await Compare($"$SYS.REQ.SERVER.ID.{word}");
        await Compare($"$SYS.REQ.SERVER.PING.{word}");
    }

    [Fact]
    public Task The_oldest_ping_asks_for_statistics() => Compare("$SYS.REQ.SERVER.PING");

    [Theory]
    [InlineData("")]
    [InlineData("{}")]
    [InlineData("null")]
    [InlineData("[]")]
    [InlineData("1")]
    [InlineData("true")]
    [InlineData("\"x\"")]
    [InlineData(" ")]
    [InlineData("{")]
    [InlineData("{bad")]
    [InlineData("{} x")]
    [InlineData("{\"a\":1}}")]
    [InlineData("{\"a\"}")]
    [InlineData("\0")]
    [InlineData("{\"unknown\":4}")]
    [InlineData("{\"sort\":\"nope\"}")]
    [InlineData("{\"sort\":1}")]
    [InlineData("{\"sort\":\"stop\"}")]
    [InlineData("{\"sort\":\"reason\",\"state\":0}")]
    [InlineData("{\"state\":\"closed\"}")]
    [InlineData("{\"state\":1}")]
    [InlineData("{\"state\":2,\"user\":\"a\"}")]
    [InlineData("{\"state\":7}")]
    [InlineData("{\"state\":-1}")]
    [InlineData("{\"limit\":1.5}")]
    [InlineData("{\"limit\":\"1\"}")]
    [InlineData("{\"limit\":9223372036854775808}")]
    [InlineData("{\"offset\":1e3}")]
    [InlineData("{\"limit\":9223372036854775807,\"offset\":9223372036854775807}")]
    [InlineData("{\"limit\":-9223372036854775808,\"offset\":9223372036854775807}")]
    [InlineData("{\"cid\":-1}")]
    [InlineData("{\"cid\":18446744073709551615}")]
    [InlineData("{\"auth\":1}")]
    [InlineData("{\"mqtt_client\":[]}")]
    [InlineData("{\"user\":\"a\"}")]
    [InlineData("{\"USER\":\"a\",\"Auth\":true}")]
    [InlineData("{\"user\":\"a\",\"auth\":true,\"subscriptions\":false}")]
    [InlineData("{\"acc\":\"A\",\"limit\":1}")]
    [InlineData("{\"acc\":\"nope\"}")]
    [InlineData("{\"filter_subject\":\"foo\"}")]
    [InlineData("{\"acc\":\"A\",\"filter_subject\":\"nothing.here\"}")]
    public Task Bodies_are_read_like_by_the_reference(string body) => Compare("$SYS.REQ.SERVER.PING.CONNZ", body);

    [Theory]
    [InlineData("SUBSZ", "{\"test\":\"foo.*\"}")]
    [InlineData("SUBSZ", "{\"test\":\"foo\",\"account\":\"nope\",\"subscriptions\":true}")]
    [InlineData("SUBSZ", "{\"limit\":true}")]
    [InlineData("SUBSZ", "{\"subscriptions\":true,\"offset\":9223372036854775807,\"limit\":9223372036854775807}")]
    [InlineData("JSZ", "{\"leader_only\":true}")]
    [InlineData("JSZ", "{\"accounts\":true,\"offset\":9223372036854775807,\"limit\":9223372036854775807}")]
    [InlineData("JSZ", "{\"consumer\":3}")]
    [InlineData("HEALTHZ", "{\"stream\":\"X\"}")]
    [InlineData("HEALTHZ", "{\"stream\":\"X\",\"details\":true}")]
    [InlineData("HEALTHZ", "{\"consumer\":\"X\"}")]
    [InlineData("HEALTHZ", "{\"js-enabled-only\":true,\"account\":\"A\"}")]
    [InlineData("VARZ", "{\"host\":[]}")]
    [InlineData("STATSZ", "{\"tags\":\"x\"}")]
    [InlineData("IDZ", "{broken")]
    [InlineData("ACCOUNTZ", "{\"account\":\"nope\"}")]
    [InlineData("ACCOUNTZ", "{\"account\":7}")]
    [InlineData("ROUTEZ", "{\"subscriptions\":\"yes\"}")]
    [InlineData("GATEWAYZ", "{\"name\":1}")]
    [InlineData("LEAFZ", "{\"account\":\"A\",\"subscriptions\":true}")]
    [InlineData("RAFTZ", "{\"group\":[]}")]
    [InlineData("IPQUEUESZ", "{\"filter\":\"nothing like it\"}")]
    public Task Options_mean_the_same(string word, string body) => Compare($"$SYS.REQ.SERVER.PING.{word}", body);

    [Theory]
    [InlineData("{\"server_name\":\"S\"}")]
    [InlineData("{\"server_name\":\"s\"}")]
    [InlineData("{\"SERVER_NAME\":\"S\"}")]
    [InlineData("{\"server_name\":\"S\",\"exact_match\":true}")]
    [InlineData("{\"host\":\"127\"}")]
    [InlineData("{\"host\":\"127\",\"exact_match\":true}")]
    [InlineData("{\"host\":\"127.0.0.1\",\"exact_match\":true}")]
    [InlineData("{\"cluster\":\"c\"}")]
    [InlineData("{\"tags\":[\"west\"]}")]
    [InlineData("{\"tags\":[\"WEST\",\"Rack:7\"]}")]
    [InlineData("{\"tags\":[\"west\",\"east\"]}")]
    [InlineData("{\"tags\":[]}")]
    [InlineData("{\"domain\":\"d\"}")]
    [InlineData("{\"server_name\":null}")]
    [InlineData("{\"server_name\":5}")]
    [InlineData("{\"tags\":[5]}")]
    [InlineData("{\"exact_match\":\"yes\"}")]
    public async Task Filters_choose_the_same_servers(string body)
    {
        await Compare("$SYS.REQ.SERVER.PING.HEALTHZ", body);
        await Compare("$SYS.REQ.SERVER.PING.STATSZ", body);
        await Compare("$SYS.REQ.ACCOUNT.A.CONNZ", body);
    }

    [Theory]
    [InlineData("CONNZ", "")]
    [InlineData("CONNZ", "{\"acc\":\"B\",\"auth\":true}")]
    [InlineData("CONNZ", "{\"sort\":\"x\"}")]
    [InlineData("CONNS", "")]
    [InlineData("CONNS", "{\"acc\":\"A\",\"server_name\":\"other\"}")]
    [InlineData("CONNS", "{\"acc\":\"B\"}")]
    [InlineData("CONNS", "{")]
    [InlineData("JSZ", "")]
    [InlineData("LEAFZ", "")]
    [InlineData("STATZ", "")]
    [InlineData("STATZ", "{\"include_unused\":true,\"accounts\":[\"B\"]}")]
    [InlineData("STATZ", "{\"accounts\":3}")]
    [InlineData("SUBSZ", "{\"test\":\"x.*\"}")]
    [InlineData("INFO", "{\"server_name\":\"other\"}")]
    public async Task Accounts_are_shown_like_by_the_reference(string word, string body)
    {
        await Compare($"$SYS.REQ.ACCOUNT.A.{word}", body);
        await Compare($"$SYS.REQ.ACCOUNT.nope.{word}", body);
        if (word != "STATZ") await Compare($"$SYS.REQ.ACCOUNT.PING.{word}", body);
    }

    [Theory]
    [InlineData("{\"accounts\":[\"A\"]}")]
    [InlineData("{\"accounts\":[\"A\",\"nope\"]}")]
    [InlineData("{\"accounts\":[\"nope\"]}")]
    [InlineData("{\"accounts\":[\"nope\",\"B\"],\"include_unused\":true}")]
    public Task Several_accounts_are_counted_like_by_the_reference(string body) => Compare("$SYS.REQ.ACCOUNT.PING.STATZ", body);

    [Fact]
    public Task An_account_that_does_not_exist_has_no_information() => Compare("$SYS.REQ.ACCOUNT.nope.INFO");

    [Fact]
    public async Task Information_on_an_account_has_the_same_fields()
    {
        // Its lists are in no order by the reference.
        await servers.Pair.CompareAsync(async peer =>
        {
            SystemMessage answer = Assert.Single(await servers.System[peer].AskAsync("$SYS.REQ.ACCOUNT.A.INFO"));
            using var json = System.Text.Json.JsonDocument.Parse(answer.Text);
            return string.Join(' ', json.RootElement.GetProperty("data").EnumerateObject().Select(static field => field.Name));
        });
    }

    [Theory]
    [InlineData("")]
    [InlineData("{\"name\":\"nope\"}")]
    [InlineData("{\"name\":\"cpu\",\"duration\":16000000000}")]
    [InlineData("{\"debug\":\"x\"}")]
    public Task Profiles_are_refused_like_by_the_reference(string body) => servers.Pair.CompareAsync(async peer =>
    {
        SystemClient client = servers.System[peer];
        string reply = $"PROFILE.{body.Length}";
        await client.SubscribeAsync(reply);
        await client.Raw.SendAsync($"PUB $SYS.REQ.SERVER.PING.PROFILEZ {reply} {body.Length}\r\n{body}\r\n");
        return EventShape.Of((await client.ReadAsync()).Text);
    });

    [Theory]
    [InlineData("$SYS.REQ.ACCOUNT.PING.CONNZ", "{\"acc\":\"B\"}")]
    [InlineData("$SYS.REQ.SERVER.PING.CONNZ", "{\"auth\":true}")]
    [InlineData("$SYS.REQ.SERVER.PING.CONNZ", "{\"sort\":\"nope\"}")]
    [InlineData("$SYS.REQ.SERVER.PING.VARZ", "")]
    [InlineData("$SYS.REQ.SERVER.PING", "")]
    [InlineData("$SYS.REQ.ACCOUNT.PING.STATZ", "")]
    [InlineData("$SYS.REQ.ACCOUNT.PING.STATZ", "{\"accounts\":[\"B\"]}")]
    [InlineData("$SYS.REQ.ACCOUNT.A.CONNZ", "")]
    [InlineData("$SYS.REQ.ACCOUNT.B.CONNZ", "")]
    public async Task Every_account_may_ask_about_itself(string subject, string body)
    {
        await servers.Pair.CompareAsync(async peer =>
        {
            SystemClient client = servers.OfA[peer];
            IReadOnlyList<SystemMessage> answers = await client.AskAsync(subject, body, fence: "$SYS.REQ.ACCOUNT.PING.CONNZ");
            return Describe(client, answers, OfServer);
        });
    }

    [Theory]
    [InlineData("foo")]
    [InlineData("foo q")]
    [InlineData("foo.*")]
    [InlineData(">")]
    [InlineData(" foo ")]
    [InlineData("foo  q")]
    [InlineData("")]
    [InlineData("nope")]
    [InlineData("foo.x")]
    [InlineData("foo q z")]
    public async Task Subscribers_are_counted_like_by_the_reference(string question)
    {
        await Compare("$SYS.DEBUG.SUBSCRIBERS", question == ">" ? "nothing.>" : question);
        await servers.Pair.CompareAsync(async peer =>
        {
            SystemClient client = servers.OfA[peer];
            IReadOnlyList<SystemMessage> answers = await client.AskAsync("$SYS.DEBUG.SUBSCRIBERS", question, fence: "$SYS.REQ.ACCOUNT.PING.CONNZ");
            return Describe(client, answers);
        });
    }

    [Theory]
    [InlineData("{\"acc\":\"A\",\"subject\":\"foo\"}")]
    [InlineData("{\"acc\":\"A\",\"subject\":\"foo\",\"queue\":\"cQ==\"}")]
    [InlineData("{\"acc\":\"A\",\"subject\":\"foo.>\"}")]
    [InlineData("{\"acc\":\"nope\",\"subject\":\"foo\"}")]
    [InlineData("{\"acc\":\"B\",\"subject\":\"foo\"}")]
    [InlineData("")]
    [InlineData("{")]
    [InlineData("{\"acc\":1}")]
    public Task Other_servers_are_told_the_same_number_of_subscribers(string body) => Compare("$SYS.REQ.ACCOUNT.NSUBS", body);

    [Theory]
    [InlineData("snappy")]
    [InlineData("s2")]
    [InlineData("gzip")]
    [InlineData("GZIP, deflate")]
    [InlineData("snappy, gzip")]
    [InlineData("br")]
    [InlineData("identity")]
    [InlineData("")]
    public async Task Answers_are_compressed_as_asked_for(string encoding)
    {
        foreach (string subject in (string[])["$SYS.REQ.SERVER.PING.HEALTHZ", "$SYS.REQ.SERVER.PING.STATSZ", "$SYS.REQ.SERVER.PING.IDZ"])
        {
            await servers.Pair.CompareAsync(async peer =>
            {
                SystemMessage answer = Assert.Single(await servers.System[peer].AskAsync(subject, headers: $"Accept-Encoding: {encoding}"));
                return answer.Headers + EventShape.Of(answer.Decode(), OfServer);
            });
        }

        await servers.Pair.CompareAsync(async peer =>
        {
            SystemMessage answer = Assert.Single(await servers.System[peer].AskAsync("$SYS.REQ.SERVER.PING.CONNZ", "{\"sort\":\"x\"}", $"Accept-Encoding: {encoding}"));
            return answer.Headers + EventShape.Of(answer.Decode());
        });
    }

    private Task Compare(string subject, string body = "") => servers.Pair.CompareAsync(async peer =>
    {
        SystemClient client = servers.System[peer];
        IReadOnlyList<SystemMessage> answers = await client.AskAsync(subject.Replace(".ID.", $".{client.ServerId}.", StringComparison.Ordinal), body);
        return Describe(client, answers, OfServer);
    });

    // What the fence's own subscriptions add to lists is the same on both.
    private static string Describe(SystemClient client, IReadOnlyList<SystemMessage> answers, params string[] figures) =>
        $"{answers.Count}{Environment.NewLine}" + string.Join(Environment.NewLine, answers.Select(answer => SystemPeer.WithoutId(client, answer.Headers) + EventShape.Of(answer.Text, figures)));

    /// <summary>The two servers, each with a client of the system account and one of A. All tests ask them one after the other.</summary>
    public sealed class Servers : IAsyncLifetime
    {
        internal SystemPair Pair { get; private set; } = null!;

        internal Dictionary<SystemPeer, SystemClient> System { get; } = [];

        internal Dictionary<SystemPeer, SystemClient> OfA { get; } = [];

        public async ValueTask InitializeAsync()
        {
            Pair = await SystemPair.StartAsync(SystemPair.Accounts + "server_tags: [west, \"rack:7\"]\nhttp: \"127.0.0.1:-1\"\n");
            foreach (SystemPeer peer in (SystemPeer[])[Pair.Reference, Pair.Ours])
            {
                System[peer] = await peer.ConnectAsync("s");
                SystemClient ofA = await peer.ConnectAsync("a", ",\"name\":\"alpha\",\"lang\":\"go\",\"version\":\"1.1\"");
                await ofA.SubscribeAsync("foo", "foo.* q", "foo q");
                await ofA.PublishAsync("foo", "hi");
                await ofA.Raw.PingAsync();
                OfA[peer] = ofA;
            }
        }

        public ValueTask DisposeAsync() => Pair.DisposeAsync();
    }
}
