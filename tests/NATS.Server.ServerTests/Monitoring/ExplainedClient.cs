using System.Globalization;
using NATS.Server.Testing;
using Xunit;

namespace NATS.Server.ServerTests.Monitoring;

/// <summary>Owned by one test. A client of account A that uses JetStream: no message that it is sent is lost while it waits for another one.</summary>
internal sealed class ExplainedClient(RawClient raw) : IAsyncDisposable
{
    private readonly List<ReceivedMessage> _unread = [];
    private int _requests;

    public RawClient Raw => raw;

    /// <summary>A client that has created the stream S.</summary>
    /// <param name="desk">Its server.</param>
    /// <param name="more">More of the stream's configuration.</param>
    /// <param name="subjects">Whether it takes what is published to s.&gt;.</param>
    public static async Task<ExplainedClient> CreateStreamAsync(ExplainDesk desk, string more = "\"description\":\"\"", bool subjects = true)
    {
        var client = new ExplainedClient(await desk.ConnectAsync("a"));
        await client.Raw.SendAsync("SUB api.* 1\r\nSUB in 2\r\n");
        string subject = subjects ? "\"subjects\":[\"s.>\"]," : "";
        await client.RequestAsync("$JS.API.STREAM.CREATE.S", $$"""{"name":"S",{{subject}}"storage":"memory",{{more}}}""");
        return client;
    }

    /// <summary>Creates the consumer C.</summary>
    public Task ConsumerAsync(string config) =>
        RequestAsync("$JS.API.CONSUMER.DURABLE.CREATE.S.C", $$"""{"stream_name":"S","config":{"durable_name":"C",{{config}} } }""");

    /// <summary>Sends a request of the API that is not refused.</summary>
    public async Task RequestAsync(string subject, string body)
    {
        string reply = string.Create(CultureInfo.InvariantCulture, $"api.{++_requests}");
        await raw.SendAsync(string.Create(CultureInfo.InvariantCulture, $"PUB {subject} {reply} {body.Length}\r\n{body}\r\n"));
        ReceivedMessage answer = await ReadAsync(message => message.Subject == reply);
        Assert.DoesNotContain("\"error\"", answer.Payload, StringComparison.Ordinal);
    }

    /// <summary>Sends a pull request.</summary>
    public Task PullAsync(string request) =>
        raw.SendAsync(string.Create(CultureInfo.InvariantCulture, $"PUB $JS.API.CONSUMER.MSG.NEXT.S.C in {request.Length}\r\n{request}\r\n"));

    public async Task PublishAsync(int count, string payload = "hello")
    {
        for (int i = 0; i < count; i++) await raw.SendAsync(string.Create(CultureInfo.InvariantCulture, $"PUB s.a {payload.Length}\r\n{payload}\r\n"));
    }

    /// <summary>The next message that was delivered by the consumer.</summary>
    public Task<ReceivedMessage> NextAsync() => ReadAsync(static message => message.Reply.StartsWith("$JS.ACK", StringComparison.Ordinal));

    /// <summary>A status instead of a message, such as <c>409 Exceeded MaxWaiting</c>.</summary>
    public Task<ReceivedMessage> StatusAsync(string status) => ReadAsync(message => message.Headers.StartsWith($"NATS/1.0 {status}", StringComparison.Ordinal));

    /// <summary>Everything that was sent has been seen by the server.</summary>
    public async Task SeenAsync()
    {
        await raw.SendAsync("PING\r\n");
        while (await raw.TryReadMessageAsync() is { } message) _unread.Add(message);
    }

    public ValueTask DisposeAsync() => raw.DisposeAsync();

    private async Task<ReceivedMessage> ReadAsync(Predicate<ReceivedMessage> isMeant)
    {
        for (int i = 0; i < _unread.Count; i++)
        {
            ReceivedMessage unread = _unread[i];
            if (!isMeant(unread)) continue;
            _unread.RemoveAt(i);
            return unread;
        }

        while (true)
        {
            if (await raw.TryReadMessageAsync() is not { } message) continue;
            if (isMeant(message)) return message;
            _unread.Add(message);
        }
    }
}
