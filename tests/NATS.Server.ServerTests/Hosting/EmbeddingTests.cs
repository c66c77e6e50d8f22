using System.Net.Sockets;
using System.Text.Json;
using NATS.Server.Core.Security;
using NATS.Server.Options;
using NATS.Server.Testing;
using Xunit;

namespace NATS.Server.ServerTests.Hosting;

/// <summary>A server inside a program: start, connect, stop, and nothing left behind.</summary>
public sealed class EmbeddingTests
{
    [Fact]
    public async Task A_server_on_a_random_port_says_where_it_listens()
    {
        await using NatsServer server = await Embedded.StartAsync();
        Assert.True(server.IsRunning);
        Assert.NotEqual(0, server.ClientEndPoint!.Port);
        Assert.Equal($"nats://127.0.0.1:{server.ClientEndPoint.Port}", server.ClientUrl);
        await using RawClient client = await RawClient.ConnectAsync(server.ClientEndPoint);
        string info = await client.ReadLineAsync();
        Assert.Contains($"\"port\":{server.ClientEndPoint.Port},", info, StringComparison.Ordinal);
        Assert.Contains($"\"server_id\":\"{server.ServerId}\"", info, StringComparison.Ordinal);
        Assert.Equal(server.ServerId, server.ServerName);
    }

    [Fact]
    public async Task Keys_of_its_own_stand_behind_the_identity_in_INFO()
    {
        await using NatsServer server = await Embedded.StartAsync();
        await using NatsServer other = await Embedded.StartAsync();
        await using RawClient client = await server.OpenAsync();
        JsonElement info = JsonDocument.Parse((await client.ReadLineAsync())["INFO ".Length..]).RootElement;

        Assert.True(Nkey.TryParse(info.GetProperty("server_id").GetString(), NkeyRole.Server, out Nkey id));
        Assert.True(Nkey.TryParse(info.GetProperty("xkey").GetString(), NkeyRole.Curve, out Nkey xkey));
        Assert.True(id.Verify("x"u8, server.Identity.Sign("x"u8)));
        Assert.True(other.EncryptionIdentity.TrySeal("x"u8, xkey, new byte[NkeyPair.NonceSize], out byte[]? sealedMessage));
        Assert.True(server.EncryptionIdentity.TryOpen(sealedMessage, other.EncryptionIdentity.PublicKey, out byte[]? message));
        Assert.Equal("x"u8, message);
        Assert.NotEqual(server.Identity.PublicKey, other.Identity.PublicKey);
        Assert.NotEqual(server.EncryptionIdentity.PublicKey, other.EncryptionIdentity.PublicKey);
    }

    [Fact]
    public async Task A_server_on_all_addresses_tells_one_that_can_be_dialled()
    {
        await using NatsServer server = await Embedded.StartAsync(Embedded.Options with { Host = "0.0.0.0" });
        var url = new Uri(server.ClientUrl);
        await using RawClient client = await RawClient.HandshakeAsync(url.Port);
        Assert.Equal(1, server.NumClients);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Clients_inside_the_process_talk_to_each_other_and_to_those_outside(bool dontListen)
    {
        await using NatsServer server = await Embedded.StartAsync(Embedded.Options with { DontListen = dontListen });
        int own = server.NumSubscriptions;
        Assert.Equal(dontListen, server.ClientEndPoint is null);
        Assert.Equal(dontListen, server.ClientUrl.Length == 0);
        await using var inside = new RawClient(server.ConnectInProcess());
        Assert.StartsWith("INFO {", await inside.ReadLineAsync(), StringComparison.Ordinal);
        await inside.SendAsync(RawClient.QuietConnect + "SUB a.> 1\r\n");
        await inside.PingAsync();
        await using RawClient other = dontListen ? new RawClient(server.ConnectInProcess()) : await server.OpenAsync();
        await other.ReadLineAsync();
        await other.SendAsync(RawClient.QuietConnect + "PUB a.b 5\r\nhello\r\n");
        await other.PingAsync();
        await inside.ExpectAsync("MSG a.b 1 5\r\nhello\r\n");
        Assert.Equal(2, server.NumClients);
        Assert.Equal(1, server.NumSubscriptions - own);
    }

    [Fact]
    public async Task A_large_message_passes_between_clients_inside_the_process()
    {
        const int size = 700_000;
        await using NatsServer server = await Embedded.StartAsync(Embedded.Options with { DontListen = true });
        await using var subscriber = new RawClient(server.ConnectInProcess());
        await subscriber.ReadLineAsync();
        await subscriber.SendAsync(RawClient.QuietConnect + "SUB a 1\r\n");
        await subscriber.PingAsync();
        await using var publisher = new RawClient(server.ConnectInProcess());
        await publisher.ReadLineAsync();
        string payload = string.Concat(Enumerable.Range(0, size / 10).Select(static i => $"{i:D10}"));
        Task sent = publisher.SendAsync($"{RawClient.QuietConnect}PUB a {size}\r\n{payload}\r\n");
        await subscriber.ExpectAsync($"MSG a 1 {size}\r\n");
        Assert.Equal(payload, await subscriber.ReadExactlyAsync(size));
        await sent;
    }

    [Fact]
    public async Task Closing_the_stream_inside_the_process_closes_the_client()
    {
        await using NatsServer server = await Embedded.StartAsync(Embedded.Options with { DontListen = true });
        await using (var client = new RawClient(server.ConnectInProcess()))
        {
            await client.ReadLineAsync();
            Assert.Equal(1, server.NumClients);
        }

        Eventually.Equal(0, () => server.NumClients, "the client is gone");
    }

    [Fact]
    public async Task Twenty_servers_in_one_process_share_nothing()
    {
        const int count = 20;
        NatsServer[] servers = await Task.WhenAll(Enumerable.Range(0, count).Select(static _ => Embedded.StartAsync()));
        try
        {
            Assert.Equal(count, servers.Select(static server => server.ServerId).Distinct().Count());
            RawClient[] clients = await Task.WhenAll(servers.Select(static server => server.ConnectAsync()));
            for (int i = 0; i < count; i++) await clients[i].SendAsync("SUB same.subject 1\r\n");
            foreach (RawClient client in clients) await client.PingAsync();
            for (int i = 0; i < count; i++) await clients[i].SendAsync($"PUB same.subject {$"{i}".Length}\r\n{i}\r\n");
            for (int i = 0; i < count; i++) Assert.Equal($"MSG same.subject 1 {$"{i}".Length}\r\n{i}\r\nPONG\r\n", await clients[i].PingAsync());
            Assert.All(servers, static server => Assert.Equal(1, server.NumClients));
            await servers[0].StopAsync();
            Assert.Equal("", await clients[0].ReadToCloseAsync());
            for (int i = 1; i < count; i++) await clients[i].PingAsync();
            foreach (RawClient client in clients) await client.DisposeAsync();
        }
        finally
        {
            foreach (NatsServer server in servers) await server.DisposeAsync();
        }
    }

    [Fact]
    public async Task The_logger_factory_gets_the_lines_of_a_servers_life_in_the_references_words()
    {
        using var log = new LogLines();
        NatsServer server = await Embedded.StartAsync(log: log);
        int port = server.ClientEndPoint!.Port;
        await server.StopAsync();
        string[] lines = [.. log.All.Where(static line => !line.Contains("Go build", StringComparison.Ordinal))];
        Assert.Equal(
            [
                "Information: Starting nats-server",
                "Information:   Version:  2.15.1",
                "Information:   Git:      [not set]",
                $"Information:   Name:     {server.ServerName}",
                $"Information:   ID:       {server.ServerId}",
                $"Information: Listening for client connections on 127.0.0.1:{port}",
                "Information: Server is ready",
                "Information: Initiating Shutdown...",
                "Information: Server Exiting..",
            ],
            lines);
    }

    [Theory]
    [MemberData(nameof(Embedded.Engines), MemberType = typeof(Embedded))]
    public async Task A_disconnected_client_is_closed_and_the_others_stay(ConnectionEngineKind engine)
    {
        await using NatsServer server = await Embedded.StartAsync(engine);
        await using RawClient first = await server.ConnectAsync();
        await using RawClient second = await server.ConnectAsync();
        Assert.True(server.DisconnectClient(1));
        Assert.Equal("", await first.ReadToCloseAsync());
        await second.PingAsync();
        Eventually.Equal(1, () => server.NumClients, "one client is left");
        Assert.False(server.DisconnectClient(1));
        Assert.False(server.DisconnectClient(99));
    }

    [Theory]
    [MemberData(nameof(Embedded.Engines), MemberType = typeof(Embedded))]
    public async Task Stop_closes_clients_and_frees_the_port_at_once(ConnectionEngineKind engine)
    {
        NatsServer server = await Embedded.StartAsync(engine);
        int port = server.ClientEndPoint!.Port;
        for (int round = 0; round < 5; round++)
        {
            await using RawClient client = await RawClient.HandshakeAsync(port);
            await using RawClient silent = await RawClient.ConnectAsync(port);
            await silent.ReadLineAsync();
            await server.StopAsync();
            Assert.False(server.IsRunning);
            Assert.True(server.WaitForShutdownAsync().IsCompletedSuccessfully);
            Assert.Equal("", await client.ReadToCloseAsync());
            Assert.Equal("", await silent.ReadToCloseAsync());
            await Assert.ThrowsAnyAsync<SocketException>(() => RawClient.ConnectAsync(port));
            server = await Embedded.StartAsync(Embedded.Options with { Engine = engine, Port = port });
            Assert.Equal(port, server.ClientEndPoint!.Port);
        }

        await server.DisposeAsync();
    }

    [Fact]
    public async Task Stopping_twice_waits_for_the_same_end()
    {
        using var log = new LogLines();
        NatsServer server = await Embedded.StartAsync(log: log);
        Task waiting = server.WaitForShutdownAsync();
        Assert.False(waiting.IsCompleted);
        await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Task.Run(server.StopAsync)));
        await server.StopAsync();
        await server.DisposeAsync();
        await waiting;
        Assert.Single(log.All, static line => line.EndsWith("Initiating Shutdown...", StringComparison.Ordinal));
        Assert.Single(log.All, static line => line.EndsWith("Server Exiting..", StringComparison.Ordinal));
        Assert.Throws<ObjectDisposedException>(server.ConnectInProcess);
    }

    [Fact]
    public async Task A_client_that_does_not_read_does_not_keep_a_server_from_stopping()
    {
        NatsServer server = await Embedded.StartAsync();
        await using RawClient stalled = await server.ConnectAsync();
        await stalled.SendAsync("SUB a 1\r\n");
        await stalled.PingAsync();
        await using RawClient publisher = await server.ConnectAsync();
        for (int i = 0; i < 20; i++) await publisher.SendAsync($"PUB a 1000000\r\n{new string('x', 1000000)}\r\n");
        await publisher.PingAsync();
        Eventually.True(() => server.Context.Clients.Find(1)!.Connection.Outbound.Pending > 0, "the subscriber is behind");
        await server.StopAsync().WaitAsync(Eventually.DefaultTimeout);
        Assert.Equal(0, server.NumClients);
    }

    [Theory]
    [MemberData(nameof(Embedded.Engines), MemberType = typeof(Embedded))]
    public async Task A_taken_port_is_told_in_the_references_words_and_leaves_nothing_behind(ConnectionEngineKind engine)
    {
        await using NatsServer first = await Embedded.StartAsync(engine);
        int port = first.ClientEndPoint!.Port;
        int threads = LoopThreads();
        int descriptors = Descriptors();
        for (int i = 0; i < 10; i++)
        {
            using var log = new LogLines();
            NatsServerException error = await Assert.ThrowsAsync<NatsServerException>(
                () => Embedded.StartAsync(Embedded.Options with { Engine = engine, Port = port, HttpHost = "127.0.0.1", HttpPort = ServerOptions.RandomPort }, log));
            Assert.Equal($"Error listening on port: 127.0.0.1:{port}, \"listen tcp 127.0.0.1:{port}: bind: address already in use\"", error.Message);
            Assert.DoesNotContain("Server is ready", log.All);
        }

        // Other tests of this process open and close too: what would be left behind here are ten of each.
        Eventually.True(() => LoopThreads() < threads + 10, "the threads of the failed starts have ended");
        Eventually.True(() => Descriptors() < descriptors + 10, "the descriptors of the failed starts are closed");
        await using RawClient client = await first.ConnectAsync();
    }

    [Fact]
    public async Task Options_that_cannot_be_used_fail_the_start_and_leave_no_thread_behind()
    {
        int threads = LoopThreads();
        for (int i = 0; i < 10; i++)
        {
            NatsServerException error = await Assert.ThrowsAsync<NatsServerException>(() => Embedded.StartAsync(Embedded.Options with { ClientAdvertise = "host:notaport" }));
            Assert.StartsWith("Error setting server INFO with ClientAdvertise value of host:notaport, err=", error.Message, StringComparison.Ordinal);
        }

        Eventually.True(() => LoopThreads() < threads + 10, "the threads of the failed starts have ended");
    }

    [Fact]
    public async Task Starting_and_stopping_fifty_times_leaves_nothing_behind()
    {
        int threads = LoopThreads();
        int descriptors = Descriptors();
        for (int i = 0; i < 50; i++)
        {
            await using NatsServer server = await Embedded.StartAsync();
            await using RawClient client = await server.ConnectAsync();
            await using RawClient abandoned = await server.OpenAsync();
        }

        Eventually.True(() => LoopThreads() < threads + 25, "the threads have ended");
        Eventually.True(() => Descriptors() < descriptors + 50, "the descriptors are closed");
    }

    [Fact]
    public async Task A_start_that_is_cancelled_starts_nothing()
    {
        using var cancelled = new CancellationTokenSource();
        await cancelled.CancelAsync();
        await Assert.ThrowsAsync<OperationCanceledException>(() => NatsServer.StartAsync(Embedded.Options, cancellationToken: cancelled.Token));
    }

    [Fact]
    public async Task Counters_and_times_are_readable()
    {
        var time = new FakeTimeProvider();
        await using NatsServer server = await Embedded.StartAsync(time: time);
        Assert.Equal(time.GetUtcNow(), server.StartTime);
        Assert.Equal(time.GetUtcNow(), server.ConfigTime);
        Assert.Equal(0, server.NumSlowConsumers);
        Assert.Equal(0, server.NumStaleConnections);
        Assert.Equal(0, server.NumStalledClients);
        Assert.False(server.IsLameDuck);

        // Like the reference it counts those of the server itself as well.
        int own = server.NumSubscriptions;
        await using RawClient client = await server.ConnectAsync();
        await client.SendAsync("SUB a 1\r\nSUB b 2\r\nSUB c q 3\r\nUNSUB 1\r\n");
        await client.PingAsync();
        Assert.Equal((1, 2), (server.NumClients, server.NumSubscriptions - own));
    }

    private static int Descriptors() => OperatingSystem.IsLinux() ? Directory.GetFiles("/proc/self/fd").Length : 0;

    private static int LoopThreads()
    {
        if (!OperatingSystem.IsLinux()) return 0;
        int count = 0;
        foreach (string folder in Directory.GetDirectories("/proc/self/task"))
        {
            try
            {
                if (File.ReadAllText(Path.Combine(folder, "comm")).StartsWith("nats-", StringComparison.Ordinal)) count++;
            }
            catch (IOException)
            {
                // It ended just now.
            }
        }

        return count;
    }
}
