using System.Text;
using System.Text.Json;
using NATS.Server.Core.JetStream.Limits;
using NATS.Server.Options;
using NATS.Server.ServerTests.Hosting;
using NATS.Server.Testing;
using Xunit;

namespace NATS.Server.ServerTests.Monitoring;

/// <summary>Owned by one test. A running server with accounts A (user a, JetStream) and B (user b), and a client of its system account that asks it why.</summary>
internal sealed class ExplainDesk : IAsyncDisposable
{
    private readonly RawClient _system;
    private int _asked;

    private ExplainDesk(NatsServer server, RawClient system)
    {
        Server = server;
        _system = system;
    }

    /// <summary>What the server of most tests is made of.</summary>
    public static ServerOptions Basic => new()
    {
        Host = "127.0.0.1",
        Port = ServerOptions.RandomPort,
        Accounts =
        [
            new AccountOptions { Name = "$SYS", Users = [User("s", "$SYS")] },
            new AccountOptions { Name = "A", Users = [User("a", "A")], JetStream = AccountTiers.Unlimited },
            new AccountOptions { Name = "B", Users = [User("b", "B")] },
        ],
    };

    public NatsServer Server { get; }

    public static UserOptions User(string name, string account) => new() { Username = name, Password = "pw", Account = account };

    public static async Task<ExplainDesk> StartAsync(ServerOptions? options = null, TimeProvider? time = null)
    {
        NatsServer server = await Embedded.StartAsync(options ?? Basic, time: time);
        try
        {
            return await SitDownAsync(server);
        }
        catch
        {
            await server.DisposeAsync();
            throw;
        }
    }

    public static async Task<ExplainDesk> SitDownAsync(NatsServer server, string connect = "") =>
        new(server, await server.ConnectAsync(connect.Length > 0 ? connect : Embedded.ConnectAs("s")));

    /// <summary>A client of a user; its name is that of the user.</summary>
    public Task<RawClient> ConnectAsync(string user, string more = "") =>
        Server.ConnectAsync($"CONNECT {{\"verbose\":false,\"headers\":true,\"no_responders\":true,\"name\":\"{user}-app\",\"user\":\"{user}\",\"pass\":\"pw\"{more}}}\r\n");

    /// <summary>Asks over the system account.</summary>
    /// <param name="body">The question.</param>
    /// <returns>The answer without its envelope.</returns>
    public async Task<JsonElement> AskAsync(string body)
    {
        string reply = $"ANSWER.{++_asked}";
        await _system.SendAsync($"SUB {reply} {_asked}\r\nUNSUB {_asked} 1\r\nPUB $SYS.REQ.SERVER.PING.EXPLAIN {reply} {Encoding.UTF8.GetByteCount(body)}\r\n{body}\r\n");
        while (true)
        {
            string line = await _system.ReadLineAsync();
            if (line == "PING") await _system.SendAsync("PONG\r\n");
            if (!line.StartsWith($"MSG {reply} ", StringComparison.Ordinal)) continue;
            string text = await _system.ReadExactlyAsync(int.Parse(line[(line.LastIndexOf(' ') + 1)..], System.Globalization.CultureInfo.InvariantCulture));
            await _system.ExpectAsync("\r\n");
            using JsonDocument document = JsonDocument.Parse(Encoding.Latin1.GetBytes(text));
            Assert.True(document.RootElement.TryGetProperty("data", out JsonElement data), text);
            return data.Clone();
        }
    }

    /// <summary>Closes a client by a request.</summary>
    public async Task KickAsync(ulong cid)
    {
        string body = $$"""{"cid":{{cid}}}""";
        await _system.SendAsync($"PUB $SYS.REQ.SERVER.{Server.ServerId}.KICK kicked {body.Length}\r\n{body}\r\n");
    }

    /// <summary>Asks about a connection.</summary>
    public Task<JsonElement> AskConnectionAsync(ulong cid) => AskAsync($$"""{"question":"connection","cid":{{cid}}}""");

    /// <summary>Asks about a connection until it is closed.</summary>
    public async Task<JsonElement> AskClosedAsync(ulong cid)
    {
        JsonElement answer = default;
        await Eventually.TrueAsync(async () => (answer = await AskConnectionAsync(cid)).GetProperty("verdict").GetString() == "closed", $"cid {cid} is closed");
        return answer;
    }

    /// <summary>Asks about the consumer C of the stream S of account A.</summary>
    public Task<JsonElement> AskConsumerAsync(string consumer = "C") => AskAsync($$"""{"question":"consumer","account":"A","stream":"S","consumer":"{{consumer}}"}""");

    /// <summary>Asks about the consumer until it has a verdict, which may take it a moment.</summary>
    public async Task<JsonElement> AskConsumerUntilAsync(string verdict, string rule = "")
    {
        JsonElement answer = default;
        string seen = "";
        try
        {
            await Eventually.TrueAsync(
                async () =>
                {
                    answer = await AskConsumerAsync();
                    seen = answer.GetRawText();
                    return (Verdict(answer), RuleOf(answer)) == (verdict, rule);
                },
                $"verdict {verdict}");
        }
        catch (TimeoutException)
        {
            Assert.Fail($"expected {verdict} {rule}, last answer: {seen}");
        }

        return answer;
    }

    public static string Verdict(JsonElement answer) => answer.GetProperty("verdict").GetString()!;

    public static string Summary(JsonElement answer) => answer.GetProperty("summary").GetString()!;

    /// <summary>As <c>name=value</c>; empty without one.</summary>
    public static string RuleOf(JsonElement answer) =>
        answer.TryGetProperty("rule", out JsonElement rule) ? $"{rule.GetProperty("name").GetString()}={rule.GetProperty("value").GetString()}" : "";

    public static string SourceOf(JsonElement answer) => answer.GetProperty("rule").GetProperty("source").GetString()!;

    /// <summary>The one finding of a kind.</summary>
    public static JsonElement Finding(JsonElement answer, string kind) =>
        Assert.Single(answer.GetProperty("findings").EnumerateArray().ToArray(), finding => finding.GetProperty("kind").GetString() == kind);

    /// <summary>The two numbers of a finding.</summary>
    public static (long Value, long Limit) Numbers(JsonElement finding) => (finding.GetProperty("value").GetInt64(), finding.GetProperty("limit").GetInt64());

    public async ValueTask DisposeAsync()
    {
        await _system.DisposeAsync();
        await Server.DisposeAsync();
    }
}
