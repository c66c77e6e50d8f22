using System.Buffers;

namespace NATS.Server.Core.JetStream.Ingest;

/// <summary>
/// Owned by the stream, under its lock. Memory for what is made of a message when it is not stored as it came: reused for every message, so that what a plan refers to is valid until the next one.
/// </summary>
public sealed class IngestScratch
{
    private ArrayBufferWriter<byte> _headers = new();
    private ArrayBufferWriter<byte> _otherHeaders = new();

    internal ArrayBufferWriter<byte> Subject { get; } = new();

    internal ArrayBufferWriter<byte> Republish { get; } = new();

    internal ArrayBufferWriter<byte> Payload { get; } = new();

    internal ArrayBufferWriter<byte> Value { get; } = new();

    /// <summary>Where the next version of the headers is written: not where the last one is.</summary>
    internal ArrayBufferWriter<byte> NextHeaders()
    {
        (_headers, _otherHeaders) = (_otherHeaders, _headers);
        return Cleared(_headers);
    }

    internal static ArrayBufferWriter<byte> Cleared(ArrayBufferWriter<byte> buffer)
    {
        buffer.ResetWrittenCount();
        return buffer;
    }
}
