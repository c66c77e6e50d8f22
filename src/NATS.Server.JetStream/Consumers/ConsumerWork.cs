using NATS.Server.JetStream.Ports;

namespace NATS.Server.JetStream.Consumers;

/// <summary>Something that came while the consumer was busy: kept until it is free.</summary>
/// <param name="Kind">What it is.</param>
/// <param name="Subject">Of an acknowledgement, or of an answer to flow control.</param>
/// <param name="Reply">Where the client waits; may be empty.</param>
/// <param name="Headers">The header block, or empty.</param>
/// <param name="Payload">The payload.</param>
/// <param name="IsImported">It came from another account.</param>
internal readonly record struct ConsumerWork(ConsumerWorkKind Kind, byte[] Subject, byte[] Reply, byte[] Headers, byte[] Payload, bool IsImported)
{
    /// <summary>The message that has left the stream.</summary>
    public ulong Sequence { get; init; }

    /// <summary>What somebody wants to do with the consumer.</summary>
    public Action<MessageBatch>? Command { get; init; }

    /// <summary>A message that was pending has left the stream.</summary>
    public static ConsumerWork Removed(ulong sequence) => new(ConsumerWorkKind.Removal, [], [], [], [], false) { Sequence = sequence };

    /// <summary>Somebody wants to do something.</summary>
    public static ConsumerWork Do(Action<MessageBatch> command) => new(ConsumerWorkKind.Command, [], [], [], [], false) { Command = command };

    /// <summary>Somebody asks something, and is answered even if it has ended meanwhile.</summary>
    public static ConsumerWork Ask(Action<MessageBatch> question) => new(ConsumerWorkKind.Question, [], [], [], [], false) { Command = question };
}

/// <summary>What came.</summary>
internal enum ConsumerWorkKind : byte
{
    Acknowledgement,
    PullRequest,
    FlowControl,
    Removal,
    Command,
    Question,
}
