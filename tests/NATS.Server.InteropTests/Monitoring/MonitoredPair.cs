using System.Text;
using System.Text.Json;
using NATS.Server.Testing;
using Xunit;

namespace NATS.Server.InteropTests.Monitoring;

/// <summary>The reference and our server, configured alike and treated alike, with their monitoring ports. Owned by one test.</summary>
internal sealed class MonitoredPair : IAsyncDisposable
{
    private MonitoredPair(MonitoredServer reference, MonitoredServer ours)
    {
        Reference = reference;
        Ours = ours;
    }

    public MonitoredServer Reference { get; }

    public MonitoredServer Ours { get; }

    /// <summary>Starts both. Without the system account, so that connection ids and subscription counts begin at zero in both.</summary>
    public static Task<MonitoredPair> StartAsync(string config = "") => StartAsync(_ => config);

    /// <summary>The same, with a configuration for each, by the words <c>reference</c> and <c>ours</c>.</summary>
    public static async Task<MonitoredPair> StartAsync(Func<string, string> config)
    {
        MonitoredServer reference = new(await ReferenceServer.StartAsync(OptionsOf(config("reference"))));
        try
        {
            return new MonitoredPair(reference, new MonitoredServer(await OurServer.StartAsync(OptionsOf(config("ours")))));
        }
        catch
        {
            await reference.DisposeAsync();
            throw;
        }
    }

    private static ServerProcessOptions OptionsOf(string config) => new() { Config = "http: -1\nno_sys_acc: true\n" + config };

    /// <summary>Does the same with both, one after the other.</summary>
    public async Task OnBoth(Func<MonitoredServer, Task> action)
    {
        await action(Reference);
        await action(Ours);
    }

    /// <summary>Asks with exactly these bytes as target; HTTP/1.0, so that the answer is in one piece and ends with the connection.</summary>
    public static async Task<(int Status, string ContentType, string Body)> Get(MonitoredServer server, string target)
    {
        await using RawClient client = await RawClient.ConnectAsync(server.Process.MonitorPort);
        await client.SendAsync($"GET {target} HTTP/1.0\r\n\r\n");
        string[] answer = (await client.ReadToCloseAsync()).Split("\r\n\r\n", 2);
        string contentType = answer[0].Split("\r\n").Where(x => x.StartsWith("Content-Type: ", StringComparison.Ordinal)).Select(x => x[14..]).FirstOrDefault("");
        return (int.Parse(answer[0].Split(' ')[1]), contentType, Encoding.UTF8.GetString(Encoding.Latin1.GetBytes(answer[1])));
    }

    /// <summary>Waits until a server's answer has what is asked for.</summary>
    public static async Task WaitFor(MonitoredServer server, string target, Func<JsonElement, bool> condition)
    {
        using var deadline = new CancellationTokenSource(TimeSpan.FromSeconds(20));
        while (true)
        {
            (_, _, string body) = await Get(server, target);
            using (JsonDocument document = JsonDocument.Parse(body))
            {
                if (condition(document.RootElement)) return;
            }

            if (deadline.IsCancellationRequested) throw new TimeoutException($"{target} did not become as expected: {body}");
            await Task.Yield();
        }
    }

    /// <summary>Both answers are JSON with the same fields and values.</summary>
    public async Task AssertSameJson(string target, params string[] ignored)
    {
        (int status, string contentType, string reference) = await Get(Reference, target);
        (int ourStatus, string ourContentType, string ours) = await Get(Ours, target);
        Assert.Equal((status, contentType), (ourStatus, ourContentType));
        JsonShape.AssertNone(JsonShape.Differences(reference, ours, ignored));
    }

    public async ValueTask DisposeAsync()
    {
        await Reference.DisposeAsync();
        await Ours.DisposeAsync();
    }
}

/// <summary>One server of a pair and the clients connected to it.</summary>
internal sealed class MonitoredServer(ServerProcess process) : IAsyncDisposable
{
    private readonly List<RawClient> _clients = [];

    public ServerProcess Process => process;

    /// <summary>Connects a client that lives as long as the pair.</summary>
    public async Task<RawClient> Connect(string options, string operations = "")
    {
        RawClient client = await RawClient.HandshakeAsync(process.Port, $"CONNECT {{\"verbose\":false{(options.Length > 0 ? "," : "")}{options}}}\r\n");
        _clients.Add(client);
        await client.SendAsync(operations);
        await client.PingAsync();
        return client;
    }

    /// <summary>Opens a connection without any handshake.</summary>
    public async Task<RawClient> Open()
    {
        RawClient client = await RawClient.ConnectAsync(process.Port);
        _clients.Add(client);
        await client.ReadLineAsync();
        return client;
    }

    public async ValueTask DisposeAsync()
    {
        foreach (RawClient client in _clients) await client.DisposeAsync();
        await process.DisposeAsync();
    }
}
