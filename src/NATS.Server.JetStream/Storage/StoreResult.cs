namespace NATS.Server.JetStream.Storage;

/// <summary>What became of an operation of a store.</summary>
public enum StoreResult
{
    Ok,

    /// <summary>There is no such message: never, no more, or damaged beyond use.</summary>
    NotFound,

    /// <summary>The sequence is above the last one.</summary>
    EndOfStream,

    /// <summary>The store was stopped or deleted.</summary>
    Closed,

    /// <summary>maximum messages exceeded: new messages are discarded.</summary>
    MaximumMessages,

    /// <summary>maximum bytes exceeded: new messages are discarded.</summary>
    MaximumBytes,

    /// <summary>maximum messages per subject exceeded: new messages are discarded.</summary>
    MaximumMessagesPerSubject,

    /// <summary>The record would be longer than the format allows.</summary>
    TooLarge,

    /// <summary>The given sequence is not the one after the last.</summary>
    WrongSequence,

    /// <summary>More results than were allowed.</summary>
    TooMany,

    /// <summary>An argument contradicts others, such as purge by sequence together with keep.</summary>
    Invalid,

    /// <summary>The device is full: nothing was stored. Writing works again by itself once there is space.</summary>
    DiskFull,

    /// <summary>A write or sync failed: nothing more is stored until the store has been verified.</summary>
    Failed,
}
