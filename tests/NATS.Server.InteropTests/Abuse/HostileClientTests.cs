using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using NATS.Server.Testing;
using Xunit;

namespace NATS.Server.InteropTests.Abuse;

/// <summary>
/// The built executable against clients that mean no good: what they can make it keep is bounded, what they get is the reference's answer, and
/// nobody else notices.
/// </summary>
public sealed class HostileClientTests
{
    private const string Auth = "authorization { user: a, password: pw, timeout: 3600 }\n";
    private const string Login = "CONNECT {\"verbose\":false,\"user\":\"a\",\"pass\":\"pw\"}\r\n";

    [Fact]
    public async Task Ten_thousand_half_open_connections_cost_little_and_disturb_nobody()
    {
        const int count = 10_000;
        const int warmUp = 500;
        const long maxKiBEach = 20;
        await using ServerProcess server = await OurServer.StartAsync(new ServerProcessOptions { Config = Auth });
        await using RawClient normal = await RawClient.HandshakeAsync(server.Port, Login);
        await normal.SendAsync("SUB echo 1\r\n");
        List<Socket> sockets = [];
        try
        {
            // What the process needs once, whoever connects, is not counted.
            await OpenManyAsync(sockets, server.Port, warmUp);
            await EchoAsync(normal);
            long before = ProcessFacts.ResidentKiB(server.Id);
            await OpenManyAsync(sockets, server.Port, count);
            await EchoAsync(normal);
            long after = ProcessFacts.ResidentKiB(server.Id);
            Assert.True((after - before) / count <= maxKiBEach, $"{after - before} KiB for {count} connections");
            Assert.True(ProcessFacts.Sockets(server.Id) > count);
        }
        finally
        {
            foreach (Socket socket in sockets) socket.Dispose();
        }

        Eventually.True(() => ProcessFacts.Sockets(server.Id) < 200, "the sockets of the lost connections are closed");
        await EchoAsync(normal);
        Assert.Equal(0, await server.StopAsync());
    }

    // Every second one says nothing, the others stop in the middle of CONNECT.
    private static async Task OpenManyAsync(List<Socket> sockets, int port, int count)
    {
        byte[] half = Encoding.ASCII.GetBytes("CONNECT {\"verbose\":false,\"user\":\"" + new string('x', 200));
        byte[] one = new byte[1];
        var opened = new List<Socket>(count);
        for (int i = 0; i < count; i++)
        {
            var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            sockets.Add(socket);
            opened.Add(socket);
            await socket.ConnectAsync(IPAddress.Loopback, port);
            if (i % 2 == 0) await socket.SendAsync(half);
        }

        // INFO is there: the server has taken each of them over.
        foreach (Socket socket in opened) Assert.Equal(1, await socket.ReceiveAsync(one));
    }

    // On a slow machine a test may last until the server asks whether its client is still there.
    private static string WithoutPings(string received) => received.Replace("PING\r\n", "", StringComparison.Ordinal);

    private static async Task EchoAsync(RawClient client)
    {
        await client.SendAsync("PUB echo 2\r\nhi\r\n");
        Assert.Equal("MSG echo 1 2\r\nhi\r\nPONG\r\n", WithoutPings(await client.PingAsync()));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Nine_kilobytes_of_an_unfinished_operation_before_connect_are_too_much(bool withAuthentication)
    {
        await using ServerProcess server = await OurServer.StartAsync(new ServerProcessOptions { Config = "max_control_line: 64KB\n" + (withAuthentication ? Auth : "") });
        await using RawClient client = await RawClient.ConnectAsync(server.Port);
        await client.ReadLineAsync();
        await client.SendAsync("CONNECT {\"name\":\"" + new string('x', 9 * 1024));
        Assert.Equal("-ERR 'Maximum Payload Violation'\r\n", await client.ReadToCloseAsync());

        // Less is waited for.
        await using RawClient patient = await RawClient.ConnectAsync(server.Port);
        await patient.ReadLineAsync();
        await patient.SendAsync("CONNECT {\"user\":\"a\",\"pass\":\"pw\",\"verbose\":false,\"name\":\"" + new string('x', 7 * 1024));
        await patient.SendAsync("\"}\r\n");
        Assert.Equal("PONG\r\n", WithoutPings(await patient.PingAsync()));
        if (withAuthentication) return;
        await using RawClient payload = await RawClient.ConnectAsync(server.Port);
        await payload.ReadLineAsync();
        await payload.SendAsync("PUB a 9000\r\nx");
        Assert.Equal("-ERR 'Maximum Payload Violation'\r\n", await payload.ReadToCloseAsync());
    }

    [Fact]
    public async Task A_session_of_single_bytes_is_a_session()
    {
        await using ServerProcess server = await OurServer.StartAsync();
        await using RawClient client = await RawClient.ConnectAsync(server.Port);
        await client.ReadLineAsync();
        await client.SendByteByByteAsync("CONNECT {\"verbose\":false,\"headers\":true}\r\nSUB a.* 1\r\n");
        await client.SendByteByByteAsync($"PUB a.b r 300\r\n{new string('x', 300)}\r\nHPUB a.c 12 14\r\nNATS/1.0\r\n\r\nhi\r\nPING\r\n");
        string received = WithoutPings(await client.ReadUntilAsync("PONG\r\n"));
        Assert.Equal($"MSG a.b 1 r 300\r\n{new string('x', 300)}\r\nHMSG a.c 1 12 14\r\nNATS/1.0\r\n\r\nhi\r\nPONG\r\n", received);
        await client.SendByteByByteAsync("NO");
        Assert.Equal("-ERR 'Unknown Protocol Operation'\r\n", WithoutPings(await client.ReadToCloseAsync()));
    }

    [Theory]
    [InlineData("SUB ")]
    [InlineData("PUB ")]
    [InlineData("HPUB ")]
    [InlineData("UNSUB ")]
    [InlineData("CONNECT {")]
    [InlineData("-ERR ")]
    public async Task A_giant_line_is_refused_at_max_control_line_as_by_the_reference(string verb)
    {
        await using ServerProcess ours = await OurServer.StartAsync();
        await using ServerProcess reference = await ServerProcess.StartAsync(ReferenceServer.Path);
        foreach (int length in new[] { 4090, 4096, 4097, 5000, 1_000_000 })
        {
            foreach (string end in new[] { "", "\r\nPING\r\n" })
            {
                if (end.Length == 0 && length <= 4096) continue; // neither has a reason to answer
                string line = verb + new string('x', length) + end;
                Assert.Equal(await AnswerAsync(reference.Port, line), await AnswerAsync(ours.Port, line));
            }
        }

        static async Task<string> AnswerAsync(int port, string line)
        {
            await using RawClient client = await RawClient.HandshakeAsync(port, "CONNECT {\"verbose\":false,\"headers\":true}\r\n");
            try
            {
                await client.SendAsync(line);
                client.ShutdownSend();
            }
            catch (Exception problem) when (problem is IOException or SocketException)
            {
                // Closed while it was being sent.
            }

            return WithoutPings(await client.ReadToCloseAsync());
        }
    }

    private static async Task<long> SubscriptionsAsync(ServerProcess server)
    {
        using var http = new HttpClient();
        using JsonDocument varz = JsonDocument.Parse(await http.GetStringAsync(new Uri($"http://127.0.0.1:{server.MonitorPort}/varz")));
        return varz.RootElement.GetProperty("subscriptions").GetInt64();
    }

    [Fact]
    public async Task A_flood_of_connections_passes_without_a_trace()
    {
        const int count = 5_000;
        const int workers = 4;
        await using ServerProcess server = await OurServer.StartAsync(new ServerProcessOptions { Config = "http: 127.0.0.1:-1\n" });
        await using RawClient normal = await RawClient.HandshakeAsync(server.Port);
        await normal.SendAsync("SUB echo 1\r\n");
        await EchoAsync(normal);
        int before = ProcessFacts.Sockets(server.Id);
        long subscriptions = await SubscriptionsAsync(server);
        int left = count;
        Task[] flood = [.. Enumerable.Range(0, workers).Select(worker => Task.Run(async () =>
        {
            for (int number; (number = Interlocked.Decrement(ref left)) >= 0;)
            {
                using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
                await socket.ConnectAsync(IPAddress.Loopback, server.Port);

                // Some leave with a reset, some in order, some after a word, some before they are greeted.
                if (number % 3 == 0) await socket.SendAsync("CONNECT {}\r\nSUB a 1\r\nPING\r\n"u8.ToArray());
                if (number % 2 == 0) socket.LingerState = new LingerOption(true, 0);
            }
        }))];
        Task all = Task.WhenAll(flood);
        int answers = 0;
        do
        {
            await EchoAsync(normal);
            answers++;
        }
        while (!all.IsCompleted);
        await all;
        Assert.True(answers > 1);
        Eventually.True(() => ProcessFacts.Sockets(server.Id) <= before, "all sockets are closed");
        await EchoAsync(normal);
        using var http = new HttpClient();
        string varz = await http.GetStringAsync(new Uri($"http://127.0.0.1:{server.MonitorPort}/varz"));
        Assert.Contains("\"connections\": 1,", varz, StringComparison.Ordinal);
        Assert.Equal(subscriptions, await SubscriptionsAsync(server));
        Assert.DoesNotContain(server.Log, static line => line.Contains("[ERR]", StringComparison.Ordinal) && line.Contains("Internal error", StringComparison.Ordinal));
        Assert.Equal(0, await server.StopAsync());
    }

    [Fact]
    public async Task A_stalled_subscriber_costs_the_other_subscribers_no_message()
    {
        const int messages = 400;
        const int size = 50_000;
        await using ServerProcess server = await OurServer.StartAsync();
        await using RawClient stalled = await RawClient.HandshakeAsync(server.Port);
        await stalled.SendAsync("SUB a 1\r\n");
        await stalled.PingAsync();
        await using RawClient publisher = await RawClient.HandshakeAsync(server.Port);
        Task[] readers = [.. Enumerable.Range(0, 3).Select(_ => ReadAllAsync(server.Port)).Select(static ready => ready.GetAwaiter().GetResult())];
        for (int i = 0; i < messages; i++) await publisher.SendAsync($"PUB a {size}\r\n{i.ToString("D8", CultureInfo.InvariantCulture)}{new string('x', size - 8)}\r\n");
        await publisher.PingAsync();
        await Task.WhenAll(readers);

        static async Task<Task> ReadAllAsync(int port)
        {
            RawClient client = await RawClient.HandshakeAsync(port);
            await client.SendAsync("SUB a 1\r\n");
            await client.PingAsync();
            return Task.Run(async () =>
            {
                await using (client)
                {
                    for (int i = 0; i < messages; i++)
                    {
                        string line = await client.ReadLineAsync();
                        if (line == "PING") line = await client.ReadLineAsync();
                        Assert.Equal($"MSG a 1 {size}", line);
                        string payload = await client.ReadExactlyAsync(size + 2);
                        Assert.StartsWith(i.ToString("D8", CultureInfo.InvariantCulture), payload, StringComparison.Ordinal);
                        Assert.EndsWith("x\r\n", payload, StringComparison.Ordinal);
                    }
                }
            });
        }
    }
}
