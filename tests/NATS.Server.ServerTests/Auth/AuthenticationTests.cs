using System.Collections.Concurrent;
using NATS.Server.Auth;
using NATS.Server.Options;
using NATS.Server.Testing;
using Xunit;

namespace NATS.Server.ServerTests.Auth;

/// <summary>Authentication of a whole server: what needs an embedder, an in-process connection or a clock of its own.</summary>
public sealed class AuthenticationTests
{
    private const string Violation = "-ERR 'Authorization Violation'\r\n";

    // bcrypt of "U*U"
    private const string Hash = "$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW";

    private static readonly ServerOptions Loopback = new() { Host = "127.0.0.1", Port = ServerOptions.RandomPort, EventLoops = 1 };

    private static ServerOptions With(params UserOptions[] users) => Loopback with { Authorization = new AuthorizationOptions { Users = users } };

    private static UserOptions User(string name, params string[] types) => new() { Username = name, Password = "p", AllowedConnectionTypes = types };

    private static string Connect(string user, string password) =>
        $$"""CONNECT {"verbose":false,"user":"{{user}}","pass":"{{password}}"}""" + "\r\n";

    private static async Task<RawClient> DialAsync(NatsServer server, string connect)
    {
        RawClient client = await RawClient.ConnectAsync(server.ClientEndPoint!);
        await client.ReadLineAsync();
        await client.SendAsync(connect);
        return client;
    }

    private static async Task<string> AnswerAsync(NatsServer server, string connect)
    {
        await using RawClient client = await DialAsync(server, connect + "PING\r\n");
        return await client.ReadUntilAsync("\r\n");
    }

    [Fact]
    public async Task A_user_for_connections_inside_the_process_cannot_come_from_outside()
    {
        await using NatsServer server = await NatsServer.StartAsync(With(User("inside", "IN_PROCESS"), User("outside", "STANDARD"), User("both")));
        foreach ((string user, bool mayInside, bool mayOutside) in new[] { ("inside", true, false), ("outside", false, true), ("both", true, true) })
        {
            Assert.Equal(mayOutside ? "PONG\r\n" : Violation, await AnswerAsync(server, Connect(user, "p")));

            await using var client = new RawClient(server.ConnectInProcess());
            await client.ReadLineAsync();
            await client.SendAsync(Connect(user, "p") + "PING\r\n");
            Assert.Equal(mayInside ? "PONG\r\n" : Violation, await client.ReadUntilAsync("\r\n"));
        }
    }

    [Fact]
    public async Task An_embedder_authenticates_instead_of_the_options()
    {
        var requests = new ConcurrentQueue<AuthenticationRequest>();
        AuthenticationDecision Decide(AuthenticationRequest request)
        {
            requests.Enqueue(request);
            if (request.Options.Password != "right") return AuthenticationDecision.Reject;
            return AuthenticationDecision.Accept("named", new PermissionsOptions { Publish = new SubjectPermissionOptions { Allow = ["ok"] } });
        }

        var services = new NatsServerServices { Authentication = Decide };
        await using NatsServer server = await NatsServer.StartAsync(With(User("configured")), services);

        Assert.Equal(Violation, await AnswerAsync(server, Connect("configured", "p")));
        await using RawClient client = await DialAsync(server, Connect("x", "right") + "PUB ok 0\r\n\r\nPUB no 0\r\n\r\nPING\r\n");
        Assert.Equal("-ERR 'Permissions Violation for Publish to \"no\"'\r\nPONG\r\n", await client.ReadUntilAsync("PONG\r\n"));
        Assert.Equal(2, requests.Count);
        AuthenticationRequest last = requests.Last();
        Assert.Equal(("x", "STANDARD"), (last.Options.User, last.ConnectionType));
        Assert.NotNull(last.RemoteEndPoint);
        Assert.NotEqual(requests.First().ConnectionId, last.ConnectionId);
    }

    [Fact]
    public async Task An_embedder_that_takes_its_time_holds_up_nobody_else()
    {
        using var release = new ManualResetEventSlim();
        AuthenticationDecision Decide(AuthenticationRequest request)
        {
            if (request.Options.User == "slow") release.Wait(TimeSpan.FromSeconds(20));
            return AuthenticationDecision.Accept();
        }

        await using NatsServer server = await NatsServer.StartAsync(Loopback, new NatsServerServices { Authentication = Decide });
        await using RawClient slow = await DialAsync(server, Connect("slow", "") + "PING\r\n");
        Assert.Equal("PONG\r\n", await AnswerAsync(server, Connect("quick", "")));
        Assert.Equal("", slow.Received[(slow.Received.IndexOf('\n') + 1)..]);

        release.Set();
        await slow.ExpectAsync("PONG\r\n");
    }

    [Fact]
    public async Task An_embedder_that_throws_rejects()
    {
        var services = new NatsServerServices { Authentication = static _ => throw new InvalidOperationException("broken") };
        await using NatsServer server = await NatsServer.StartAsync(Loopback, services);

        Assert.Equal(Violation, await AnswerAsync(server, Connect("u", "p")));
    }

    [Fact]
    public async Task What_a_client_sends_behind_its_connect_waits_for_the_hash()
    {
        ServerOptions options = With(new UserOptions { Username = "u", Password = Hash });
        await using NatsServer server = await NatsServer.StartAsync(options);

        await using RawClient client = await DialAsync(server, Connect("u", "U*U") + "SUB a 1\r\nPUB a 1\r\nx\r\nPING\r\n");
        Assert.Equal("MSG a 1 1\r\nx\r\nPONG\r\n", await client.ReadUntilAsync("PONG\r\n"));
        Assert.Equal(Violation, await AnswerAsync(server, Connect("u", "wrong") + "SUB a 1\r\n"));
    }

    [Fact]
    public async Task An_address_that_fails_too_often_has_to_wait()
    {
        var time = new FakeTimeProvider();
        await using NatsServer server = await NatsServer.StartAsync(With(User("u")), new NatsServerServices { TimeProvider = time });
        for (int i = 0; i <= LoginThrottle.FailuresPerSecond; i++)
        {
            Assert.Equal(Violation, await AnswerAsync(server, Connect("u", "wrong")));
        }

        int timers = time.ArmedTimers;
        await using RawClient client = await DialAsync(server, Connect("u", "p") + "PING\r\n");
        Eventually.Equal(timers + 1, () => time.ArmedTimers, "timers, one of them for the delayed client");
        time.Advance(TimeSpan.FromMilliseconds(100));

        await client.ExpectAsync("PONG\r\n");
        Assert.Equal("PONG\r\n", await AnswerAsync(server, Connect("u", "p")));
    }

    [Theory]
    [InlineData("a..b", null, "invalid permissions for user \"u\": publish allow: subject \"a..b\" is not a valid subject")]
    [InlineData("a q", null, "invalid permissions for user \"u\": publish allow: subject \"a q\" is not a valid subject")]
    [InlineData(null, "a q..r", "invalid permissions for user \"u\": subscribe deny: queue \"q..r\" is not a valid queue")]
    public async Task Invalid_permissions_are_a_failed_start_and_a_refused_reload(string? publish, string? subscribe, string error)
    {
        var permissions = new PermissionsOptions
        {
            Publish = publish is null ? null : new SubjectPermissionOptions { Allow = [publish] },
            Subscribe = subscribe is null ? null : new SubjectPermissionOptions { Deny = [subscribe] },
        };
        ServerOptions invalid = With(new UserOptions { Username = "u", Password = "p", Permissions = permissions });

        NatsServerException failure = await Assert.ThrowsAsync<NatsServerException>(() => NatsServer.StartAsync(invalid));
        Assert.Equal(error, failure.Message);

        await using NatsServer server = await NatsServer.StartAsync(With(User("u")));
        ReloadResult result = server.Reload(invalid);
        Assert.Equal([error], result.Errors);
        Assert.Equal("PONG\r\n", await AnswerAsync(server, Connect("u", "p")));
    }

    [Fact]
    public async Task A_reload_keeps_the_single_user_whose_password_is_the_same()
    {
        ServerOptions options = Loopback with { Authorization = new AuthorizationOptions { Username = "u", Password = "p" } };
        await using NatsServer server = await NatsServer.StartAsync(options);
        await using RawClient client = await DialAsync(server, Connect("u", "p"));
        await client.PingAsync();

        Assert.Empty(server.Reload(options with { Authorization = options.Authorization with { Timeout = TimeSpan.FromSeconds(5) } }).Errors);
        Assert.Equal("PONG\r\n", await client.PingAsync());

        Assert.Empty(server.Reload(options with { Authorization = options.Authorization with { Password = "q" } }).Errors);
        Assert.Equal("", await client.ReadToCloseAsync());
    }

    [Fact]
    public async Task A_reload_asks_the_embedder_again()
    {
        bool isOpen = true;
        var services = new NatsServerServices { Authentication = _ => Volatile.Read(ref isOpen) ? AuthenticationDecision.Accept() : AuthenticationDecision.Reject };
        await using NatsServer server = await NatsServer.StartAsync(Loopback, services);
        await using RawClient client = await DialAsync(server, Connect("", ""));
        await client.PingAsync();

        Volatile.Write(ref isOpen, false);
        server.Reload(Loopback with { Authorization = new AuthorizationOptions { Timeout = TimeSpan.FromSeconds(9) } });

        Assert.Equal(Violation, await client.ReadToCloseAsync());
    }
}
