using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;
using NATS.Server.InteropTests.Host;
using NATS.Server.Testing;
using NATS.Server.Testing.Jwt;
using Xunit;
using TierClaims = NATS.Server.Core.Jwt.JetStreamLimits;

namespace NATS.Server.InteropTests.JetStream;

/// <summary>What the system account learns of JetStream, and limits that are met while messages and requests wait, against the reference.</summary>
public sealed partial class LimitsInteropTests
{
    private const string Accounts = """
        accounts {
          A { users: [{ user: a, password: p }], jetstream: enabled }
          SYS { users: [{ user: s, password: p }] }
        }
        system_account: SYS
        """;

    [Theory]
    [InlineData("")]
    [InlineData("domain: hub")]
    public async Task The_system_account_is_told_what_the_reference_tells_it(string domain)
    {
        string config = $"server_name: SERVER\njetstream {{ store_dir: $FOLDER/js\n{domain} }}\n{Accounts}";
        (List<string> theirs, List<string> mine) = await OfBothAsync(config, WatchAsync);
        Assert.Equal(theirs, mine);
        Assert.Equal(3, theirs.Count);

        static async Task<List<string>> WatchAsync(ServerProcess server)
        {
            await using RawClient user = await ConnectAsync(server, "a");
            await using RawClient watcher = await ConnectAsync(server, "s");
            await watcher.SendAsync("SUB $JS.EVENT.> 2\r\n");
            await watcher.PingAsync();

            // Of all this, each step of which is told to the account, the last three are told to the system account too.
            await AskAsync(user, "$JS.API.STREAM.CREATE.S", """{"name":"S","subjects":["s.>"],"allow_atomic":true}""");
            await AskAsync(user, "$JS.API.STREAM.UPDATE.S", """{"name":"S","subjects":["s.>"],"allow_atomic":true,"description":"d"}""");
            await AskAsync(user, "$JS.API.CONSUMER.CREATE.S.C", """{"stream_name":"S","config":{"durable_name":"C","ack_policy":"explicit"}}""");
            await AskAsync(user, "$JS.API.CONSUMER.PAUSE.S.C", """{"pause_until":"2099-01-01T00:00:00Z"}""");
            await AskAsync(user, "$JS.API.CONSUMER.DELETE.S.C", "");
            List<string> events = [];
            for (int i = 0; i < 3; i++)
            {
                await AskAsync(user, "s.a", "", $"Nats-Batch-Id: gap{i}\r\nNats-Batch-Sequence: 1");
                await AskAsync(user, "s.a", "", $"Nats-Batch-Id: gap{i}\r\nNats-Batch-Sequence: 3");
                events.Add(await NextAsync(watcher));
            }

            return events;
        }
    }

    [Theory]
    [InlineData("request_queue_limit: 1, info_queue_limit: 100000", "STREAM.DELETE.S")]
    [InlineData("info_queue_limit: 1", "STREAM.INFO.S")]
    [InlineData("request_queue_limit: 1", "CONSUMER.LIST.S")]
    public async Task Requests_that_are_dropped_are_told_to_the_system_account(string limits, string request)
    {
        string config = $"server_name: SERVER\njetstream {{ store_dir: $FOLDER/js, domain: hub, {limits} }}\n{Accounts}";
        (string theirs, string mine) = await OfBothAsync(config, async server =>
        {
            await using RawClient user = await ConnectAsync(server, "a");
            await using RawClient watcher = await ConnectAsync(server, "s");
            await watcher.SendAsync("SUB $JS.EVENT.> 2\r\n");
            await watcher.PingAsync();
            await user.SendAsync(string.Concat(Enumerable.Repeat($"PUB $JS.API.{request} answers.it 0\r\n\r\n", 5000)));
            string told = Dropped().Replace(await NextAsync(watcher), "\"dropped\":N");
            string line = await server.WaitForLogAsync("limit reached, dropping");
            return $"{told} {Queue().Match(line).Value}";
        });
        Assert.Equal(theirs, mine);
    }

    [Fact]
    public async Task Messages_above_what_may_wait_are_refused_as_by_the_reference()
    {
        string config = $"server_name: SERVER\njetstream {{ store_dir: $FOLDER/js, max_buffered_size: 100, max_buffered_msgs: 5 }}\n{Accounts}";
        (List<string> theirs, List<string> mine) = await OfBothAsync(config, async server =>
        {
            await using RawClient user = await ConnectAsync(server, "a");
            await AskAsync(user, "$JS.API.STREAM.CREATE.S", """{"name":"S","subjects":["s.>"]}""");
            await AskAsync(user, "$JS.API.STREAM.CREATE.N", """{"name":"N","subjects":["n.>"],"no_ack":true}""");
            List<string> answers = [];

            // Subject and reply have 3 and 10 bytes: 87 are left.
            foreach (int length in (int[])[0, 86, 87, 88, 500]) answers.Add(await AskAsync(user, "s.a", new string('x', length)));
            answers.Add(await AskAsync(user, "s.a", new string('x', 60), "X: " + new string('y', 60)));
            answers.Add(await AskAsync(user, "n.a", new string('x', 88)));
            answers.Add(await AskAsync(user, "s.a", "again"));
            return answers;
        });
        Assert.Equal(theirs, mine);
        Assert.Contains(theirs, static answer => answer.Contains("10167", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Waits_for_the_disk_are_monitored_as_by_the_reference()
    {
        string config = $"server_name: SERVER\njetstream {{ store_dir: $FOLDER/js, max_concurrent_io: 4 }}\n{Accounts}";
        (string theirs, string mine) = await OfBothAsync(config, async server =>
        {
            await using RawClient user = await ConnectAsync(server, "a");
            await AskAsync(user, "$JS.API.STREAM.CREATE.S", """{"name":"S","subjects":["s.>"]}""");
            await AskAsync(user, "s.a", "x");
            using var http = new HttpClient();
            using JsonDocument varz = JsonDocument.Parse(await http.GetStringAsync(new Uri($"http://127.0.0.1:{server.MonitorPort}/varz"), TestContext.Current.CancellationToken));
            return string.Join(' ', varz.RootElement.GetProperty("disk_io_wait_stats").EnumerateObject().Select(static value => $"{value.Name} {value.Value.ValueKind}"));
        });
        Assert.Equal(theirs, mine);
    }

    [Fact]
    public async Task Batches_are_limited_as_configured_also_after_a_reload()
    {
        string config = Batches("max_inflight_per_stream: 2, max_inflight_total: 3, max_msgs: 4, timeout: \"600ms\"");
        (List<string> theirs, List<string> mine) = await OfBothAsync(config, async server =>
        {
            await using RawClient user = await ConnectAsync(server, "a");
            await using RawClient watcher = await ConnectAsync(server, "s");
            await watcher.SendAsync("SUB $JS.EVENT.> 2\r\n");
            await watcher.PingAsync();
            foreach (string name in (string[])["s", "t"]) await AskAsync(user, $"$JS.API.STREAM.CREATE.{name}", $$"""{"name":"{{name}}","subjects":["{{name}}.>"],"allow_atomic":true}""");
            List<string> answers = [];

            // Five messages are one too many.
            for (int i = 1; i <= 5; i++) answers.Add(await BatchAsync(user, "s.a", "long", i));
            answers.Add(await NextAsync(watcher));

            // Two of a stream, three of the server; and what nobody goes on with is given up.
            foreach (string batch in (string[])["one", "two", "three"]) answers.Add(await BatchAsync(user, "s.a", batch, 1));
            foreach (string batch in (string[])["four", "five"]) answers.Add(await BatchAsync(user, "t.a", batch, 1));
            List<string> abandoned = [];
            for (int i = 0; i < 3; i++) abandoned.Add(await NextAsync(watcher));
            answers.AddRange(abandoned.Order(StringComparer.Ordinal));
            server.WriteConfig("listen: \"127.0.0.1:-1\"\n" + Batches("max_inflight_per_stream: 1, max_inflight_total: 3, max_msgs: 2, timeout: \"30s\""));
            int seen = server.Log.Count;
            server.Signal("HUP");
            await server.WaitForLogAsync("Reloaded server configuration", seen);
            foreach (string batch in (string[])["six", "seven"]) answers.Add(await BatchAsync(user, "s.a", batch, 1));
            for (int i = 2; i <= 3; i++) answers.Add(await BatchAsync(user, "s.a", "six", i));
            answers.Add(await NextAsync(watcher));
            return answers;
        });
        Assert.Equal(theirs, mine);

        static string Batches(string limits) => $"server_name: SERVER\njetstream {{ store_dir: $FOLDER/js, limits {{ batch {{ {limits} }} }} }}\n{Accounts}";

        static Task<string> BatchAsync(RawClient user, string subject, string batch, int number) => AskAsync(user, subject, "", $"Nats-Batch-Id: {batch}\r\nNats-Batch-Sequence: {number}");
    }

    [Fact]
    public async Task A_server_takes_over_what_was_encrypted_with_its_previous_key_and_the_other_server_reads_it()
    {
        using var folder = new TemporaryFolder();
        foreach ((string executable, string keys, int expected) in ((string, string, int)[])
        [
            (ReferenceServer.Path, "key: one", 1), (OurServer.Path, "key: two, prev_key: one", 2), (ReferenceServer.Path, "key: two", 3), (ReferenceServer.Path, "key: three, prev_key: two", 4),
            (OurServer.Path, "key: three", 5), (OurServer.Path, "key: four, prev_key: three, cipher: aes", 6), (ReferenceServer.Path, "key: four, cipher: aes", 7),
        ])
        {
            string config = $"server_name: SERVER\njetstream {{ store_dir: \"{folder.Path}\", {keys} }}\n{Accounts}";
            await using ServerProcess server = await ServerProcess.StartAsync(executable, new ServerProcessOptions { Config = config });
            await using RawClient user = await ConnectAsync(server, "a");
            if (expected == 1) await AskAsync(user, "$JS.API.STREAM.CREATE.S", """{"name":"S","subjects":["s.>"]}""");
            Assert.Equal($$"""MSG answers.it {"stream":"S","seq":{{expected}}}""", await AskAsync(user, "s.a", $"message {expected}"));
            for (int i = 1; i <= expected; i++)
            {
                string payload = Convert.ToBase64String(System.Text.Encoding.ASCII.GetBytes($"message {i}"));
                Assert.Contains($"\"data\":\"{payload}\"", await AskAsync(user, "$JS.API.STREAM.MSG.GET.S", $$"""{"seq":{{i}}}"""), StringComparison.Ordinal);
            }

            Assert.Equal(0, await server.StopAsync());
        }
    }

    [Fact]
    public async Task What_an_account_uses_is_counted_by_tier_as_by_the_reference()
    {
        var one = new TierClaims { MemoryStorage = 100_000, DiskStorage = 100_000, Streams = 10, Consumers = 10 };
        var owner = new OperatorSetup();
        AccountSetup system = owner.AddAccount("SYS");
        AccountSetup account = owner.AddAccount("A", claims => claims with { Limits = claims.Limits with { Tiers = new Dictionary<string, TierClaims> { ["R1"] = one, ["R3"] = one with { Streams = 3 } } } });
        UserSetup user = account.AddUser("u");
        (List<string> theirs, List<string> mine) = await OfBothAsync($"server_name: SERVER\njetstream {{ store_dir: $FOLDER/js }}\n{owner.Configuration(system)}", async server =>
        {
            await using ApiClient client = await ApiClient.ConnectAsync(server, nonce => user.Connect(nonce));
            List<string> answers = [];
            await StepAsync("$JS.API.STREAM.CREATE.F", """{"name":"F","subjects":["f.>"],"max_bytes":50000}""");
            await StepAsync("$JS.API.STREAM.CREATE.M", """{"name":"M","subjects":["m.>"],"storage":"memory","max_msgs":2}""");
            await StepAsync("$JS.API.CONSUMER.CREATE.F.C", """{"stream_name":"F","config":{"durable_name":"C","ack_policy":"explicit"}}""");
            foreach (string subject in (string[])["f.a", "m.a", "f.b", "m.b", "m.c"]) await StepAsync(subject, new string('x', 1000));
            await StepAsync("$JS.API.STREAM.MSG.DELETE.F", """{"seq":1}""");
            await StepAsync("f.c", new string('x', 60_000));
            await StepAsync("m.d", new string('x', 99_000));
            await StepAsync("$JS.API.STREAM.PURGE.M", "");
            await StepAsync("$JS.API.STREAM.DELETE.F", "");
            return answers;

            async Task StepAsync(string subject, string payload)
            {
                string answer = System.Text.Encoding.UTF8.GetString(await client.AskAsync(subject, System.Text.Encoding.UTF8.GetBytes(payload)));
                string usage = System.Text.Encoding.UTF8.GetString(await client.AskAsync("$JS.API.INFO", ReadOnlyMemory<byte>.Empty));
                answers.Add($"{subject} {Changing().Replace(answer, "${name}=?")}\n  {usage}");
            }
        });
        Assert.Equal(theirs, mine);
    }

    private static async Task<(T Theirs, T Mine)> OfBothAsync<T>(string config, Func<ServerProcess, Task<T>> run)
    {
        var options = new ServerProcessOptions { Config = config, Arguments = ["-m", "-1"] };
        await using ServerProcess reference = await ReferenceServer.StartAsync(options);
        T theirs = await run(reference);
        await using ServerProcess ours = await OurServer.StartAsync(options);
        return (theirs, await run(ours));
    }

    private static async Task<RawClient> ConnectAsync(ServerProcess server, string user)
    {
        string connect = $$"""{"verbose":false,"headers":true,"no_responders":true,"user":"{{user}}","pass":"p"}""";
        RawClient client = await RawClient.HandshakeAsync(server.Port, $"CONNECT {connect}\r\n");
        await client.SendAsync("SUB answers.* 1\r\n");
        await client.PingAsync();
        return client;
    }

    private static async Task<string> AskAsync(RawClient client, string subject, string payload, string headers = "")
    {
        string block = headers.Length == 0 ? "" : $"NATS/1.0\r\n{headers}\r\n\r\n";
        await client.SendAsync(block.Length == 0
            ? $"PUB {subject} answers.it {payload.Length}\r\n{payload}\r\n"
            : $"HPUB {subject} answers.it {block.Length} {block.Length + payload.Length}\r\n{block}{payload}\r\n");
        return await NextAsync(client);
    }

    private static async Task<string> NextAsync(RawClient client)
    {
        ReceivedMessage message = await client.ReadMessageAsync();
        return $"{message.Operation} {message.Subject} {Changing().Replace(message.Text, "${name}=?")}";
    }

    [GeneratedRegex("(?<name>\"(id|timestamp|server_id|ts|created))\":\"[^\"]*\"", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Changing();

    [GeneratedRegex("\"dropped\":[0-9]+", RegexOptions.None, 1000)]
    private static partial Regex Dropped();

    [GeneratedRegex("JetStream API.*dropping", RegexOptions.None, 1000)]
    private static partial Regex Queue();
}
