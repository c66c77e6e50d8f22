using System.Buffers;
using System.Globalization;
using NATS.Server.Core.JetStream.Json;
using NATS.Server.Core.Protocol;

namespace NATS.Server.Core.JetStream.Ingest;

/// <summary>Pure. The header block of a message that a stream publishes again once it is stored.</summary>
public static class RepublishHeaders
{
    private const int LongestNumber = 20;

    /// <summary>Writes the block: the headers of the message, and where it is in the stream.</summary>
    /// <param name="headers">Of the stored message, or empty.</param>
    /// <param name="stream">The name of the stream.</param>
    /// <param name="subject">Under which it is stored.</param>
    /// <param name="sequence">Of the message.</param>
    /// <param name="timestampNs">Nanoseconds since 1970.</param>
    /// <param name="lastSequence">Of the message before it of the same subject; 0 when there was none.</param>
    /// <param name="omittedPayload">The length of the payload when only the headers are published; -1 when all of it is.</param>
    /// <param name="output">Gets the block.</param>
    public static void Write(
        ReadOnlySpan<byte> headers, ReadOnlySpan<byte> stream, ReadOnlySpan<byte> subject, ulong sequence, long timestampNs, ulong lastSequence, int omittedPayload, IBufferWriter<byte> output)
    {
        if (headers.Length <= 2)
        {
            output.Write(MessageHeaders.Version);
            output.Write("\r\n"u8);
        }
        else
        {
            output.Write(headers[..^2]);
        }

        output.Write("Nats-Stream: "u8);
        output.Write(stream);
        output.Write("\r\nNats-Subject: "u8);
        output.Write(subject);
        output.Write("\r\nNats-Sequence: "u8);
        WriteNumber(sequence, output);
        output.Write("\r\nNats-Time-Stamp: "u8);
        output.Advance(ZonedTime.FromUnixNanoseconds(timestampNs).Format(output.GetSpan(ZonedTime.MaximumLength)));
        output.Write("\r\nNats-Last-Sequence: "u8);
        WriteNumber(lastSequence, output);
        if (omittedPayload >= 0)
        {
            output.Write("\r\nNats-Msg-Size: "u8);
            WriteNumber((ulong)omittedPayload, output);
        }

        output.Write("\r\n\r\n"u8);
    }

    private static void WriteNumber(ulong number, IBufferWriter<byte> output)
    {
        number.TryFormat(output.GetSpan(LongestNumber), out int digits, default, CultureInfo.InvariantCulture);
        output.Advance(digits);
    }
}
