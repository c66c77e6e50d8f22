using System.Buffers;
using System.Buffers.Text;
using System.Text;

namespace NATS.Server.JetStream.Consumers;

/// <content>Headers that messages get on their way.</content>
internal sealed partial class Consumer
{
    private ArrayBufferWriter<byte>? _headers;

    // Owner. Both are valid until the next call.
    private ReadOnlySpan<byte> WithSize(ReadOnlySpan<byte> headers, int size)
    {
        Span<byte> digits = stackalloc byte[16];
        Utf8Formatter.TryFormat(size, digits, out int length);
        return With(headers, "Nats-Msg-Size: "u8, digits[..length]);
    }

    private ReadOnlySpan<byte> WithPin(ReadOnlySpan<byte> headers, string pin)
    {
        Span<byte> value = stackalloc byte[pin.Length];
        Encoding.ASCII.GetBytes(pin, value);
        return With(headers, "Nats-Pin-Id: "u8, value);
    }

    // What is there may be the result of the last call.
    private ReadOnlySpan<byte> With(scoped ReadOnlySpan<byte> headers, scoped ReadOnlySpan<byte> key, scoped ReadOnlySpan<byte> value)
    {
        ArrayBufferWriter<byte> output = _headers ??= new ArrayBufferWriter<byte>(256);
        if (output.WrittenCount > 0 && headers.Overlaps(output.WrittenSpan)) headers = headers.ToArray();
        output.ResetWrittenCount();
        if (headers.Length < 4) output.Write("NATS/1.0\r\n"u8);
        else output.Write(headers[..^2]);
        output.Write(key);
        output.Write(value);
        output.Write("\r\n\r\n"u8);
        return output.WrittenSpan;
    }
}
