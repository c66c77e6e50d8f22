namespace NATS.Server.JetStream.Consumers;

/// <summary>Something that came from a client while the consumer was busy: kept until it is free.</summary>
/// <param name="Kind">What it is.</param>
/// <param name="Subject">Of an acknowledgement.</param>
/// <param name="Reply">Where the client waits; may be empty.</param>
/// <param name="Headers">The header block, or empty.</param>
/// <param name="Payload">The payload.</param>
/// <param name="IsImported">It came from another account.</param>
internal readonly record struct ConsumerWork(ConsumerWorkKind Kind, byte[] Subject, byte[] Reply, byte[] Headers, byte[] Payload, bool IsImported);

/// <summary>What came from a client.</summary>
internal enum ConsumerWorkKind : byte
{
    Acknowledgement,
    PullRequest,
    FlowControl,
}
