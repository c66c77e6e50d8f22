using NATS.Server.Options;
using NATS.Server.ServerTests.Hosting;
using NATS.Server.Testing;
using Xunit;

namespace NATS.Server.ServerTests.Advisories;

/// <summary>What the reference once got wrong about who may publish, subscribe and log in; each test has the name of the advisory, or of the fix in its history.</summary>
public sealed class PermissionAdvisoryTests
{
    [Theory]
    [InlineData("type")]
    [InlineData("proxy")]
    public async Task Advisory_2026_24_beginning_with_ping_skips_no_restriction_of_the_user_for_such(string restriction)
    {
        UserOptions user = new() { Username = "anyone", Password = "pw" };
        user = restriction == "type" ? user with { AllowedConnectionTypes = ["MQTT"] } : user with { ProxyRequired = true };
        await using NatsServer server = await Embedded.StartAsync(Embedded.Options with { NoAuthUser = "anyone", Authorization = Users(user) });
        foreach (string first in (string[])["PING\r\n", "SUB a 1\r\n", "PUB a 0\r\n\r\n", "CONNECT {}\r\nPING\r\n"])
        {
            await using RawClient client = await server.OpenAsync();
            await client.ReadLineAsync();
            await client.SendAsync(first);
            Assert.Equal("-ERR 'Authorization Violation'\r\n", await client.ReadToCloseAsync());
        }
    }

    [Fact]
    public async Task Advisory_2026_18_a_plain_deny_holds_for_queue_groups_whatever_a_deny_for_one_group_says()
    {
        await using NatsServer server = await StartAsync(new SubjectPermissionOptions { Deny = ["secret", "secret other"] });
        await using RawClient client = await server.ConnectAsync(As("limited"));
        await client.SendAsync("SUB secret q 1\r\nSUB secret other 2\r\nSUB secret 3\r\n");
        string answer = await client.PingAsync();
        Assert.Equal(3, answer.Split("-ERR 'Permissions Violation for Subscription to \"secret\"").Length - 1);
    }

    [Fact]
    public async Task Advisory_2026_17_a_wildcard_beside_a_deny_delivers_nothing_denied()
    {
        await using NatsServer server = await StartAsync(new SubjectPermissionOptions { Deny = ["a.*.secret", "b.>", "*.x"] });
        await using RawClient client = await server.ConnectAsync(As("limited"));
        await client.SendAsync("SUB > 1\r\nSUB a.> 2\r\nSUB a.*.* 3\r\nSUB *.*.secret 4\r\n");
        Assert.Equal("PONG\r\n", await client.PingAsync());
        await PublishAsync(server, "a.b.secret", "b.c", "a.x", "done.it.is");
        await client.ExpectAsync("MSG done.it.is 1 2\r\nhi\r\n");
        Assert.DoesNotContain("MSG a.", client.Received, StringComparison.Ordinal);
        Assert.DoesNotContain("MSG b.", client.Received, StringComparison.Ordinal);
    }

    [Fact]
    public async Task CVE_2022_29946_a_queue_group_on_a_wildcard_is_given_nothing_denied()
    {
        await using NatsServer server = await StartAsync(new SubjectPermissionOptions { Allow = ["> q"], Deny = ["a.secret q"] });
        await using RawClient client = await server.ConnectAsync(As("limited"));
        await client.SendAsync("SUB a.* q 1\r\nSUB > q 2\r\n");
        Assert.Equal("PONG\r\n", await client.PingAsync());
        await PublishAsync(server, "a.secret", "a.secret", "a.open");
        await client.ExpectAsync("MSG a.open ");
        Assert.DoesNotContain("secret", client.Received, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Fix_54a08ead0_a_deny_for_a_queue_group_holds_after_a_reload_for_what_comes_by_a_stream_import()
    {
        ServerOptions options = Embedded.Options with
        {
            Accounts =
            [
                new AccountOptions { Name = "E", Users = [new UserOptions { Username = "all", Password = "pw" }], Exports = [new ExportOptions(ExportKind.Stream, "news.>")] },
                new AccountOptions { Name = "I", Users = [Limited(null)], Imports = [new ImportOptions(ExportKind.Stream, "E", "news.>") { Prefix = "their" }] },
            ],
        };
        await using NatsServer server = await Embedded.StartAsync(options);
        await using RawClient client = await server.ConnectAsync(As("limited"));
        await client.SendAsync("SUB their.> q 1\r\n");
        await client.PingAsync();
        AccountOptions limited = options.Accounts[1] with { Users = [Limited(new SubjectPermissionOptions { Deny = ["their.news.secret q"] })] };
        Assert.Empty(server.Reload(options with { Accounts = [options.Accounts[0], limited] }).Errors);
        await PublishAsync(server, "news.secret", "news.open");
        await client.ExpectAsync("MSG their.news.open 1 2\r\nhi\r\n");
        Assert.DoesNotContain("secret", client.Received, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(" ")]
    [InlineData("\t")]
    [InlineData("")]
    public async Task Fix_91045691a_a_permission_of_blanks_is_refused(string subject)
    {
        foreach (bool isDeny in (bool[])[false, true])
        {
            var list = new SubjectPermissionOptions { Allow = isDeny ? null : [subject], Deny = isDeny ? [subject] : null };
            await Assert.ThrowsAsync<NatsServerException>(() => Embedded.StartAsync(Embedded.Options with { Authorization = Users(Limited(list)) }));
        }
    }

    [Fact]
    public async Task CVE_2023_47090_an_authorization_block_lets_nobody_in_unnamed_although_only_the_system_account_has_users()
    {
        await using NatsServer server = await Embedded.StartAsync(Embedded.Options with
        {
            Authorization = new AuthorizationOptions { IsDefined = true },
            Accounts = [new AccountOptions { Name = "$SYS", Users = [new UserOptions { Username = "all", Password = "pw" }] }],
        });
        await using RawClient client = await server.OpenAsync();
        await client.ReadLineAsync();
        await client.SendAsync(RawClient.QuietConnect);
        Assert.Equal("-ERR 'Authorization Violation'\r\n", await client.ReadToCloseAsync());
    }

    [Theory]
    [InlineData("\"account\":\"B\"")]
    [InlineData("\"account\":\"A\"")]
    [InlineData("\"account\":\"NEW\",\"new_account\":true")]
    [InlineData("\"new_account\":true")]
    public async Task CVE_2022_24450_nobody_chooses_an_account_in_connect(string field)
    {
        await using NatsServer server = await Embedded.StartAsync(Embedded.Options with
        {
            Accounts = [new AccountOptions { Name = "A", Users = [new UserOptions { Username = "all", Password = "pw" }] }, new AccountOptions { Name = "B" }],
        });
        int accounts = server.NumLoadedAccounts;
        await using RawClient client = await server.OpenAsync();
        await client.ReadLineAsync();
        await client.SendAsync($"CONNECT {{\"user\":\"all\",\"pass\":\"pw\",{field}}}\r\n");
        Assert.Equal("-ERR 'Authorization Violation'\r\n", await client.ReadToCloseAsync());
        Assert.Equal(accounts, server.NumLoadedAccounts);
    }

    private static string As(string user) => $"CONNECT {{\"verbose\":false,\"user\":\"{user}\",\"pass\":\"pw\"}}\r\n";

    private static AuthorizationOptions Users(params UserOptions[] users) => new() { IsDefined = true, Users = users };

    private static UserOptions Limited(SubjectPermissionOptions? subscribe) =>
        new() { Username = "limited", Password = "pw", Permissions = subscribe is null ? null : new PermissionsOptions { Subscribe = subscribe } };

    private static Task<NatsServer> StartAsync(SubjectPermissionOptions subscribe) =>
        Embedded.StartAsync(Embedded.Options with { Authorization = Users(Limited(subscribe), new UserOptions { Username = "all", Password = "pw" }) });

    private static async Task PublishAsync(NatsServer server, params string[] subjects)
    {
        await using RawClient client = await server.ConnectAsync(As("all"));
        foreach (string subject in subjects) await client.SendAsync($"PUB {subject} 2\r\nhi\r\n");
        await client.PingAsync();
    }
}
