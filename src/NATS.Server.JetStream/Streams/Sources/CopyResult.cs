namespace NATS.Server.JetStream.Streams.Sources;

/// <summary>What became of a message that was copied from another stream.</summary>
internal enum CopyResult
{
    Stored,

    /// <summary>The stream has a message with its id.</summary>
    Duplicate,

    /// <summary>It is not the one after the last message of the mirror.</summary>
    WrongSequence,

    /// <summary>The stream is full and discards new messages: it may be stored later.</summary>
    Full,

    /// <summary>The stream does not take such a message.</summary>
    Refused,

    /// <summary>The stream is closed.</summary>
    Closed,
}
