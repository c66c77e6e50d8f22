namespace NATS.Server.Core.JetStream.Consumers;

/// <summary>What to do about messages that are to be delivered again.</summary>
public enum RedeliveryStep
{
    /// <summary>There are none.</summary>
    None,

    /// <summary>Deliver this one.</summary>
    Deliver,

    /// <summary>This one was delivered often enough: publish that it was given up, and ask again.</summary>
    GivenUp,
}
