using System.Globalization;
using System.Text;
using System.Text.Json;
using NATS.Server.Testing;

namespace NATS.Server.InteropTests.JetStream;

/// <summary>Owned by one test. Sends requests of the JetStream API, bytes as they are, and returns the bytes of the answers.</summary>
internal sealed class ApiClient(RawClient client) : IAsyncDisposable
{
    private readonly HashSet<string> _unanswered = new(StringComparer.Ordinal);
    private int _requests;

    /// <summary>Connects.</summary>
    /// <param name="server">The server.</param>
    /// <param name="connect">The arguments of CONNECT, by the nonce of the server.</param>
    public static async Task<ApiClient> ConnectAsync(ServerProcess server, Func<string, string> connect)
    {
        RawClient client = await RawClient.ConnectAsync(server.Port);
        string info = (await client.ReadLineAsync())["INFO ".Length..];
        using JsonDocument document = JsonDocument.Parse(info);
        string nonce = document.RootElement.TryGetProperty("nonce", out JsonElement value) ? value.GetString()! : "";
        await client.SendAsync($"CONNECT {connect(nonce)}\r\nSUB answers.* 1\r\n");
        await client.PingAsync();
        return new ApiClient(client);
    }

    /// <summary>Whether the client's own subscription is to a subject.</summary>
    public static bool HasInterest(string subject) => subject.StartsWith("answers.", StringComparison.Ordinal);

    /// <summary>Sends a request that nobody should answer: an answer that comes later is an error of the next <see cref="AskAsync"/>.</summary>
    public async Task AskInVainAsync(string subject, ReadOnlyMemory<byte> payload, string level = "") => _unanswered.Add(await SendAsync(subject, payload, level));

    public async Task<byte[]> AskAsync(string subject, ReadOnlyMemory<byte> payload, string level = "")
    {
        string reply = await SendAsync(subject, payload, level);
        while (true)
        {
            ReceivedMessage message = await client.ReadMessageAsync();
            if (_unanswered.Contains(message.Subject)) throw new InvalidOperationException($"Expected no answer but received '{message.Text}'");
            if (message.Subject == reply) return Encoding.Latin1.GetBytes(message.Payload);
        }
    }

    public ValueTask DisposeAsync() => client.DisposeAsync();

    private async Task<string> SendAsync(string subject, ReadOnlyMemory<byte> payload, string level)
    {
        string reply = $"answers.{++_requests}";
        string headers = level.Length == 0 ? "" : $"NATS/1.0\r\nNats-Required-Api-Level: {level}\r\n\r\n";
        string head = headers.Length == 0
            ? $"PUB {subject} {reply} {payload.Length}\r\n"
            : $"HPUB {subject} {reply} {headers.Length} {headers.Length + payload.Length}\r\n{headers}";
        await client.SendAsync((byte[])[.. Encoding.UTF8.GetBytes(head), .. payload.Span, .. "\r\n"u8]);
        return reply;
    }
}
