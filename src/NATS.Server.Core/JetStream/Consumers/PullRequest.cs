namespace NATS.Server.Core.JetStream.Consumers;

/// <summary>Immutable. A request for the next messages of a consumer, as its client wrote it.</summary>
public readonly record struct PullRequest
{
    public PullRequest() => Batch = 1;

    /// <summary>How many messages; 0 and less are as 1, except in what is said of it.</summary>
    public long Batch { get; init; }

    /// <summary>How long to wait, nanoseconds; 0: forever; less: it is over.</summary>
    public long ExpiresNs { get; init; }

    /// <summary>How many bytes; 0 and less: no matter.</summary>
    public long MaxBytes { get; init; }

    /// <summary>Not to wait when there is nothing; with <see cref="ExpiresNs"/>: to wait for the first message only.</summary>
    public bool NoWait { get; init; }

    /// <summary>How often to say that nothing has come, nanoseconds; 0 and less: never.</summary>
    public long HeartbeatNs { get; init; }

    /// <summary>Whether it was written as an object. Others say nothing about priorities and are not asked.</summary>
    public bool HasOptions { get; init; }

    public string? Group { get; init; }

    /// <summary>Only to be served while the consumer has that many messages to deliver; 0 and less: no matter.</summary>
    public long MinPending { get; init; }

    /// <summary>Only to be served while that many messages are not acknowledged; 0 and less: no matter.</summary>
    public long MinAckPending { get; init; }

    /// <summary>The pin that the client was given.</summary>
    public string? PinId { get; init; }

    /// <summary>0 is served first, 9 last.</summary>
    public long Priority { get; init; }
}
