namespace NATS.Server.Core.JetStream.Consumers;

/// <summary>With which message of the stream a consumer begins.</summary>
public enum DeliverPolicy
{
    All,
    Last,
    New,
    ByStartSequence,
    ByStartTime,
    LastPerSubject,
}

/// <summary>What has to be acknowledged: nothing, the last with all before, each, or what flow control confirms.</summary>
public enum AckPolicy
{
    None,
    All,
    Explicit,
    FlowControl,
}

/// <summary>How fast messages are delivered that are there already: at once, or at the pace at which they came.</summary>
public enum ReplayPolicy
{
    Instant,
    Original,
}

/// <summary>Which of the waiting clients of a consumer gets messages.</summary>
public enum PriorityPolicy
{
    None,
    Overflow,
    PinnedClient,
    Prioritized,
}

/// <summary>What a request does with a consumer.</summary>
public enum ConsumerAction
{
    CreateOrUpdate,
    Update,
    Create,
}
