using System.Text.Json;
using NATS.Server.Monitoring;
using NATS.Server.Options;
using NATS.Server.Testing;
using Xunit;

namespace NATS.Server.ServerTests.Monitoring;

/// <summary>A running server and its monitoring, over HTTP and as objects.</summary>
public sealed class ServerMonitoringTests : IDisposable
{
    private static readonly ServerOptions Options = new()
    {
        Host = "127.0.0.1",
        Port = ServerOptions.RandomPort,
        HttpHost = "127.0.0.1",
        HttpPort = ServerOptions.RandomPort,
        NoSystemAccount = true,
    };

    private readonly HttpClient _http = new();

    public void Dispose() => _http.Dispose();

    [Theory]
    [InlineData(ConnectionEngineKind.Automatic)]
    [InlineData(ConnectionEngineKind.Portable)]
    public async Task Varz_counts_traffic_and_is_the_same_over_http_and_as_object(ConnectionEngineKind engine)
    {
        await using NatsServer server = await NatsServer.StartAsync(Options with { ServerName = "n", Engine = engine });
        int own = server.NumSubscriptions;
        await using RawClient subscriber = await RawClient.HandshakeAsync(server.ClientEndPoint!.Port);
        await using RawClient publisher = await RawClient.HandshakeAsync(server.ClientEndPoint!.Port);
        await subscriber.SendAsync("SUB a 1\r\n");
        await subscriber.PingAsync();
        await publisher.SendAsync("PUB a 5\r\nhello\r\nPUB b 2\r\nhi\r\n");
        await publisher.PingAsync();
        await subscriber.ExpectAsync("MSG a 1 5\r\nhello\r\n");

        using JsonDocument varz = await Get(server, "/varz");
        Assert.Equal("n", varz.RootElement.GetProperty("server_name").GetString());
        Assert.Equal((2, 7, 1, 5), Traffic(varz, ""));
        Assert.Equal((2, 7, 1, 5), Traffic(varz, "client_"));
        Assert.Equal((2, 2, 1), (Number(varz, "connections"), Number(varz, "total_connections"), Number(varz, "subscriptions") - own));
        Assert.True(Number(varz, "mem") > 1_000_000);

        Varz typed = server.Monitor.Varz();
        Assert.Equal((2L, 7L, 1L, 5L), (typed.InMsgs, typed.InBytes, typed.OutMsgs, typed.OutBytes));
        Assert.Equal((server.ServerId, server.StartTime), (typed.ServerId, typed.Start));
        Assert.Equal(1UL, typed.HttpReqStats["/varz"]);
    }

    [Fact]
    public async Task Subscriptions_of_an_account_include_those_that_stand_for_importers_of_its_streams()
    {
        ServerOptions options = Options with
        {
            Accounts =
            [
                new AccountOptions
                {
                    Name = "A",
                    Users = [new UserOptions { Username = "a", Password = "a", Account = "A" }],
                    Exports = [new ExportOptions(ExportKind.Stream, "foo.*")],
                },
                new AccountOptions
                {
                    Name = "B",
                    Users = [new UserOptions { Username = "b", Password = "b", Account = "B" }],
                    Imports = [new ImportOptions(ExportKind.Stream, "A", "foo.*") { To = "bar.$1" }],
                },
            ],
        };
        await using NatsServer server = await NatsServer.StartAsync(options);
        await using RawClient importer = await RawClient.HandshakeAsync(server.ClientEndPoint!.Port, "CONNECT {\"verbose\":false,\"user\":\"b\",\"pass\":\"b\"}\r\n");
        await importer.SendAsync("SUB bar.x q 1\r\n");
        await importer.PingAsync();
        await using RawClient publisher = await RawClient.HandshakeAsync(server.ClientEndPoint!.Port, "CONNECT {\"verbose\":false,\"user\":\"a\",\"pass\":\"a\"}\r\n");
        await publisher.SendAsync("PUB foo.x 1\r\nz\r\n");
        await publisher.PingAsync();

        SubDetail shadow = Assert.Single(server.Monitor.Subsz(new SubszOptions { Account = "A", Subscriptions = true }).SubscriptionsList!);
        Assert.Equal(("B", "foo.x", "q", 1L), (shadow.Account, shadow.Subject, shadow.Qgroup, shadow.Msgs));
        SubDetail real = Assert.Single(server.Monitor.Subsz(new SubszOptions { Account = "B", Subscriptions = true }).SubscriptionsList!);
        Assert.Equal(("B", "bar.x", "q", 1L), (real.Account, real.Subject, real.Qgroup, real.Msgs));
        Assert.Equal(shadow.Cid, real.Cid);

        // All accounts at once are what they are one by one.
        Subsz all = server.Monitor.Subsz(new SubszOptions { Subscriptions = true });
        Assert.Equal([shadow, real], all.SubscriptionsList!.OrderByDescending(static subscription => subscription.Subject, StringComparer.Ordinal));
        Subsz[] each = [.. server.Monitor.Accountz()!.Accounts!.Select(account => server.Monitor.Subsz(new SubszOptions { Account = account }))];
        Assert.Equal(
            (each.Sum(static one => one.NumSubscriptions), each.Sum(static one => one.NumCache), each.Sum(static one => (long)one.NumInserts), each.Sum(static one => (long)one.NumMatches), each.Max(static one => one.MaxFanout)),
            (all.NumSubscriptions, all.NumCache, (long)all.NumInserts, (long)all.NumMatches, all.MaxFanout));
        Assert.Equal((2U, 1U), (all.NumSubscriptions, all.MaxFanout));
    }

    [Fact]
    public async Task Connections_are_listed_while_open_and_remembered_when_closed()
    {
        await using NatsServer server = await NatsServer.StartAsync(Options);
        await using RawClient client = await RawClient.HandshakeAsync(server.ClientEndPoint!.Port, "CONNECT {\"verbose\":false,\"name\":\"tcp\",\"user\":\"joe\"}\r\n");
        await client.SendAsync("SUB a q 7\r\n");
        await client.PingAsync();
        ConnInfo open = Assert.Single(server.Monitor.Connz(new ConnzOptions { Auth = true, SubscriptionsDetail = true }).Connections!);
        Assert.Equal(("tcp", "joe", "127.0.0.1"), (open.Name, open.AuthorizedUser, open.Ip));
        Assert.Equal(new SubDetail { Subject = "a", Qgroup = "q", Sid = "7", Msgs = 0, Cid = open.Cid }, Assert.Single(open.SubscriptionsListDetail!));

        Assert.True(server.DisconnectClient(open.Cid));
        await client.ReadToCloseAsync();
        Eventually.Equal(1, () => server.Monitor.Connz(new ConnzOptions { State = ConnectionState.Closed }).NumConnections, "the closed connection is remembered");
        using JsonDocument closed = await Get(server, "/connz?state=closed&subs=1&user=joe&auth=1");
        JsonElement entry = closed.RootElement.GetProperty("connections")[0];
        Assert.Equal(("Kicked", "joe", "a"), (entry.GetProperty("reason").GetString(), entry.GetProperty("authorized_user").GetString(), entry.GetProperty("subscriptions_list")[0].GetString()));
        Assert.Equal(0, server.Monitor.Connz().NumConnections);
    }

    [Fact]
    public async Task A_connection_inside_the_process_has_no_address()
    {
        await using NatsServer server = await NatsServer.StartAsync(Options with { DontListen = true });
        await using var client = new RawClient(server.ConnectInProcess());
        await client.ReadLineAsync();
        await client.SendAsync(RawClient.QuietConnect);
        await client.PingAsync();
        using JsonDocument connz = await Get(server, "/connz");
        JsonElement entry = connz.RootElement.GetProperty("connections")[0];
        Assert.Equal(("", 0, "nats"), (entry.GetProperty("ip").GetString(), entry.GetProperty("port").GetInt32(), entry.GetProperty("type").GetString()));
        Assert.Equal("ok", server.Monitor.Healthz().Status);
    }

    [Fact]
    public async Task Pings_are_no_activity_but_interest_and_messages_are()
    {
        var time = new FakeTimeProvider();
        await using NatsServer server = await NatsServer.StartAsync(Options with { PingInterval = TimeSpan.FromHours(1) }, new NatsServerServices { TimeProvider = time });
        await using RawClient client = await RawClient.HandshakeAsync(server.ClientEndPoint!.Port);
        string Idle() => server.Monitor.Connz().Connections![0].Idle;
        time.Advance(TimeSpan.FromSeconds(1));
        await client.PingAsync();
        Assert.Equal("1s", Idle());
        await client.SendAsync("SUB a 1\r\n");
        await client.PingAsync();
        Assert.Equal("0s", Idle());

        await using RawClient publisher = await RawClient.HandshakeAsync(server.ClientEndPoint!.Port);
        time.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal("1s", Idle());
        await publisher.SendAsync("PUB a 1\r\nx\r\n");
        await publisher.PingAsync();
        await client.ExpectAsync("MSG a 1 1\r\nx\r\n");
        Assert.Equal("0s", Idle());
        time.Advance(TimeSpan.FromSeconds(0.9));
        await publisher.PingAsync();
        Assert.Equal(("0s", "2s"), (Idle(), server.Monitor.Connz().Connections![0].Uptime));
    }

    [Fact]
    public async Task Subscription_statistics_follow_interest_and_caching()
    {
        await using NatsServer server = await NatsServer.StartAsync(Options with { EventLoops = 1 });
        Subsz own = server.Monitor.Subsz();
        await using RawClient client = await RawClient.HandshakeAsync(server.ClientEndPoint!.Port);
        await client.SendAsync("SUB a 1\r\nSUB * 2\r\nSUB b q 3\r\nSUB c 4\r\nUNSUB 4\r\n");
        await client.PingAsync();
        await client.SendAsync("PUB a 0\r\n\r\nPUB a 0\r\n\r\nPUB b 0\r\n\r\n");
        await client.PingAsync();
        Subsz subsz = server.Monitor.Subsz(new SubszOptions { Subscriptions = true });
        Assert.Equal((3U, 4UL, 1UL), (subsz.NumSubscriptions - own.NumSubscriptions, subsz.NumInserts - own.NumInserts, subsz.NumRemoves - own.NumRemoves));
        Assert.Equal(3, subsz.Total);
        Assert.Equal((2U, 3UL, 2U, 2.0), (subsz.NumCache, subsz.NumMatches, subsz.MaxFanout, subsz.AvgFanout));
        Assert.Equal(1 / 3.0, subsz.CacheHitRate, 6);
        Assert.Equal(["*:3", "a:2", "b:1"], subsz.SubscriptionsList!.Where(static x => !x.Subject.StartsWith('$')).Select(x => $"{x.Subject}:{x.Msgs}").Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task Reload_shows_in_varz()
    {
        var time = new FakeTimeProvider();
        await using NatsServer server = await NatsServer.StartAsync(Options, new NatsServerServices { TimeProvider = time });
        time.Advance(TimeSpan.FromSeconds(5));
        ReloadResult result = server.Reload(Options with { MaxPayload = 1000, HttpPort = server.Options.HttpPort });
        Assert.Empty(result.Errors);
        Varz varz = server.Monitor.Varz();
        Assert.Equal((1000, TimeSpan.FromSeconds(5)), (varz.MaxPayload, varz.ConfigLoadTime - varz.Start));
    }

    [Fact]
    public async Task Without_a_port_monitoring_is_there_as_objects_only()
    {
        await using NatsServer server = await NatsServer.StartAsync(Options with { HttpPort = 0 });
        Assert.Null(server.MonitorEndPoint);
        Assert.Equal(server.ServerId, server.Monitor.Varz().ServerId);
    }

    [Theory]
    [InlineData("/healthz", 200, "application/json", "{\"status\":\"ok\"}")]
    [InlineData("/connz?sort=stop", 400, "text/plain; charset=utf-8", "sort by stop only valid on closed connections")]
    [InlineData("/nope", 404, "text/plain; charset=utf-8", "404 page not found\n")]
    [InlineData("no path", 400, "text/plain; charset=utf-8", "400 Bad Request")]
    public async Task An_embedder_can_serve_monitoring_from_its_own_web_server(string target, int status, string contentType, string body)
    {
        await using NatsServer server = await NatsServer.StartAsync(Options with { HttpPort = 0 });
        MonitoringResponse response = await server.Monitor.RespondAsync(target);
        Assert.Equal((status, contentType, body), (response.Status, response.ContentType, System.Text.Encoding.UTF8.GetString(response.Body.Span)));
    }

    [Fact]
    public async Task A_port_that_is_taken_fails_the_start()
    {
        await using NatsServer first = await NatsServer.StartAsync(Options);
        int port = first.MonitorEndPoint!.Port;
        NatsServerException error = await Assert.ThrowsAsync<NatsServerException>(() => NatsServer.StartAsync(Options with { HttpPort = port }));
        Assert.Equal($"Can't start monitoring: can't listen to the monitor port: listen tcp 127.0.0.1:{port}: bind: address already in use", error.Message);
    }

    [Fact]
    public async Task Monitoring_ends_with_the_server()
    {
        NatsServer server = await NatsServer.StartAsync(Options);
        int port = server.MonitorEndPoint!.Port;
        await using RawClient idle = await RawClient.ConnectAsync(port);
        await server.StopAsync();
        Assert.Equal("", await idle.ReadToCloseAsync());
        await Assert.ThrowsAnyAsync<System.Net.Sockets.SocketException>(() => RawClient.ConnectAsync(port));
        Assert.NotEqual("ok", server.Monitor.Healthz().Status);
    }

    [Fact]
    public async Task Advisory_2026_28_extreme_paging_is_answered_and_the_server_lives()
    {
        await using NatsServer server = await NatsServer.StartAsync(Options);
        await using RawClient client = await RawClient.HandshakeAsync(server.ClientEndPoint!.Port);
        await client.SendAsync("SUB a 1\r\n");
        await client.PingAsync();
        await using (RawClient leaver = await RawClient.HandshakeAsync(server.ClientEndPoint!.Port)) await leaver.PingAsync();
        Eventually.Equal(1, () => server.Monitor.Connz(new ConnzOptions { State = ConnectionState.Closed }).NumConnections, "one has left");
        long[] extremes = [long.MinValue, long.MinValue + 1, -1, 0, 1, 2, int.MaxValue, (long)int.MaxValue + 1, long.MaxValue - 1, long.MaxValue];
        foreach (long offset in extremes)
        {
            foreach (long limit in extremes)
            {
                foreach (string path in (string[])["/connz?", "/connz?state=all&", "/connz?state=closed&", "/connz?cid=1&", "/subsz?subs=1&"])
                {
                    using JsonDocument answer = await Get(server, $"{path}offset={offset}&limit={limit}");
                    string list = path.StartsWith("/subsz", StringComparison.Ordinal) ? "subscriptions_list" : "connections";
                    int entries = answer.RootElement.TryGetProperty(list, out JsonElement found) ? found.GetArrayLength() : 0;
                    int all = path.Contains("all", StringComparison.Ordinal) ? 2 : 1;
                    int expected = (int)Math.Min(Math.Max(0, all - Math.Max(0, offset)), limit <= 0 || path.Contains("cid", StringComparison.Ordinal) ? all : limit);
                    Assert.Equal(expected, entries);
                }
            }
        }

        Assert.Equal("PONG\r\n", await client.PingAsync());
    }

    [Fact]
    public async Task Messages_flow_while_thousands_of_connections_are_listed()
    {
        const int connections = 2_000;
        await using NatsServer server = await NatsServer.StartAsync(Options);
        int own = server.NumSubscriptions;
        var clients = new List<RawClient>();
        try
        {
            for (int i = 0; i < connections; i++)
            {
                RawClient client = await RawClient.ConnectAsync(server.ClientEndPoint!.Port);
                clients.Add(client);
                await client.SendAsync($"CONNECT {{\"verbose\":false,\"name\":\"client number {i}\"}}\r\nSUB s.{i} 1\r\n");
            }

            Eventually.Equal(connections, () => server.NumSubscriptions - own, "everybody has subscribed");
            bool isScraping = true;
            Task<int> scrapes = Task.Run(async () =>
            {
                for (int i = 0; i < 5; i++)
                {
                    using JsonDocument connz = await Get(server, "/connz?limit=100000&subs=detail&sort=idle");
                    Assert.Equal(connections, Number(connz, "num_connections"));
                }

                Volatile.Write(ref isScraping, false);
                return 5;
            });
            int roundTrips = 0;
            RawClient echo = clients[0];
            while (Volatile.Read(ref isScraping) && !scrapes.IsCompleted)
            {
                await echo.SendAsync("PUB s.0 2\r\nhi\r\n");
                await echo.ReadUntilAsync("MSG s.0 1 2\r\nhi\r\n");
                roundTrips++;
            }

            Assert.Equal(5, await scrapes);
            Assert.True(roundTrips > 5, $"only {roundTrips} messages came through");
        }
        finally
        {
            foreach (RawClient client in clients) await client.DisposeAsync();
        }
    }

    private static (long, long, long, long) Traffic(JsonDocument varz, string kind) =>
        (Number(varz, $"in_{kind}msgs"), Number(varz, $"in_{kind}bytes"), Number(varz, $"out_{kind}msgs"), Number(varz, $"out_{kind}bytes"));

    private static long Number(JsonDocument document, string name) => document.RootElement.GetProperty(name).GetInt64();

    private async Task<JsonDocument> Get(NatsServer server, string target) =>
        JsonDocument.Parse(await _http.GetStringAsync(new Uri($"http://{server.MonitorEndPoint}{target}")));
}
