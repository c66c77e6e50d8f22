using NATS.Server.Options;
using NATS.Server.Testing;
using Xunit;

namespace NATS.Server.ServerTests.Hosting;

/// <summary>New options for a running server: what changes for those who are connected, and what does not.</summary>
public sealed class ReloadTests
{
    private static AuthorizationOptions Auth(params UserOptions[] users) => new() { IsDefined = true, Users = users };

    private static UserOptions User(string name, PermissionsOptions? permissions = null, string password = "pw") =>
        new() { Username = name, Password = password, Permissions = permissions };

    [Theory]
    [MemberData(nameof(Embedded.Engines), MemberType = typeof(Embedded))]
    public async Task A_lower_max_payload_holds_for_open_connections(ConnectionEngineKind engine)
    {
        ServerOptions options = Embedded.Options with { Engine = engine };
        await using NatsServer server = await Embedded.StartAsync(options);
        await using RawClient client = await server.ConnectAsync();
        await client.SendAsync($"PUB a 100\r\n{new string('x', 100)}\r\n");
        await client.PingAsync();
        ReloadResult result = server.Reload(options with { MaxPayload = 50 });
        Assert.Empty(result.Errors);
        Assert.Contains("MaxPayload", result.ChangedFields);
        Assert.Equal(50, server.Options.MaxPayload);
        await client.SendAsync($"PUB a 50\r\n{new string('x', 50)}\r\n");
        await client.PingAsync();
        await client.SendAsync($"PUB a 51\r\n{new string('x', 51)}\r\n");
        Assert.Equal("-ERR 'Maximum Payload Violation'\r\n", await client.ReadToCloseAsync());
        await using RawClient next = await server.OpenAsync();
        Assert.Contains("\"max_payload\":50,", await next.ReadLineAsync(), StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Embedded.Engines), MemberType = typeof(Embedded))]
    public async Task Permissions_that_are_taken_away_remove_subscriptions_and_say_so(ConnectionEngineKind engine)
    {
        ServerOptions options = Embedded.Options with { Engine = engine, Authorization = Auth(User("a"), User("b")) };
        using var log = new LogLines();
        await using NatsServer server = await Embedded.StartAsync(options, log);
        int own = server.NumSubscriptions;
        await using RawClient client = await server.ConnectAsync("CONNECT {\"verbose\":false,\"user\":\"a\",\"pass\":\"pw\"}\r\n");
        await client.SendAsync("SUB foo 1\r\nSUB bar 2\r\nSUB bar q 3\r\n");
        await client.PingAsync();
        var limited = new PermissionsOptions
        {
            Publish = new SubjectPermissionOptions { Allow = ["out"] },
            Subscribe = new SubjectPermissionOptions { Deny = ["bar"] },
        };
        Assert.True(server.Reload(options with { Authorization = Auth(User("a", limited), User("b")) }).Succeeded);
        string[] errors = [await client.ReadLineAsync(), await client.ReadLineAsync()];
        Assert.Equal(
            [
                "-ERR 'Permissions Violation for Subscription to \"bar\" (sid \"2\")'",
                "-ERR 'Permissions Violation for Subscription to \"bar\" using queue \"q\" (sid \"3\")'",
            ],
            errors.Order(StringComparer.Ordinal));
        Assert.Equal(1, server.NumSubscriptions - own);
        Assert.Contains("Information: Removed sub \"bar\" (sid \"2\") for User \"a\" - not authorized", log.All);

        // The other one gets nothing any more, what is still allowed works, and publishing is judged anew.
        await using RawClient other = await server.ConnectAsync("CONNECT {\"verbose\":false,\"user\":\"b\",\"pass\":\"pw\"}\r\n");
        await other.SendAsync("PUB bar 1\r\nx\r\nPUB foo 1\r\ny\r\n");
        await other.PingAsync();
        Assert.Equal("MSG foo 1 1\r\ny\r\nPONG\r\n", await client.PingAsync());
        await client.SendAsync("PUB foo 1\r\nz\r\nSUB bar 4\r\n");
        Assert.Equal(
            "-ERR 'Permissions Violation for Publish to \"foo\"'\r\n-ERR 'Permissions Violation for Subscription to \"bar\"'\r\nPONG\r\n", await client.PingAsync());

        // And back again.
        Assert.True(server.Reload(options).Succeeded);
        await client.SendAsync("SUB bar 5\r\nPUB foo 1\r\nz\r\n");
        Assert.Equal("MSG foo 1 1\r\nz\r\nPONG\r\n", await client.PingAsync());
        Assert.Equal(2, server.NumSubscriptions - own);
    }

    [Theory]
    [MemberData(nameof(Embedded.Engines), MemberType = typeof(Embedded))]
    public async Task Users_who_are_removed_or_change_their_password_are_disconnected_and_the_others_stay(ConnectionEngineKind engine)
    {
        ServerOptions options = Embedded.Options with { Engine = engine, Authorization = Auth(User("stays"), User("goes"), User("changes")) };
        await using NatsServer server = await Embedded.StartAsync(options);
        await using RawClient stays = await server.ConnectAsync("CONNECT {\"verbose\":false,\"user\":\"stays\",\"pass\":\"pw\"}\r\n");
        await stays.SendAsync("SUB foo 1\r\n");
        await stays.PingAsync();
        await using RawClient goes = await server.ConnectAsync("CONNECT {\"verbose\":false,\"user\":\"goes\",\"pass\":\"pw\"}\r\n");
        await using RawClient changes = await server.ConnectAsync("CONNECT {\"verbose\":false,\"user\":\"changes\",\"pass\":\"pw\"}\r\n");
        Assert.True(server.Reload(options with { Authorization = Auth(User("stays"), User("changes", password: "other")) }).Succeeded);

        // As by the reference, who is unknown now is closed without a word.
        Assert.Equal("", await goes.ReadToCloseAsync());
        Assert.Equal("-ERR 'Authorization Violation'\r\n", await changes.ReadToCloseAsync());
        Eventually.Equal(1, () => server.NumClients, "one client is left");
        await stays.SendAsync("PUB foo 1\r\nx\r\n");
        Assert.Equal("MSG foo 1 1\r\nx\r\nPONG\r\n", await stays.PingAsync());
        await using RawClient refused = await server.OpenAsync();
        await refused.ReadLineAsync();
        await refused.SendAsync("CONNECT {\"verbose\":false,\"user\":\"goes\",\"pass\":\"pw\"}\r\n");
        Assert.Equal("-ERR 'Authorization Violation'\r\n", await refused.ReadToCloseAsync());
    }

    [Theory]
    [MemberData(nameof(Embedded.Engines), MemberType = typeof(Embedded))]
    public async Task A_lower_max_connections_closes_the_excess_and_refuses_more(ConnectionEngineKind engine)
    {
        const int before = 10;
        const int after = 4;
        ServerOptions options = Embedded.Options with { Engine = engine };
        await using NatsServer server = await Embedded.StartAsync(options);
        var clients = new List<RawClient>();
        for (int i = 0; i < before; i++) clients.Add(await server.ConnectAsync());
        Assert.True(server.Reload(options with { MaxConnections = after }).Succeeded);
        Eventually.Equal(after, () => server.NumClients, "the excess is closed");
        int closed = 0;
        foreach (RawClient client in clients)
        {
            try
            {
                await client.PingAsync();
            }
            catch (Exception problem) when (problem is IOException or EndOfStreamException)
            {
                closed++;
                Assert.EndsWith("-ERR 'maximum connections exceeded'\r\n", client.Received, StringComparison.Ordinal);
            }
        }

        Assert.Equal(before - after, closed);
        await using RawClient late = await server.OpenAsync();
        await late.ReadLineAsync();
        Assert.Equal("-ERR 'maximum connections exceeded'\r\n", await late.ReadToCloseAsync());
        Assert.True(server.Reload(options with { MaxConnections = before }).Succeeded);
        await using RawClient welcome = await server.ConnectAsync();
        foreach (RawClient client in clients) await client.DisposeAsync();
    }

    [Fact]
    public async Task Unsupported_changes_are_refused_as_a_whole()
    {
        await using NatsServer server = await Embedded.StartAsync();
        ServerOptions before = server.Options;
        DateTimeOffset loaded = server.ConfigTime;
        ReloadResult result = server.Reload(Embedded.Options with { MaxPayload = 5, Host = "127.0.0.2", MaxPending = 1000, ServerName = "n" });
        Assert.False(result.Succeeded);
        Assert.Equal(
            [
                "config reload not supported for ServerName: old=, new=n",
                "config reload not supported for Host: old=127.0.0.1, new=127.0.0.2",
                "config reload not supported for MaxPending: old=67108864, new=1000",
            ],
            result.Errors);
        Assert.Empty(result.ChangedFields);
        Assert.Same(before, server.Options);
        Assert.Equal(loaded, server.ConfigTime);
        await using RawClient client = await server.ConnectAsync();
        await client.SendAsync("PUB a 6\r\n123456\r\n");
        await client.PingAsync();
    }

    [Fact]
    public async Task Keep_alive_options_hold_from_the_next_deadline_on()
    {
        var time = new FakeTimeProvider();
        ServerOptions options = Embedded.Options with { PingInterval = TimeSpan.FromSeconds(10), MaxPingsOut = 5 };
        await using NatsServer server = await Embedded.StartAsync(options, time: time);
        await using RawClient client = await server.ConnectAsync();
        time.Advance(TimeSpan.FromSeconds(2.5));
        await client.ExpectAsync("PING\r\n");
        ReloadResult result = server.Reload(options with { PingInterval = TimeSpan.FromSeconds(5), MaxPingsOut = 1, WriteDeadline = TimeSpan.FromSeconds(3) });
        Assert.Subset(result.ChangedFields.ToHashSet(), new HashSet<string> { "PingInterval", "MaxPingsOut", "WriteDeadline" });
        time.Advance(TimeSpan.FromSeconds(10.5));
        Assert.Equal("-ERR 'Stale Connection'\r\n", await client.ReadToCloseAsync());
    }

    [Fact]
    public async Task An_authentication_timeout_holds_for_connections_made_after_it()
    {
        var time = new FakeTimeProvider();
        ServerOptions options = Embedded.Options with { Authorization = Auth(User("a")) with { Timeout = TimeSpan.FromSeconds(2) } };
        await using NatsServer server = await Embedded.StartAsync(options, time: time);
        Assert.True(server.Reload(options with { Authorization = options.Authorization with { Timeout = TimeSpan.FromSeconds(60) } }).Succeeded);
        await using RawClient client = await server.OpenAsync();
        await client.ReadLineAsync();
        time.Advance(TimeSpan.FromSeconds(59));
        Assert.False(server.Context.Clients.Open.Single().Connection.IsClosing);
        time.Advance(TimeSpan.FromSeconds(2));
        Assert.Equal("-ERR 'Authentication Timeout'\r\n", await client.ReadToCloseAsync());
    }

    [Fact]
    public async Task An_advertised_address_is_pushed_to_clients_that_understand_it()
    {
        await using NatsServer server = await Embedded.StartAsync();
        await using RawClient modern = await server.ConnectAsync("CONNECT {\"verbose\":false,\"protocol\":1}\r\n");
        await modern.ReadLineAsync();
        await using RawClient old = await server.ConnectAsync();
        Assert.True(server.Reload(Embedded.Options with { ClientAdvertise = "example.org:4333" }).Succeeded);
        Assert.Contains("\"host\":\"example.org\",\"port\":4333,", await modern.ReadLineAsync(), StringComparison.Ordinal);
        Assert.Equal("PONG\r\n", await old.PingAsync());
    }

    [Fact]
    public async Task Requiring_authentication_closes_those_who_had_none()
    {
        await using NatsServer server = await Embedded.StartAsync();
        await using RawClient client = await server.ConnectAsync();
        Assert.True(server.Reload(Embedded.Options with { Authorization = Auth(User("a")) }).Succeeded);
        Assert.Equal("-ERR 'Authorization Violation'\r\n", await client.ReadToCloseAsync());
        await using RawClient next = await server.OpenAsync();
        Assert.Contains("\"auth_required\":true", await next.ReadLineAsync(), StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Embedded.Engines), MemberType = typeof(Embedded))]
    public async Task Two_hundred_reloads_under_load_lose_nothing_and_nobody(ConnectionEngineKind engine)
    {
        const int reloads = 200;
        const int batch = 50;
        var permissions = new PermissionsOptions { Publish = new SubjectPermissionOptions { Allow = ["load.>"] }, Subscribe = new SubjectPermissionOptions { Deny = ["x.>"] } };
        ServerOptions options = Embedded.Options with { Engine = engine, Authorization = Auth(User("a"), User("b")) };
        using var log = new LogLines();
        await using NatsServer server = await Embedded.StartAsync(options, log);
        int own = server.NumSubscriptions;
        await using RawClient subscriber = await server.ConnectAsync("CONNECT {\"verbose\":false,\"user\":\"a\",\"pass\":\"pw\"}\r\n");
        await subscriber.SendAsync("SUB load.* 1\r\nSUB other 2\r\n");
        await subscriber.PingAsync();
        await using RawClient publisher = await server.ConnectAsync("CONNECT {\"verbose\":false,\"user\":\"b\",\"pass\":\"pw\"}\r\n");
        using var finished = new CancellationTokenSource();
        Task<int> publishing = Task.Run(() => PublishAsync(publisher, finished.Token));
        Task<int> reading = Task.Run(() => ReadAsync(subscriber));
        for (int i = 0; i < reloads; i++)
        {
            ReloadResult result = server.Reload(options with
            {
                MaxPayload = 1000 + i,
                PingInterval = TimeSpan.FromSeconds(60 + i),
                MaxConnections = 100 + i,
                WriteDeadline = TimeSpan.FromSeconds(10 + i),
                Authorization = Auth(User("a", i % 2 == 0 ? permissions : null), User("b", i % 3 == 0 ? permissions : null), User($"new{i}")),
            });
            Assert.Empty(result.Errors);
        }

        await finished.CancelAsync();
        int sent = await publishing;
        Assert.Equal(sent, await reading);
        Assert.Equal(2, server.NumClients);
        Assert.Equal(2, server.NumSubscriptions - own);
        Assert.DoesNotContain("-ERR", subscriber.Received, StringComparison.Ordinal);
        Assert.DoesNotContain("-ERR", publisher.Received, StringComparison.Ordinal);
        Assert.Empty(log.Exceptions);

        static async Task<int> PublishAsync(RawClient client, CancellationToken finished)
        {
            int number = 0;
            while (!finished.IsCancellationRequested)
            {
                await client.SendAsync(string.Concat(Enumerable.Range(number, batch).Select(static i => $"PUB load.{i % 7} 8\r\n{i:D8}\r\n")));
                number += batch;
                await client.PingAsync();
            }

            await client.SendAsync("PUB load.end 3\r\nend\r\n");
            await client.PingAsync();
            return number;
        }

        static async Task<int> ReadAsync(RawClient client)
        {
            for (int number = 0; ; number++)
            {
                string line = await client.ReadLineAsync();
                if (line == "MSG load.end 1 3") return number;
                Assert.Equal($"MSG load.{number % 7} 1 8", line);
                Assert.Equal($"{number:D8}", await client.ReadLineAsync());
            }
        }
    }

    [Fact]
    public async Task Options_made_by_hand_are_those_of_a_file_that_says_the_same()
    {
        await using NatsServer server = await Embedded.StartAsync(Embedded.Options with { MaxPayload = 0, PingInterval = TimeSpan.Zero });
        Assert.Equal(1024 * 1024, server.Options.MaxPayload);
        ServerOptions fromText = OptionsLoader.ForThisProcess.LoadText($"listen: \"{Embedded.Options.Host}:-1\"").Options! with { NoSystemAccount = true };
        Assert.Empty(server.Reload(fromText).Errors);
        Assert.Empty(server.Reload(server.Options with { MaxPayload = 0, HttpHost = "" }).Errors);
    }
}
