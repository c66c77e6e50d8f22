using System.Globalization;

namespace NATS.Server.Core.Protocol;

/// <summary>
/// A message that did not come from a client as it stands: the server's own, or one whose reply or headers were rewritten. Written as a canonical frame
/// into a buffer that is reused. Owned by its user; a message is valid until the next <see cref="Write"/>.
/// </summary>
public sealed class MessageFrame
{
    // Deliveries copy with vector loads that may read past the end.
    private const int Slack = 64;
    private const int LargestKept = 64 * 1024;

    private byte[] _buffer = [];

    /// <summary>Writes a message.</summary>
    /// <param name="subject">A valid literal subject.</param>
    /// <param name="reply">Empty: none.</param>
    /// <param name="headers">A complete header block, from <c>NATS/1.0</c> to the empty line; empty: none.</param>
    /// <param name="payload">What follows the headers.</param>
    public InboundMessage Write(
        scoped ReadOnlySpan<byte> subject, scoped ReadOnlySpan<byte> reply, scoped ReadOnlySpan<byte> headers, scoped ReadOnlySpan<byte> payload)
    {
        int most = "HPUB ".Length + subject.Length + 1 + reply.Length + 1 + 24 + headers.Length + payload.Length + 2;
        if (_buffer.Length < most + Slack || (_buffer.Length > LargestKept && most < LargestKept / 2)) _buffer = new byte[most + Slack + (most / 2)];
        Span<byte> frame = _buffer;
        int at = Append(frame, 0, headers.IsEmpty ? "PUB "u8 : "HPUB "u8);
        int subjectStart = at;
        at = Append(frame, at, subject);
        frame[at++] = (byte)' ';
        int replyStart = at;
        if (!reply.IsEmpty)
        {
            at = Append(frame, at, reply);
            frame[at++] = (byte)' ';
        }

        if (!headers.IsEmpty)
        {
            at = AppendNumber(frame, at, headers.Length);
            frame[at++] = (byte)' ';
        }

        at = AppendNumber(frame, at, headers.Length + payload.Length);
        at = Append(frame, at, "\r\n"u8);
        int bodyStart = at;
        at = Append(frame, at, headers);
        at = Append(frame, at, payload);
        at = Append(frame, at, "\r\n"u8);
        return new InboundMessage(frame[..at], subjectStart, subject.Length, replyStart, reply.Length, bodyStart, headers.IsEmpty ? -1 : headers.Length);
    }

    private static int Append(Span<byte> frame, int at, ReadOnlySpan<byte> bytes)
    {
        bytes.CopyTo(frame[at..]);
        return at + bytes.Length;
    }

    private static int AppendNumber(Span<byte> frame, int at, int number)
    {
        number.TryFormat(frame[at..], out int written, default, CultureInfo.InvariantCulture);
        return at + written;
    }
}
