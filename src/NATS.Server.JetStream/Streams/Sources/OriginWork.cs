namespace NATS.Server.JetStream.Streams.Sources;

/// <summary>Something that came for a mirror or source while it was busy: kept until it is free.</summary>
/// <param name="Kind">What it is.</param>
/// <param name="Attempt">To which request it belongs.</param>
/// <param name="Subject">Of a message.</param>
/// <param name="Reply">Of a message.</param>
/// <param name="Headers">The header block, or empty.</param>
/// <param name="Payload">The payload.</param>
internal readonly record struct OriginWork(OriginWorkKind Kind, int Attempt, byte[] Subject, byte[] Reply, byte[] Headers, byte[] Payload);

/// <summary>What came for a mirror or source.</summary>
internal enum OriginWorkKind : byte
{
    /// <summary>The consumer delivers.</summary>
    Message,

    /// <summary>The answer to the request for the consumer.</summary>
    Answer,
}
