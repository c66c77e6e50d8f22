using System.Buffers;
using System.Globalization;
using System.IO.Compression;
using System.Text;
using System.Text.Json;
using NATS.Server.Core.Compression;
using NATS.Server.Testing;
using Xunit;

namespace NATS.Server.InteropTests.SystemEvents;

/// <summary>A message as a client received it. Immutable.</summary>
/// <param name="Subject">Where it was published.</param>
/// <param name="Headers">The header block; empty without one.</param>
/// <param name="Payload">Without headers.</param>
internal sealed record SystemMessage(string Subject, string Headers, byte[] Payload)
{
    public string Text => Encoding.UTF8.GetString(Payload);

    /// <summary>The text of a payload that is compressed as the headers say, or not at all.</summary>
    public string Decode()
    {
        if (Headers.Contains("gzip", StringComparison.Ordinal))
        {
            using var gzip = new GZipStream(new MemoryStream(Payload), CompressionMode.Decompress);
            using var reader = new StreamReader(gzip, Encoding.UTF8);
            return reader.ReadToEnd();
        }

        if (!Headers.Contains("snappy", StringComparison.Ordinal)) return Text;
        var plain = new ArrayBufferWriter<byte>();
        Assert.Equal(S2Error.None, S2Stream.Decompress(Payload, plain, 1 << 24));
        return Encoding.UTF8.GetString(plain.WrittenSpan);
    }
}

/// <summary>Owned by one test. A client that reads messages, and asks for answers until it is certain that no more come.</summary>
internal sealed class SystemClient(RawClient client, JsonElement info) : IAsyncDisposable
{
    private int _requests;

    public RawClient Raw => client;

    /// <summary>The id of the server it is connected to.</summary>
    public string ServerId => info.GetProperty("server_id").GetString()!;

    /// <summary>The client's own id.</summary>
    public ulong Id => info.GetProperty("client_id").GetUInt64();

    public static async Task<SystemClient> ConnectAsync(int port, string user, string more = "")
    {
        RawClient client = await RawClient.ConnectAsync(port);
        using JsonDocument info = JsonDocument.Parse((await client.ReadLineAsync())["INFO ".Length..]);
        string credentials = user.Length == 0 ? "" : $",\"user\":\"{user}\",\"pass\":\"{user}\"";
        await client.SendAsync($"CONNECT {{\"verbose\":false,\"headers\":true,\"no_responders\":true,\"protocol\":1{credentials}{more}}}\r\n");
        await client.PingAsync();
        return new SystemClient(client, info.RootElement.Clone());
    }

    public async Task SubscribeAsync(params string[] subjects)
    {
        foreach (string subject in subjects) await client.SendAsync($"SUB {subject} {++_requests}\r\n");
        await client.PingAsync();
    }

    public Task PublishAsync(string subject, string payload = "") => client.SendAsync($"PUB {subject} {Encoding.UTF8.GetByteCount(payload)}\r\n{Latin(payload)}\r\n");

    /// <summary>The next message, whatever else the server sends in between.</summary>
    public async Task<SystemMessage> ReadAsync()
    {
        while (true)
        {
            string line = await client.ReadLineAsync();
            if (line == "PING") await client.SendAsync("PONG\r\n");
            string[] words = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
            if (words.Length == 0 || words[0] is not ("MSG" or "HMSG")) continue;
            byte[] body = Encoding.Latin1.GetBytes(await client.ReadExactlyAsync(int.Parse(words[^1], CultureInfo.InvariantCulture)));
            await client.ExpectAsync("\r\n");
            int headers = words[0] == "HMSG" ? int.Parse(words[^2], CultureInfo.InvariantCulture) : 0;
            return new SystemMessage(words[1], Encoding.Latin1.GetString(body, 0, headers), body[headers..]);
        }
    }

    /// <summary>So many messages.</summary>
    public async Task<IReadOnlyList<SystemMessage>> ReadAsync(int count)
    {
        var read = new List<SystemMessage>();
        while (read.Count < count) read.Add(await ReadAsync());
        return read;
    }

    /// <summary>Asks, and returns all answers that come before the one to a second request, which certainly is answered and comes later.</summary>
    /// <param name="subject">Of the request.</param>
    /// <param name="body">Of the request.</param>
    /// <param name="headers">Header lines, without the first and the last; empty for none.</param>
    /// <param name="fence">The subject of the second request; by default one of the system account.</param>
    public async Task<IReadOnlyList<SystemMessage>> AskAsync(string subject, string body = "", string headers = "", string? fence = null)
    {
        int number = ++_requests;
        string reply = $"ANSWER.{number}";
        string payload = Latin(body);
        fence ??= $"$SYS.REQ.SERVER.{ServerId}.{(subject.EndsWith("STATSZ", StringComparison.Ordinal) || subject.EndsWith("SERVER.PING", StringComparison.Ordinal) ? "STATSZ" : "HEALTHZ")}";
        var text = new StringBuilder($"SUB {reply} a{number}\r\nSUB FENCE.{number} f{number}\r\n");
        if (headers.Length == 0)
        {
            text.Append($"PUB {subject} {reply} {payload.Length}\r\n{payload}\r\n");
        }
        else
        {
            string block = $"NATS/1.0\r\n{headers}\r\n\r\n";
            text.Append($"HPUB {subject} {reply} {block.Length} {block.Length + payload.Length}\r\n{block}{payload}\r\n");
        }

        await client.SendAsync(text.Append($"PUB {fence} FENCE.{number} 0\r\n\r\n").ToString());
        var answers = new List<SystemMessage>();
        while (true)
        {
            SystemMessage message = await ReadAsync();
            if (message.Subject == $"FENCE.{number}") break;
            if (message.Subject == reply) answers.Add(message);
        }

        await client.SendAsync($"UNSUB a{number}\r\nUNSUB f{number}\r\n");
        return answers;
    }

    public ValueTask DisposeAsync() => client.DisposeAsync();

    private static string Latin(string text) => Encoding.Latin1.GetString(Encoding.UTF8.GetBytes(text));
}
