namespace NATS.Server.Core.JetStream.Consumers;

/// <summary>The messages of a consumer that wait for something, at one moment.</summary>
public readonly record struct PendingStanding
{
    /// <summary>How many are delivered and not acknowledged, those that wait for their next delivery included.</summary>
    public int Count { get; init; }

    /// <summary>The first of them in the stream; 0 for none.</summary>
    public ulong FirstSequence { get; init; }

    /// <summary>How often that one was delivered.</summary>
    public ulong FirstDeliveries { get; init; }

    /// <summary>How many wait to be delivered again now.</summary>
    public int Queued { get; init; }

    /// <summary>The next of those; 0 for none.</summary>
    public ulong NextQueued { get; init; }

    /// <summary>When the first of the waits ends after which a message is delivered again, nanoseconds since 1970; 0: none does.</summary>
    public long NextDeadlineNs { get; init; }

    /// <summary>How many were delivered as often as they may be and will not be again.</summary>
    public int GivenUp { get; init; }

    /// <summary>One of those; 0 for none.</summary>
    public ulong AnyGivenUp { get; init; }
}
