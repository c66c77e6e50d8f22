using System.Net.Sockets;
using NATS.Server.Connections;
using NATS.Server.Monitoring;
using NATS.Server.Options;
using NATS.Server.ServerTests.Hosting;
using NATS.Server.Testing;
using Xunit;

namespace NATS.Server.ServerTests.Connections;

/// <summary>The engines move bytes completely, in order and to the right peer, also when peers are slow, large, or leave in the middle.</summary>
public sealed class EngineTests
{
    [Theory]
    [MemberData(nameof(Embedded.Engines), MemberType = typeof(Embedded))]
    public async Task Large_payloads_arrive_unchanged(ConnectionEngineKind engine)
    {
        await using NatsServer server = await Embedded.StartAsync(Embedded.Options with { Engine = engine, MaxPayload = 16 * 1024 * 1024 });
        await using RawClient subscriber = await server.ConnectAsync("CONNECT {\"verbose\":false,\"headers\":true}\r\n");
        await subscriber.SendAsync("SUB big 1\r\n");
        await subscriber.PingAsync();
        await using RawClient publisher = await server.ConnectAsync("CONNECT {\"verbose\":false,\"headers\":true}\r\n");
        int[] sizes = [65_000, 65_523, 65_524, 65_525, 65_536, 65_537, 131_072, 1024 * 1024, 8 * 1024 * 1024];
        foreach (int size in sizes)
        {
            string payload = string.Create(size, size, static (span, seed) =>
            {
                for (int i = 0; i < span.Length; i++) span[i] = (char)((i * 7 + (i >> 8) + seed) & 0xFF);
            });
            Task sent = publisher.SendAsync($"PUB big {size}\r\n{payload}\r\nHPUB big 12 {size + 12}\r\nNATS/1.0\r\n\r\n{payload}\r\n");
            await subscriber.ExpectAsync($"MSG big 1 {size}\r\n");
            Assert.True(payload == await subscriber.ReadExactlyAsync(size), $"{size} bytes arrive as they were sent");
            await subscriber.ExpectAsync($"\r\nHMSG big 1 12 {size + 12}\r\nNATS/1.0\r\n\r\n");
            Assert.True(payload == await subscriber.ReadExactlyAsync(size), $"{size} bytes arrive as they were sent");
            await subscriber.ExpectAsync("\r\n");
            await sent;
        }
    }

    [Theory]
    [MemberData(nameof(Embedded.Engines), MemberType = typeof(Embedded))]
    public async Task A_control_line_longer_than_the_receive_buffer_is_understood_when_allowed(ConnectionEngineKind engine)
    {
        await using NatsServer server = await Embedded.StartAsync(Embedded.Options with { Engine = engine, MaxControlLine = 1024 * 1024 });
        await using RawClient client = await server.ConnectAsync();
        foreach (int length in new[] { 65_000, 65_531, 65_532, 65_533, 200_000, 700_000 })
        {
            string subject = new('s', length);
            await client.SendAsync($"SUB {subject} 1\r\nPUB {subject} 2\r\nhi\r\nUNSUB 1\r\n");
            await client.ExpectAsync($"MSG {subject} 1 2\r\nhi\r\n");
            await client.PingAsync();
        }
    }

    [Theory]
    [MemberData(nameof(Embedded.Engines), MemberType = typeof(Embedded))]
    public async Task A_slow_reader_catches_up_in_order(ConnectionEngineKind engine)
    {
        const int messages = 600;
        const int size = 20_000;
        await using NatsServer server = await Embedded.StartAsync(engine);
        await using RawClient slow = await RawClient.ConnectAsync(server.ClientEndPoint!, receiveBufferBytes: 8192);
        await slow.ReadLineAsync();
        await slow.SendAsync(RawClient.QuietConnect + "SUB a 1\r\n");
        await slow.PingAsync();
        await using RawClient publisher = await server.ConnectAsync();
        for (int i = 0; i < messages; i++) await publisher.SendAsync($"PUB a {size}\r\n{i:D8}{new string((char)('a' + (i % 26)), size - 8)}\r\n");
        await publisher.PingAsync();
        Assert.True(server.Context.Clients.Find(1)!.Connection.Outbound.Pending > 1_000_000, "the reader is far behind");
        for (int i = 0; i < messages; i++)
        {
            await slow.ExpectAsync($"MSG a 1 {size}\r\n{i:D8}");
            Assert.Equal(new string((char)('a' + (i % 26)), size - 8), await slow.ReadExactlyAsync(size - 8));
            await slow.ExpectAsync("\r\n");
        }

        Assert.Equal("PONG\r\n", await slow.PingAsync());
        Assert.Equal(0, server.NumSlowConsumers);
    }

    [Theory]
    [MemberData(nameof(Embedded.Engines), MemberType = typeof(Embedded))]
    public async Task What_is_pending_and_the_last_error_are_sent_before_the_close(ConnectionEngineKind engine)
    {
        const int messages = 300;
        const int size = 20_000;
        await using NatsServer server = await Embedded.StartAsync(engine);
        await using RawClient slow = await RawClient.ConnectAsync(server.ClientEndPoint!, receiveBufferBytes: 8192);
        await slow.ReadLineAsync();
        await slow.SendAsync(RawClient.QuietConnect + "SUB a 1\r\n");
        await slow.PingAsync();
        await using RawClient publisher = await server.ConnectAsync();
        for (int i = 0; i < messages; i++) await publisher.SendAsync($"PUB a {size}\r\n{new string('x', size)}\r\n");
        await publisher.PingAsync();
        await slow.SendAsync("NONSENSE\r\n" + new string('z', 20_000));
        Eventually.True(() => server.NumClients == 1, "the client that sent nonsense is being closed");
        string rest = await slow.ReadToCloseAsync();
        string message = $"MSG a 1 {size}\r\n{new string('x', size)}\r\n";
        const string error = "-ERR 'Unknown Protocol Operation'\r\n";
        Assert.Equal((messages * message.Length) + error.Length, rest.Length);
        Assert.EndsWith(error, rest, StringComparison.Ordinal);
        Eventually.True(() => server.Context.ClosingClients.IsEmpty, "the closed client is forgotten");
    }

    [Theory]
    [MemberData(nameof(Embedded.Engines), MemberType = typeof(Embedded))]
    public async Task A_peer_that_sent_much_before_its_mistake_still_gets_the_error(ConnectionEngineKind engine)
    {
        await using NatsServer server = await Embedded.StartAsync(engine);
        for (int i = 0; i < 50; i++)
        {
            await using RawClient client = await server.ConnectAsync();
            await client.SendAsync($"PUB a 5000\r\n{new string('x', 5000)}\r\nNONSENSE\r\n{new string('y', 30_000)}");
            Assert.Equal("-ERR 'Unknown Protocol Operation'\r\n", await client.ReadToCloseAsync());
        }
    }

    [Theory]
    [MemberData(nameof(Embedded.Engines), MemberType = typeof(Embedded))]
    public async Task A_peer_that_half_closes_gets_the_answer_to_what_it_sent(ConnectionEngineKind engine)
    {
        await using NatsServer server = await Embedded.StartAsync(engine);
        await using RawClient client = await server.ConnectAsync();
        await client.SendAsync("SUB a 1\r\nPUB a 2\r\nhi\r\nPING\r\n");
        client.ShutdownSend();
        Assert.Equal("MSG a 1 2\r\nhi\r\nPONG\r\n", await client.ReadToCloseAsync());
        Eventually.Equal(0, () => server.NumClients, "the client is gone");
    }

    [Theory]
    [MemberData(nameof(Embedded.Engines), MemberType = typeof(Embedded))]
    public async Task Many_publishers_reach_one_subscriber_each_in_its_order(ConnectionEngineKind engine)
    {
        const int publishers = 8;
        const int messages = 2000;
        await using NatsServer server = await Embedded.StartAsync(Embedded.Options with { Engine = engine, EventLoops = 3 });
        await using RawClient subscriber = await server.ConnectAsync();
        await subscriber.SendAsync("SUB p.* 1\r\n");
        await subscriber.PingAsync();
        Task[] sending = [.. Enumerable.Range(0, publishers).Select(id => Task.Run(async () =>
        {
            await using RawClient client = await server.ConnectAsync();
            for (int i = 0; i < messages; i += 100)
            {
                await client.SendAsync(string.Concat(Enumerable.Range(i, 100).Select(number => $"PUB p.{id} 6\r\n{number:D6}\r\n")));
            }

            await client.PingAsync();
        }))];
        int[] next = new int[publishers];
        for (int i = 0; i < publishers * messages; i++)
        {
            string line = await subscriber.ReadLineAsync();
            int id = line["MSG p.".Length] - '0';
            Assert.Equal($"MSG p.{id} 1 6", line);
            Assert.Equal($"{next[id]++:D6}", await subscriber.ReadLineAsync());
        }

        await Task.WhenAll(sending);
    }

    /// <summary>
    /// Connections come and go in every manner while others have traffic, and while there is traffic for those that leave: a descriptor or a buffer
    /// that is used after its connection would show as bytes at the wrong peer.
    /// </summary>
    [Theory]
    [MemberData(nameof(Embedded.Engines), MemberType = typeof(Embedded))]
    public async Task Two_thousand_connections_that_come_and_go_get_their_own_messages_only(ConnectionEngineKind engine)
    {
        const int workers = 8;
        const int rounds = 250;
        using var log = new LogLines();
        await using NatsServer server = await Embedded.StartAsync(Embedded.Options with { Engine = engine, EventLoops = 3 }, log);
        int own = server.NumSubscriptions;
        using var finished = new CancellationTokenSource();

        // To everyone, all the time: whoever leaves has something under way.
        Task[] noise = [.. Enumerable.Range(0, 2).Select(_ => Task.Run(async () =>
        {
            await using RawClient client = await server.ConnectAsync();
            string batch = string.Concat(Enumerable.Range(0, 20).Select(static i => $"PUB all.{i} 4\r\nall!\r\n"));
            while (!finished.IsCancellationRequested)
            {
                await client.SendAsync(batch);
                Assert.Equal("PONG\r\n", await client.PingAsync());
            }
        }))];
        await Task.WhenAll(Enumerable.Range(0, workers).Select(worker => Task.Run(async () =>
        {
            for (int round = 0; round < rounds; round++) await ComeAndGoAsync(server, $"{worker}-{round}", round % 5);
        })));
        await finished.CancelAsync();
        await Task.WhenAll(noise);
        Eventually.Equal(0, () => server.NumClients, "everyone is gone");
        Eventually.True(() => server.Context.ClosingClients.IsEmpty, "nobody is left to be closed");
        Assert.Equal(own, server.NumSubscriptions);
        Assert.Empty(log.Exceptions);
    }

    private static async Task ComeAndGoAsync(NatsServer server, string name, int way)
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        await socket.ConnectAsync(server.ClientEndPoint!);
        await using var client = new RawClient(new NetworkStream(socket, ownsSocket: false));
        string info = await client.ReadLineAsync();
        Assert.StartsWith("INFO {", info, StringComparison.Ordinal);
        await client.SendAsync($"{RawClient.QuietConnect}SUB own.{name} {name}\r\nSUB all.* {name}\r\nPUB own.{name} {name.Length}\r\n{name}\r\nPING\r\n");
        string received = await client.ReadUntilAsync("PONG\r\n");
        switch (way)
        {
            case 0: // in order
                break;
            case 1: // a reset
                socket.LingerState = new LingerOption(true, 0);
                break;
            case 2: // a mistake
                await client.SendAsync("NONSENSE\r\n");
                received += await client.ReadToCloseAsync();
                break;
            case 3: // closed by the server
                string id = info[(info.IndexOf("\"client_id\":", StringComparison.Ordinal) + "\"client_id\":".Length)..];
                server.DisconnectClient(ulong.Parse(id[..id.IndexOfAny([',', '}'])]));
                received += await client.ReadToCloseAsync();
                break;
            default: // half closed
                client.ShutdownSend();
                received += await client.ReadToCloseAsync();
                break;
        }

        int own = 0;
        string[] lines = received.Split("\r\n");
        for (int i = 0; i < lines.Length; i++)
        {
            string line = lines[i];
            if (line.StartsWith("MSG own.", StringComparison.Ordinal))
            {
                own++;
                Assert.Equal($"MSG own.{name} {name} {name.Length}", line);
                Assert.Equal(name, lines[++i]);
            }
            else if (line.StartsWith("MSG all.", StringComparison.Ordinal))
            {
                Assert.EndsWith($" {name} 4", line, StringComparison.Ordinal);
                Assert.Equal("all!", lines[++i]);
            }
            else
            {
                Assert.True(line is "" or "PONG" or "-ERR 'Unknown Protocol Operation'", $"'{line}' is for somebody else");
            }
        }

        Assert.Equal(1, own);
    }

    [Theory]
    [MemberData(nameof(Embedded.Engines), MemberType = typeof(Embedded))]
    public async Task More_than_max_pending_closes_the_subscriber_only(ConnectionEngineKind engine)
    {
        using var log = new LogLines();
        await using NatsServer server = await Embedded.StartAsync(Embedded.Options with { Engine = engine, MaxPending = 2_000_000 }, log);
        await using RawClient stalled = await server.ConnectAsync();
        await stalled.SendAsync("SUB a 1\r\n");
        await stalled.PingAsync();
        await using RawClient reader = await server.ConnectAsync();
        await reader.SendAsync("SUB a 1\r\n");
        await reader.PingAsync();
        await using RawClient publisher = await server.ConnectAsync();
        int sent = 0;
        while (server.NumSlowConsumers == 0 && sent < 500)
        {
            sent++;
            await publisher.SendAsync($"PUB a 100000\r\n{sent:D8}{new string('x', 99_992)}\r\n");
            await publisher.PingAsync();
            await reader.ExpectAsync($"MSG a 1 100000\r\n{sent:D8}");
            await reader.ReadExactlyAsync(99_994);
        }

        Assert.Equal(1, server.NumSlowConsumers);
        Assert.Contains("Slow Consumer Detected: MaxPending of 2000000 Exceeded", Assert.Single(log.All, static line => line.Contains("Slow Consumer", StringComparison.Ordinal)), StringComparison.Ordinal);
        Eventually.Equal(2, () => server.NumClients, "the stalled subscriber is closed");
        string rest = await stalled.ReadToCloseAsync();
        Assert.DoesNotContain("-ERR", rest, StringComparison.Ordinal);
        Assert.Equal(ClosedState.SlowConsumerPendingBytes.ToReason(), server.Monitor.Connz(new ConnzOptions { State = ConnectionState.Closed }).Connections![0].Reason);
    }

    [Theory]
    [MemberData(nameof(Embedded.Engines), MemberType = typeof(Embedded))]
    public async Task A_producer_waits_for_a_consumer_that_lags_behind(ConnectionEngineKind engine)
    {
        await using NatsServer server = await Embedded.StartAsync(engine);
        await using RawClient slow = await RawClient.ConnectAsync(server.ClientEndPoint!, receiveBufferBytes: 8192);
        await slow.ReadLineAsync();
        await slow.SendAsync(RawClient.QuietConnect + "SUB a 1\r\n");
        await slow.PingAsync();
        await using RawClient publisher = await server.ConnectAsync();
        const int messages = 300;
        const int size = 50_000;
        Task publishing = Task.Run(async () =>
        {
            for (int i = 0; i < messages; i++) await publisher.SendAsync($"PUB a {size}\r\n{new string('x', size)}\r\n");
            await publisher.PingAsync();
        });
        for (int i = 0; i < messages; i++)
        {
            await slow.ExpectAsync($"MSG a 1 {size}\r\n");
            await slow.ReadExactlyAsync(size + 2);
        }

        await publishing;
        Assert.True(server.NumStalledClients > 0, "the producer was stalled");
        Assert.Equal(0, server.NumSlowConsumers);
        Assert.Equal(2, server.NumClients);
    }
}
