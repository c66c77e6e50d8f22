using System.Globalization;
using System.Text;
using System.Text.Json;
using NATS.Server.Testing;
using NATS.Server.Testing.JetStream;

namespace NATS.Server.InteropTests.JetStream;

/// <summary>Owned by one test. Does the steps of scenarios to a server, and notes all that comes of each.</summary>
internal sealed class PublishScript(RawClient client) : IAsyncDisposable
{
    private const string Marker = "answers.marker.";
    private readonly List<string> _abandoned = [];
    private int _count;

    /// <summary>Accounts with JetStream, since a server may remember what was in a stream that was deleted.</summary>
    public static string Accounts(int count) =>
        $"accounts {{ {string.Join(", ", Enumerable.Range(0, count).Select(static number => $"A{number} {{ jetstream: enabled, users: [ {{ user: u{number}, password: p }} ] }}"))} }}";

    /// <summary>Connects to one of the accounts.</summary>
    public static Task<PublishScript> ConnectAsync(ServerProcess server, int account) => ConnectAsync(server.Port, $$""","user":"u{{account}}","pass":"p"}""");

    /// <summary>Connects to a server without accounts.</summary>
    public static Task<PublishScript> ConnectAsync(int port) => ConnectAsync(port, "}");

    private static async Task<PublishScript> ConnectAsync(int port, string rest)
    {
        RawClient client = await RawClient.HandshakeAsync(port, $$"""CONNECT {"verbose":false,"headers":true{{rest}}{{"\r\n"}}""");
        await client.SendAsync("SUB answers.> 1\r\nSUB again.> 2\r\nSUB $JS.EVENT.ADVISORY.STREAM.BATCH_ABANDONED.> 3\r\nSUB fast.> 4\r\n");
        await client.PingAsync();
        return new PublishScript(client);
    }

    /// <summary>Creates the stream of a scenario.</summary>
    /// <returns>Its configuration, as the server has it.</returns>
    public async Task<string> BeginAsync(PublishScenario scenario)
    {
        string answer = await AskAsync("$JS.API.STREAM.CREATE.S", scenario.Config);
        using var document = JsonDocument.Parse(answer);
        if (document.RootElement.TryGetProperty("error", out JsonElement error)) throw new InvalidOperationException($"{scenario.Name}: {error}");
        return document.RootElement.GetProperty("config").GetRawText();
    }

    /// <summary>Publishes, and waits until the server has said all that it says about it.</summary>
    public async Task<IReadOnlyList<PublishedAnswer>> PublishAsync(PublishStep step)
    {
        int number = ++_count;
        string reply = step.Reply switch { "-" => "", "auto" => $"answers.{number}", var given => given };

        // The last of the answers is that to a message which is refused whatever the stream is like.
        string marker = $"{Marker}{number}";
        const string Refused = "NATS/1.0\r\nNats-Expected-Stream: NOBODY\r\n\r\n";
        await client.SendAsync(FrameOf(step.Subject, reply, step.Headers, step.Payload) + FrameOf(step.Subject, marker, Refused, ""));
        List<PublishedAnswer> answers = [];
        while (true)
        {
            (string subject, string text) = await ReadAsync();
            if (subject == marker) return answers;
            answers.Add(new PublishedAnswer(subject, text));
        }
    }

    /// <summary>Waits for messages that nobody asked for.</summary>
    public async Task<IReadOnlyList<PublishedAnswer>> ReadAnswersAsync(int count)
    {
        List<PublishedAnswer> answers = [];
        while (answers.Count < count)
        {
            (string subject, string text) = await ReadAsync();
            answers.Add(new PublishedAnswer(subject, text));
        }

        return answers;
    }

    /// <summary>Waits until so many batches were said to be abandoned.</summary>
    /// <returns>The batches and why.</returns>
    public async Task<IReadOnlyList<string>> AbandonedAsync(int count)
    {
        // Advisories take another way than answers, so they may come later.
        while (_abandoned.Count < count) await ReadAnyAsync();
        return _abandoned;
    }

    /// <summary>Reads a stored message: subject, headers and payload, or the error.</summary>
    public async Task<string> LoadAsync(ulong sequence)
    {
        using var document = JsonDocument.Parse(await AskAsync("$JS.API.STREAM.MSG.GET.S", $$"""{"seq":{{sequence}}}"""));
        if (!document.RootElement.TryGetProperty("message", out JsonElement message)) return "none";
        string headers = message.TryGetProperty("hdrs", out JsonElement block) ? Encoding.Latin1.GetString(block.GetBytesFromBase64()) : "";
        string payload = message.TryGetProperty("data", out JsonElement data) ? Encoding.Latin1.GetString(data.GetBytesFromBase64()) : "";
        return $"{message.GetProperty("subject").GetString()}\n{headers}\n{payload}";
    }

    public ValueTask DisposeAsync() => client.DisposeAsync();

    private static string FrameOf(string subject, string reply, string headers, string payload) =>
        headers.Length == 0
            ? $"PUB {subject} {reply} {payload.Length}\r\n{payload}\r\n"
            : $"HPUB {subject} {reply} {headers.Length} {headers.Length + payload.Length}\r\n{headers}{payload}\r\n";

    private async Task<string> AskAsync(string subject, string body)
    {
        string reply = $"answers.api.{++_count}";
        await client.SendAsync(FrameOf(subject, reply, "", body));
        while (true)
        {
            (string to, string text) = await ReadAsync();
            if (to == reply) return text;
        }
    }

    private async Task<(string Subject, string Text)> ReadAsync()
    {
        while (true)
        {
            (string subject, string text) = await ReadAnyAsync();
            if (!subject.StartsWith("$JS.EVENT.", StringComparison.Ordinal)) return (subject, text);
        }
    }

    private async Task<(string Subject, string Text)> ReadAnyAsync()
    {
        ReceivedMessage message = await client.ReadMessageAsync();
        if (message.Subject.StartsWith("$JS.EVENT.", StringComparison.Ordinal))
        {
            using var advisory = JsonDocument.Parse(message.Text);
            _abandoned.Add($"{advisory.RootElement.GetProperty("batch").GetString()} {advisory.RootElement.GetProperty("reason").GetString()}");
        }

        return (message.Subject, message.Text);
    }
}
