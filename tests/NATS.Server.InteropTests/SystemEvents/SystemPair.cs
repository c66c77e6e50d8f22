using System.Text;
using NATS.Server.Testing;
using Xunit;

namespace NATS.Server.InteropTests.SystemEvents;

/// <summary>The reference and our server with the same accounts: <c>$SYS</c> with the user s, A with a, B with b. Owned by one test.</summary>
internal sealed class SystemPair : IAsyncDisposable
{
    /// <summary>What both are configured with, unless a test says otherwise.</summary>
    public const string Accounts = """
        server_name: S
        accounts {
          $SYS { users: [{user: s, password: s}], exports: [{service: "$SYS.DEBUG.SUBSCRIBERS"}] }
          A { users: [{user: a, password: a}], imports: [{service: {account: "$SYS", subject: "$SYS.DEBUG.SUBSCRIBERS"}}] }
          B { users: [{user: b, password: b}] }
        }

        """;

    private SystemPair(SystemPeer reference, SystemPeer ours)
    {
        Reference = reference;
        Ours = ours;
    }

    public SystemPeer Reference { get; }

    public SystemPeer Ours { get; }

    public static Task<SystemPair> StartAsync(string config = Accounts) => StartAsync(_ => config);

    /// <summary>The same, with a configuration for each, by the words <c>reference</c> and <c>ours</c>.</summary>
    public static async Task<SystemPair> StartAsync(Func<string, string> config)
    {
        var reference = new SystemPeer(await ReferenceServer.StartAsync(new ServerProcessOptions { Config = config("reference") }));
        try
        {
            return new SystemPair(reference, new SystemPeer(await OurServer.StartAsync(new ServerProcessOptions { Config = config("ours") })));
        }
        catch
        {
            await reference.DisposeAsync();
            throw;
        }
    }

    /// <summary>Does the same with both and compares what it returns.</summary>
    public async Task CompareAsync(Func<SystemPeer, Task<string>> script)
    {
        string expected = await script(Reference);
        Assert.Equal(expected, await script(Ours));
    }

    public async ValueTask DisposeAsync()
    {
        await Reference.DisposeAsync();
        await Ours.DisposeAsync();
    }
}

/// <summary>One server of a pair and the clients connected to it. Owned by one test.</summary>
internal sealed class SystemPeer(ServerProcess process) : IAsyncDisposable
{
    private readonly List<SystemClient> _clients = [];

    public ServerProcess Process => process;

    public async Task<SystemClient> ConnectAsync(string user, string more = "")
    {
        SystemClient client = await SystemClient.ConnectAsync(process.Port, user, more);
        _clients.Add(client);
        return client;
    }

    /// <summary>Text without the server's id.</summary>
    public static string WithoutId(SystemClient client, string text) => text.Replace(client.ServerId, "ID", StringComparison.Ordinal);

    /// <summary>Messages as lines of text without what differs from run to run, in the order of their subjects.</summary>
    public static string Describe(SystemClient client, IEnumerable<SystemMessage> messages)
    {
        var text = new StringBuilder();
        foreach (SystemMessage message in messages.OrderBy(static message => message.Subject, StringComparer.Ordinal))
            text.Append(WithoutId(client, message.Subject)).Append(' ').Append(message.Headers).AppendLine(EventShape.Of(message.Text));
        return text.ToString();
    }

    public async ValueTask DisposeAsync()
    {
        foreach (SystemClient client in _clients) await client.DisposeAsync();
        await process.DisposeAsync();
    }
}
