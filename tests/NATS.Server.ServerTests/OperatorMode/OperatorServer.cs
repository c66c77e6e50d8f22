using System.Text.Json;
using NATS.Server.Core.Jwt;
using NATS.Server.Options;
using NATS.Server.Testing;
using NATS.Server.Testing.Jwt;

namespace NATS.Server.ServerTests.OperatorMode;

/// <summary>A server in operator mode, with an operator, a system account and a user of that.</summary>
internal sealed class OperatorServer : IAsyncDisposable
{
    public const string Violation = "-ERR 'Authorization Violation'\r\n";
    public const string Pong = "PONG\r\n";

    private OperatorServer(OperatorSetup owner, AccountSetup system, NatsServer server)
    {
        Operator = owner;
        System = system;
        Server = server;
    }

    public OperatorSetup Operator { get; }

    public AccountSetup System { get; }

    public NatsServer Server { get; }

    /// <summary>Starts a server that knows the accounts of the operator.</summary>
    /// <param name="owner">With the accounts that the server shall be given.</param>
    /// <param name="resolver">Null for one in memory.</param>
    /// <param name="change">Other options.</param>
    /// <param name="services">For instance a clock.</param>
    /// <param name="preloaded">The accounts to be given; null for all.</param>
    public static async Task<OperatorServer> StartAsync(
        OperatorSetup owner, ResolverOptions? resolver = null, Func<ServerOptions, ServerOptions>? change = null, NatsServerServices? services = null, AccountSetup[]? preloaded = null)
    {
        AccountSetup system = owner.AddAccount("SYS");
        var options = new ServerOptions
        {
            Host = "127.0.0.1",
            Port = ServerOptions.RandomPort,
            EventLoops = 1,
            SystemAccount = system.Id,
            Operator = new OperatorOptions
            {
                Tokens = [owner.Token],
                Resolver = resolver ?? new ResolverOptions(ResolverKind.Memory),
                Preload = (preloaded ?? [.. owner.Accounts]).Append(system).DistinctBy(account => account.Id).ToDictionary(account => account.Id, account => account.Token, StringComparer.Ordinal),
            },
        };
        return new OperatorServer(owner, system, await NatsServer.StartAsync(change is null ? options : change(options), services));
    }

    /// <summary>A client that has sent CONNECT as this user.</summary>
    public async Task<RawClient> DialAsync(UserSetup user)
    {
        RawClient client = await RawClient.ConnectAsync(Server.ClientEndPoint!);
        using JsonDocument info = JsonDocument.Parse((await client.ReadLineAsync())["INFO ".Length..]);
        string nonce = info.RootElement.GetProperty("nonce").GetString()!;
        await client.SendAsync($"CONNECT {user.Connect(nonce)}\r\n");
        return client;
    }

    /// <summary>A client that is logged in as this user.</summary>
    public async Task<RawClient> LoginAsync(UserSetup user)
    {
        RawClient client = await DialAsync(user);
        await client.PingAsync();
        return client;
    }

    /// <summary>The first line after a login.</summary>
    public async Task<string> AnswerAsync(UserSetup user)
    {
        await using RawClient client = await DialAsync(user);
        await client.SendAsync("PING\r\n");
        return await client.ReadUntilAsync("\r\n");
    }

    /// <summary>Sends a request in the system account; the payload of the answer.</summary>
    public async Task<string> RequestAsync(string subject, string payload)
    {
        await using RawClient client = await LoginAsync(System.AddUser("admin"));
        await client.SendAsync($"SUB answer 1\r\nPUB {subject} answer {payload.Length}\r\n{payload}\r\n");
        string head = await client.ReadUntilAsync("\r\n");
        while (!head.StartsWith("MSG ", StringComparison.Ordinal)) head = await client.ReadUntilAsync("\r\n");
        return await client.ReadExactlyAsync(int.Parse(head.Trim().Split(' ')[^1]));
    }

    /// <summary>Brings a token, and says what the server made of it.</summary>
    public async Task<string> PushAsync(string token)
    {
        using JsonDocument answer = JsonDocument.Parse(await RequestAsync("$SYS.REQ.CLAIMS.UPDATE", token));
        return answer.RootElement.TryGetProperty("data", out JsonElement data) ? data.GetProperty("message").GetString()! : answer.RootElement.GetProperty("error").GetProperty("description").GetString()!;
    }

    public ValueTask DisposeAsync() => Server.DisposeAsync();
}
