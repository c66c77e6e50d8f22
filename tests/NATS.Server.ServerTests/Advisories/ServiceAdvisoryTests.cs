using NATS.Server.Options;
using NATS.Server.ServerTests.Hosting;
using NATS.Server.Testing;
using Xunit;

namespace NATS.Server.ServerTests.Advisories;

/// <summary>What the reference once got wrong about requests from one account to another; each test has the name of the advisory.</summary>
public sealed class ServiceAdvisoryTests
{
    [Theory]
    [InlineData("Nats-Request-Info: {\"acc\":\"FORGED\"}\r\n")]
    [InlineData("nats-request-info: {\"acc\":\"FORGED\"}\r\n")]
    [InlineData("NATS-REQUEST-INFO:{\"acc\":\"FORGED\"}\r\nNats-Request-Info:{\"acc\":\"FORGED\"}\r\n")]
    [InlineData("X: y\r\n Nats-Request-Info : {\"acc\":\"FORGED\"}\r\n")]
    [InlineData("X: y\nNats-Request-Info: {\"acc\":\"FORGED\"}\r\n")]
    public async Task Advisory_2026_09_who_asks_cannot_be_claimed(string headers)
    {
        await using NatsServer server = await Embedded.StartAsync(Options());
        await using RawClient service = await server.ConnectAsync(As("e"));
        await service.SendAsync("SUB req 1\r\n");
        await service.PingAsync();
        await using RawClient client = await server.ConnectAsync(As("i"));
        string block = "NATS/1.0\r\n" + headers + "\r\n";
        await client.SendAsync($"HPUB req answer {block.Length} {block.Length + 2}\r\n{block}hi\r\n");
        await client.PingAsync();
        string request = await service.PingAsync();
        Assert.DoesNotContain("FORGED", request, StringComparison.Ordinal);
        Assert.Contains("Nats-Request-Info: {\"acc\":\"I\"", request, StringComparison.Ordinal);
    }

    // CONNECT may carry a key that nobody looks at: it must not be shown to services as the one who asks.
    [Fact]
    public async Task Advisory_2026_09_who_asks_cannot_be_claimed_by_a_key_in_connect()
    {
        await using NatsServer server = await Embedded.StartAsync(Options(share: true));
        await using RawClient service = await server.ConnectAsync(As("e"));
        await service.SendAsync("SUB req 1\r\n");
        await service.PingAsync();
        await using RawClient client = await server.ConnectAsync("CONNECT {\"verbose\":false,\"user\":\"i\",\"pass\":\"pw\",\"nkey\":\"FORGED\"}\r\n");
        await client.SendAsync("PUB req answer 0\r\n\r\n");
        await client.PingAsync();
        string request = await service.PingAsync();
        Assert.Contains("\"user\":\"i\"", request, StringComparison.Ordinal);
        Assert.DoesNotContain("FORGED", request, StringComparison.Ordinal);
    }

    [Fact]
    public async Task CVE_2022_42709_accounts_that_import_in_a_circle_are_found_out()
    {
        foreach (ExportKind kind in (ExportKind[])[ExportKind.Service, ExportKind.Stream])
        {
            string[] names = ["A", "B", "C"];
            AccountOptions[] accounts = [.. names.Select((name, i) => new AccountOptions
            {
                Name = name,
                Users = [new UserOptions { Username = name, Password = "pw" }],
                Exports = [new ExportOptions(kind, "x.>")],
                Imports = [new ImportOptions(kind, names[(i + 1) % names.Length], "x.>")],
            })];
            NatsServer server;
            try
            {
                server = await Embedded.StartAsync(Embedded.Options with { Accounts = accounts });
            }
            catch (NatsServerException refused)
            {
                Assert.Contains("cycle", refused.Message, StringComparison.Ordinal);
                continue;
            }

            await using (server)
            {
                await using RawClient client = await server.ConnectAsync(As("A"));
                await client.SendAsync("SUB x.> 1\r\nPUB x.y x.reply 2\r\nhi\r\n");
                Assert.Equal("MSG x.y 1 x.reply 2\r\nhi\r\nPONG\r\n", await client.PingAsync());
            }
        }
    }

    // Each account's mapping leads into its import: no circle that the configuration shows.
    [Fact]
    public async Task CVE_2020_28466_a_request_that_mappings_lead_in_a_circle_stops()
    {
        await using NatsServer server = await Embedded.StartAsync(Embedded.Options with
        {
            Accounts =
            [
                Account("A", "x", "B", "req", "") with { Mappings = [new SubjectMappingOptions("x", [new MappingDestinationOptions("req", 100, "")])] },
                Account("B", "req", "A", "x", "y") with { Mappings = [new SubjectMappingOptions("req", [new MappingDestinationOptions("y", 100, "")])] },
            ],
        });
        await using RawClient client = await server.ConnectAsync(As("A"));
        for (int i = 0; i < 100; i++) await client.SendAsync("PUB req inbox 2\r\nhi\r\n");
        Assert.Equal("PONG\r\n", await client.PingAsync());
    }

    // Whoever is asked answers to the subject it was given; anybody else's guess is delivered to nobody, and an answer counts once.
    [Fact]
    public async Task Answers_reach_the_requester_once_and_only_from_the_account_that_was_asked()
    {
        ServerOptions options = Options();
        await using NatsServer server = await Embedded.StartAsync(options with { Accounts = [.. options.Accounts, new AccountOptions { Name = "X", Users = [new UserOptions { Username = "x", Password = "pw" }] }] });
        await using RawClient service = await server.ConnectAsync(As("e"));
        await service.SendAsync("SUB req 1\r\n");
        await service.PingAsync();
        await using RawClient client = await server.ConnectAsync(As("i"));
        await client.SendAsync("SUB answer 1\r\nPUB req answer 0\r\n\r\n");
        await client.PingAsync();
        string request = await service.PingAsync();
        string reply = request.Split(' ').First(static word => word.StartsWith("_R_.", StringComparison.Ordinal));
        await using RawClient stranger = await server.ConnectAsync(As("x"));
        await stranger.SendAsync($"PUB {reply} 6\r\nforged\r\n");
        await stranger.PingAsync();
        await client.SendAsync($"PUB {reply} 6\r\nforged\r\n");
        Assert.Equal("PONG\r\n", await client.PingAsync());
        await service.SendAsync($"PUB {reply} 2\r\nok\r\nPUB {reply} 5\r\nagain\r\n");
        await service.PingAsync();
        Assert.Equal("MSG answer 1 2\r\nok\r\nPONG\r\n", await client.PingAsync());
    }

    [Theory]
    [InlineData("$SYS.REQ.CLAIMS.UPDATE")]
    [InlineData("$SYS.REQ.CLAIMS.LIST")]
    [InlineData("$SYS.REQ.CLAIMS.DELETE")]
    [InlineData("$SYS.REQ.ACCOUNT.E.CLAIMS.UPDATE")]
    [InlineData("$SYS.REQ.ACCOUNT.E.CLAIMS.LOOKUP")]
    [InlineData("$SYS.REQ.USER.AUTH")]
    public async Task Nobody_reaches_the_subjects_of_the_system_account_from_another(string subject)
    {
        ServerOptions options = Options();
        await using NatsServer server = await Embedded.StartAsync(options with { Accounts = [.. options.Accounts, new AccountOptions { Name = "$SYS", Users = [new UserOptions { Username = "s", Password = "pw" }] }] });
        await using RawClient system = await server.ConnectAsync(As("s"));
        await system.SendAsync("SUB > 1\r\n");
        await system.PingAsync();
        await using RawClient client = await server.ConnectAsync(As("i"));
        await client.SendAsync($"PUB {subject} answer 5\r\nHELLO\r\n");
        await client.PingAsync();
        Assert.DoesNotContain("HELLO", await system.PingAsync(), StringComparison.Ordinal);
    }

    private static AccountOptions Account(string name, string export, string importFrom, string importSubject, string to) => new()
    {
        Name = name,
        Users = [new UserOptions { Username = name, Password = "pw" }],
        Exports = [new ExportOptions(ExportKind.Service, export)],
        Imports = [new ImportOptions(ExportKind.Service, importFrom, importSubject) { To = to }],
    };

    private static ServerOptions Options(bool share = false) => Embedded.Options with
    {
        Accounts =
        [
            new AccountOptions { Name = "E", Users = [new UserOptions { Username = "e", Password = "pw" }], Exports = [new ExportOptions(ExportKind.Service, "req")] },
            new AccountOptions { Name = "I", Users = [new UserOptions { Username = "i", Password = "pw" }], Imports = [new ImportOptions(ExportKind.Service, "E", "req") { Share = share }] },
        ],
    };

    private static string As(string user) => $"CONNECT {{\"verbose\":false,\"headers\":true,\"user\":\"{user}\",\"pass\":\"pw\"}}\r\n";
}
