namespace NATS.Server.JetStream.Storage.Consumers;

/// <summary>What became of a change of a consumer's state.</summary>
public enum ConsumerStoreResult
{
    Ok,

    /// <summary>There is no such message pending.</summary>
    NotFound,

    /// <summary>Not for consumers without acknowledgements.</summary>
    NoAckPolicy,

    /// <summary>The state is older than the one there is, and was ignored.</summary>
    OldUpdate,

    /// <summary>A floor is above what was delivered, or a pending message is not between both.</summary>
    Invalid,

    /// <summary>The store was stopped or deleted.</summary>
    Closed,

    /// <summary>It is in memory, and could not be written: it will be tried again.</summary>
    NotWritten,
}
