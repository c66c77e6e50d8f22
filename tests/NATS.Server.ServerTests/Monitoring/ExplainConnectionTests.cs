using System.Text.Json;
using NATS.Server.Core.Jwt;
using NATS.Server.Monitoring.Explaining;
using NATS.Server.Options;
using NATS.Server.ServerTests.Hosting;
using NATS.Server.ServerTests.OperatorMode;
using NATS.Server.Testing;
using NATS.Server.Testing.Jwt;
using Xunit;
using static NATS.Server.ServerTests.Monitoring.ExplainDesk;

namespace NATS.Server.ServerTests.Monitoring;

/// <summary>Why connections closed: each way of closing is brought about, and the system account is asked for the reason.</summary>
public sealed class ExplainConnectionTests
{
    // The desk itself is cid 1.
    private const ulong First = 2;

    public static TheoryData<string, string, string, string> Violations => new()
    {
        { "PUB a 2000\r\n", "max_payload=1000", "it published a message of 2,000 bytes, and 1,000 are allowed", "the server" },
        { "SUB " + new string('x', 700), "max_control_line=512", "it sent an operation with a line longer than 512 bytes", "the server" },
        { "CONNECT {\"protocol\":7,\"user\":\"a\",\"pass\":\"pw\"}\r\n", "protocol=7", "its CONNECT asked for protocol 7, and this server speaks 0 and 1", "the client" },
        { "CONNECT {\"no_responders\":true,\"headers\":false,\"user\":\"a\",\"pass\":\"pw\"}\r\n", "headers=false", "it asked to be told of missing responders", "the client's CONNECT" },
        { "PUB a\r\n", "", "it broke the protocol: processPub Parse Error", "" },
        { "PUB a 3\r\nabcSECRET\r\n", "", "it broke the protocol: it sent something that is no operation of the protocol", "" },
        { "GET / HTTP/1.1\r\n\r\n", "", "it sent a request of HTTP", "" },
        { "\x16\x03\x01", "", "it began a TLS handshake, and this listener has no TLS", "" },
        { "-ERR 'I do not like that'\r\n", "", "the client reported an error of the server: it sent -ERR", "" },
    };

    [Theory]
    [MemberData(nameof(Violations))]
    public async Task What_a_client_did_wrong_is_told_with_the_rule(string operation, string rule, string told, string source)
    {
        await using ExplainDesk desk = await ExplainDesk.StartAsync(Basic with { MaxPayload = 1000, MaxControlLine = 512 });
        await using RawClient client = await desk.ConnectAsync("a");
        Assert.Equal("open", Verdict(await desk.AskConnectionAsync(First)));
        await client.SendAsync(operation);
        await client.ReadToCloseAsync();
        JsonElement answer = await desk.AskClosedAsync(First);
        Assert.Contains(told, Summary(answer), StringComparison.Ordinal);
        Assert.StartsWith("Connection 2 (\"", Summary(answer), StringComparison.Ordinal);
        Assert.Equal(rule, RuleOf(answer));
        if (rule.Length > 0) Assert.Equal(source, SourceOf(answer));
        Assert.DoesNotContain("SECRET", answer.GetRawText(), StringComparison.Ordinal);
        Assert.True(Finding(answer, "closed").GetProperty("decides").GetBoolean());
    }

    [Fact]
    public async Task A_payload_that_is_too_large_for_the_account_names_the_account_and_a_smaller_one_passes()
    {
        ServerOptions options = Basic;
        options = options with { Accounts = [.. options.Accounts.Select(static account => account.Name == "A" ? account with { Limits = new AccountLimitsOptions { MaxPayload = 100 } } : account)] };
        await using ExplainDesk desk = await ExplainDesk.StartAsync(options);
        await using RawClient client = await desk.ConnectAsync("a");
        await client.SendAsync("PUB a 101\r\n");
        await client.ReadToCloseAsync();
        JsonElement answer = await desk.AskClosedAsync(First);
        Assert.Equal(("max_payload=100", "account A", (101L, 100L)), (RuleOf(answer), SourceOf(answer), Numbers(Finding(answer, "closed"))));
        await using RawClient again = await desk.ConnectAsync("a");
        await again.SendAsync($"PUB a 100\r\n{new string('x', 100)}\r\n");
        await again.PingAsync();
        Assert.Equal("open", Verdict(await desk.AskConnectionAsync(First + 1)));
    }

    [Fact]
    public async Task A_refused_login_says_what_was_wrong_and_never_the_password()
    {
        await using ExplainDesk desk = await ExplainDesk.StartAsync();
        await using RawClient wrong = await desk.Server.OpenAsync();
        await wrong.ReadLineAsync();
        await wrong.SendAsync(Embedded.ConnectAs("a", "SECRET"));
        await wrong.ReadToCloseAsync();
        JsonElement answer = await desk.AskClosedAsync(First);
        Assert.Contains("it was refused as a: Password is wrong", Summary(answer), StringComparison.Ordinal);
        Assert.DoesNotContain("SECRET", answer.GetRawText(), StringComparison.Ordinal);

        await using RawClient unknown = await desk.Server.OpenAsync();
        await unknown.ReadLineAsync();
        await unknown.SendAsync(Embedded.ConnectAs("nobody"));
        await unknown.ReadToCloseAsync();
        Assert.Contains("it was refused as nobody: User is not configured", Summary(await desk.AskClosedAsync(First + 1)), StringComparison.Ordinal);

        await using RawClient early = await desk.Server.OpenAsync();
        await early.ReadLineAsync();
        await early.SendAsync("SUB a 1\r\n");
        await early.ReadToCloseAsync();
        Assert.Contains("another operation came before CONNECT", Summary(await desk.AskClosedAsync(First + 2)), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Deadlines_are_told_with_the_settings_that_were_in_force()
    {
        var time = new FakeTimeProvider();
        await using ExplainDesk desk = await ExplainDesk.StartAsync(
            Basic with { PingInterval = TimeSpan.FromSeconds(60), MaxPingsOut = 1, WriteDeadline = TimeSpan.FromSeconds(5), NoFastProducerStall = true, Authorization = new AuthorizationOptions { Timeout = TimeSpan.FromSeconds(3) } },
            time);
        await using RawClient silent = await desk.Server.OpenAsync();
        await silent.ReadLineAsync();
        JsonElement waiting = await desk.AskConnectionAsync(First);
        Assert.Equal(("open", "authorization.timeout=3s"), (Verdict(waiting), RuleOf(waiting)));
        Assert.Contains("it has not sent CONNECT yet", Summary(waiting), StringComparison.Ordinal);
        time.Advance(TimeSpan.FromSeconds(3.2));
        await silent.ReadToCloseAsync();
        JsonElement late = await desk.AskClosedAsync(First);
        Assert.Equal(("authorization.timeout=3s", 3_000_000_000L), (RuleOf(late), Finding(late, "closed").GetProperty("limit").GetInt64()));

        await using RawClient stalled = await desk.ConnectAsync("a");
        await stalled.SendAsync("SUB a 1\r\n");
        await stalled.PingAsync();
        await using RawClient publisher = await desk.ConnectAsync("a");
        for (int i = 0; i < 20; i++) await publisher.SendAsync($"PUB a 500000\r\n{new string('x', 500000)}\r\n");
        await publisher.PingAsync();
        time.Advance(TimeSpan.FromSeconds(4));
        JsonElement blocked = await desk.AskConnectionAsync(First + 1);
        Assert.Equal(("open", "write_deadline=5s"), (Verdict(blocked), RuleOf(blocked)));
        Assert.Contains("it has not taken what is sent to it for 4", Summary(blocked), StringComparison.Ordinal);
        Assert.True(Finding(blocked, "pending").GetProperty("value").GetInt64() > 1_000_000);
        Eventually.True(
            () =>
            {
                time.Advance(TimeSpan.FromMilliseconds(100));
                return desk.Server.Context.Clients.Find(First + 1) is null;
            },
            "the slow consumer is closed");
        JsonElement slow = await desk.AskClosedAsync(First + 1);
        Assert.Equal("write_deadline=5s", RuleOf(slow));
        Assert.Contains("it did not take what was sent to it within 5s: ", Summary(slow), StringComparison.Ordinal);

        ServerOptions lower = desk.Server.Options with { PingInterval = TimeSpan.FromSeconds(50) };
        await using RawClient hung = await desk.ConnectAsync("a");
        for (int i = 0; i < 12; i++)
        {
            time.Advance(TimeSpan.FromSeconds(10));
            await desk.AskConnectionAsync(1);
        }

        JsonElement unanswered = await desk.AskConnectionAsync(First + 3);
        if (Verdict(unanswered) == "open") time.Advance(TimeSpan.FromSeconds(61));
        await hung.ReadToCloseAsync();
        JsonElement stale = await desk.AskClosedAsync(First + 3);
        Assert.Equal(("ping_max=1", (1L, 1L)), (RuleOf(stale), Numbers(Finding(stale, "closed"))));
        Assert.Contains("it did not answer 1 PING, one every 1m0s", Summary(stale), StringComparison.Ordinal);
        Assert.True(desk.Server.Reload(lower).Succeeded);
    }

    [Fact]
    public async Task A_client_that_reads_too_slowly_is_told_with_the_bytes_that_waited()
    {
        await using ExplainDesk desk = await ExplainDesk.StartAsync(Basic with { MaxPending = 1_000_000, MaxPayload = 900_000 });
        await using RawClient stalled = await desk.ConnectAsync("a");
        await stalled.SendAsync("SUB a 1\r\n");
        await stalled.PingAsync();
        await using RawClient publisher = await desk.ConnectAsync("b");
        await using RawClient other = await desk.ConnectAsync("a");
        string message = $"PUB a 700000\r\n{new string('x', 700000)}\r\n";
        await Eventually.TrueAsync(
            async () =>
            {
                await other.SendAsync(message);
                await other.PingAsync();
                return desk.Server.Context.Clients.Find(First) is null;
            },
            "the slow consumer is closed");
        JsonElement slow = await desk.AskClosedAsync(First);
        Assert.Equal(("max_pending=1000000", "the server"), (RuleOf(slow), SourceOf(slow)));
        (long value, long limit) = Numbers(Finding(slow, "closed"));
        Assert.True(value > limit && limit == 1_000_000, $"{value} {limit}");
        JsonElement counted = await desk.AskConnectionAsync(First + 1);
        Assert.Equal(1, Finding(counted, "slow_consumers").GetProperty("value").GetInt64());
    }

    [Fact]
    public async Task Too_many_connections_of_the_server_and_of_an_account_are_told_apart()
    {
        ServerOptions options = Basic with { MaxConnections = 3 };
        options = options with { Accounts = [.. options.Accounts.Select(static account => account.Name == "A" ? account with { Limits = new AccountLimitsOptions { MaxConnections = 1 } } : account)] };
        await using ExplainDesk desk = await ExplainDesk.StartAsync(options);
        await using RawClient first = await desk.ConnectAsync("a");
        await using RawClient second = await desk.Server.OpenAsync();
        await second.ReadLineAsync();
        await second.SendAsync(Embedded.ConnectAs("a"));
        await second.ReadToCloseAsync();
        JsonElement account = await desk.AskClosedAsync(First + 1);
        Assert.Equal(("max_connections=1", "account A"), (RuleOf(account), SourceOf(account)));

        await using RawClient third = await desk.ConnectAsync("b");
        await using RawClient fourth = await desk.Server.OpenAsync();
        await fourth.ReadToCloseAsync();
        JsonElement server = await desk.AskClosedAsync(First + 3);
        Assert.Equal(("max_connections=3", "the server"), (RuleOf(server), SourceOf(server)));
    }

    [Fact]
    public async Task A_kick_and_an_end_by_the_client_are_told_apart()
    {
        await using ExplainDesk desk = await ExplainDesk.StartAsync();
        await using RawClient kicked = await desk.ConnectAsync("a");
        Assert.True(desk.Server.DisconnectClient(First));
        Assert.Contains("an operator closed it: the program that runs the server disconnected it", Summary(await desk.AskClosedAsync(First)), StringComparison.Ordinal);
        await using RawClient asked = await desk.ConnectAsync("a");
        await desk.KickAsync(First + 1);
        Assert.Contains("an operator closed it: a request on $SYS.REQ.SERVER.<id>.KICK asked for it", Summary(await desk.AskClosedAsync(First + 1)), StringComparison.Ordinal);
        RawClient gone = await desk.ConnectAsync("a");
        await gone.DisposeAsync();
        JsonElement answer = await desk.AskClosedAsync(First + 2);
        Assert.Contains("the client closed it, or its process ended", Summary(answer), StringComparison.Ordinal);

        await using RawClient newest = await desk.ConnectAsync("a");
        answer = await desk.AskAsync("""{"question":"connection","user":"a"}""");
        Assert.Equal(("open", 3L), (Verdict(answer), Finding(answer, "user").GetProperty("value").GetInt64()));
        Assert.Contains("1 open and 3 closed in all", Finding(answer, "user").GetProperty("text").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_reload_that_takes_a_user_or_its_limits_away_is_told()
    {
        ServerOptions options = Basic;
        await using ExplainDesk desk = await ExplainDesk.StartAsync(options);
        await using RawClient many = await desk.ConnectAsync("a");
        await many.SendAsync("SUB a 1\r\nSUB b 2\r\nSUB c 3\r\n");
        await many.PingAsync();
        await using RawClient moved = await desk.ConnectAsync("b");
        options = desk.Server.Options with
        {
            Accounts =
            [
                .. options.Accounts.Where(static account => account.Name == "$SYS"),
                new AccountOptions { Name = "A", Users = [User("a", "A")], JetStream = options.Accounts[1].JetStream, Limits = new AccountLimitsOptions { MaxSubscriptions = 2 } },
                new AccountOptions { Name = "B", Users = [User("c", "B")] },
            ],
        };
        Assert.Empty(desk.Server.Reload(options).Errors);
        JsonElement subscriptions = await desk.AskClosedAsync(First);
        Assert.Equal(("max_subscriptions=2", "account A", (3L, 2L)), (RuleOf(subscriptions), SourceOf(subscriptions), Numbers(Finding(subscriptions, "closed"))));
        Assert.Contains("this server closed it: a reload took its user away", Summary(await desk.AskClosedAsync(First + 1)), StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Embedded.Engines), MemberType = typeof(Embedded))]
    public async Task A_failed_handshake_says_why(ConnectionEngineKind engine)
    {
        using var certificates = new TestCertificates();
        var tls = new TlsOptions { CertFile = certificates.Server.CertFile, KeyFile = certificates.Server.KeyFile, CaFile = certificates.CaFile, Verify = true };
        await using NatsServer server = await Embedded.StartAsync(Embedded.Options with { Engine = engine, Tls = tls });
        await using RawClient plain = await server.OpenAsync();
        await plain.ReadLineAsync();
        await plain.SendAsync(RawClient.QuietConnect);
        await plain.ReadToCloseAsync();
        Explanation answer = Explain(server, 1);
        Assert.StartsWith("Connection 1 closed ", answer.Summary, StringComparison.Ordinal);
        Assert.Contains("the TLS handshake failed: ", answer.Summary, StringComparison.Ordinal);
        Assert.Equal("tls", answer.Rule!.Name);

        await using RawClient good = await server.OpenAsync();
        await good.ReadLineAsync();
        await good.UpgradeAsync(certificates.Client.Certificate);
        await good.SendAsync(RawClient.QuietConnect);
        await good.PingAsync();
        answer = server.Monitor.Explain(new ExplainQuestion { Kind = ExplainKind.Connection, Cid = 2 });
        Assert.Equal("open", answer.Verdict);
        Assert.Contains("TLS 1.3", answer.Findings[0].Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Tokens_that_are_revoked_or_expire_are_told()
    {
        var owner = new OperatorSetup();
        using var folder = new TemporaryFolder();
        var time = new FakeTimeProvider(DateTimeOffset.FromUnixTimeSeconds(owner.Now));
        AccountSetup account = owner.AddAccount("A");
        UserSetup user = account.AddUser("U");
        UserSetup passing = account.AddUser("V", claims => claims with { Expires = owner.Now + 50 });
        await using OperatorServer server = await OperatorServer.StartAsync(
            owner, new ResolverOptions(ResolverKind.Full) { Directory = folder.Path, AllowDelete = true }, services: new NatsServerServices { TimeProvider = time });
        await using RawClient revoked = await server.LoginAsync(user);
        await using RawClient expiring = await server.LoginAsync(passing);
        Explanation answer = server.Server.Monitor.Explain(new ExplainQuestion { Kind = ExplainKind.Connection, User = "V" });
        Assert.Equal(("open", "exp", "the token of user V"), (answer.Verdict, answer.Rule!.Name, answer.Rule.Source));
        Assert.Contains("its credentials expire in 50s", answer.Summary, StringComparison.Ordinal);
        Assert.Equal("jwt updated", await server.PushAsync(account.Reissue(claims => claims with { Revocations = new RevocationList(new Dictionary<string, long>(StringComparer.Ordinal) { [user.Id] = owner.Now }) })));
        await revoked.ReadToCloseAsync();
        answer = Explain(server.Server, 1);
        Assert.Equal(("revocations", "account A"), (answer.Rule!.Name, answer.Rule.Source));
        Assert.Contains("the user's token was revoked", answer.Summary, StringComparison.Ordinal);
        time.Advance(TimeSpan.FromSeconds(52));
        await expiring.ReadToCloseAsync();
        answer = Explain(server.Server, 2);
        Assert.Equal(("exp", "the token of user V"), (answer.Rule!.Name, answer.Rule.Source));
        Assert.Contains("its credentials were good until", answer.Summary, StringComparison.Ordinal);
        Assert.DoesNotContain("eyJ", string.Concat(answer.Findings.Select(static finding => finding.Text)), StringComparison.Ordinal);
    }

    private static Explanation Explain(NatsServer server, ulong cid)
    {
        Explanation answer = null!;
        Eventually.True(() => (answer = server.Monitor.Explain(new ExplainQuestion { Kind = ExplainKind.Connection, Cid = cid })).Verdict == "closed", $"connection {cid} is closed");
        return answer;
    }

    [Fact]
    public async Task A_lame_duck_says_so_while_it_can()
    {
        var time = new FakeTimeProvider();
        await using ExplainDesk desk = await ExplainDesk.StartAsync(Basic with { LameDuckGracePeriod = TimeSpan.FromSeconds(10), LameDuckDuration = TimeSpan.FromSeconds(30), PingInterval = TimeSpan.FromHours(2) }, time);
        await using RawClient client = await desk.ConnectAsync("a");
        Task done = desk.Server.EnterLameDuckAsync();
        JsonElement answer = await desk.AskConnectionAsync(First);
        Assert.Equal(("open", "lame_duck_duration=30s"), (Verdict(answer), RuleOf(answer)));
        Assert.Contains("the server is about to stop", Summary(answer), StringComparison.Ordinal);
        await desk.Server.StopAsync();
        await done;
    }

    [Fact]
    public async Task What_is_not_remembered_any_more_is_not_found()
    {
        await using ExplainDesk desk = await ExplainDesk.StartAsync(Basic with { MaxClosedClients = 2 });
        for (int i = 0; i < 4; i++)
        {
            RawClient client = await desk.ConnectAsync("a");
            await client.DisposeAsync();
            await desk.AskClosedAsync(First + (ulong)i);
        }

        JsonElement answer = await desk.AskConnectionAsync(First);
        Assert.Equal("not_found", Verdict(answer));
        Assert.Contains("it is not remembered any more", Summary(answer), StringComparison.Ordinal);
        JsonElement limit = Finding(answer, "limit");
        Assert.Equal(((2L, 2L), First + 2), (Numbers(limit), limit.GetProperty("cid").GetUInt64()));
        Assert.Equal("not_found", Verdict(await desk.AskConnectionAsync(999)));
        answer = await desk.AskAsync("""{"question":"connection","user":"aa"}""");
        Assert.Equal("not_found", Verdict(answer));
        Assert.Contains(answer.GetProperty("findings").EnumerateArray(), static finding => finding.GetProperty("kind").GetString() == "user" && finding.GetProperty("user").GetString() == "a");
    }

    [Fact]
    public async Task A_healthy_connection_is_open_and_nothing_holds_it_up()
    {
        await using ExplainDesk desk = await ExplainDesk.StartAsync(Basic with { MaxSubscriptions = 2 });
        await using RawClient client = await desk.ConnectAsync("a", ",\"lang\":\"go\",\"version\":\"1.2\"");
        JsonElement answer = await desk.AskConnectionAsync(First);
        Assert.Equal(("open", "", "Connection 2 (\"a-app\", user a) is open, and nothing holds it up."), (Verdict(answer), RuleOf(answer), Summary(answer)));
        Assert.Contains("go 1.2", Finding(answer, "client").GetProperty("text").GetString(), StringComparison.Ordinal);
        await client.SendAsync("SUB a 1\r\nSUB b 2\r\n");
        await client.PingAsync();
        answer = await desk.AskConnectionAsync(First);
        Assert.Equal(("open", "max_subscriptions=2"), (Verdict(answer), RuleOf(answer)));
        await client.SendAsync("SUB c 3\r\n");
        Assert.Contains("maximum subscriptions exceeded", await client.ReadLineAsync(), StringComparison.Ordinal);
        await client.SendAsync("UNSUB 2\r\n");
        await client.PingAsync();
        Assert.Equal("", RuleOf(await desk.AskConnectionAsync(First)));
    }
}
