using System.Net;
using System.Net.Sockets;
using System.Text;
using Microsoft.Extensions.Logging.Abstractions;
using NATS.Server.Monitoring.Http;
using NATS.Server.Testing;
using Xunit;

namespace NATS.Server.ServerTests.Monitoring;

/// <summary>The HTTP server of its own over loopback, with a handler that echoes.</summary>
public sealed class HttpServerTests : IAsyncDisposable
{
    private readonly List<IAsyncDisposable> _owned = [];
    private readonly FakeTimeProvider _time = new();

    public async ValueTask DisposeAsync()
    {
        foreach (IAsyncDisposable owned in Enumerable.Reverse(_owned)) await owned.DisposeAsync();
    }

    [Fact]
    public async Task A_request_is_answered_with_head_and_body()
    {
        RawClient client = await Connect(Start());
        await client.SendAsync("GET /x HTTP/1.1\r\nHost: h\r\n\r\n");
        await client.ExpectAsync("HTTP/1.1 200 OK\r\nContent-Type: text/plain; charset=utf-8\r\nDate: " + _time.GetUtcNow().ToString("r") + "\r\nContent-Length: 6\r\n\r\nGET /x");
    }

    [Fact]
    public async Task A_head_request_is_answered_without_the_body()
    {
        RawClient client = await Connect(Start());
        await client.SendAsync("HEAD /x HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n");
        string answer = await client.ReadToCloseAsync();
        Assert.EndsWith("Content-Length: 7\r\nConnection: close\r\n\r\n", answer);
    }

    [Fact]
    public async Task Pipelined_requests_are_answered_in_order_and_their_bodies_skipped()
    {
        RawClient client = await Connect(Start());
        await client.SendAsync("GET /1 HTTP/1.1\r\nHost: h\r\n\r\nPOST /2 HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\nabcdeGET /3 HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n");
        string answers = await client.ReadToCloseAsync();
        Assert.Equal(["GET /1", "POST /2", "GET /3"], Bodies(answers));
    }

    [Fact]
    public async Task Requests_may_come_byte_by_byte()
    {
        RawClient client = await Connect(Start());
        await client.SendByteByByteAsync("POST /1 HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\n\r\nabGET /2 HTTP/1.0\r\n\r\n");
        Assert.Equal(["POST /1", "GET /2"], Bodies(await client.ReadToCloseAsync()));
    }

    [Theory]
    [InlineData("NONSENSE\r\n\r\n", "HTTP/1.1 400 Bad Request\r\n", "400 Bad Request")]
    [InlineData("GET / HTTP/1.1\r\n\r\n", "HTTP/1.1 400 Bad Request\r\n", "400 Bad Request: missing required Host header")]
    [InlineData("GET / HTTP/2.0\r\nHost: h\r\n\r\n", "HTTP/1.1 505 ", "505 HTTP Version Not Supported: unsupported protocol version")]
    public async Task Malformed_requests_are_refused_and_the_connection_closed(string request, string status, string body)
    {
        RawClient client = await Connect(Start());
        await client.SendAsync(request);
        string answer = await client.ReadToCloseAsync();
        Assert.StartsWith(status, answer);
        Assert.Contains("\r\nConnection: close\r\n", answer);
        Assert.EndsWith("\r\n\r\n" + body, answer);
    }

    [Fact]
    public async Task A_head_that_is_too_large_is_refused_although_more_is_sent()
    {
        RawClient client = await Connect(Start());
        await client.SendAsync("GET / HTTP/1.1\r\nHost: h\r\nX: " + new string('x', HttpConnection.MaxHeadBytes + 50_000));
        Assert.StartsWith("HTTP/1.1 431 Request Header Fields Too Large\r\n", await client.ReadToCloseAsync());
    }

    [Fact]
    public async Task A_body_that_is_too_large_to_skip_ends_the_connection_after_the_answer()
    {
        RawClient client = await Connect(Start());
        await client.SendAsync($"POST /x HTTP/1.1\r\nHost: h\r\nContent-Length: {HttpConnection.MaxSkippedBodyBytes + 1}\r\n\r\n");
        string answer = await client.ReadToCloseAsync();
        Assert.Contains("\r\nConnection: close\r\n", answer);
        Assert.EndsWith("POST /x", answer);
    }

    [Fact]
    public async Task A_connection_that_sends_no_request_is_closed_after_five_seconds_but_not_before()
    {
        HttpServer server = Start();
        RawClient silent = await Connect(server);
        RawClient partial = await Connect(server);
        await partial.SendAsync("GET / HTTP/1.1\r\nHost:");
        Eventually.Equal(2, () => _time.ArmedTimers, "both connections wait for a request");
        _time.Advance(TimeSpan.FromSeconds(4.9));
        Assert.Equal(2, server.ConnectionCount);
        _time.Advance(TimeSpan.FromSeconds(0.2));
        Assert.Equal("", await silent.ReadToCloseAsync());
        Assert.Equal("", await partial.ReadToCloseAsync());
        Eventually.Equal(0, () => server.ConnectionCount, "connections are gone");
    }

    [Fact]
    public async Task A_persistent_connection_may_idle_between_requests()
    {
        HttpServer server = Start();
        RawClient client = await Connect(server);
        await client.SendAsync("GET /1 HTTP/1.1\r\nHost: h\r\n\r\n");
        await client.ReadUntilAsync("GET /1");
        Eventually.Equal(0, () => _time.ArmedTimers, "nothing is timed while the connection idles");
        _time.Advance(TimeSpan.FromHours(1));
        await client.SendAsync("GET /2 HTTP/1.1\r\nHost: h\r\n\r\n");
        await client.ReadUntilAsync("GET /2");
    }

    [Fact]
    public async Task At_the_bound_the_longest_idle_connection_makes_room()
    {
        HttpServer server = Start(maxConnections: 2);
        RawClient first = await Connect(server);
        await first.SendAsync("GET /1 HTTP/1.1\r\nHost: h\r\n\r\n");
        await first.ReadUntilAsync("GET /1");
        Eventually.Equal(0, () => _time.ArmedTimers, "the first idles");
        _time.Advance(TimeSpan.FromSeconds(1));
        RawClient second = await Connect(server);
        await second.SendAsync("GET /2 HTTP/1.1\r\nHost: h\r\n\r\n");
        await second.ReadUntilAsync("GET /2");
        Eventually.Equal(0, () => _time.ArmedTimers, "the second idles");

        RawClient third = await Connect(server);
        await third.SendAsync("GET /3 HTTP/1.1\r\nHost: h\r\n\r\n");
        await third.ReadUntilAsync("GET /3");
        Assert.Equal("", await first.ReadToCloseAsync());
        await second.SendAsync("GET /4 HTTP/1.1\r\nHost: h\r\n\r\n");
        await second.ReadUntilAsync("GET /4");
    }

    [Fact]
    public async Task At_the_bound_a_new_connection_is_told_when_none_idles()
    {
        HttpServer server = Start(maxConnections: 1);
        RawClient busy = await Connect(server);
        await busy.SendAsync("GET / HTTP/1.1\r\n");
        Eventually.Equal(1, () => _time.ArmedTimers, "the first is being read");
        RawClient refused = await Connect(server);
        Assert.StartsWith("HTTP/1.1 503 Service Unavailable\r\n", await refused.ReadToCloseAsync());
        await busy.SendAsync("Host: h\r\n\r\n");
        await busy.ReadUntilAsync("GET /");
    }

    [Fact]
    public async Task A_handler_that_fails_is_answered_with_500_and_the_connection_lives()
    {
        RawClient client = await Connect(Start());
        await client.SendAsync("GET /fail HTTP/1.1\r\nHost: h\r\n\r\nGET /ok HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n");
        string answers = await client.ReadToCloseAsync();
        Assert.StartsWith("HTTP/1.1 500 Internal Server Error\r\n", answers);
        Assert.EndsWith("GET /ok", answers);
    }

    [Fact]
    public async Task Large_responses_arrive_whole()
    {
        RawClient client = await Connect(Start());
        await client.SendAsync("GET /large HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n");
        string answer = await client.ReadToCloseAsync();
        Assert.Contains("Content-Length: 3000000\r\n", answer);
        Assert.Equal(3_000_000, answer.Length - answer.IndexOf("\r\n\r\n", StringComparison.Ordinal) - 4);
    }

    [Fact]
    public async Task A_peer_that_takes_nothing_is_cut_off()
    {
        HttpServer server = Start();
        await using RawClient client = await RawClient.ConnectAsync(server.LocalEndPoint!, receiveBufferBytes: 4096);
        await client.SendAsync("GET /huge HTTP/1.1\r\nHost: h\r\n\r\n");
        Eventually.True(
            () =>
            {
                _time.Advance(HttpConnection.WriteTimeout);
                return server.ConnectionCount == 0;
            },
            "the connection is gone");
    }

    [Fact]
    public async Task Stop_ends_idle_connections_and_lets_a_response_finish()
    {
        HttpServer server = Start();
        RawClient idle = await Connect(server);
        await idle.SendAsync("GET /1 HTTP/1.1\r\nHost: h\r\n\r\n");
        await idle.ReadUntilAsync("GET /1");
        RawClient busy = await Connect(server);
        await busy.SendAsync("GET /wait HTTP/1.1\r\nHost: h\r\n\r\n");
        await _waiting.Task;

        Task stopping = server.StopAsync();
        await idle.ReadToCloseAsync();
        Assert.False(stopping.IsCompleted);
        _release.SetResult();
        Assert.EndsWith("GET /wait", await busy.ReadToCloseAsync());
        await stopping;
        Assert.Equal(0, server.ConnectionCount);
        await Assert.ThrowsAsync<SocketException>(() => Connect(server));
    }

    [Fact]
    public async Task Stop_cuts_what_does_not_finish_in_time()
    {
        HttpServer server = Start();
        RawClient busy = await Connect(server);
        await busy.SendAsync("GET /wait HTTP/1.1\r\nHost: h\r\n\r\n");
        await _waiting.Task;
        int armed = _time.ArmedTimers;
        Task stopping = server.StopAsync();
        Eventually.True(() => _time.ArmedTimers > armed, "stop waits with a bound");
        _time.Advance(TimeSpan.FromSeconds(3));
        await stopping;
        Assert.Equal("", await busy.ReadToCloseAsync());
    }

    [Fact]
    public async Task Many_clients_are_served_at_once()
    {
        HttpServer server = Start();
        using var handler = new SocketsHttpHandler { MaxConnectionsPerServer = 64 };
        using var http = new HttpClient(handler) { BaseAddress = new Uri($"http://{server.LocalEndPoint}/") };
        string[] answers = await Task.WhenAll(Enumerable.Range(0, 200).Select(x => http.GetStringAsync(new Uri($"n{x}", UriKind.Relative))));
        Assert.Equal(Enumerable.Range(0, 200).Select(x => $"GET /n{x}"), answers);
    }

    private readonly TaskCompletionSource _waiting = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _release = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private static IEnumerable<string> Bodies(string answers) =>
        answers.Split("HTTP/1.", StringSplitOptions.RemoveEmptyEntries).Select(x => x[(x.IndexOf("\r\n\r\n", StringComparison.Ordinal) + 4)..]);

    private async ValueTask<HttpResponse> Respond(HttpRequest request, CancellationToken cancellation)
    {
        switch (request.Path)
        {
            case "/fail":
                throw new InvalidOperationException("asked for");
            case "/wait":
                _waiting.SetResult();
                await _release.Task.WaitAsync(cancellation);
                break;
            case "/large":
                return new HttpResponse(200, null, new byte[3_000_000]);
            case "/huge":
                return new HttpResponse(200, null, new byte[50_000_000]);
        }

        return new HttpResponse(200, HttpResponse.PlainText, Encoding.UTF8.GetBytes($"{request.Method} {request.Path}"));
    }

    private HttpServer Start(int maxConnections = HttpServer.DefaultMaxConnections)
    {
        var server = new HttpServer(Respond, _time, NullLogger.Instance, maxConnections);
        _owned.Add(server);
        server.Start(new IPEndPoint(IPAddress.Loopback, 0));
        return server;
    }

    private async Task<RawClient> Connect(HttpServer server)
    {
        RawClient client = await RawClient.ConnectAsync(server.LocalEndPoint!);
        _owned.Add(client);
        return client;
    }
}
