using NATS.Server.Testing;
using Xunit;

namespace NATS.Server.InteropTests.Monitoring;

/// <summary>The same clients on the reference and on our server: every form of /connz, /subsz and /varz has to look the same.</summary>
public sealed class ConnzInteropTests : IAsyncLifetime
{
    private MonitoredPair _pair = null!;

    public static TheoryData<string> Targets =>
    [
        "/connz", "/connz?auth=1", "/connz?subs=1", "/connz?subs=detail", "/connz?subs=DETAIL&auth=t", "/connz?subs=0&auth=0",
        "/connz?state=closed", "/connz?state=CLOSED&auth=1&subs=1", "/connz?state=closed&subs=detail", "/connz?state=all", "/connz?state=any&subs=detail&auth=1",
        "/connz?state=open&limit=2", "/connz?offset=1", "/connz?offset=1&limit=2", "/connz?offset=4", "/connz?offset=99", "/connz?limit=0", "/connz?limit=-1&offset=-1",
        "/connz?offset=9223372036854775807&limit=9223372036854775807", "/connz?offset=-9223372036854775808&limit=-9223372036854775808", "/connz?offset=1&limit=9223372036854775807",
        "/connz?state=all&offset=9223372036854775807", "/connz?state=all&offset=3&limit=2",
        "/connz?cid=1", "/connz?cid=2&subs=detail&auth=1", "/connz?cid=1&offset=1", "/connz?cid=1&limit=7", "/connz?cid=999", "/connz?cid=5&state=closed", "/connz?cid=5&state=all",
        "/connz?cid=5", "/connz?cid=1&state=closed", "/connz?cid=1&user=nobody", "/connz?cid=1&user=joe&state=all", "/connz?cid=1&acc=$G", "/connz?cid=5&acc=$G&state=all", "/connz?cid=1&mqtt_client=x", "/connz?cid=1&acc=nope", "/connz?cid=5&state=closed&user=nobody", "/connz?cid=18446744073709551615&state=all",
        "/connz?user=joe", "/connz?user=joe&state=all", "/connz?user=joe&state=closed&auth=1", "/connz?user=nobody&state=all", "/connz?user=%5BREDACTED%5D&auth=1",
        "/connz?acc=$G", "/connz?acc=$G&state=all", "/connz?acc=$G&state=closed", "/connz?acc=$G&limit=1&auth=1", "/connz?acc=nope", "/connz?acc=nope&state=closed&cid=1&offset=3",
        "/connz?mqtt_client=x", "/connz?mqtt_client=x&state=all", "/connz?callback=fn", "/connz?auth=&subs=&offset=&limit=&cid=&state=&sort=&user=&acc=",
        "/connz?offset=%zz", "/connz?offset=1;limit=x", "/connz?offset=1&offset=x", "/connz?limit=%2B2", "/connz?limit=0002",
        "/connz?sort=cid", "/connz?sort=start", "/connz?sort=subs", "/connz?sort=msgs_to", "/connz?sort=msgs_from", "/connz?sort=bytes_to", "/connz?sort=bytes_from",
        "/connz?sort=last", "/connz?sort=idle", "/connz?sort=uptime", "/connz?sort=stop&state=closed", "/connz?sort=subs&limit=1&offset=1",
        "/subsz", "/subscriptionsz", "/subsz?subs=1", "/subsz?subs=1&limit=100", "/subsz?subs=1&offset=100", "/subsz?subs=1&acc=$G", "/subsz?subs=1&acc=nope",
        "/subsz?subs=1&test=foo", "/subsz?subs=1&test=bar.x", "/subsz?subs=1&test=none", "/subsz?test=foo", "/subsz?offset=9223372036854775807&limit=9223372036854775807&subs=1",
        "/subsz?subs=1&offset=-9223372036854775808&limit=-9223372036854775808", "/subsz?test=foo%20bar", "/subsz?subs=0&limit=5&offset=2",
        "/healthz", "/healthz?details=1",
    ];

    public async ValueTask InitializeAsync()
    {
        _pair = await MonitoredPair.StartAsync();
        await _pair.OnBoth(async server =>
        {
            RawClient alpha = await server.Connect("\"name\":\"alpha\",\"lang\":\"python\",\"version\":\"1.0\",\"user\":\"joe\",\"pass\":\"x\"", "SUB foo 1\r\nSUB foo.* q 2\r\nSUB bar.> 3\r\nUNSUB 1 5\r\n");
            RawClient beta = await server.Connect("\"name\":\"b<&>\\u2028\",\"auth_token\":\"tok\",\"protocol\":1", "SUB foo 7\r\nSUB quux 8\r\n");
            RawClient gamma = await server.Connect("", "SUB bar.x 1\r\nSUB gone 2\r\nUNSUB 2\r\n");
            RawClient delta = await server.Connect("\"name\":\"delta\"", "PUB foo 5\r\nhello\r\nPUB bar.x 2\r\nxy\r\nPUB bar.x 2\r\nxy\r\nPUB bar.x 2\r\nxy\r\n");
            await alpha.SendAsync("PUB none 3\r\nabc\r\nPUB none 3\r\nabc\r\n");
            await alpha.PingAsync();
            await beta.SendAsync("PUB none 20\r\n01234567890123456789\r\n");
            await beta.PingAsync();

            // The last activity of each, in an order of its own.
            foreach (RawClient client in (RawClient[])[beta, delta, alpha, gamma])
            {
                await client.SendAsync("SUB tmp 99\r\nUNSUB 99\r\n");
                await client.PingAsync();
            }

            RawClient leaver = await server.Connect("\"name\":\"leaver\",\"user\":\"joe\"", "SUB dead 1\r\nSUB dead.2 q 22\r\nUNSUB 22 9\r\n");
            await leaver.DisposeAsync();
            await MonitoredPair.WaitFor(server, "/connz?state=closed", x => x.GetProperty("num_connections").GetInt32() == 1);
            RawClient violator = await server.Connect("\"name\":\"violator\"");
            await violator.SendAsync("FOO BAR\r\n");
            await violator.ReadToCloseAsync();
            await MonitoredPair.WaitFor(server, "/connz?state=closed", x => x.GetProperty("num_connections").GetInt32() == 2);
        });
    }

    public ValueTask DisposeAsync() => _pair.DisposeAsync();

    [Fact]
    public async Task Every_form_of_request_is_answered_alike()
    {
        var differences = new List<string>();
        foreach (TheoryDataRow<string> target in Targets)
        {
            (int Status, string ContentType, string Body) reference = await MonitoredPair.Get(_pair.Reference, target.Data);
            (int Status, string ContentType, string Body) ours = await MonitoredPair.Get(_pair.Ours, target.Data);
            if ((reference.Status, reference.ContentType) != (ours.Status, ours.ContentType)) differences.Add($"{target.Data}: {reference} in the reference, {ours} in ours");
            else if (reference.ContentType != "application/json") differences.Add($"{target.Data}: not an answer but {reference}");
            else differences.AddRange(JsonShape.Differences(reference.Body, ours.Body).Select(x => $"{target.Data}: {x}"));
        }

        JsonShape.AssertNone(differences);
    }

    [Fact]
    public async Task Orders_with_equal_keys_list_the_same_connections()
    {
        foreach (string target in (string[])["/connz?sort=pending", "/connz?sort=rtt", "/connz?sort=rtt&state=all", "/connz?sort=pending&state=closed", "/connz?sort=uptime&state=all"])
        {
            Assert.Equal(await Names(_pair.Reference, target), await Names(_pair.Ours, target));
        }

        // Reasons are different for the two closed connections, so that their order is certain.
        await _pair.AssertSameJson("/connz?sort=reason&state=closed");
    }

    [Fact]
    public async Task Server_figures_are_alike_after_the_same_traffic()
    {
        await _pair.AssertSameJson("/varz", "config_digest", "http_req_stats");
        await _pair.AssertSameJson("/varz", "config_digest", "http_req_stats");
    }

    private async Task<string> Names(MonitoredServer server, string target)
    {
        (_, _, string body) = await MonitoredPair.Get(server, target);
        using var document = System.Text.Json.JsonDocument.Parse(body);
        return string.Join(' ', document.RootElement.GetProperty("connections").EnumerateArray().Select(x => x.GetProperty("cid").GetUInt64()).Order());
    }
}
