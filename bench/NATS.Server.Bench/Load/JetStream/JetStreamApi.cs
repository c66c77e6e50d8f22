using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;

namespace NATS.Server.Bench.Load.JetStream;

/// <summary>A connection that asks the JetStream API and waits for every answer: for setting up and checking, never for what is measured. One thread.</summary>
internal sealed class JetStreamApi : IDisposable
{
    private const string Inbox = "_INBOX.api.";
    private const int ReadTimeoutMs = 60_000;
    private readonly Socket _socket = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true, ReceiveTimeout = ReadTimeoutMs };
    private byte[] _received = new byte[64 * 1024];
    private int _start;
    private int _end;
    private int _asked;

    public JetStreamApi(IPEndPoint server)
    {
        _socket.Connect(server);
        _socket.LingerState = new LingerOption(enable: true, seconds: 0);
        Send($"CONNECT {{\"verbose\":false,\"pedantic\":false,\"headers\":true,\"no_responders\":true,\"lang\":\"bench\",\"version\":\"1\"}}\r\nSUB {Inbox}* 1\r\n");
    }

    /// <summary>Creates a stream, or finds it created with the same configuration.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="fields">The rest of its configuration: JSON fields without the braces.</param>
    public void CreateStream(string name, string fields) => Ask($"STREAM.CREATE.{name}", $"{{\"name\":\"{name}\",{fields}}}").Dispose();

    /// <summary>Deletes a stream if it exists.</summary>
    public void DeleteStream(string name) => AskAny($"STREAM.DELETE.{name}", "").Dispose();

    /// <returns>Messages in a stream; -1 when there is none of that name.</returns>
    public long Messages(string name)
    {
        using var answer = AskAny($"STREAM.INFO.{name}", "");
        return answer.RootElement.TryGetProperty("state", out var state) ? state.GetProperty("messages").GetInt64() : -1;
    }

    /// <param name="stream">The stream.</param>
    /// <param name="name">The consumer's name.</param>
    /// <param name="fields">The rest of its configuration.</param>
    public void CreateConsumer(string stream, string name, string fields) => Ask(
        $"CONSUMER.CREATE.{stream}.{name}",
        $"{{\"stream_name\":\"{stream}\",\"action\":\"create\",\"config\":{{\"name\":\"{name}\",{fields}}}}}").Dispose();

    public void DeleteConsumer(string stream, string name) => AskAny($"CONSUMER.DELETE.{stream}.{name}", "").Dispose();

    /// <returns>A number of a consumer's info.</returns>
    public long ConsumerFigure(string stream, string name, string field)
    {
        using var answer = Ask($"CONSUMER.INFO.{stream}.{name}", "");
        return answer.RootElement.GetProperty(field).GetInt64();
    }

    /// <summary>A request that must succeed.</summary>
    /// <exception cref="VerificationException">The server answered with an error.</exception>
    public JsonDocument Ask(string subject, string request)
    {
        var answer = AskAny(subject, request);
        if (!answer.RootElement.TryGetProperty("error", out var error)) return answer;
        var text = error.GetRawText();
        answer.Dispose();
        throw new VerificationException($"{subject} was answered: {text}");
    }

    public void Dispose() => _socket.Dispose();

    private JsonDocument AskAny(string subject, string request)
    {
        var reply = string.Create(CultureInfo.InvariantCulture, $"{Inbox}{++_asked}");
        Send(string.Create(CultureInfo.InvariantCulture, $"PUB $JS.API.{subject} {reply} {Encoding.UTF8.GetByteCount(request)}\r\n{request}\r\n"));
        while (true)
        {
            var line = ReadLine();
            if (line == "PING") Send("PONG\r\n");
            if (line.StartsWith("-ERR", StringComparison.Ordinal)) throw new VerificationException($"the server sent: {line}");
            var isPlain = line.StartsWith("MSG ", StringComparison.Ordinal);
            if (!isPlain && !line.StartsWith("HMSG ", StringComparison.Ordinal)) continue;
            var arguments = line.Split(' ');
            var length = int.Parse(arguments[^1], CultureInfo.InvariantCulture);
            while (_end - _start < length + 2) Receive();
            var body = _received.AsMemory(_start, length);
            _start += length + 2;
            if (arguments[1] != reply) continue;
            return isPlain ? JsonDocument.Parse(body.ToArray()) : throw new VerificationException($"{subject} was answered: {Encoding.Latin1.GetString(body.Span)}");
        }
    }

    private void Send(string text)
    {
        var bytes = Encoding.UTF8.GetBytes(text);
        for (var sent = 0; sent < bytes.Length;) sent += _socket.Send(bytes.AsSpan(sent));
    }

    private string ReadLine()
    {
        int length;
        while ((length = _received.AsSpan(_start, _end - _start).IndexOf("\r\n"u8)) < 0) Receive();
        var line = Encoding.Latin1.GetString(_received, _start, length);
        _start += length + 2;
        return line;
    }

    private void Receive()
    {
        if (_start > 0)
        {
            _received.AsSpan(_start, _end - _start).CopyTo(_received);
            _end -= _start;
            _start = 0;
        }

        if (_end == _received.Length) Array.Resize(ref _received, _received.Length * 2);
        try
        {
            var received = _socket.Receive(_received.AsSpan(_end));
            _end += received > 0 ? received : throw new VerificationException("the server closed a connection");
        }
        catch (SocketException failed)
        {
            throw new VerificationException($"the server does not answer the JetStream API: {failed.Message}");
        }
    }
}
