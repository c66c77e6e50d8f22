using System.Net.Security;
using System.Security.Authentication;
using System.Text;
using NATS.Server.Connections;
using NATS.Server.Options;
using NATS.Server.ServerTests.Hosting;
using NATS.Server.Testing;
using Xunit;

namespace NATS.Server.ServerTests.Tls;

/// <summary>How connections begin, and that what goes through TLS arrives whole.</summary>
public sealed class TlsConnectionTests(TlsFixture tls) : IClassFixture<TlsFixture>
{
    public static TheoryData<ConnectionEngineKind> Engines => Embedded.Engines;

    [Theory]
    [MemberData(nameof(Engines))]
    public async Task After_info_the_connection_is_upgraded(ConnectionEngineKind engine)
    {
        var log = new LogLines();
        await using NatsServer server = await Embedded.StartAsync(TlsFixture.On(engine, tls.Options), log);
        await using RawClient client = await server.OpenAsync();
        string info = await client.ReadLineAsync();
        Assert.Contains("\"tls_required\":true", info, StringComparison.Ordinal);
        Assert.DoesNotContain("tls_verify", info, StringComparison.Ordinal);
        Assert.DoesNotContain("tls_available", info, StringComparison.Ordinal);
        SslStream stream = await client.UpgradeAsync();
        Assert.Equal(SslProtocols.Tls13, stream.SslProtocol);
        await client.SendAsync(RawClient.QuietConnect + "SUB a 1\r\nPUB a 5\r\nhello\r\n");
        await client.ExpectAsync("MSG a 1 5\r\nhello\r\n");
        Assert.True(log.Contains("Information: TLS required for client connections"));
        Assert.Empty(log.Exceptions);
    }

    [Theory]
    [MemberData(nameof(Engines))]
    public async Task What_follows_the_handshake_in_the_same_packet_is_not_lost(ConnectionEngineKind engine)
    {
        await using NatsServer server = await Embedded.StartAsync(TlsFixture.On(engine, tls.Options));
        for (int i = 0; i < 20; i++)
        {
            await using RawClient client = await server.OpenAsync();
            await client.ReadLineAsync();
            await client.UpgradeAsync();
            await client.SendAsync(RawClient.QuietConnect);
            await client.SendAsync("PING\r\n");
            await client.ExpectAsync("PONG\r\n");
        }
    }

    [Theory]
    [MemberData(nameof(Engines))]
    public async Task Records_may_arrive_byte_by_byte(ConnectionEngineKind engine)
    {
        await using NatsServer server = await Embedded.StartAsync(TlsFixture.On(engine, tls.Options));
        await using RawClient client = await server.OpenAsync();
        await client.ReadLineAsync();
        await client.UpgradeAsync(wrap: static inner => new DribblingStream(inner));
        await client.SendAsync(RawClient.QuietConnect + "SUB a 1\r\nPUB a 5\r\nhello\r\n");
        await client.ExpectAsync("MSG a 1 5\r\nhello\r\n");
    }

    [Theory]
    [MemberData(nameof(Engines))]
    public async Task Payloads_of_every_size_arrive_whole(ConnectionEngineKind engine)
    {
        await using NatsServer server = await Embedded.StartAsync(TlsFixture.On(engine, tls.Options));
        await using RawClient subscriber = await TlsFixture.ConnectedAsync(server);
        await using RawClient publisher = await TlsFixture.ConnectedAsync(server);
        await subscriber.SendAsync("SUB a 1\r\n");
        await subscriber.PingAsync();
        var random = new Random(7);
        foreach (int size in (int[])[0, 1, 127, 16384 - 17, 16384, 16385, 65536, 131072, 1000000, 1048576])
        {
            byte[] bytes = new byte[size];
            random.NextBytes(bytes);
            string payload = Encoding.Latin1.GetString(bytes);
            await publisher.SendAsync($"PUB a {size}\r\n{payload}\r\n");
            await subscriber.ExpectAsync($"MSG a 1 {size}\r\n{payload}\r\n");
        }
    }

    [Theory]
    [MemberData(nameof(Engines))]
    public async Task A_peer_that_reads_late_gets_everything(ConnectionEngineKind engine)
    {
        const int messages = 400, size = 50000;
        await using NatsServer server = await Embedded.StartAsync(TlsFixture.On(engine, tls.Options));
        await using RawClient subscriber = await TlsFixture.ConnectedAsync(server);
        await using RawClient publisher = await TlsFixture.ConnectedAsync(server);
        await subscriber.SendAsync("SUB a 1\r\n");
        await subscriber.PingAsync();
        string payload = new('x', size);
        for (int i = 0; i < messages; i++) await publisher.SendAsync($"PUB a {size}\r\n{payload}\r\n");
        await publisher.PingAsync();
        string frame = $"MSG a 1 {size}\r\n{payload}\r\n";
        for (int i = 0; i < messages; i++) Assert.Equal(frame, await subscriber.ReadExactlyAsync(frame.Length));
    }

    [Theory]
    [MemberData(nameof(Engines))]
    public async Task Who_speaks_in_the_clear_is_closed(ConnectionEngineKind engine)
    {
        var log = new LogLines();
        await using NatsServer server = await Embedded.StartAsync(TlsFixture.On(engine, tls.Options), log);
        await using RawClient client = await server.OpenAsync();
        await client.ReadLineAsync();
        await client.SendAsync("CONNECT {}\r\n");
        Assert.Equal("", await client.ReadToCloseAsync());
        Assert.Equal(ClosedState.TlsHandshakeError, await LastReasonAsync(server));
        Assert.DoesNotContain(log.All, static line => line.Contains("handshake error", StringComparison.Ordinal));
    }

    [Theory]
    [MemberData(nameof(Engines))]
    public async Task Who_leaves_without_a_handshake_is_a_failed_handshake(ConnectionEngineKind engine)
    {
        var log = new LogLines();
        await using NatsServer server = await Embedded.StartAsync(TlsFixture.On(engine, tls.Options), log);
        await using (RawClient client = await server.OpenAsync()) await client.ReadLineAsync();
        Assert.Equal(ClosedState.TlsHandshakeError, await LastReasonAsync(server));
        Assert.Contains(log.All, static line => line.EndsWith("TLS handshake error: EOF", StringComparison.Ordinal));
    }

    [Theory]
    [MemberData(nameof(Engines))]
    public async Task A_handshake_has_its_time(ConnectionEngineKind engine)
    {
        var time = new FakeTimeProvider();
        await using NatsServer server = await Embedded.StartAsync(TlsFixture.On(engine, tls.Options with { Timeout = TimeSpan.FromSeconds(4) }), time: time);
        await using RawClient silent = await server.OpenAsync();
        await silent.ReadLineAsync();
        await using RawClient half = await server.OpenAsync();
        await half.ReadLineAsync();
        await half.SendAsync("\x16\x03\x01\x02");
        await using RawClient done = await TlsFixture.ConnectedAsync(server);
        time.Advance(TimeSpan.FromSeconds(3.8));
        Assert.All(server.Context.Clients.Open, static session => Assert.False(session.Connection.IsClosing));
        time.Advance(TimeSpan.FromSeconds(0.4));
        Assert.Equal("", await silent.ReadToCloseAsync());
        Assert.Equal("", await half.ReadToCloseAsync());
        Assert.EndsWith("PONG\r\n", await done.PingAsync(), StringComparison.Ordinal);
        Assert.Equal(ClosedState.TlsHandshakeError, await LastReasonAsync(server));
    }

    [Theory]
    [MemberData(nameof(Engines))]
    public async Task With_authentication_there_is_a_second_more_than_the_handshake_may_take(ConnectionEngineKind engine)
    {
        var time = new FakeTimeProvider();
        AuthorizationOptions users = new() { Users = [new UserOptions { Username = "a", Password = "pw" }] };
        await using NatsServer server = await Embedded.StartAsync(
            TlsFixture.On(engine, tls.Options with { Timeout = TimeSpan.FromSeconds(4) }) with { Authorization = users }, time: time);
        await using RawClient client = await TlsFixture.UpgradedAsync(server);
        Eventually.True(() => server.Context.Clients.Open.Single().Tls is not null, "the handshake is done");
        time.Advance(TimeSpan.FromSeconds(4.8));
        Assert.False(server.Context.Clients.Open.Single().Connection.IsClosing);
        time.Advance(TimeSpan.FromSeconds(0.4));
        Assert.Equal("-ERR 'Authentication Timeout'\r\n", await client.ReadToCloseAsync());
    }

    [Theory]
    [MemberData(nameof(Engines))]
    public async Task The_handshake_may_come_first(ConnectionEngineKind engine)
    {
        var log = new LogLines();
        await using NatsServer server = await Embedded.StartAsync(TlsFixture.On(engine, tls.Options with { HandshakeFirst = true }) with { AllowNonTls = true }, log);
        Assert.True(log.Contains("Warning: Clients that are not using \"TLS Handshake First\" option will fail to connect"));
        await using RawClient client = await server.OpenAsync();
        await client.UpgradeAsync();
        string info = await client.ReadLineAsync();
        Assert.Contains("\"tls_required\":true", info, StringComparison.Ordinal);
        await client.SendAsync(RawClient.QuietConnect);
        await client.PingAsync();
        Assert.True(server.Context.Clients.Open.Single().IsHandshakeFirst);

        await using RawClient plain = await server.OpenAsync();
        await plain.SendAsync(RawClient.QuietConnect);
        Assert.Equal("", await plain.ReadToCloseAsync());
    }

    [Theory]
    [MemberData(nameof(Engines))]
    public async Task With_a_fallback_both_kinds_of_clients_can_connect(ConnectionEngineKind engine)
    {
        var time = new FakeTimeProvider();
        await using NatsServer server = await Embedded.StartAsync(
            TlsFixture.On(engine, tls.Options with { HandshakeFirst = true, HandshakeFirstFallback = TimeSpan.FromMilliseconds(50) }), time: time);
        await using RawClient first = await server.OpenAsync();
        await first.UpgradeAsync();
        Assert.StartsWith("INFO {", await first.ReadLineAsync(), StringComparison.Ordinal);
        await first.SendAsync(RawClient.QuietConnect);
        await first.PingAsync();
        Assert.True(server.Context.Clients.Open.Single().IsHandshakeFirst);

        int armed = time.ArmedTimers;
        await using RawClient later = await server.OpenAsync();
        Eventually.Equal(2, () => server.NumClients, "the second client was accepted");
        Eventually.True(() => time.ArmedTimers > armed, "it is waited for");
        time.Advance(TimeSpan.FromMilliseconds(60));
        Assert.StartsWith("INFO {", await later.ReadLineAsync(), StringComparison.Ordinal);
        await later.UpgradeAsync();
        await later.SendAsync(RawClient.QuietConnect);
        await later.PingAsync();
        Assert.Single(server.Context.Clients.Open, static session => session.IsHandshakeFirst);
    }

    [Theory]
    [MemberData(nameof(Engines))]
    public async Task The_first_byte_chooses_when_both_are_allowed(ConnectionEngineKind engine)
    {
        var log = new LogLines();
        await using NatsServer server = await Embedded.StartAsync(TlsFixture.On(engine, tls.Options) with { AllowNonTls = true }, log);
        Assert.True(log.Contains("Information: TLS available for client connections"));
        await using RawClient plain = await server.OpenAsync();
        string info = await plain.ReadLineAsync();
        Assert.Contains("\"tls_available\":true", info, StringComparison.Ordinal);
        Assert.DoesNotContain("tls_required", info, StringComparison.Ordinal);
        await plain.SendAsync(RawClient.QuietConnect + "SUB a 1\r\n");
        await plain.PingAsync();
        await using RawClient secure = await TlsFixture.ConnectedAsync(server);
        await secure.SendAsync("PUB a 2\r\nhi\r\n");
        await plain.ExpectAsync("MSG a 1 2\r\nhi\r\n");
        Assert.Single(server.Context.Clients.Open, static session => session.Tls is not null);
    }

    [Fact]
    public async Task Connections_inside_the_process_need_no_tls()
    {
        await using NatsServer server = await Embedded.StartAsync(Embedded.Options with { Tls = tls.Options });
        await using var client = new RawClient(server.ConnectInProcess());
        Assert.DoesNotContain("tls_required", await client.ReadLineAsync(), StringComparison.Ordinal);
        await client.SendAsync(RawClient.QuietConnect);
        await client.PingAsync();
    }

    [Theory]
    [MemberData(nameof(Engines))]
    public async Task Handshakes_beyond_the_limit_of_a_second_are_refused(ConnectionEngineKind engine)
    {
        var time = new FakeTimeProvider();
        var log = new LogLines();
        await using NatsServer server = await Embedded.StartAsync(TlsFixture.On(engine, tls.Options with { ConnectionRateLimit = 2 }), log, time);
        await using RawClient first = await TlsFixture.ConnectedAsync(server);
        await using RawClient second = await TlsFixture.ConnectedAsync(server);
        await using RawClient third = await server.OpenAsync();
        await third.ReadLineAsync();
        Assert.Equal("-ERR 'Connection throttling is active. Please try again later.'\r\n", await third.ReadToCloseAsync());
        Assert.Equal(ClosedState.MaxConnectionsExceeded, await LastReasonAsync(server));
        time.Advance(TimeSpan.FromSeconds(1.1));
        Eventually.True(() => log.Contains("Warning: Rejected 1 connections due to TLS rate limiting"), "the log tells of it");
        await using RawClient fourth = await TlsFixture.ConnectedAsync(server);
        Assert.Equal("PONG\r\n", await first.PingAsync());
    }

    [Theory]
    [MemberData(nameof(Engines))]
    public async Task The_end_is_announced_and_errors_are_encrypted(ConnectionEngineKind engine)
    {
        await using NatsServer server = await Embedded.StartAsync(TlsFixture.On(engine, tls.Options));
        await using RawClient client = await TlsFixture.ConnectedAsync(server);
        await client.SendAsync("BOGUS\r\n");
        Assert.Equal("-ERR 'Unknown Protocol Operation'\r\n", await client.ReadToCloseAsync());
        await using RawClient other = await server.OpenAsync();
        await other.ReadLineAsync();
        SslStream stream = await other.UpgradeAsync();
        await server.StopAsync();

        // Without the closing alert this would be an exception, since the end could be an attacker's.
        Assert.Equal(0, await stream.ReadAsync(new byte[10]));
    }

    [Theory]
    [MemberData(nameof(Engines))]
    public async Task Stopping_does_not_wait_for_handshakes(ConnectionEngineKind engine)
    {
        NatsServer server = await Embedded.StartAsync(TlsFixture.On(engine, tls.Options));
        await using RawClient silent = await server.OpenAsync();
        await silent.ReadLineAsync();
        await using RawClient half = await server.OpenAsync();
        await half.ReadLineAsync();
        await half.SendAsync("\x16\x03\x01\x02");
        await server.StopAsync().WaitAsync(TimeSpan.FromSeconds(20));
        Assert.Equal("", await silent.ReadToCloseAsync());
    }

    private static async Task<ClosedState> LastReasonAsync(NatsServer server)
    {
        ClosedState reason = ClosedState.Unknown;
        await Task.Yield();
        Eventually.True(
            () =>
            {
                var closed = server.Monitor.Connz(new NATS.Server.Monitoring.ConnzOptions { State = NATS.Server.Monitoring.ConnectionState.Closed }).Connections!;
                if (closed.Count == 0) return false;
                reason = Enum.GetValues<ClosedState>().First(state => state.ToReason() == closed[^1].Reason);
                return true;
            },
            "a closed connection is remembered");
        return reason;
    }
}
