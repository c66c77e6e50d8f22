namespace NATS.Server.JetStream.Storage.Consumers;

/// <summary>What a consumer's acknowledgements say.</summary>
public enum AckPolicy
{
    /// <summary>There are none: what is delivered is done.</summary>
    None,

    /// <summary>One is for all messages before it too.</summary>
    All,

    /// <summary>One is for one message.</summary>
    Explicit,

    /// <summary>As <see cref="All"/>; for sources and mirrors.</summary>
    FlowControl,
}
