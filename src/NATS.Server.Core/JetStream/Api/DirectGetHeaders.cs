using System.Buffers.Text;
using NATS.Server.Core.JetStream.Json;
using NATS.Server.Core.Protocol;

namespace NATS.Server.Core.JetStream.Api;

/// <summary>Pure. The header block of a message that a stream itself gives to who asks for it: the headers of the message, and where it is in the stream.</summary>
/// <remarks>Allocates nothing. Reference: nats-server stream.go getDirectRequest.</remarks>
public static class DirectGetHeaders
{
    // The names with their line ends, and the longest numbers and time.
    private const int Overhead = 256;

    /// <summary>How long a block is at most.</summary>
    public static int MaximumLength(int headersLength, int streamLength, int subjectLength) => headersLength + streamLength + subjectLength + Overhead;

    /// <summary>Writes the block of a message that was asked for alone.</summary>
    /// <param name="output">At least <see cref="MaximumLength"/> long.</param>
    /// <param name="headers">Of the message, or empty.</param>
    /// <param name="stream">The name of the stream.</param>
    /// <param name="subject">Of the message.</param>
    /// <param name="sequence">Of the message.</param>
    /// <param name="timestampNs">Nanoseconds since 1970.</param>
    /// <returns>How long it is.</returns>
    public static int Write(Span<byte> output, ReadOnlySpan<byte> headers, ReadOnlySpan<byte> stream, ReadOnlySpan<byte> subject, ulong sequence, long timestampNs)
    {
        int length = WritePlace(output, headers, stream, subject, sequence, timestampNs);
        return length + Put(output[length..], "\r\n"u8);
    }

    /// <summary>Writes the block of one of several messages.</summary>
    /// <param name="output">As above.</param>
    /// <param name="headers">As above.</param>
    /// <param name="stream">As above.</param>
    /// <param name="subject">As above.</param>
    /// <param name="sequence">As above.</param>
    /// <param name="timestampNs">As above.</param>
    /// <param name="pending">How many messages come after it.</param>
    /// <param name="lastSequence">Of the message before it in the answer; 0 for the first.</param>
    /// <returns>How long it is.</returns>
    public static int Write(
        Span<byte> output, ReadOnlySpan<byte> headers, ReadOnlySpan<byte> stream, ReadOnlySpan<byte> subject, ulong sequence, long timestampNs, ulong pending, ulong lastSequence)
    {
        int length = WritePlace(output, headers, stream, subject, sequence, timestampNs);
        length += PutNumber(output[length..], "Nats-Num-Pending: "u8, pending);
        length += PutNumber(output[length..], "Nats-Last-Sequence: "u8, lastSequence);
        return length + Put(output[length..], "\r\n"u8);
    }

    /// <summary>Writes the block that follows the last of several messages.</summary>
    /// <param name="output">At least <see cref="Overhead"/> long.</param>
    /// <param name="pending">How many messages more there would be.</param>
    /// <param name="lastSequence">Of the last message; 0 when there was none.</param>
    /// <param name="upToSequence">What the last messages of subjects were bounded by; 0 for messages in a row.</param>
    /// <returns>How long it is.</returns>
    public static int WriteEnd(Span<byte> output, ulong pending, ulong lastSequence, ulong upToSequence)
    {
        int length = Put(output, "NATS/1.0 204 EOB\r\n"u8);
        length += PutNumber(output[length..], "Nats-Num-Pending: "u8, pending);
        length += PutNumber(output[length..], "Nats-Last-Sequence: "u8, lastSequence);
        if (upToSequence > 0) length += PutNumber(output[length..], "Nats-UpTo-Sequence: "u8, upToSequence);
        return length + Put(output[length..], "\r\n"u8);
    }

    private static int WritePlace(Span<byte> output, ReadOnlySpan<byte> headers, ReadOnlySpan<byte> stream, ReadOnlySpan<byte> subject, ulong sequence, long timestampNs)
    {
        int length;
        if (headers.Length <= 2)
        {
            length = Put(output, MessageHeaders.Version);
            length += Put(output[length..], "\r\n"u8);
        }
        else
        {
            length = Put(output, headers[..^2]);
        }

        length += Put(output[length..], "Nats-Stream: "u8);
        length += Put(output[length..], stream);
        length += Put(output[length..], "\r\nNats-Subject: "u8);
        length += Put(output[length..], subject);
        length += Put(output[length..], "\r\n"u8);
        length += PutNumber(output[length..], "Nats-Sequence: "u8, sequence);
        length += Put(output[length..], "Nats-Time-Stamp: "u8);
        length += ZonedTime.FromUnixNanoseconds(timestampNs).Format(output[length..]);
        return length + Put(output[length..], "\r\n"u8);
    }

    private static int PutNumber(Span<byte> output, ReadOnlySpan<byte> name, ulong number)
    {
        int length = Put(output, name);
        Utf8Formatter.TryFormat(number, output[length..], out int digits);
        length += digits;
        return length + Put(output[length..], "\r\n"u8);
    }

    private static int Put(Span<byte> output, ReadOnlySpan<byte> text)
    {
        text.CopyTo(output);
        return text.Length;
    }
}
