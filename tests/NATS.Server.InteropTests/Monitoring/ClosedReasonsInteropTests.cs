using NATS.Server.Testing;
using Xunit;

namespace NATS.Server.InteropTests.Monitoring;

/// <summary>How connections ended is told alike.</summary>
public sealed class ClosedReasonsInteropTests
{
    [Fact]
    public async Task Violations_of_limits_are_remembered_alike()
    {
        await using MonitoredPair pair = await MonitoredPair.StartAsync("max_payload: 100\nmax_control_line: 512\nmax_connections: 2\nmax_closed_clients: 4\n");
        await pair.OnBoth(async server =>
        {
            RawClient stays = await server.Connect("\"name\":\"stays\"");
            int closed = 0;
            foreach (string operation in (string[])["PUB foo 101\r\n", "SUB " + new string('x', 600), "CONNECT {\"protocol\":7}\r\n", "PUB foo 3\r\nabcde\r\n", "-ERR 'client is unhappy'\r\n", "PUB foo\r\n"])
            {
                RawClient client = await server.Connect($"\"name\":\"n{closed}\"");
                await client.SendAsync(operation);
                await client.ReadToCloseAsync();
                closed++;
                int expected = Math.Min(closed, 4);
                string name = $"n{closed - 1}";
                await MonitoredPair.WaitFor(server, "/connz?state=closed", x => x.GetProperty("num_connections").GetInt32() == expected && x.GetRawText().Contains(name));
            }

            RawClient second = await server.Connect("\"name\":\"second\"");
            RawClient third = await server.Open();
            await third.ReadToCloseAsync();
            await MonitoredPair.WaitFor(server, "/connz?state=closed", x => x.GetRawText().Contains("Maximum Connections Exceeded"));
        });
        await pair.AssertSameJson("/connz?state=closed");
        await pair.AssertSameJson("/connz?state=all&auth=1&subs=detail");
        await pair.AssertSameJson("/connz?state=closed&sort=stop");
        await pair.AssertSameJson("/varz", "config_digest", "http_req_stats");
    }

    [Fact]
    public async Task Failed_authentication_is_remembered_alike()
    {
        await using MonitoredPair pair = await MonitoredPair.StartAsync("authorization { user: joe, password: secret, timeout: 0.3 }\n");
        await pair.OnBoth(async server =>
        {
            await server.Connect("\"name\":\"in\",\"user\":\"joe\",\"pass\":\"secret\"");
            RawClient wrong = await server.Open();
            await wrong.SendAsync("CONNECT {\"verbose\":false,\"name\":\"wrong\",\"user\":\"joe\",\"pass\":\"other\"}\r\n");
            await wrong.ReadToCloseAsync();
            await MonitoredPair.WaitFor(server, "/connz?state=closed", x => x.GetProperty("num_connections").GetInt32() == 1);
            RawClient silent = await server.Open();
            await silent.ReadToCloseAsync();
            await MonitoredPair.WaitFor(server, "/connz?state=closed", x => x.GetProperty("num_connections").GetInt32() == 2);
        });
        await pair.AssertSameJson("/connz?state=closed&auth=1");
        await pair.AssertSameJson("/connz?auth=1&user=joe");
        await pair.AssertSameJson("/connz?state=closed&user=joe");
        await pair.AssertSameJson("/varz", "config_digest", "http_req_stats");
        string closed = (await MonitoredPair.Get(pair.Ours, "/connz?state=closed&auth=1&sort=reason")).Body;
        Assert.Contains("\"reason\": \"Authentication Failure\"", closed);
        Assert.Contains("\"reason\": \"Authentication Timeout\"", closed);
        Assert.DoesNotContain("secret", closed);
    }

    [Fact]
    public async Task Users_are_shown_alike_also_those_without_credentials()
    {
        await using MonitoredPair pair = await MonitoredPair.StartAsync("authorization { users: [{user: a, password: b}, {user: guest, password: c}] }\nno_auth_user: guest\n");
        await pair.OnBoth(async server =>
        {
            await server.Connect("\"name\":\"named\",\"user\":\"a\",\"pass\":\"b\"");
            await server.Connect("\"name\":\"anybody\"");
        });
        await pair.AssertSameJson("/connz?auth=1");
        await pair.AssertSameJson("/connz?user=guest");
        await pair.AssertSameJson("/varz", "config_digest", "http_req_stats");
    }

    [Fact]
    public async Task Configured_identity_is_shown_alike()
    {
        const string config = """
            server_name: named
            http_base_path: "nats//x/"
            max_subs: 77
            server_tags: ["a:b", "C"]
            server_metadata { k: "v<", a: b }
            ping_interval: "30s"
            ping_max: 5
            write_deadline: "2s"
            write_timeout: retry
            max_pending: 2000000
            feature_flags { js_ack_fc_v2: true }
            """;
        await using MonitoredPair pair = await MonitoredPair.StartAsync(config);
        await pair.AssertSameJson("/nats/x/varz");
        foreach (string target in (string[])["/varz", "/", "/nats/x/", "/nats//x"])
        {
            Assert.Equal(await MonitoredPair.Get(pair.Reference, target), await MonitoredPair.Get(pair.Ours, target));
        }
    }

    [Fact]
    public async Task A_lame_duck_is_not_healthy()
    {
        await using MonitoredPair pair = await MonitoredPair.StartAsync("lame_duck_duration: \"60s\"\nlame_duck_grace_period: \"30s\"\n");
        await pair.OnBoth(async server =>
        {
            await server.Connect("\"name\":\"stays\"");
            server.Process.Signal("USR2");
            await server.Process.WaitForLogAsync("lame duck mode");
            await MonitoredPair.WaitFor(server, "/healthz", x => x.GetProperty("status").GetString() == "error");
        });
        await pair.AssertSameJson("/healthz");
        await pair.AssertSameJson("/healthz?details=1");
        await pair.AssertSameJson("/connz");
    }

    [Fact]
    public async Task A_monitoring_port_that_is_taken_ends_the_start_with_the_same_words()
    {
        await using ServerProcess first = await OurServer.StartAsync(new ServerProcessOptions { Arguments = ["-m", "-1"] });
        string port = first.MonitorPort.ToString();
        foreach (string path in (string[])[ReferenceServer.Path, OurServer.Path])
        {
            await using ServerProcess second = await ServerProcess.RunAsync(path, "-a", "127.0.0.1", "-p", "-1", "-m", port);
            Assert.Equal(1, second.ExitCode);
            Assert.Contains(second.Log, x => x.EndsWith($"[FTL] Can't start monitoring: can't listen to the monitor port: listen tcp 127.0.0.1:{port}: bind: address already in use"));
        }
    }
}
