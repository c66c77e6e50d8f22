using System.Buffers;
using System.Globalization;
using System.Text.Json;
using System.Text.Unicode;

namespace NATS.Server.JetStream.Storage.Inspection;

/// <summary>Owned by one user at a time. Writes messages as JSON, one object a line.</summary>
/// <remarks>
/// <c>account</c>, <c>stream</c>, <c>seq</c>, <c>time</c> (RFC 3339, nanoseconds), <c>subject</c>, <c>headers</c> and <c>data</c> (base64; empty for none). A subject that is not UTF-8 is also there as
/// <c>subject_base64</c>.
/// </remarks>
internal sealed class MessageLines : IDisposable
{
    private const int FlushBytes = 256 << 10;
    private const long Second = 1_000_000_000;

    private readonly StreamDirectory _stream;
    private readonly System.IO.Stream _output;
    private readonly ArrayBufferWriter<byte> _buffer = new();
    private readonly Utf8JsonWriter _json;

    public MessageLines(StreamDirectory stream, System.IO.Stream output)
    {
        _stream = stream;
        _output = output;
        _json = new Utf8JsonWriter(_buffer, new JsonWriterOptions { SkipValidation = true });
    }

    /// <summary>Nanoseconds since 1970 as text.</summary>
    public static string TimeOf(long timeNs)
    {
        long seconds = Math.DivRem(timeNs, Second, out long fraction);
        if (fraction < 0) (seconds, fraction) = (seconds - 1, fraction + Second);
        return string.Create(CultureInfo.InvariantCulture, $"{DateTimeOffset.FromUnixTimeSeconds(seconds).UtcDateTime:yyyy-MM-dd'T'HH:mm:ss}.{fraction:d9}Z");
    }

    public void Write(in StoredMessage message)
    {
        _json.Reset();
        _json.WriteStartObject();
        _json.WriteString("account", _stream.Account);
        _json.WriteString("stream", _stream.Name);
        _json.WriteNumber("seq", message.Sequence);
        _json.WriteString("time", TimeOf(message.TimestampNs));
        if (Utf8.IsValid(message.Subject))
        {
            _json.WriteString("subject", message.Subject);
        }
        else
        {
            _json.WriteString("subject", System.Text.Encoding.UTF8.GetString(message.Subject));
            _json.WriteBase64String("subject_base64", message.Subject);
        }

        _json.WriteBase64String("headers", message.Headers);
        _json.WriteBase64String("data", message.Payload);
        _json.WriteEndObject();
        _json.Flush();
        _buffer.Write("\n"u8);
        if (_buffer.WrittenCount >= FlushBytes) Flush();
    }

    public void Dispose()
    {
        Flush();
        _json.Dispose();
    }

    private void Flush()
    {
        _output.Write(_buffer.WrittenSpan);
        _buffer.ResetWrittenCount();
    }
}
