namespace NATS.Server.Core.JetStream.Consumers;

/// <summary>Immutable. What the configuration of a consumer says about acknowledgements, checked and with its defaults filled in.</summary>
public sealed record ConsumerRules
{
    public AckPolicy AckPolicy { get; init; } = AckPolicy.Explicit;

    /// <summary>How long a delivery waits for its acknowledgement, nanoseconds; 0: forever. The first of <see cref="BackoffNs"/> where that is set.</summary>
    public long AckWaitNs { get; init; }

    /// <summary>The waits of the first, second, … delivery, nanoseconds; the last one is for all that follow. Empty: always <see cref="AckWaitNs"/>.</summary>
    public IReadOnlyList<long> BackoffNs { get; init; } = [];

    /// <summary>How often a message is delivered; 0 or less: without end.</summary>
    public int MaxDeliver { get; init; }

    /// <summary>How many messages may be delivered and not acknowledged before no new ones are delivered; 0 or less: without end.</summary>
    public int MaxAckPending { get; init; }

    /// <summary>
    /// Whether the client confirms what it has got beside its acknowledgements: then it may know of deliveries that this server has forgotten in a crash, and an acknowledgement of what was never delivered is
    /// one of all that was.
    /// </summary>
    public bool IsFlowControlled { get; init; }

    /// <summary>How long a delivery waits.</summary>
    /// <param name="deliveries">The how manieth of its message it was, 1 for the first.</param>
    /// <returns>Nanoseconds; 0: forever.</returns>
    public long WaitAfter(uint deliveries) =>
        AckWaitNs <= 0 || BackoffNs.Count == 0 ? Math.Max(AckWaitNs, 0) : BackoffNs[(int)Math.Min((uint)BackoffNs.Count, Math.Max(deliveries, 1)) - 1];
}
