using NATS.Server.Testing;
using Xunit;

namespace NATS.Server.InteropTests.SystemEvents;

/// <summary>What the system account is told of clients: the same as by the reference, field for field.</summary>
public sealed class ClientEventsTests
{
    private static readonly string[] Subjects = ["$SYS.ACCOUNT.>", "$SYS.SERVER.*.CLIENT.AUTH.ERR", "$SYS.SERVER.ACCOUNT.>"];

    // Two on the account's connections, and the event itself.
    private const int PerChange = 3;

    [Fact]
    public async Task A_client_that_comes_works_and_goes_is_told_of_like_by_the_reference()
    {
        await using SystemPair pair = await SystemPair.StartAsync();
        await pair.CompareAsync(async peer =>
        {
            SystemClient system = await peer.ConnectAsync("s");
            await system.SubscribeAsync(Subjects);
            SystemClient client = await peer.ConnectAsync("a", ",\"name\":\"al <p>ha\",\"lang\":\"go\",\"version\":\"1.2.3\"");
            string seen = SystemPeer.Describe(system, await ReadOfOthersAsync(system, PerChange));
            await client.SubscribeAsync("foo", "bar.*");
            await client.PublishAsync("foo", "hello");
            await client.PublishAsync("none", "hello you");
            await client.Raw.PingAsync();
            await client.DisposeAsync();
            return seen + SystemPeer.Describe(system, await system.ReadAsync(PerChange));
        });
    }

    [Fact]
    public async Task The_last_of_several_connections_is_counted_down_like_by_the_reference()
    {
        await using SystemPair pair = await SystemPair.StartAsync();
        await pair.CompareAsync(async peer =>
        {
            SystemClient system = await peer.ConnectAsync("s");
            await system.SubscribeAsync("$SYS.ACCOUNT.*.SERVER.CONNS");
            var seen = new List<SystemMessage>();
            SystemClient first = await peer.ConnectAsync("a");
            await first.SubscribeAsync("foo");
            seen.Add(await system.ReadAsync());
            SystemClient second = await peer.ConnectAsync("a");
            seen.Add(await system.ReadAsync());
            await second.PublishAsync("foo", "four");
            await second.Raw.PingAsync();
            await second.DisposeAsync();
            seen.Add(await system.ReadAsync());
            await first.DisposeAsync();
            seen.Add(await system.ReadAsync());
            return string.Join(Environment.NewLine, seen.Select(static message => EventShape.Of(message.Text)));
        });
    }

    [Theory]
    [InlineData("\"user\":\"a\",\"pass\":\"wrong\",\"name\":\"x\"")]
    [InlineData("\"user\":\"nobody\",\"pass\":\"x\"")]
    [InlineData("\"auth_token\":\"secret\"")]
    [InlineData("\"name\":\"nameless\"")]
    public async Task A_client_that_is_refused_is_told_of_like_by_the_reference(string credentials)
    {
        await using SystemPair pair = await SystemPair.StartAsync();
        await pair.CompareAsync(async peer =>
        {
            SystemClient system = await peer.ConnectAsync("s");
            await system.SubscribeAsync(Subjects);
            await using RawClient client = await RawClient.ConnectAsync(peer.Process.Port);
            await client.ReadLineAsync();
            await client.SendAsync($"CONNECT {{\"verbose\":false,{credentials}}}\r\n");
            Assert.Equal("-ERR 'Authorization Violation'\r\n", await client.ReadToCloseAsync());
            return SystemPeer.Describe(system, await ReadOfOthersAsync(system, 2));
        });
    }

    [Fact]
    public async Task The_owner_of_the_global_account_is_told_of_refusals_like_by_the_reference()
    {
        await using SystemPair pair = await SystemPair.StartAsync("""
            server_name: S
            accounts { $SYS { users: [{user: s, password: s}] }, A { users: [{user: a, password: a}] } }
            authorization { users: [{user: g, password: g}] }
            """);
        await pair.CompareAsync(async peer =>
        {
            SystemClient owner = await peer.ConnectAsync("g");
            await owner.SubscribeAsync("$SYS.ACCOUNT.CLIENT.AUTH.ERR");
            await using RawClient client = await RawClient.ConnectAsync(peer.Process.Port);
            await client.ReadLineAsync();
            await client.SendAsync("CONNECT {\"verbose\":false,\"user\":\"a\",\"pass\":\"b\"}\r\n");
            await client.ReadToCloseAsync();
            return SystemPeer.Describe(owner, await owner.ReadAsync(1));
        });
    }

    [Theory]
    [InlineData("FOO BAR\r\n")]
    [InlineData("PUB foo 99999999\r\n")]
    public async Task The_reason_of_an_end_is_the_references(string protocol)
    {
        await using SystemPair pair = await SystemPair.StartAsync();
        await pair.CompareAsync(async peer =>
        {
            SystemClient system = await peer.ConnectAsync("s");
            await system.SubscribeAsync("$SYS.ACCOUNT.*.DISCONNECT");
            SystemClient client = await peer.ConnectAsync("a");
            await client.Raw.SendAsync(protocol);
            await client.Raw.ReadToCloseAsync();
            return SystemPeer.Describe(system, await system.ReadAsync(1));
        });
    }

    [Fact]
    public async Task Clients_that_need_no_credentials_are_told_of_like_by_the_reference()
    {
        await using SystemPair pair = await SystemPair.StartAsync("""
            server_name: S
            no_auth_user: g
            accounts { $SYS { users: [{user: s, password: s}] }, G { users: [{user: g, password: g}] } }
            """);
        await pair.CompareAsync(async peer =>
        {
            SystemClient system = await peer.ConnectAsync("s");
            await system.SubscribeAsync(Subjects);
            await using RawClient client = await RawClient.ConnectAsync(peer.Process.Port);
            await client.ReadLineAsync();
            await client.PingAsync();
            string seen = SystemPeer.Describe(system, await ReadOfOthersAsync(system, PerChange));
            await client.DisposeAsync();
            seen += SystemPeer.Describe(system, await ReadOfOthersAsync(system, PerChange));

            // One that leaves before it says anything belongs to nobody yet.
            await using RawClient silent = await RawClient.ConnectAsync(peer.Process.Port);
            await silent.ReadLineAsync();
            await silent.DisposeAsync();
            return seen + SystemPeer.Describe(system, await ReadOfOthersAsync(system, 1));
        });
    }

    [Fact]
    public async Task A_repeated_CONNECT_is_told_of_again()
    {
        await using SystemPair pair = await SystemPair.StartAsync();
        await pair.CompareAsync(async peer =>
        {
            SystemClient system = await peer.ConnectAsync("s");
            await system.SubscribeAsync("$SYS.ACCOUNT.*.CONNECT");
            SystemClient client = await peer.ConnectAsync("a");
            string seen = SystemPeer.Describe(system, await system.ReadAsync(1));
            await client.Raw.SendAsync("CONNECT {\"verbose\":false,\"user\":\"b\",\"pass\":\"b\",\"name\":\"another\"}\r\n");
            return seen + SystemPeer.Describe(system, await system.ReadAsync(1));
        });
    }

    // How many connections the system account itself has is told whenever that is due.
    private static async Task<IReadOnlyList<SystemMessage>> ReadOfOthersAsync(SystemClient system, int count)
    {
        var read = new List<SystemMessage>();
        while (read.Count < count)
        {
            SystemMessage message = await system.ReadAsync();
            if (!message.Subject.Contains(".ACCOUNT.$SYS.", StringComparison.Ordinal)) read.Add(message);
        }

        return read;
    }
}
