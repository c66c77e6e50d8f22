using System.Text;
using NATS.Server.Monitoring.Http;
using Xunit;

namespace NATS.Server.UnitTests.Monitoring.Http;

public sealed class HttpRequestParserTests
{
    private const int MaxHead = 1000;

    [Fact]
    public void A_request_is_taken_apart()
    {
        HttpRequest request = Accept("GET /a%20b/c?x=1&y=%41 HTTP/1.1\r\nHost: h\r\nAccept: */*\r\n\r\n");
        Assert.Equal(("GET", "/a%20b/c", "/a b/c", "x=1&y=%41"), (request.Method, request.RawPath, request.Path, request.RawQuery));
        Assert.Equal((1, true, false, 0L), (request.MinorVersion, request.KeepAlive, request.MustConfirmKeepAlive, request.BodyBytes));
    }

    [Theory]
    [InlineData("GET / HTTP/1.1\nHost: h\n\n")]
    [InlineData("GET / HTTP/1.1\r\nHost:h\r\n\r\n")]
    [InlineData("GET / HTTP/1.1\r\nHost: \t h \t\r\n\r\n")]
    [InlineData("GET / HTTP/1.1\r\nHost:\r\n\r\n")]
    [InlineData("GET / HTTP/1.1\r\nhOST: h\r\nX: a\r\n folded\r\n\tmore\r\n\r\n")]
    [InlineData("GET / HTTP/1.2\r\nHost: h\r\n\r\n")]
    [InlineData("get / HTTP/1.1\r\nHost: h\r\n\r\n")]
    [InlineData("FOO / HTTP/1.1\r\nHost: h\r\n\r\n")]
    [InlineData("GET / HTTP/1.0\r\n\r\n")]
    [InlineData("GET http://foo:80/ HTTP/1.1\r\nHost: h\r\n\r\n")]
    [InlineData("GET / HTTP/1.1\r\nHost: [::1]:8222\r\nX: \u00ff\r\n\r\n")]
    public void Forms_that_the_reference_accepts_are_accepted(string text) => Assert.Equal("/", Accept(text).Path);

    [Theory]
    [InlineData("GET / HTTP/1.1\r\nHost: h\r\n\r\n", true, false)]
    [InlineData("GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n", false, false)]
    [InlineData("GET / HTTP/1.1\r\nHost: h\r\nConnection: Keep-Alive, CLOSE\r\n\r\n", false, false)]
    [InlineData("GET / HTTP/1.1\r\nHost: h\r\nConnection: upgrade\r\n\r\n", true, false)]
    [InlineData("GET / HTTP/1.0\r\n\r\n", false, false)]
    [InlineData("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n", true, true)]
    [InlineData("GET / HTTP/1.0\r\nConnection: keep-alive, close\r\n\r\n", false, false)]
    [InlineData("POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n", false, false)]
    [InlineData("POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n", false, false)]
    [InlineData("POST / HTTP/1.1\r\nHost: h\r\nExpect: 100-Continue\r\nContent-Length: 3\r\n\r\n", false, false)]
    [InlineData("CONNECT h:80 HTTP/1.1\r\nHost: h\r\n\r\n", false, false)]
    public void Connections_persist_when_the_client_wants_it_and_the_body_can_be_skipped(string text, bool keepAlive, bool confirm)
    {
        HttpRequest request = Accept(text);
        Assert.Equal((keepAlive, confirm), (request.KeepAlive, request.MustConfirmKeepAlive));
    }

    [Fact]
    public void A_body_of_known_length_is_to_be_skipped()
    {
        Assert.Equal(12, Accept("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 12\r\n\r\n").BodyBytes);
        Assert.Equal(3, Accept("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\nContent-Length: 3\r\n\r\n").BodyBytes);
    }

    [Fact]
    public void Options_may_ask_about_the_whole_server() => Assert.Equal("*", Accept("OPTIONS * HTTP/1.1\r\nHost: h\r\n\r\n").Path);

    [Theory]
    [InlineData("G@T / HTTP/1.1\r\n")]
    [InlineData("GET /\r\n")]
    [InlineData("GET / HTTP/1.1 x\r\n")]
    [InlineData("GET  / HTTP/1.1\r\n")]
    [InlineData("GET  HTTP/1.1\r\n")]
    [InlineData(" GET / HTTP/1.1\r\n")]
    [InlineData("\r\nGET / HTTP/1.1\r\nHost: h\r\n\r\n")]
    [InlineData("GET / HTTP/1.10\r\n")]
    [InlineData("GET / http/1.1\r\n")]
    [InlineData("GET / HTTP/x.1\r\n")]
    [InlineData("GET healthz HTTP/1.1\r\n")]
    [InlineData("GET ?x HTTP/1.1\r\n")]
    [InlineData("GET * HTTP/1.1\r\n")]
    [InlineData("GET /%zz HTTP/1.1\r\n")]
    [InlineData("GET /%4 HTTP/1.1\r\n")]
    [InlineData("GET /\u0001 HTTP/1.1\r\n")]
    [InlineData("GET /\u007f HTTP/1.1\r\n")]
    [InlineData("GET / HTTP/1.1\r\nHost: h\r\nHost: h\r\n\r\n")]
    [InlineData("GET / HTTP/1.1\r\nHost: h\r\nnocolon\r\n\r\n")]
    [InlineData("GET / HTTP/1.1\r\nHost: h\r\n: x\r\n\r\n")]
    [InlineData("GET / HTTP/1.1\r\nHost: h\r\nF@(): x\r\n\r\n")]
    [InlineData("GET / HTTP/1.1\r\n folded: x\r\nHost: h\r\n\r\n")]
    [InlineData("GET / HTTP/1.1\r\nHost: h\r\nX: a\u0000b\r\n\r\n")]
    [InlineData("GET / HTTP/1.1\r\nHost: h\r\nX: a\rb\r\n\r\n")]
    [InlineData("GET / HTTP/1.1\r\nHost: h\r\nX: a\r\n \u0001\r\n\r\n")]
    [InlineData("GET / HTTP/1.1\r\nHost: h\r\nContent-Length: x\r\n\r\n")]
    [InlineData("GET / HTTP/1.1\r\nHost: h\r\nContent-Length: -1\r\n\r\n")]
    [InlineData("GET / HTTP/1.1\r\nHost: h\r\nContent-Length: +1\r\n\r\n")]
    [InlineData("GET / HTTP/1.1\r\nHost: h\r\nContent-Length:\r\n\r\n")]
    [InlineData("GET / HTTP/1.1\r\nHost: h\r\nContent-Length: 99999999999999999999\r\n\r\n")]
    [InlineData("GET / HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\n")]
    [InlineData("GET / HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\n 4\r\n\r\n")]
    [InlineData("GET / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n")]
    public void Malformed_requests_are_refused(string text) => Refuse(text, 400, "400 Bad Request");

    [Theory]
    [InlineData("GET / HTTP/1.1\r\n\r\n", 400, "400 Bad Request: missing required Host header")]
    [InlineData("GET / HTTP/1.1\r\nHost: a b\r\n\r\n", 400, "400 Bad Request: malformed Host header")]
    [InlineData("GET / HTTP/1.1\r\nHost: h\r\nFoo : x\r\n\r\n", 400, "400 Bad Request: invalid header name")]
    [InlineData("GET / HTTP/2.0\r\nHost: h\r\n\r\n", 505, "505 HTTP Version Not Supported: unsupported protocol version")]
    [InlineData("GET / HTTP/0.9\r\nHost: h\r\n\r\n", 505, "505 HTTP Version Not Supported: unsupported protocol version")]
    [InlineData("GET / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: gzip\r\n\r\n", 501, "Unsupported transfer encoding")]
    [InlineData("GET / HTTP/1.1\r\nHost: h\r\nExpect: magic\r\n\r\n", 417, "")]
    public void Requests_that_cannot_be_served_are_told_why(string text, int code, string body) => Refuse(text, code, body);

    [Fact]
    public void A_head_within_the_bound_is_read_and_a_longer_one_is_refused()
    {
        string fits = "GET / HTTP/1.1\r\nHost: h\r\nX: " + new string('x', MaxHead);
        fits = fits[..(MaxHead - 4)] + "\r\n\r\n";
        Assert.Equal(HttpParseStatus.Complete, Parse(fits).Status);

        Refuse(fits[..(MaxHead - 4)] + "x\r\n\r\n", 431, "431 Request Header Fields Too Large");
        Refuse("GET / HTTP/1.1\r\nHost: h\r\nX: " + new string('x', MaxHead), 431, "431 Request Header Fields Too Large");
        Refuse("GET /" + new string('x', MaxHead), 431, "431 Request Header Fields Too Large");
        Refuse("GET / HTTP/1.1\r\n" + string.Concat(Enumerable.Repeat("a: b\r\n", MaxHead)) + "\r\n", 431, "431 Request Header Fields Too Large");
    }

    [Theory]
    [InlineData("GET /varz?subs=1 HTTP/1.1\r\nHost: h\r\nX: a\r\n b\r\nConnection: close\r\n\r\n")]
    [InlineData("POST http://x/y HTTP/1.0\nConnection: keep-alive\nContent-Length: 5\n\n")]
    [InlineData("OPTIONS * HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\n\r\n")]
    public void Splitting_anywhere_changes_nothing(string text)
    {
        byte[] bytes = Encoding.Latin1.GetBytes(text);
        for (int length = 0; length < bytes.Length; length++)
        {
            Assert.Equal(HttpParseStatus.Incomplete, HttpRequestParser.Parse(bytes.AsSpan(0, length), MaxHead).Status);
        }

        HttpParseResult whole = HttpRequestParser.Parse(bytes, MaxHead);
        Assert.Equal(bytes.Length, whole.HeadBytes);

        // What follows belongs to the next request.
        HttpParseResult followed = HttpRequestParser.Parse([.. bytes, .. "GET /next"u8], MaxHead);
        Assert.Equal((whole.Request, whole.HeadBytes), (followed.Request, followed.HeadBytes));
    }

    [Fact]
    public void Refusals_come_no_later_when_bytes_come_one_by_one()
    {
        byte[] bytes = "NONSENSE\r\nmore\r\n\r\n"u8.ToArray();
        Assert.Equal(HttpParseStatus.Incomplete, HttpRequestParser.Parse(bytes.AsSpan(0, 9), MaxHead).Status);
        Assert.Equal(HttpParseStatus.Invalid, HttpRequestParser.Parse(bytes.AsSpan(0, 10), MaxHead).Status);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Mutated_requests_never_break_the_parser_and_prefixes_agree(int seed)
    {
        var random = new Random(seed);
        byte[][] corpus =
        [
            "GET /connz?subs=1&limit=5 HTTP/1.1\r\nHost: localhost:8222\r\nUser-Agent: x\r\nAccept: */*\r\nConnection: keep-alive\r\n\r\n"u8.ToArray(),
            "POST /x HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\nExpect: 100-continue\r\n\r\nabc"u8.ToArray(),
            "GET http://a/b%20c HTTP/1.0\nX: y\n z\n\n"u8.ToArray(),
        ];
        byte[] spice = " \t\r\n:%?/*#\0\u007f.HTTP1"u8.ToArray();
        for (int round = 0; round < 20_000; round++)
        {
            byte[] input = [.. corpus[random.Next(corpus.Length)]];
            for (int change = random.Next(6); change > 0; change--)
            {
                int at = random.Next(input.Length);
                input = random.Next(3) switch
                {
                    0 => [.. input[..at], spice[random.Next(spice.Length)], .. input[at..]],
                    1 => input.Length > 1 ? [.. input[..at], .. input[(at + 1)..]] : input,
                    _ => [.. input[..at], (byte)random.Next(256), .. input[(at + 1)..]],
                };
            }

            HttpParseResult whole = HttpRequestParser.Parse(input, MaxHead);
            Assert.Equal(whole.Status == HttpParseStatus.Complete, whole.Request is not null);
            if (whole.Status == HttpParseStatus.Complete) Assert.InRange(whole.HeadBytes, 1, input.Length);
            HttpParseResult prefix = HttpRequestParser.Parse(input.AsSpan(0, random.Next(input.Length)), MaxHead);

            // A decision on a prefix is final: more bytes never revoke it.
            if (prefix.Status == HttpParseStatus.Complete) Assert.Equal((prefix.Request, prefix.HeadBytes), (whole.Request, whole.HeadBytes));
            if (prefix.Status == HttpParseStatus.Invalid) Assert.Equal(HttpParseStatus.Invalid, whole.Status);
        }
    }

    private static HttpParseResult Parse(string text) => HttpRequestParser.Parse(Encoding.Latin1.GetBytes(text), MaxHead);

    private static HttpRequest Accept(string text)
    {
        HttpParseResult result = Parse(text);
        Assert.Equal((HttpParseStatus.Complete, text.Length), (result.Status, result.HeadBytes));
        return result.Request!;
    }

    private static void Refuse(string text, int code, string body)
    {
        HttpParseResult result = Parse(text);
        Assert.Equal((HttpParseStatus.Invalid, code, body), (result.Status, result.ErrorCode, result.ErrorText));
    }
}
