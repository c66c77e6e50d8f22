namespace NATS.Server.Core.JetStream.Consumers;

/// <summary>A message that was delivered and not acknowledged. 24 bytes, since there may be millions.</summary>
internal struct PendingEntry
{
    /// <summary>Its consumer sequence is not known: it came from a state of the first version, or from a damaged one.</summary>
    public const uint UnknownOffset = uint.MaxValue;

    private const uint RemovedBit = 1U << 31;
    private const uint QueuedBit = 1U << 30;
    private const uint DeliveriesMask = QueuedBit - 1;

    /// <summary>More are not counted.</summary>
    public const uint MaximumDeliveries = DeliveriesMask;

    public ulong Sequence;

    /// <summary>From when on its wait counts, nanoseconds since 1970.</summary>
    public long TimeNs;

    /// <summary>The consumer sequence of its first delivery, from that of its chunk.</summary>
    public uint ConsumerOffset;

    private uint _state;

    /// <summary>How often it was delivered. 0: once, which failed and does not count.</summary>
    public uint Deliveries
    {
        readonly get => _state & DeliveriesMask;
        set => _state = (_state & ~DeliveriesMask) | Math.Min(value, DeliveriesMask);
    }

    /// <summary>Only its place is left.</summary>
    public bool IsRemoved
    {
        readonly get => (_state & RemovedBit) != 0;
        set => _state = value ? _state | RemovedBit : _state & ~RemovedBit;
    }

    /// <summary>It waits for its next delivery, and for no deadline.</summary>
    public bool IsQueued
    {
        readonly get => (_state & QueuedBit) != 0;
        set => _state = value ? _state | QueuedBit : _state & ~QueuedBit;
    }

    public readonly bool IsRedelivered => Deliveries > 1;
}
