using System.Text;
using Microsoft.Extensions.Logging.Abstractions;
using NATS.Server.Connections;
using NATS.Server.Monitoring;
using NATS.Server.Monitoring.Http;
using NATS.Server.Options;
using NATS.Server.Testing;
using Xunit;

namespace NATS.Server.UnitTests.Monitoring;

public sealed class MonitoringEndpointsTests : IDisposable
{
    private readonly FakeTimeProvider _time = new(FakeMonitoredServer.Start);
    private readonly FakeMonitoredServer _server = new();
    private readonly ProcessUsageSampler _usage;
    private readonly ServerMonitor _monitor;
    private readonly MonitoringEndpoints _endpoints;

    public MonitoringEndpointsTests()
    {
        _usage = new ProcessUsageSampler(_time, () => TimeSpan.Zero, () => 0);
        _monitor = new ServerMonitor(_server, _usage, _time);
        _endpoints = new MonitoringEndpoints(_monitor, "", NullLogger.Instance);
    }

    public void Dispose()
    {
        _endpoints.Dispose();
        _usage.Dispose();
    }

    [Theory]
    [InlineData("/varz", "application/json")]
    [InlineData("/connz", "application/json")]
    [InlineData("/subsz", "application/json")]
    [InlineData("/subscriptionsz", "application/json")]
    [InlineData("/healthz", "application/json")]
    [InlineData("/accountz", "application/json")]
    [InlineData("/accstatz", "application/json")]
    [InlineData("/routez", "application/json")]
    [InlineData("/gatewayz", "application/json")]
    [InlineData("/leafz", "application/json")]
    [InlineData("/%76arz", "application/json")]
    [InlineData("/", "text/html; charset=utf-8")]
    public async Task Endpoints_answer_with_their_content_type(string path, string contentType)
    {
        (HttpResponse response, string body) = await Get(path);
        Assert.Equal((200, contentType), (response.Status, response.ContentType));
        Assert.Equal(contentType == "application/json", response.ExtraHeaders.Contains("Access-Control-Allow-Origin: *\r\n"));
        Assert.NotEmpty(body);
    }

    [Theory]
    [InlineData("/connz?auth=maybe", "Error decoding boolean for 'auth': strconv.ParseBool: parsing \"maybe\": invalid syntax")]
    [InlineData("/connz?subs=2", "Error decoding boolean for 'subs': strconv.ParseBool: parsing \"2\": invalid syntax")]
    [InlineData("/connz?offset=a", "Error decoding int for 'offset': strconv.Atoi: parsing \"a\": invalid syntax")]
    [InlineData("/connz?offset=99999999999999999999", "Error decoding int for 'offset': strconv.Atoi: parsing \"99999999999999999999\": value out of range")]
    [InlineData("/connz?limit=0x10", "Error decoding int for 'limit': strconv.Atoi: parsing \"0x10\": invalid syntax")]
    [InlineData("/connz?cid=-1", "Error decoding uint64 for 'cid': strconv.ParseUint: parsing \"-1\": invalid syntax")]
    [InlineData("/connz?cid=a%22b", "Error decoding uint64 for 'cid': strconv.ParseUint: parsing \"a\\\"b\": invalid syntax")]
    [InlineData("/connz?offset=%F0%9F%98%80", "Error decoding int for 'offset': strconv.Atoi: parsing \"😀\": invalid syntax")]
    [InlineData("/connz?offset=%00", "Error decoding int for 'offset': strconv.Atoi: parsing \"\\x00\": invalid syntax")]
    [InlineData("/connz?offset=%ff", "Error decoding int for 'offset': strconv.Atoi: parsing \"\\xff\": invalid syntax")]
    [InlineData("/connz?state=foo", "Error decoding state for foo")]
    [InlineData("/connz?sort=bogus", "invalid sorting option: bogus")]
    [InlineData("/connz?sort=CID", "invalid sorting option: CID")]
    [InlineData("/connz?sort=stop", "sort by stop only valid on closed connections")]
    [InlineData("/connz?sort=reason&state=all", "sort by reason only valid on closed connections")]
    [InlineData("/connz?limit=x&auth=y", "Error decoding boolean for 'auth': strconv.ParseBool: parsing \"y\": invalid syntax")]
    [InlineData("/connz?state=x&cid=y", "Error decoding uint64 for 'cid': strconv.ParseUint: parsing \"y\": invalid syntax")]
    [InlineData("/connz?sort=x&state=y", "Error decoding state for y")]
    [InlineData("/subsz?subs=detail", "Error decoding boolean for 'subs': strconv.ParseBool: parsing \"detail\": invalid syntax")]
    [InlineData("/subsz?limit=%20", "Error decoding int for 'limit': strconv.Atoi: parsing \" \": invalid syntax")]
    [InlineData("/subsz?test=foo.*", "invalid test subject, must be valid publish subject: foo.*")]
    [InlineData("/healthz?js-enabled=x", "Error decoding boolean for 'js-enabled': strconv.ParseBool: parsing \"x\": invalid syntax")]
    [InlineData("/healthz?js-enabled-only=x", "Error decoding boolean for 'js-enabled-only': strconv.ParseBool: parsing \"x\": invalid syntax")]
    [InlineData("/healthz?js-server-only=x", "Error decoding boolean for 'js-server-only': strconv.ParseBool: parsing \"x\": invalid syntax")]
    [InlineData("/healthz?js-meta-only=x", "Error decoding boolean for 'js-meta-only': strconv.ParseBool: parsing \"x\": invalid syntax")]
    [InlineData("/healthz?details=x", "Error decoding boolean for 'details': strconv.ParseBool: parsing \"x\": invalid syntax")]
    public async Task Malformed_parameters_are_explained(string target, string error)
    {
        (HttpResponse response, string body) = await Get(target);
        Assert.Equal((400, "text/plain; charset=utf-8", error), (response.Status, response.ContentType, body));
    }

    [Theory]
    [InlineData("/connz?auth=&subs=&offset=&limit=&cid=&state=&sort=")]
    [InlineData("/connz?subs=DETAIL&state=Any&limit=%2B5&offset=-5")]
    [InlineData("/connz?offset=%zz")]
    [InlineData("/connz?offset=1;limit=x")]
    [InlineData("/connz?offset=1&offset=x")]
    [InlineData("/connz?callback=fn")]
    [InlineData("/connz?offset=9223372036854775807&limit=9223372036854775807")]
    [InlineData("/connz?offset=-9223372036854775808&limit=-9223372036854775808")]
    [InlineData("/subsz?subs=1&offset=9223372036854775807&limit=9223372036854775807")]
    [InlineData("/connz?sort=stop&state=closed")]
    public async Task Unusual_parameters_are_accepted_as_the_reference_does(string target)
    {
        (HttpResponse response, string body) = await Get(target);
        Assert.Equal((200, "application/json"), (response.Status, response.ContentType));
        Assert.StartsWith("{\n  \"server_id\": \"NID\"", body);
    }

    [Theory]
    [InlineData("/nope")]
    [InlineData("/varz/")]
    [InlineData("/VARZ")]
    [InlineData("/varz%2f")]
    [InlineData("/connz/x")]
    [InlineData("/debug")]
    public async Task Other_paths_are_not_found(string path)
    {
        (HttpResponse response, string body) = await Get(path);
        Assert.Equal((404, "text/plain; charset=utf-8", "404 page not found\n"), (response.Status, response.ContentType, body));
        Assert.Equal("X-Content-Type-Options: nosniff\r\n", response.ExtraHeaders);
    }

    [Theory]
    [InlineData("//varz", "/varz")]
    [InlineData("/./varz?a=b&c", "/varz?a=b&c")]
    [InlineData("/a/../varz", "/varz")]
    [InlineData("/varz/../..", "/")]
    public async Task Unclean_paths_are_redirected(string target, string location)
    {
        (HttpResponse response, string body) = await Get(target);
        Assert.Equal((301, "text/html; charset=utf-8"), (response.Status, response.ContentType));
        Assert.Equal($"Location: {location}\r\n", response.ExtraHeaders);
        Assert.Equal($"<a href=\"{location.Replace("&", "&amp;")}\">Moved Permanently</a>.\n\n", body);

        (HttpResponse posted, string empty) = await Get(target, "POST");
        Assert.Equal((301, null, ""), (posted.Status, posted.ContentType, empty));
    }

    [Fact]
    public async Task Metrics_are_told_only_when_that_is_configured()
    {
        (HttpResponse missing, string body) = await Get("/metrics");
        Assert.Equal((404, "404 page not found\n"), (missing.Status, body));
        _server.Server = _server.Server with { Options = _server.Server.Options with { Metrics = new MetricsOptions { IsEnabled = true } } };
        (HttpResponse response, string text) = await Get("/metrics");
        Assert.Equal((200, "text/plain; version=0.0.4; charset=utf-8"), (response.Status, response.ContentType));
        Assert.Contains("gnatsd_varz_connections{server_id=\"NID\"} 0\n", text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Queues_are_chosen_by_name_and_shown_empty_only_when_asked_for()
    {
        _server.Queues.AddRange([new QueueSnapshot("a one", 0), new QueueSnapshot("b two", 3), new QueueSnapshot("c one", 0, 1)]);
        Assert.Equal("{\n  \"b two\": {\n    \"pending\": 3\n  },\n  \"c one\": {\n    \"pending\": 0,\n    \"in_progress\": 1\n  }\n}", (await Get("/ipqueuesz")).Body);
        Assert.Equal(["a one", "c one"], _monitor.Ipqueuesz(new IpqueueszOptions { All = true, Filter = "one" }).Keys);
    }

    [Theory]
    [InlineData("", 0, "Profile name not specified")]
    [InlineData("cpu", 0, "Duration 0s should be between 0s and 15s")]
    [InlineData("cpu", 16, "Duration 16s should be between 0s and 15s")]
    [InlineData("cpu", 1, "Failed to start CPU profile: this server runs on .NET, use dotnet-trace from outside")]
    [InlineData("heap", 0, "Profile \"heap\" error: this server runs on .NET, use dotnet-gcdump or dotnet-trace from outside")]
    [InlineData("none", 0, "Profile \"none\" not found")]
    public void Profiles_that_cannot_be_had_are_refused_by_name(string name, int seconds, string error)
    {
        ProfilezStatus status = _monitor.Profilez(new ProfilezOptions { Name = name, Duration = TimeSpan.FromSeconds(seconds) });
        Assert.Equal((error, null), (status.Error, status.Profile));
    }

    [Fact]
    public void The_profile_of_what_runs_is_the_list_of_threads()
    {
        ProfilezStatus status = _monitor.Profilez(new ProfilezOptions { Name = "goroutine" });
        Assert.Contains("thread that answers:", Encoding.UTF8.GetString(status.Profile!), StringComparison.Ordinal);
        Assert.Empty(status.Error);
    }

    [Fact]
    public async Task Requests_are_counted_per_endpoint()
    {
        foreach (string target in (string[])["/", "/varz", "/connz", "/connz?auth=x", "/connz?sort=x", "/subsz?subs=x", "/subscriptionsz", "/healthz?details=x", "/nope", "/routez", "/raftz"])
        {
            await Get(target);
        }

        // A request for /connz counts once its parameters are read, one for the others at once.
        string counts = string.Join(' ', _monitor.Varz().HttpReqStats.Select(x => $"{x.Key}={x.Value}"));
        Assert.Equal("/=1 /connz=2 /healthz=1 /routez=1 /subsz=2 /varz=1", counts);
    }

    [Theory]
    [InlineData("POST")]
    [InlineData("DELETE")]
    [InlineData("FOO")]
    public async Task Every_method_is_answered_like_get(string method) => Assert.Equal("{\"status\":\"ok\"}", (await Get("/healthz", method)).Body);

    [Theory]
    [InlineData("nats")]
    [InlineData("/nats/")]
    [InlineData("//nats")]
    public async Task A_base_path_moves_every_endpoint(string basePath)
    {
        using var endpoints = new MonitoringEndpoints(_monitor, basePath, NullLogger.Instance);
        Assert.Equal(200, (await Get("/nats/varz", "GET", endpoints)).Response.Status);
        Assert.Equal(200, (await Get("/nats/subscriptionsz", "GET", endpoints)).Response.Status);
        Assert.Equal(404, (await Get("/varz", "GET", endpoints)).Response.Status);
        Assert.Equal(404, (await Get("/", "GET", endpoints)).Response.Status);
        Assert.Equal(404, (await Get("/nats/", "GET", endpoints)).Response.Status);
        (HttpResponse root, string body) = await Get("/nats", "GET", endpoints);
        Assert.Equal(200, root.Status);
        Assert.Contains("href=\"./nats/varz\"", body);
        Assert.Equal(["/", "/subsz", "/varz"], _monitor.Varz().HttpReqStats.Keys);
    }

    [Fact]
    public async Task Root_page_links_what_the_reference_links()
    {
        string body = (await Get("/")).Body;
        string[] links = ["varz", "jsz", "connz", "accountz", "accstatz", "subsz", "routez", "leafz", "gatewayz", "raftz", "healthz", "debug/vars"];
        Assert.Equal(links, System.Text.RegularExpressions.Regex.Matches(body, "href=\"\\./([^\"]*)\"").Select(x => x.Groups[1].Value));
        Assert.Contains("v2.15.1", body);
    }

    [Theory]
    [InlineData("/healthz?stream=s", 400, "{\"status\":\"error\",\"error\":\"\\\"account\\\" must not be empty when checking stream health\"}")]
    [InlineData("/healthz?consumer=c&details=1", 400, "{\"status\":\"error\",\"errors\":[{\"type\":\"BAD_REQUEST\",\"error\":\"\\\"stream\\\" must not be empty when checking consumer health\"}]}")]
    [InlineData("/healthz?account=a&stream=s&consumer=c", 200, "{\"status\":\"ok\"}")]
    [InlineData("/healthz?js-enabled=1", 200, "{\"status\":\"ok\"}")]
    public async Task Health_is_answered_with_its_status(string target, int status, string expected)
    {
        (HttpResponse response, string body) = await Get(target);
        Assert.Equal((status, "application/json", expected), (response.Status, response.ContentType, body));
    }

    [Fact]
    public async Task Only_a_few_lists_are_in_flight_at_a_time()
    {
        var held = new List<HttpResponse>();
        for (int i = 0; i < MonitoringEndpoints.MaxConcurrentLists; i++) held.Add(await Respond("/connz", "GET", _endpoints));
        ValueTask<HttpResponse> waiting = Respond("/subsz", "GET", _endpoints);
        Assert.False(waiting.IsCompleted);
        using (HttpResponse health = await Respond("/healthz", "GET", _endpoints)) Assert.Equal(200, health.Status);

        held[0].Dispose();
        held[0].Dispose();
        using (HttpResponse response = await waiting) Assert.Equal(200, response.Status);
        foreach (HttpResponse response in held) response.Dispose();
        for (int i = 0; i < 20; i++) (await Respond("/connz?auth=x", "GET", _endpoints)).Dispose();
    }

    [Fact]
    public void Embedders_get_the_same_answers_as_objects()
    {
        _server.Open(1, x => x with { AuthorizedUser = "u" });
        _server.Close(2, TimeSpan.Zero, ClosedState.Kicked);
        Assert.Equal("u", Assert.Single(_monitor.Connz(new ConnzOptions { Auth = true }).Connections!).AuthorizedUser);
        Assert.Equal("Kicked", Assert.Single(_monitor.Connz(new ConnzOptions { State = ConnectionState.Closed }).Connections!).Reason);
        Assert.Equal("NID", _monitor.Varz().ServerId);
        Assert.Equal(0, _monitor.Subsz().Total);
        Assert.Equal("ok", _monitor.Healthz().Status);
        Assert.StartsWith("sort by stop only valid", Assert.Throws<ArgumentException>(() => _monitor.Connz(new ConnzOptions { Sort = ConnectionSort.Stop })).Message);
        Assert.StartsWith("invalid test subject", Assert.Throws<ArgumentException>(() => _monitor.Subsz(new SubszOptions { Test = "*" })).Message);
    }

    private static ValueTask<HttpResponse> Respond(string target, string method, MonitoringEndpoints endpoints)
    {
        HttpParseResult parsed = HttpRequestParser.Parse(Encoding.Latin1.GetBytes($"{method} {target} HTTP/1.1\r\nHost: h\r\n\r\n"), 10_000);
        return endpoints.RespondAsync(parsed.Request!, CancellationToken.None);
    }

    private async Task<(HttpResponse Response, string Body)> Get(string target, string method = "GET", MonitoringEndpoints? endpoints = null)
    {
        using HttpResponse response = await Respond(target, method, endpoints ?? _endpoints);
        return (response, Encoding.UTF8.GetString(response.Body.Span));
    }
}
