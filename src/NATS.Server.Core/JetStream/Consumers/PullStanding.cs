namespace NATS.Server.Core.JetStream.Consumers;

/// <summary>Immutable. A pull request at one moment, for people who want to know why it gets nothing.</summary>
public sealed record PullStanding
{
    /// <summary>Where its messages go.</summary>
    public required string Reply { get; init; }

    /// <summary>When it was received, nanoseconds since 1970.</summary>
    public required long ReceivedNs { get; init; }

    /// <summary>How many more messages it may get.</summary>
    public long Remaining { get; init; }

    /// <summary>How many messages it has got.</summary>
    public long Delivered { get; init; }

    /// <summary>How many more bytes it may get; 0: no matter.</summary>
    public long BytesLeft { get; init; }

    /// <summary>When it ends, nanoseconds since 1970; 0: never.</summary>
    public long ExpiresNs { get; init; }

    public bool NoWait { get; init; }

    /// <summary>Empty: it names none.</summary>
    public string Group { get; init; } = "";

    public int Priority { get; init; }

    public long MinPending { get; init; }

    public long MinAckPending { get; init; }

    /// <summary>What keeps it from the next message, whatever that is.</summary>
    public PullObstacle Obstacle { get; init; }
}

/// <summary>What keeps a waiting pull request from getting messages.</summary>
public enum PullObstacle
{
    None,

    /// <summary>It is over, and about to be told so.</summary>
    Expired,

    /// <summary>Nobody listens to its reply any more.</summary>
    NoInterest,

    /// <summary>Another client of its group is pinned.</summary>
    OtherPinned,

    /// <summary>It is to help out when there is much to do, and there is not.</summary>
    BelowThreshold,
}
