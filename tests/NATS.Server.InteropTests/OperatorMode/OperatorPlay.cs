using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using NATS.Server.Testing;
using NATS.Server.Testing.Jwt;
using Xunit;

namespace NATS.Server.InteropTests.OperatorMode;

/// <summary>Plays the same script against a reference server and one of ours, in operator mode with the same keys, and compares what was seen.</summary>
internal sealed partial class OperatorPlay
{
    private readonly ServerProcess _server;
    private readonly AccountSetup _system;
    private readonly StringBuilder _seen = new();

    private OperatorPlay(ServerProcess server, AccountSetup system)
    {
        _server = server;
        _system = system;
    }

    public ServerProcess Server => _server;

    /// <summary>Starts both servers, one after the other, and plays.</summary>
    /// <param name="config">Of both; <c>$FOLDER</c> stands for a folder of each server's own.</param>
    /// <param name="system">The system account.</param>
    /// <param name="script">What to do.</param>
    public static async Task CompareAsync(string config, AccountSetup system, Func<OperatorPlay, Task> script)
    {
        string expected = await RunAsync(ReferenceServer.Path, config, system, script);
        Assert.Equal(expected, await RunAsync(OurServer.Path, config, system, script));
    }

    /// <summary>Notes something that must be the same on both.</summary>
    public void Note(string what, string seen) => _seen.Append(what).Append(": ").AppendLine(ServerField().Replace(seen, "\"server\":{}"));

    /// <summary>A client that has sent CONNECT as this user, with further fields as <see cref="UserSetup.Connect"/> takes them.</summary>
    public async Task<RawClient> DialAsync(UserSetup user, string more = "")
    {
        RawClient client = await RawClient.ConnectAsync(_server.Port);
        using JsonDocument info = JsonDocument.Parse((await client.ReadLineAsync())["INFO ".Length..]);
        await client.SendAsync($"CONNECT {user.Connect(info.RootElement.GetProperty("nonce").GetString()!, more)}\r\n");
        return client;
    }

    /// <summary>A client that is logged in as this user.</summary>
    public async Task<RawClient> LoginAsync(UserSetup user)
    {
        RawClient client = await DialAsync(user);
        await client.PingAsync();
        return client;
    }

    /// <summary>Notes the answer to a login.</summary>
    public async Task LoginAsync(string what, UserSetup user)
    {
        await using RawClient client = await DialAsync(user);
        await client.SendAsync("PING\r\n");
        Note(what, await client.ReadUntilAsync("\r\n"));
    }

    /// <summary>Notes the answers to a request in the system account.</summary>
    /// <param name="what">Of the note.</param>
    /// <param name="subject">Of the request.</param>
    /// <param name="payload">Of the request.</param>
    /// <param name="answers">How many to wait for.</param>
    public async Task RequestAsync(string what, string subject, string payload, int answers = 1)
    {
        await using RawClient client = await LoginAsync(_system.AddUser("admin"));
        await client.SendAsync($"SUB answer 1\r\nPUB {subject} answer {Encoding.UTF8.GetByteCount(payload)}\r\n{payload}\r\n");
        for (int i = 0; i < answers; i++)
        {
            string head = await client.ReadUntilAsync("\r\n");
            while (!head.StartsWith("MSG ", StringComparison.Ordinal)) head = await client.ReadUntilAsync("\r\n");
            int size = int.Parse(head.Trim().Split(' ')[^1]);
            Note(what, await client.ReadExactlyAsync(size));
            await client.ReadExactlyAsync(2);
        }
    }

    /// <summary>Notes what <c>/varz</c> says in these fields.</summary>
    public async Task VarzAsync(params string[] fields)
    {
        using var http = new HttpClient();
        using JsonDocument varz = JsonDocument.Parse(await http.GetStringAsync(new Uri($"http://127.0.0.1:{_server.MonitorPort}/varz")));
        foreach (string field in fields) Note(field, varz.RootElement.TryGetProperty(field, out JsonElement value) ? JsonSerializer.Serialize(value) : "");
    }

    private static async Task<string> RunAsync(string executable, string config, AccountSetup system, Func<OperatorPlay, Task> script)
    {
        await using ServerProcess server = await ServerProcess.StartAsync(executable, new ServerProcessOptions { Config = config });
        var play = new OperatorPlay(server, system);
        await script(play);
        return play._seen.ToString();
    }

    [GeneratedRegex("""\"server\":\{[^{}]*(\{[^{}]*\}[^{}]*)*\}""")]
    private static partial Regex ServerField();
}
