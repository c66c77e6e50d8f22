using System.Globalization;
using System.Text;
using NATS.Server.Testing;

namespace NATS.Server.InteropTests.Tracing;

/// <summary>Owned by one test. Publishes messages that are traced, and gets the traces.</summary>
internal sealed class TraceClient : IAsyncDisposable
{
    private readonly RawClient _publisher;
    private readonly RawClient _listener;

    private TraceClient(RawClient publisher, RawClient listener) => (_publisher, _listener) = (publisher, listener);

    /// <summary>Connects twice.</summary>
    public static async Task<TraceClient> ConnectAsync(ServerProcess server, string connect)
    {
        RawClient publisher = await RawClient.HandshakeAsync(server.Port, $"CONNECT {connect}\r\n");
        RawClient listener = await RawClient.HandshakeAsync(server.Port, $"CONNECT {connect}\r\n");
        await listener.SendAsync("SUB trace 1\r\n");
        await listener.PingAsync();
        return new TraceClient(publisher, listener);
    }

    /// <summary>Publishes a message; the header block of its trace, if it has one, and the payload.</summary>
    /// <param name="subject">Of the message; a reply subject may follow.</param>
    /// <param name="headers">Beside the destination; lines.</param>
    /// <param name="body">Of the message.</param>
    public async Task<(string Headers, byte[] Body)> PublishAsync(string subject, string headers, string body = "body")
    {
        string block = $"NATS/1.0\r\nNats-Trace-Dest: trace\r\n{headers}\r\n";
        await _publisher.SendAsync($"HPUB {subject} {block.Length} {block.Length + body.Length}\r\n{block}{body}\r\n");
        string line = await _listener.ReadLineAsync();
        while (!line.Contains("MSG ", StringComparison.Ordinal)) line = await _listener.ReadLineAsync();
        string[] words = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        byte[] message = Encoding.Latin1.GetBytes(await _listener.ReadExactlyAsync(int.Parse(words[^1], CultureInfo.InvariantCulture)));
        await _listener.ExpectAsync("\r\n");
        int headerSize = words[0] == "HMSG" ? int.Parse(words[^2], CultureInfo.InvariantCulture) : 0;
        return (Encoding.Latin1.GetString(message, 0, headerSize), message[headerSize..]);
    }

    /// <summary>The same, of a trace that is not compressed.</summary>
    public async Task<string> TraceAsync(string subject, string headers, string body = "body") =>
        TraceText.Normalise(Encoding.UTF8.GetString((await PublishAsync(subject, headers, body)).Body));

    public async ValueTask DisposeAsync()
    {
        await _publisher.DisposeAsync();
        await _listener.DisposeAsync();
    }
}
