using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace NATS.Server.StoreBench.Cases;

/// <summary>Owned by one case. A client of a reference that has a stream, which backs it up and restores it as clients do.</summary>
internal sealed class ReferenceBackup : IDisposable
{
    private const int ChunkLength = 128 << 10;

    // As many chunks are on the way as the server sends itself.
    private const int Window = 64;

    private readonly Process _server;
    private readonly TcpClient _client = new();
    private readonly BufferedStream _input;
    private readonly NetworkStream _output;

    public ReferenceBackup(string executable, string storeDirectory)
    {
        _server = ReferenceRun.Start(executable, storeDirectory, out int port, out _);
        _client.NoDelay = true;
        _client.Connect(IPAddress.Loopback, port);
        _output = _client.GetStream();
        _input = new BufferedStream(_output, 1 << 20);
        Send("CONNECT {\"verbose\":false,\"headers\":true}\r\nSUB answer 1\r\nSUB backup 2\r\nSUB chunk 3\r\n");
    }

    /// <summary>Backs a stream up.</summary>
    /// <returns>Its chunks.</returns>
    public List<byte[]> BackUp(string stream)
    {
        Request($"$JS.API.STREAM.SNAPSHOT.{stream}", "{\"deliver_subject\":\"backup\"}");
        List<byte[]> chunks = [];
        while (true)
        {
            (string reply, byte[] payload) = Read("2");
            if (payload.Length == 0 || payload.AsSpan().StartsWith("NATS/1.0"u8)) return chunks;
            chunks.Add(payload);
            if (reply.Length > 0) Send($"PUB {reply} 0\r\n\r\n");
        }
    }

    /// <summary>Restores a stream.</summary>
    public void Restore(string stream, byte[] backup)
    {
        string answer = Request($"$JS.API.STREAM.RESTORE.{stream}", $$"""{"config":{"name":"{{stream}}","subjects":["bench.>"],"storage":"file"},"state":{} }""");
        const string field = "\"deliver_subject\":\"";
        int at = answer.IndexOf(field, StringComparison.Ordinal) + field.Length;
        string target = answer[at..answer.IndexOf('"', at)];
        int waiting = 0;
        for (int sent = 0; sent < backup.Length; sent += ChunkLength)
        {
            int length = Math.Min(ChunkLength, backup.Length - sent);
            Send($"PUB {target} chunk {length}\r\n");
            _output.Write(backup, sent, length);
            Send("\r\n");
            if (++waiting < Window) continue;
            Read("3");
            waiting--;
        }

        for (; waiting > 0; waiting--) Read("3");
        Send($"PUB {target} chunk 0\r\n\r\n");
        string result = Encoding.UTF8.GetString(Read("3").Payload);
        if (!result.Contains("stream_create_response", StringComparison.Ordinal) || result.Contains("\"error\"", StringComparison.Ordinal)) throw new InvalidOperationException(result);
    }

    public void Delete(string stream) => Request($"$JS.API.STREAM.DELETE.{stream}", "");

    public void Dispose()
    {
        _input.Dispose();
        _client.Dispose();
        ReferenceRun.End(_server);
        _server.Dispose();
    }

    private string Request(string subject, string body)
    {
        Send(string.Create(CultureInfo.InvariantCulture, $"PUB {subject} answer {body.Length}\r\n{body}\r\n"));
        string answer = Encoding.UTF8.GetString(Read("1").Payload);
        return answer.Contains("\"error\"", StringComparison.Ordinal) ? throw new InvalidOperationException(answer) : answer;
    }

    private void Send(string text) => _output.Write(Encoding.ASCII.GetBytes(text));

    // Reply subject and payload, with headers, of the next message of a subscription.
    private (string Reply, byte[] Payload) Read(string subscription)
    {
        while (true)
        {
            string line = ReadLine();
            if (line == "PING") Send("PONG\r\n");
            string[] words = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
            if (words.Length == 0 || words[0] is not ("MSG" or "HMSG")) continue;
            byte[] payload = new byte[int.Parse(words[^1], CultureInfo.InvariantCulture)];
            _input.ReadExactly(payload);
            ReadLine();
            if (words[2] == subscription) return (words.Length > (words[0] == "MSG" ? 4 : 5) ? words[3] : "", payload);
        }
    }

    private string ReadLine()
    {
        var line = new StringBuilder();
        while (true)
        {
            int letter = _input.ReadByte();
            if (letter < 0) throw new InvalidOperationException("the reference has closed the connection");
            if (letter == '\n') return line.ToString();
            if (letter != '\r') line.Append((char)letter);
        }
    }
}
