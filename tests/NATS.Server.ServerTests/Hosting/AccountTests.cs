using NATS.Server.Options;
using NATS.Server.Testing;
using Xunit;

namespace NATS.Server.ServerTests.Hosting;

/// <summary>Accounts of an embedded server. What the reference does the same way is in the transcripts.</summary>
public sealed class AccountTests
{
    private static ServerOptions Options => Embedded.Options with
    {
        Accounts = [Account("A", "a"), Account("B", "b")],
        NoSystemAccount = false,
    };

    [Fact]
    public async Task Of_more_connections_than_a_lowered_limit_allows_the_newest_have_to_go()
    {
        await using NatsServer server = await Embedded.StartAsync(Options);
        await using RawClient first = await ConnectAsync(server, "a");
        await using RawClient other = await ConnectAsync(server, "b");
        await using RawClient second = await ConnectAsync(server, "a");
        await using RawClient third = await ConnectAsync(server, "a");

        ServerOptions limited = Options with { Accounts = [Account("A", "a") with { Limits = new AccountLimitsOptions { MaxConnections = 1 } }, Account("B", "b")] };
        Assert.True(server.Reload(limited).Succeeded);

        Assert.Equal("-ERR 'maximum account active connections exceeded'\r\n", await second.ReadToCloseAsync());
        Assert.Equal("-ERR 'maximum account active connections exceeded'\r\n", await third.ReadToCloseAsync());
        await first.PingAsync();
        await other.PingAsync();
    }

    [Fact]
    public async Task A_connection_with_as_many_subscriptions_as_it_may_have_survives_a_reload()
    {
        ServerOptions limited = Options with { Accounts = [Account("A", "a") with { Limits = new AccountLimitsOptions { MaxSubscriptions = 1 } }] };
        await using NatsServer server = await Embedded.StartAsync(limited);
        await using RawClient client = await ConnectAsync(server, "a");
        await client.SendAsync("SUB foo 1\r\n");
        await client.PingAsync();
        Assert.True(server.Reload(limited).Succeeded);
        await client.PingAsync();
    }

    [Fact]
    public async Task Imported_messages_count_towards_the_maximum_of_a_subscription()
    {
        ServerOptions options = Embedded.Options with
        {
            Accounts =
            [
                Account("A", "a") with { Exports = [new ExportOptions(ExportKind.Stream, "foo")] },
                Account("B", "b") with { Imports = [new ImportOptions(ExportKind.Stream, "A", "foo")] },
            ],
        };
        await using NatsServer server = await Embedded.StartAsync(options);
        await using RawClient subscriber = await ConnectAsync(server, "b");
        await subscriber.SendAsync("SUB foo 1\r\nUNSUB 1 2\r\n");
        await subscriber.PingAsync();
        
        // The subscription, and what stands for it in the exporting account.
        Assert.Equal(2, server.NumSubscriptions);
        await using RawClient publisher = await ConnectAsync(server, "a");
        await publisher.SendAsync("PUB foo 1\r\nx\r\nPUB foo 1\r\ny\r\nPUB foo 1\r\nz\r\n");
        await publisher.PingAsync();
        Assert.Equal(0, server.NumSubscriptions);
        await subscriber.PingAsync();
        Assert.EndsWith("MSG foo 1 1\r\nx\r\nMSG foo 1 1\r\ny\r\nPONG\r\n", subscriber.Received, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Accounts_with_connections_are_active_and_all_are_loaded()
    {
        await using NatsServer server = await Embedded.StartAsync(Options);

        // $G and $SYS are there without being configured.
        Assert.Equal(4, server.NumLoadedAccounts);
        Assert.Equal(0, server.NumActiveAccounts);
        await using RawClient a = await ConnectAsync(server, "a");
        await using RawClient again = await ConnectAsync(server, "a");
        Assert.Equal(1, server.NumActiveAccounts);
        await using RawClient b = await ConnectAsync(server, "b");
        Assert.Equal(2, server.NumActiveAccounts);
        Assert.True(server.Reload(Options with { Accounts = [Account("A", "a")] }).Succeeded);
        await b.ReadToCloseAsync();
        Eventually.True(() => server.NumActiveAccounts == 1, "the account that was removed counts no more");
        Assert.Equal(3, server.NumLoadedAccounts);
    }

    [Fact]
    public async Task Without_a_system_account_there_is_none()
    {
        await using NatsServer server = await Embedded.StartAsync(Options with { NoSystemAccount = true });
        Assert.Equal(3, server.NumLoadedAccounts);
    }

    private static AccountOptions Account(string name, string user) =>
        new() { Name = name, Users = [new UserOptions { Username = user, Password = user, Account = name }] };

    private static Task<RawClient> ConnectAsync(NatsServer server, string user) =>
        server.ConnectAsync($"CONNECT {{\"verbose\":false,\"user\":\"{user}\",\"pass\":\"{user}\"}}\r\n");
}
