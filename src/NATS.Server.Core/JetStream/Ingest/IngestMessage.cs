namespace NATS.Server.Core.JetStream.Ingest;

/// <summary>A message on its way into a stream.</summary>
public readonly ref struct IngestMessage
{
    /// <summary>A literal subject, as it was published: before the stream's transform.</summary>
    public ReadOnlySpan<byte> Subject { get; init; }

    /// <summary>The header block with its version line, or empty. Not checked.</summary>
    public ReadOnlySpan<byte> Headers { get; init; }

    public ReadOnlySpan<byte> Payload { get; init; }

    /// <summary>
    /// Not from a client but of the server itself (a scheduled message, a delete marker) or copied from another stream: what its headers ask for was checked there, and it may carry headers that clients may not.
    /// </summary>
    public bool IsTrusted { get; init; }
}
