using System.Globalization;
using System.Text.RegularExpressions;
using NATS.Server.Testing;
using Xunit;

namespace NATS.Server.InteropTests.JetStream;

/// <summary>What accounts with and without JetStream and that of the system are answered, and which events an account sees, against the reference.</summary>
public sealed partial class ApiAccountsTests
{
    private const string Config = """
        server_name: SERVER
        jetstream { store_dir: $FOLDER/js, domain: hub }
        accounts {
          A { users: [{ user: a, password: p }], jetstream: enabled }
          B { users: [{ user: b, password: p }] }
          SYS { users: [{ user: s, password: p }] }
        }
        system_account: SYS
        """;

    private static readonly string[] Silent = ["FOO", "META.", "SERVER.", "CONSUMER.RESET", "ACCOUNT."];

    private static readonly string[] Subjects =
    [
        "INFO", "STREAM.NAMES", "STREAM.LIST", "STREAM.CREATE.X", "STREAM.INFO.S", "STREAM.RESTORE.S", "STREAM.SNAPSHOT.S", "STREAM.LEADER.STEPDOWN.S", "STREAM.PEER.REMOVE.S",
        "STREAM.PURGE.S", "STREAM.DELETE.S", "STREAM.MSG.GET.S", "STREAM.MSG.DELETE.S", "CONSUMER.CREATE.S", "CONSUMER.NAMES.S", "CONSUMER.LIST.S", "CONSUMER.INFO.S.C", "CONSUMER.DELETE.S.C",
        "CONSUMER.PAUSE.S.C", "CONSUMER.UNPIN.S.C", "CONSUMER.LEADER.STEPDOWN.S.C", "CONSUMER.MSG.NEXT.S.C", "CONSUMER.RESET.S.C", "DIRECT.GET.S", "DIRECT.GET.S.a", "FOO", "META.LEADER.STEPDOWN", "META.RESCUE",
        "SERVER.REMOVE", "ACCOUNT.PURGE.A", "ACCOUNT.PURGE.NONE", "ACCOUNT.PURGE.a\\b", "ACCOUNT.PURGE", "ACCOUNT.STREAM.MOVE.A.S",
    ];

    [Theory]
    [InlineData("a")]
    [InlineData("b")]
    [InlineData("s")]
    public async Task Accounts_are_answered_as_by_the_reference(string user)
    {
        await using ServerProcess reference = await ReferenceServer.StartAsync(new ServerProcessOptions { Config = Config });
        await using ServerProcess ours = await OurServer.StartAsync(new ServerProcessOptions { Config = Config });
        await using RawClient theirs = await ConnectAsync(reference, user);
        await using RawClient mine = await ConnectAsync(ours, user);
        foreach (string subject in Subjects)
        {
            bool isSilent = user == "s" ? IsSilentInSystem(subject) : Array.Exists(Silent, subject.StartsWith);
            Assert.Equal($"{subject} {await AskAsync(theirs, subject, "", isSilent)}", $"{subject} {await AskAsync(mine, subject, "", isSilent)}");
        }
    }

    [Fact]
    public async Task The_system_account_purges_another()
    {
        foreach (ServerProcess server in (ServerProcess[])[await ReferenceServer.StartAsync(new ServerProcessOptions { Config = Config }), await OurServer.StartAsync(new ServerProcessOptions { Config = Config })])
        {
            await using (server)
            {
                await using RawClient user = await ConnectAsync(server, "a");
                await using RawClient system = await ConnectAsync(server, "s");
                Assert.Contains("did_create", await AskAsync(user, "STREAM.CREATE.S", """{"name":"S"}"""), StringComparison.Ordinal);
                Assert.Contains("\"initiated\":true", await AskAsync(system, "ACCOUNT.PURGE.A"), StringComparison.Ordinal);
                Assert.Contains("\"streams\":null", await AskAsync(user, "STREAM.NAMES"), StringComparison.Ordinal);
            }
        }
    }

    [Fact]
    public async Task The_api_is_found_under_the_domain_too()
    {
        foreach (ServerProcess server in (ServerProcess[])[await ReferenceServer.StartAsync(new ServerProcessOptions { Config = Config }), await OurServer.StartAsync(new ServerProcessOptions { Config = Config })])
        {
            await using (server)
            {
                await using RawClient user = await ConnectAsync(server, "a");
                await user.SendAsync("PUB $JS.hub.API.INFO answers.x 0\r\n\r\n");
                Assert.Contains("\"domain\":\"hub\"", await user.ReadUntilAsync("\"api\":{"), StringComparison.Ordinal);
            }
        }
    }

    [Fact]
    public async Task Events_tell_what_the_reference_tells()
    {
        await using ServerProcess reference = await ReferenceServer.StartAsync(new ServerProcessOptions { Config = Config });
        await using ServerProcess ours = await OurServer.StartAsync(new ServerProcessOptions { Config = Config });
        Assert.Equal(await WatchAsync(reference), await WatchAsync(ours));
    }

    private static bool IsSilentInSystem(string subject) =>
        subject.StartsWith("META.", StringComparison.Ordinal) || subject.StartsWith("SERVER.", StringComparison.Ordinal) || subject is "ACCOUNT.PURGE" or "ACCOUNT.STREAM.MOVE.A.S";

    private static async Task<List<string>> WatchAsync(ServerProcess server)
    {
        await using RawClient client = await ConnectAsync(server, "a");
        await using RawClient watcher = await ConnectAsync(server, "a");
        await watcher.SendAsync("SUB $JS.EVENT.> 2\r\n");
        await watcher.PingAsync();
        (string Subject, string Payload)[] requests =
        [
            ("STREAM.CREATE.S", """{"name":"S","subjects":["s.>"]}"""),
            ("STREAM.CREATE.S", """{"name":"S","subjects":["s.>"]}"""),
            ("STREAM.UPDATE.S", """{"name":"S","subjects":["s.>"],"description":"<d>"}"""),
            ("STREAM.CREATE.S", """{"name":"T"}"""),
            ("CONSUMER.CREATE.S.C", """{"stream_name":"S","config":{"durable_name":"C","ack_policy":"explicit"}}"""),
            ("CONSUMER.PAUSE.S.C", """{"pause_until":"2099-01-01T00:00:00Z"}"""),
            ("CONSUMER.PAUSE.S.C", ""),
            ("CONSUMER.DELETE.S.C", ""),
            ("STREAM.MSG.GET.S", """{"seq":1}"""),
            ("STREAM.PURGE.S", ""),
            ("STREAM.NAMES", ""),
            ("STREAM.DELETE.S", ""),
        ];
        foreach ((string subject, string payload) in requests) await AskAsync(client, subject, payload);

        // Each request is told with its answer, and what came of it; here in the order of the texts.
        List<string> events = [];
        while (events.Count < requests.Length + 7)
        {
            ReceivedMessage told = await watcher.ReadMessageAsync();
            if (told.Subject.StartsWith("$JS.EVENT.", StringComparison.Ordinal)) events.Add($"{told.Subject} {Changing().Replace(told.Text, "${name}=?")}");
        }

        events.Sort(StringComparer.Ordinal);
        return events;
    }

    private static async Task<RawClient> ConnectAsync(ServerProcess server, string user)
    {
        string connect = $$"""{"verbose":false,"headers":true,"no_responders":true,"user":"{{user}}","pass":"p"}""";
        RawClient client = await RawClient.HandshakeAsync(server.Port, $"CONNECT {connect}\r\n");
        await client.SendAsync("SUB answers.* 1\r\n");
        await client.PingAsync();
        return client;
    }

    // Of a request that nobody answers, what comes before the answer to one that is always answered.
    private static async Task<string> AskAsync(RawClient client, string subject, string payload = "", bool isSilent = false)
    {
        string fence = isSilent ? "PUB $JS.API.INFO answers.fence 0\r\n\r\n" : "";
        await client.SendAsync($"PUB $JS.API.{subject} answers.it {payload.Length}\r\n{payload}\r\n{fence}");
        string answer = "";
        while (true)
        {
            ReceivedMessage message = await client.ReadMessageAsync();
            if (message.Subject == "answers.fence") return answer;
            answer = $"{message.Operation} {message.Text}";
            if (!isSilent) return answer;
        }
    }

    [GeneratedRegex("(?<name>\"(id|timestamp|start|rtt)|\\\\?\"(ts|created|pause_remaining))\\\\?\":(\\\\?\"[^\"]*\"|[0-9]+)", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Changing();
}
