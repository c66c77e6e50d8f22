using NATS.Server.Connections;
using NATS.Server.Options;
using NATS.Server.Sessions;
using NATS.Server.Testing;
using Xunit;

namespace NATS.Server.ServerTests.Hosting;

/// <summary>Every deadline of a server follows the clock it is given; nothing here waits for real time.</summary>
public sealed class DeadlineTests
{
    private static readonly TimeSpan Tick = TimeSpan.FromMilliseconds(100);

    private static AuthorizationOptions Users => new() { IsDefined = true, Users = [new UserOptions { Username = "a", Password = "pw" }] };

    [Theory]
    [MemberData(nameof(Embedded.Engines), MemberType = typeof(Embedded))]
    public async Task A_client_that_does_not_authenticate_is_closed_after_the_timeout(ConnectionEngineKind engine)
    {
        var time = new FakeTimeProvider();
        await using NatsServer server = await Embedded.StartAsync(
            Embedded.Options with { Engine = engine, Authorization = Users with { Timeout = TimeSpan.FromSeconds(3) } }, time: time);
        await using RawClient silent = await server.OpenAsync();
        await silent.ReadLineAsync();
        await using RawClient half = await server.OpenAsync();
        await half.ReadLineAsync();
        await half.SendAsync("CONNECT {\"user\":");
        await using RawClient known = await server.ConnectAsync(Embedded.ConnectAs("a"));
        time.Advance(TimeSpan.FromSeconds(2.9));
        Assert.All(server.Context.Clients.Open, static session => Assert.False(session.Connection.IsClosing));
        time.Advance(TimeSpan.FromSeconds(0.2));
        Assert.Equal("-ERR 'Authentication Timeout'\r\n", await silent.ReadToCloseAsync());
        Assert.Equal("-ERR 'Authentication Timeout'\r\n", await half.ReadToCloseAsync());
        await known.PingAsync();
        Eventually.Equal(1, () => server.NumClients, "only the authenticated client is left");
    }

    [Fact]
    public async Task Without_authentication_a_silent_client_may_stay()
    {
        var time = new FakeTimeProvider();
        await using NatsServer server = await Embedded.StartAsync(time: time);
        await using RawClient silent = await server.OpenAsync();
        await silent.ReadLineAsync();
        time.Advance(TimeSpan.FromSeconds(10));
        Assert.Equal("PONG\r\n", await silent.PingAsync());
    }

    [Theory]
    [MemberData(nameof(Embedded.Engines), MemberType = typeof(Embedded))]
    public async Task A_client_that_answers_no_ping_is_stale(ConnectionEngineKind engine)
    {
        var time = new FakeTimeProvider();
        await using NatsServer server = await Embedded.StartAsync(
            Embedded.Options with { Engine = engine, PingInterval = TimeSpan.FromSeconds(10), MaxPingsOut = 2 }, time: time);
        await using RawClient client = await server.ConnectAsync();
        time.Advance(TimeSpan.FromSeconds(1.9));
        Assert.Equal("PONG\r\n", await client.PingAsync());
        time.Advance(TimeSpan.FromSeconds(0.7));
        await client.ExpectAsync("PING\r\n");
        time.Advance(TimeSpan.FromSeconds(9));
        Assert.False(Session(server).Connection.IsClosing);
        time.Advance(TimeSpan.FromSeconds(12));
        Assert.Equal("PING\r\n-ERR 'Stale Connection'\r\n", await client.ReadToCloseAsync());
        Eventually.Equal((0, 1L), () => (server.NumClients, server.NumStaleConnections), "the stale client is counted");
    }

    [Fact]
    public async Task A_client_that_answers_pings_stays_and_one_that_talks_is_not_asked()
    {
        var time = new FakeTimeProvider();
        await using NatsServer server = await Embedded.StartAsync(Embedded.Options with { PingInterval = TimeSpan.FromSeconds(10), MaxPingsOut = 1 }, time: time);
        await using RawClient client = await server.ConnectAsync();
        time.Advance(TimeSpan.FromSeconds(2.5));
        await client.ExpectAsync("PING\r\n");
        await client.SendAsync("PONG\r\n");
        Assert.Equal("PONG\r\n", await client.PingAsync());
        for (int i = 0; i < 20; i++)
        {
            time.Advance(TimeSpan.FromSeconds(5));
            Assert.Equal("PONG\r\n", await client.PingAsync());
        }

        Assert.Equal(1, server.NumClients);
    }

    [Theory]
    [MemberData(nameof(Embedded.Engines), MemberType = typeof(Embedded))]
    public async Task A_subscriber_that_does_not_read_is_closed_after_the_write_deadline(ConnectionEngineKind engine)
    {
        var time = new FakeTimeProvider();
        using var log = new LogLines();
        await using NatsServer server = await Embedded.StartAsync(
            Embedded.Options with { Engine = engine, WriteDeadline = TimeSpan.FromSeconds(5), NoFastProducerStall = true }, log, time);
        await using RawClient stalled = await server.ConnectAsync();
        await stalled.SendAsync("SUB a 1\r\n");
        await stalled.PingAsync();
        await using RawClient publisher = await server.ConnectAsync();
        ClientSession session = server.Context.Clients.Find(1)!;
        string message = $"PUB a 500000\r\n{new string('x', 500000)}\r\n";
        for (int i = 0; i < 20; i++) await publisher.SendAsync(message);
        await publisher.PingAsync();
        Assert.True(session.Connection.Outbound.Pending > 0);
        time.Advance(TimeSpan.FromSeconds(4.9));
        Assert.False(session.Connection.IsClosing);
        Eventually.True(
            () =>
            {
                time.Advance(Tick);
                return session.Connection.IsClosing;
            },
            "the slow consumer is closed");
        Assert.Equal(ClosedState.SlowConsumerWriteDeadline, session.Connection.ClosedState);
        Eventually.Equal((1, 1L), () => (server.NumClients, server.NumSlowConsumers), "the slow consumer is counted and gone");
        Assert.Contains(log.All, static line => line.Contains("Slow Consumer Detected: WriteDeadline of 5s exceeded with ", StringComparison.Ordinal));
        await publisher.PingAsync();
    }

    [Fact]
    public async Task A_lame_duck_waits_its_grace_period_and_then_closes_clients_one_by_one()
    {
        const int count = 4;
        var time = new FakeTimeProvider();
        using var log = new LogLines();
        await using NatsServer server = await Embedded.StartAsync(
            Embedded.Options with { LameDuckGracePeriod = TimeSpan.FromSeconds(10), LameDuckDuration = TimeSpan.FromSeconds(30), PingInterval = TimeSpan.FromHours(2) }, log, time);
        RawClient[] clients = new RawClient[count];
        for (int i = 0; i < count; i++)
        {
            clients[i] = await server.ConnectAsync("CONNECT {\"verbose\":false,\"protocol\":1}\r\n");
            Assert.Contains("\"connect_info\":true", await clients[i].ReadLineAsync(), StringComparison.Ordinal);
        }

        Task done = server.EnterLameDuckAsync();
        Assert.True(server.IsLameDuck);
        foreach (RawClient client in clients) Assert.Contains("\"ldm\":true", await client.ReadLineAsync(), StringComparison.Ordinal);
        await Assert.ThrowsAnyAsync<System.Net.Sockets.SocketException>(() => server.OpenAsync());
        time.Advance(TimeSpan.FromSeconds(9.9));
        Assert.Equal(count, server.NumClients);
        Assert.DoesNotContain("Information: Closing existing clients", log.All);
        foreach (RawClient client in clients) await client.PingAsync();

        // Between half a second and a second lie between two of them.
        DateTimeOffset begin = time.GetUtcNow();
        var closings = new List<TimeSpan>();
        Eventually.True(
            () =>
            {
                time.Advance(Tick);
                while (closings.Count < count - server.NumClients) closings.Add(time.GetUtcNow() - begin);
                return closings.Count == count;
            },
            "all clients are closed");
        await done;
        Assert.True(closings[^1] >= TimeSpan.FromSeconds(1.5), $"closed at {string.Join(", ", closings)}");
        Assert.Contains("Information: Entering lame duck mode, stop accepting new clients", log.All);
        Assert.Contains("Information: Closing existing clients", log.All);
        Assert.Contains("Information: Server Exiting..", log.All);
        Assert.True(server.WaitForShutdownAsync().IsCompletedSuccessfully);
        foreach (RawClient client in clients) await client.DisposeAsync();
    }

    [Fact]
    public async Task A_lame_duck_can_be_stopped_at_once()
    {
        var time = new FakeTimeProvider();
        await using NatsServer server = await Embedded.StartAsync(time: time);
        await using RawClient client = await server.ConnectAsync();
        Task done = server.EnterLameDuckAsync();
        Task again = server.EnterLameDuckAsync();
        Assert.False(done.IsCompleted);
        await server.StopAsync();
        await done;
        await again;
        Assert.Equal("", await client.ReadToCloseAsync());
    }

    [Fact]
    public async Task A_lame_duck_without_clients_stops_at_once()
    {
        await using NatsServer server = await Embedded.StartAsync(time: new FakeTimeProvider());
        await server.EnterLameDuckAsync();
        Assert.False(server.IsRunning);
    }

    private static ClientSession Session(NatsServer server) => server.Context.Clients.Open.Single();
}
