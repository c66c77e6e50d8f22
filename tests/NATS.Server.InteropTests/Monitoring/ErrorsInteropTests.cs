using NATS.Server.Testing;
using Xunit;

namespace NATS.Server.InteropTests.Monitoring;

/// <summary>What is refused, and how HTTP is spoken: the same requests to both servers.</summary>
public sealed class ErrorsInteropTests : IAsyncLifetime
{
    private MonitoredPair _pair = null!;

    public async ValueTask InitializeAsync() => _pair = await MonitoredPair.StartAsync();

    public ValueTask DisposeAsync() => _pair.DisposeAsync();

    [Fact]
    public async Task Bad_parameters_and_paths_get_the_same_answer()
    {
        string[] targets =
        [
            "/connz?auth=maybe", "/connz?auth=%20", "/connz?subs=2", "/connz?subs=details", "/connz?offset=a", "/connz?offset=99999999999999999999", "/connz?offset=-9223372036854775809",
            "/connz?offset=9223372036854775808", "/connz?offset=99999999999999999999x", "/connz?offset=9223372036854775808x", "/connz?limit=1_000", "/connz?limit=0x10", "/connz?limit=1e3",
            "/connz?limit=%2B", "/connz?limit=-", "/connz?limit=%2B-1", "/connz?cid=-1", "/connz?cid=%2B1", "/connz?cid=18446744073709551616", "/connz?cid=a%22b", "/connz?cid=1.0",
            "/connz?offset=%F0%9F%98%80", "/connz?offset=%00", "/connz?offset=%ff", "/connz?offset=%c3%28", "/connz?offset=x%0ay", "/connz?offset=%07%08%0b%0c%0d%09%1b%7f", "/connz?offset=%5C",
            "/connz?offset=%e2%80%8b", "/connz?offset=%c2%a0", "/connz?offset=%ef%bf%bd", "/connz?state=foo", "/connz?state=%20open", "/connz?sort=bogus", "/connz?sort=CID", "/connz?sort=stop",
            "/connz?sort=stop&state=all", "/connz?sort=reason", "/connz?sort=reason&state=all", "/connz?sort=%22", "/connz?auth=x&subs=y", "/connz?limit=x&offset=y", "/connz?cid=x&state=y",
            "/connz?state=x&sort=y", "/subsz?subs=detail", "/subsz?subs=x", "/subsz?offset=x", "/subsz?limit=x", "/subsz?test=foo.*", "/subsz?test=%3E", "/subsz?test=foo..bar", "/subsz?test=.",
            "/subsz?test=*&limit=x", "/healthz?js-enabled=x", "/healthz?js-enabled-only=x", "/healthz?js-server-only=x", "/healthz?js-meta-only=x", "/healthz?details=x", "/healthz?stream=s",
            "/healthz?stream=s&details=1", "/healthz?consumer=c", "/healthz?consumer=c&details=1", "/healthz?account=a&consumer=c", "/healthz?account=a&stream=s&consumer=c", "/healthz?js-enabled=1",
            "/healthz?js-enabled-only=true", "/healthz?js-server-only=T", "/healthz?js-meta-only=1", "/healthz?details=1", "/nope", "/varz/", "/VARZ", "/connz/x", "/debug", "/debug/", "/varz%2f",
        ];
        var differences = new List<string>();
        foreach (string target in targets)
        {
            (int Status, string ContentType, string Body) reference = await MonitoredPair.Get(_pair.Reference, target);
            (int Status, string ContentType, string Body) ours = await MonitoredPair.Get(_pair.Ours, target);
            if (reference != ours) differences.Add($"{target}: {reference} in the reference, {ours} in ours");
        }

        JsonShape.AssertNone(differences);
    }

    [Fact]
    public async Task Requests_are_counted_alike()
    {
        string[] targets =
        [
            "/", "/varz", "/connz", "/connz?auth=x", "/connz?sort=x", "/subsz", "/subsz?subs=x", "/subscriptionsz", "/healthz", "/healthz?details=x", "/nope", "/routez", "/jsz", "/accountz",
            "/accstatz", "/gatewayz", "/leafz", "/raftz", "/ipqueuesz", "/stacksz", "/debug/vars",
        ];
        foreach (string target in targets)
        {
            await MonitoredPair.Get(_pair.Reference, target);
            await MonitoredPair.Get(_pair.Ours, target);
        }

        await _pair.AssertSameJson("/varz", "config_digest");
    }

    [Fact]
    public async Task Http_is_spoken_alike()
    {
        const string host = "Host: h\r\n";
        string[] requests =
        [
            "GET /healthz HTTP/1.1\r\n" + host + "\r\n", "GET /healthz HTTP/1.0\r\n\r\n", "GET /healthz HTTP/1.0\r\nConnection: keep-alive\r\n\r\n", "GET /healthz HTTP/1.1\r\n" + host + "Connection: close\r\n\r\n",
            "HEAD /healthz HTTP/1.1\r\n" + host + "\r\n", "HEAD /nope HTTP/1.1\r\n" + host + "\r\n", "HEAD /connz?auth=x HTTP/1.1\r\n" + host + "\r\n", "POST /healthz HTTP/1.1\r\n" + host + "Content-Length: 3\r\n\r\nabc",
            "PUT /healthz HTTP/1.1\r\n" + host + "\r\n", "DELETE /healthz HTTP/1.1\r\n" + host + "\r\n", "OPTIONS /healthz HTTP/1.1\r\n" + host + "\r\n", "OPTIONS * HTTP/1.1\r\n" + host + "\r\n",
            "FOO /healthz HTTP/1.1\r\n" + host + "\r\n", "get /healthz HTTP/1.1\r\n" + host + "\r\n", "G@T /healthz HTTP/1.1\r\n" + host + "\r\n", "GET /healthz HTTP/1.1\r\n\r\n", "GET /healthz HTTP/1.1\r\n" + host + host + "\r\n",
            "GET /healthz HTTP/1.1\r\nHost: a b\r\n\r\n", "GET /healthz HTTP/1.1\r\nHost:\r\n\r\n", "GET /healthz HTTP/2.0\r\n" + host + "\r\n", "GET /healthz HTTP/1.2\r\n" + host + "\r\n", "GET /healthz HTTP/0.9\r\n" + host + "\r\n",
            "GET /healthz\r\n\r\n", "GET /healthz HTTP/1.1 x\r\n" + host + "\r\n", "GET  /healthz HTTP/1.1\r\n" + host + "\r\n", "\r\nGET /healthz HTTP/1.1\r\n" + host + "\r\n", "GET healthz HTTP/1.1\r\n" + host + "\r\n",
            "GET http://foo/healthz HTTP/1.1\r\n" + host + "\r\n", "GET /heal%zzthz HTTP/1.1\r\n" + host + "\r\n", "GET /\u0001healthz HTTP/1.1\r\n" + host + "\r\n", "GET /\u00ffhealthz HTTP/1.1\r\n" + host + "\r\n",
            "GET /healthz HTTP/1.1\nHost: x\n\n", "GET /healthz HTTP/1.1\r\n" + host + "Foo\r\n\r\n", "GET /healthz HTTP/1.1\r\n" + host + "Foo : x\r\n\r\n", "GET /healthz HTTP/1.1\r\n" + host + "F@o(): x\r\n\r\n",
            "GET /healthz HTTP/1.1\r\n" + host + ": x\r\n\r\n", "GET /healthz HTTP/1.1\r\n" + host + "Foo: x\r\n folded\r\n\r\n", "GET /healthz HTTP/1.1\r\n Foo: x\r\n" + host + "\r\n", "GET /healthz HTTP/1.1\r\n" + host + "Foo: a\u0000b\r\n\r\n",
            "GET /healthz HTTP/1.1\r\n" + host + "Foo: a\u00ffb\r\n\r\n", "GET /healthz HTTP/1.1\r\n" + host + "Foo: a\rb\r\n\r\n", "GET /healthz HTTP/1.1\r\n" + host + "Content-Length: x\r\n\r\n",
            "GET /healthz HTTP/1.1\r\n" + host + "Content-Length: -1\r\n\r\n", "GET /healthz HTTP/1.1\r\n" + host + "Content-Length: 3\r\nContent-Length: 4\r\n\r\nabcd", "GET /healthz HTTP/1.1\r\n" + host + "Transfer-Encoding: gzip\r\n\r\n",
            "POST /healthz HTTP/1.1\r\n" + host + "Expect: 100-continue\r\nContent-Length: 3\r\n\r\nabc", "POST /healthz HTTP/1.1\r\n" + host + "Expect: foo\r\nContent-Length: 3\r\n\r\nabc", "GET /healthz? HTTP/1.1\r\n" + host + "\r\n",
            "GET /healthz#frag HTTP/1.1\r\n" + host + "\r\n", "GET //varz?a=b&c HTTP/1.1\r\n" + host + "\r\n", "GET /./healthz HTTP/1.1\r\n" + host + "\r\n", "GET /a/../healthz HTTP/1.1\r\n" + host + "\r\n", "POST //varz HTTP/1.1\r\n" + host + "\r\n",
            "GET /%68ealthz HTTP/1.1\r\n" + host + "\r\n", "GET /varz/../.. HTTP/1.1\r\n" + host + "\r\n", "GET /healthz http/1.1\r\n" + host + "\r\n", "GET ?x HTTP/1.1\r\n" + host + "\r\n", "GET /healthz HTTP/1.1\r\n" + host + "Connection: Keep-Alive, close\r\n\r\n",
        ];
        var differences = new List<string>();
        foreach (string request in requests)
        {
            string reference = await Exchange(_pair.Reference, request);
            string ours = await Exchange(_pair.Ours, request);
            if (reference != ours) differences.Add($"{request.Replace("\r\n", "|")}: '{reference}' in the reference, '{ours}' in ours");
        }

        JsonShape.AssertNone(differences);
    }

    /// <summary>Status code, content type, CORS, and body; then whether the connection still answers.</summary>
    private static async Task<string> Exchange(MonitoredServer server, string request)
    {
        await using RawClient client = await RawClient.ConnectAsync(server.Process.MonitorPort);
        await client.SendAsync(request);
        string head = await client.ReadUntilAsync("\r\n\r\n");
        string Header(string name) => head.Split("\r\n").FirstOrDefault(x => x.StartsWith(name + ": ", StringComparison.OrdinalIgnoreCase)) is { } line ? line[(name.Length + 2)..] : "-";
        string status = head.Split(' ')[1];
        bool closes = Header("Connection") == "close" || head.StartsWith("HTTP/1.0", StringComparison.Ordinal) && Header("Connection") != "keep-alive";
        string body;
        if (closes)
        {
            body = await client.ReadToCloseAsync();
        }
        else
        {
            int length = request.StartsWith("HEAD", StringComparison.Ordinal) ? 0 : int.Parse(Header("Content-Length"));
            body = await client.ReadExactlyAsync(length);
            await client.SendAsync("GET /nope HTTP/1.1\r\nHost: h\r\n\r\n");
            await client.ReadUntilAsync("404 page not found\n");
        }

        // A refusal without a length in the reference has one in ours; what clients see is the body.
        return $"{status} {Header("Content-Type")} {Header("Access-Control-Allow-Origin")} {Header("X-Content-Type-Options")} {Header("Location")} closes={closes} {body}";
    }
}
