using System.Globalization;
using System.Text;
using System.Text.Json;
using NATS.Server.Testing;

namespace NATS.Server.InteropTests.Storage;

/// <summary>Owned by one test. A client that speaks raw protocol to the JetStream of a server.</summary>
internal sealed class JetStreamScript(RawClient client) : IAsyncDisposable
{
    private int _subscriptions;

    public static async Task<JetStreamScript> ConnectAsync(ServerProcess server) =>
        new(await RawClient.HandshakeAsync(server.Port, "CONNECT {\"verbose\":false,\"headers\":true}\r\n"));

    /// <summary>Sends a request and returns the answer, which must not be an error.</summary>
    public async Task<JsonElement> RequestAsync(string subject, string body)
    {
        int id = ++_subscriptions;
        await client.SendAsync($"SUB reply.{id} {id}\r\nUNSUB {id} 1\r\nPUB {subject} reply.{id} {body.Length}\r\n{body}\r\n");
        return Parse(await ReadMessageAsync(id));
    }

    /// <summary>Sends a request and returns the answer, also an error.</summary>
    /// <param name="headers">A header block, or nothing.</param>
    public async Task<JsonElement> AskAsync(string subject, string body, string headers = "")
    {
        int id = ++_subscriptions;
        await client.SendAsync($"SUB reply.{id} {id}\r\nUNSUB {id} 1\r\n{FrameOf((subject, headers, body), $"reply.{id} ")}");
        using var document = JsonDocument.Parse(await ReadMessageAsync(id));
        return document.RootElement.Clone();
    }

    /// <summary>Sends a request, and waits for the answer, which has no content.</summary>
    public async Task AskEmptyAsync(string subject, string body)
    {
        int id = ++_subscriptions;
        await client.SendAsync($"SUB reply.{id} {id}\r\nUNSUB {id} 1\r\n{FrameOf((subject, "", body), $"reply.{id} ")}");
        string answer = await ReadMessageAsync(id);
        if (answer.Length > 0) throw new InvalidOperationException($"Expected an empty answer but received '{answer}'");
    }

    /// <summary>Sends a request to which many messages answer, the last of which has a status.</summary>
    /// <returns>The header blocks.</returns>
    public async Task<List<string>> AskForManyAsync(string subject, string body)
    {
        int id = ++_subscriptions;
        await client.SendAsync($"SUB reply.{id} {id}\r\n{FrameOf((subject, "", body), $"reply.{id} ")}");
        List<string> answers = [];
        do
        {
            answers.Add((await ReadFrameAsync(id)).Headers);
        }
        while (answers[^1].StartsWith("NATS/1.0\r\n", StringComparison.Ordinal));

        await client.SendAsync($"UNSUB {id}\r\n");
        return answers;
    }

    /// <summary>Publishes messages, and waits for the acknowledgement of the last.</summary>
    /// <param name="messages">Subject, header block or none, payload.</param>
    public async Task PublishAsync(IReadOnlyList<(string Subject, string Headers, string Payload)> messages)
    {
        var text = new StringBuilder();
        for (int i = 0; i < messages.Count - 1; i++)
        {
            text.Append(FrameOf(messages[i], ""));
        }

        await client.SendAsync(text.ToString());
        int id = ++_subscriptions;
        await client.SendAsync($"SUB reply.{id} {id}\r\nUNSUB {id} 1\r\n{FrameOf(messages[^1], $"reply.{id} ")}");
        Parse(await ReadMessageAsync(id));
    }

    /// <summary>Fetches messages of a consumer.</summary>
    /// <returns>The subjects that acknowledge them.</returns>
    public async Task<List<string>> FetchAsync(string stream, string consumer, int count)
    {
        int id = ++_subscriptions;
        string body = $$"""{"batch":{{count}}}""";
        await client.SendAsync($"SUB inbox.{id} {id}\r\nPUB $JS.API.CONSUMER.MSG.NEXT.{stream}.{consumer} inbox.{id} {body.Length}\r\n{body}\r\n");
        List<string> replies = [];
        while (replies.Count < count)
        {
            replies.Add((await ReadFrameAsync(id)).Reply);
        }

        await client.SendAsync($"UNSUB {id}\r\n");
        return replies;
    }

    /// <summary>Sends a pull request, reads what it is told, and goes on listening.</summary>
    /// <returns>The header block of each message, and behind it the subject that acknowledges it.</returns>
    public async Task<List<string>> PullAsync(string stream, string consumer, string body, int count)
    {
        int id = ++_subscriptions;
        await client.SendAsync($"SUB inbox.{id} {id}\r\nPUB $JS.API.CONSUMER.MSG.NEXT.{stream}.{consumer} inbox.{id} {body.Length}\r\n{body}\r\n");
        List<string> told = [];
        while (told.Count < count)
        {
            ReceivedMessage message = await ReadFrameAsync(id);
            told.Add(message.Headers + (message.Reply.StartsWith("$JS.ACK", StringComparison.Ordinal) ? message.Reply : ""));
        }

        return told;
    }

    /// <summary>Sends a message, and waits until the server has handled it.</summary>
    public async Task SendAsync(string subject, string payload)
    {
        await client.SendAsync($"PUB {subject} {payload.Length}\r\n{payload}\r\n");
        await client.PingAsync();
    }

    /// <summary>Asks for a backup, and returns its bytes.</summary>
    public async Task<byte[]> BackUpAsync(string stream)
    {
        int id = ++_subscriptions;
        int answer = ++_subscriptions;
        const string request = """{"deliver_subject":"backup"}""";
        await client.SendAsync($"SUB backup {id}\r\nSUB answer.{answer} {answer}\r\nUNSUB {answer} 1\r\nPUB $JS.API.STREAM.SNAPSHOT.{stream} answer.{answer} {request.Length}\r\n{request}\r\n");
        using var bytes = new MemoryStream();

        // The answer may come behind the backup itself.
        for (bool isAnswered = false, isComplete = false; !isAnswered || !isComplete;)
        {
            ReceivedMessage message = await client.ReadMessageAsync();
            if (message.Sid == answer.ToString(CultureInfo.InvariantCulture))
            {
                Parse(message.Payload);
                isAnswered = true;
            }
            else if (message.Sid == id.ToString(CultureInfo.InvariantCulture))
            {
                // A message without content ends it; its headers, if there are any, have a status.
                isComplete = message.Headers.Length > 0 || message.Payload.Length == 0;
                if (isComplete) continue;
                bytes.Write(Encoding.Latin1.GetBytes(message.Payload));
                if (message.Reply.Length > 0) await client.SendAsync($"PUB {message.Reply} 0\r\n\r\n");
            }
        }

        await client.SendAsync($"UNSUB {id}\r\n");
        return bytes.ToArray();
    }

    /// <summary>Restores a backup.</summary>
    public async Task<JsonElement> RestoreAsync(string stream, string request, byte[] backup)
    {
        JsonElement answer = await RequestAsync($"$JS.API.STREAM.RESTORE.{stream}", request);
        string target = answer.GetProperty("deliver_subject").GetString()!;
        int id = ++_subscriptions;
        await client.SendAsync($"SUB restored.{id} {id}\r\n");
        foreach (byte[] chunk in backup.Chunk(64 * 1024))
        {
            await client.SendAsync($"PUB {target} restored.{id} {chunk.Length}\r\n{Encoding.Latin1.GetString(chunk)}\r\n");
            await ReadFrameAsync(id);
        }

        await client.SendAsync($"PUB {target} restored.{id} 0\r\n\r\n");
        return Parse(await ReadMessageAsync(id));
    }

    /// <summary>Restores a backup of one chunk, which may be wrong.</summary>
    /// <returns>The description of the error, or null when the stream was restored.</returns>
    public async Task<string?> TryRestoreAsync(string stream, string request, byte[] backup)
    {
        JsonElement answer = await RequestAsync($"$JS.API.STREAM.RESTORE.{stream}", request);
        string target = answer.GetProperty("deliver_subject").GetString()!;
        int id = ++_subscriptions;
        await client.SendAsync($"SUB restored.{id} {id}\r\nPUB {target} restored.{id} {backup.Length}\r\n{Encoding.Latin1.GetString(backup)}\r\n");
        string result = await ReadMessageAsync(id);
        if (result.Length == 0)
        {
            await client.SendAsync($"PUB {target} restored.{id} 0\r\n\r\n");
            result = await ReadMessageAsync(id);
        }

        using var document = JsonDocument.Parse(result);
        return document.RootElement.TryGetProperty("error", out JsonElement error) ? error.GetProperty("description").GetString() : null;
    }

    public ValueTask DisposeAsync() => client.DisposeAsync();

    private static string FrameOf((string Subject, string Headers, string Payload) message, string reply) =>
        message.Headers.Length == 0
            ? $"PUB {message.Subject} {reply}{message.Payload.Length}\r\n{message.Payload}\r\n"
            : $"HPUB {message.Subject} {reply}{message.Headers.Length} {message.Headers.Length + message.Payload.Length}\r\n{message.Headers}{message.Payload}\r\n";

    private static JsonElement Parse(string text)
    {
        using var document = JsonDocument.Parse(text);
        JsonElement root = document.RootElement.Clone();
        return root.TryGetProperty("error", out JsonElement error) ? throw new InvalidOperationException(error.ToString()) : root;
    }

    private async Task<string> ReadMessageAsync(int id) => (await ReadFrameAsync(id)).Text;

    // Frames of other subscriptions are passed over.
    private async Task<ReceivedMessage> ReadFrameAsync(int id)
    {
        while (true)
        {
            ReceivedMessage message = await client.ReadMessageAsync();
            if (message.Sid == id.ToString(CultureInfo.InvariantCulture)) return message;
        }
    }
}
