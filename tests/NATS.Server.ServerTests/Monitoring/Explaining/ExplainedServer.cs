using System.Globalization;
using System.Text;
using System.Text.Json;
using NATS.Server.Core.Config;
using NATS.Server.Monitoring.Explaining;
using NATS.Server.Options;
using NATS.Server.Testing;
using Xunit;

namespace NATS.Server.ServerTests.Monitoring.Explaining;

/// <summary>Owned by one test. A running server of a configuration's text, which is asked to explain.</summary>
internal sealed class ExplainedServer : IAsyncDisposable
{
    private readonly TemporaryFolder _folder = new();

    private ExplainedServer()
    {
    }

    public NatsServer Server { get; private set; } = null!;

    public static async Task<ExplainedServer> StartAsync(string config, NatsServerServices? services = null)
    {
        var explained = new ExplainedServer();
        explained.Server = await NatsServer.StartAsync(explained.Load(config), services);
        return explained;
    }

    public ServerOptions Load(string config)
    {
        LoadResult loaded = new OptionsLoader(_ => new ConfigFile(Encoding.UTF8.GetBytes($"store_dir: '{_folder.Path}'\n{config}")), _ => null).Load("test.conf", FlagOverrides.None);
        Assert.Empty(loaded.Errors);
        return loaded.Options! with { Host = "127.0.0.1", Port = ServerOptions.RandomPort, EventLoops = 1 };
    }

    /// <summary>A client that is logged in; no name: without credentials.</summary>
    public Task<ExplainedClient> ConnectAsync(string user = "", string more = "") =>
        ExplainedClient.ConnectAsync(Server, _ => $$"""{"verbose":false,"headers":true,"no_responders":true{{(user.Length == 0 ? "" : $",\"user\":\"{user}\",\"pass\":\"p\"")}}{{more}}}""");

    public Explanation Publish(string subject, ulong cid = 0, string user = "", string account = "") =>
        Server.Monitor.Explain(new ExplainQuestion { Kind = ExplainKind.Publish, Subject = subject, Cid = cid, User = user, Account = account });

    public Explanation Subscribe(string subject, string queue = "", ulong cid = 0, string user = "", string account = "") =>
        Server.Monitor.Explain(new ExplainQuestion { Kind = ExplainKind.Subscribe, Subject = subject, Queue = queue, Cid = cid, User = user, Account = account });

    public Explanation Route(string subject, ulong cid = 0, string user = "", string account = "", bool reply = false) =>
        Server.Monitor.Explain(new ExplainQuestion { Kind = ExplainKind.Route, Subject = subject, Cid = cid, User = user, Account = account, HasReply = reply });

    public async ValueTask DisposeAsync()
    {
        await Server.DisposeAsync();
        _folder.Dispose();
    }
}

/// <summary>Owned by one test. A client that knows its number, and what it got.</summary>
internal sealed class ExplainedClient : IAsyncDisposable
{
    private int _sids;

    private ExplainedClient(RawClient raw, ulong cid)
    {
        Raw = raw;
        Cid = cid;
    }

    public RawClient Raw { get; }

    public ulong Cid { get; }

    /// <summary>Connects.</summary>
    /// <param name="server">The server.</param>
    /// <param name="connect">The arguments of CONNECT, by the nonce of the server.</param>
    public static async Task<ExplainedClient> ConnectAsync(NatsServer server, Func<string, string> connect)
    {
        RawClient raw = await RawClient.ConnectAsync(server.ClientEndPoint!);
        using JsonDocument info = JsonDocument.Parse((await raw.ReadLineAsync())["INFO ".Length..]);
        string nonce = info.RootElement.TryGetProperty("nonce", out JsonElement value) ? value.GetString()! : "";
        await raw.SendAsync($"CONNECT {connect(nonce)}\r\n");
        await raw.PingAsync();
        return new ExplainedClient(raw, info.RootElement.GetProperty("client_id").GetUInt64());
    }

    /// <summary>What the server says to a line of the protocol until it has done with it.</summary>
    public async Task<string> SayAsync(string line)
    {
        await Raw.SendAsync(line + "\r\n");
        return (await Raw.PingAsync()).Replace("PONG\r\n", "", StringComparison.Ordinal);
    }

    /// <summary>Subscribes; whether that was allowed.</summary>
    public async Task<string> SubscribeAsync(string subject, string queue = "") => await SayAsync($"SUB {subject} {queue} {++_sids}");

    public Task<string> PublishAsync(string subject, string reply = "") => SayAsync($"PUB {subject} {reply} 4\r\nbody");

    /// <summary>Sends a request; the payload of the answer.</summary>
    public async Task<string> RequestAsync(string subject, string payload = "")
    {
        string reply = $"answers.{Cid}.{++_sids}";
        await Raw.SendAsync($"SUB {reply} {_sids}\r\nUNSUB {_sids} 1\r\nPUB {subject} {reply} {payload.Length}\r\n{payload}\r\n");
        while (true)
        {
            ReceivedMessage message = await Raw.ReadMessageAsync();
            if (message.Subject == reply) return message.Payload;
        }
    }

    /// <summary>The subjects of all messages that have come; the server has done with everything that came before.</summary>
    public async Task<IReadOnlyList<ReceivedMessage>> TakeAsync()
    {
        List<ReceivedMessage> taken = [];
        await Raw.SendAsync("PING\r\n");
        while (await Raw.TryReadMessageAsync() is { } message) taken.Add(message);
        return taken;
    }

    public ValueTask DisposeAsync() => Raw.DisposeAsync();

    public override string ToString() => Cid.ToString(CultureInfo.InvariantCulture);
}
