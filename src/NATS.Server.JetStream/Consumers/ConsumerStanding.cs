using NATS.Server.Core.JetStream.Api;
using NATS.Server.Core.JetStream.Consumers;

namespace NATS.Server.JetStream.Consumers;

/// <summary>Immutable. All that decides whether a consumer delivers, at one moment.</summary>
internal sealed record ConsumerStanding
{
    /// <summary>As its information shows it, and when that was.</summary>
    public required ConsumerInfo Info { get; init; }

    /// <summary>All of it is of the same moment. Otherwise the consumer was too busy to be asked: what only its owner may look at is missing.</summary>
    public bool IsExact { get; init; }

    /// <summary>It delivers nothing any more: it was deleted, or JetStream ends.</summary>
    public bool IsEnded { get; init; }

    /// <summary>How many pieces of work wait for it.</summary>
    public int WaitingWork { get; init; }

    /// <summary>The first sequence of the stream that it has not looked at.</summary>
    public ulong NextSequence { get; init; }

    /// <summary>The last sequence of the stream that may be delivered.</summary>
    public ulong Readable { get; init; }

    /// <summary>Until when the next message is held back, nanoseconds since 1970; 0: it is not.</summary>
    public long HeldUntilNs { get; init; }

    /// <summary>What holds it back.</summary>
    public ConsumerHold Hold { get; init; }

    /// <summary>Push: somebody listens, as far as the consumer knows.</summary>
    public bool IsActive { get; init; }

    /// <summary>Push: how much is on its way; null without flow control.</summary>
    public FlowStanding? Flow { get; init; }

    /// <summary>As many messages wait for their acknowledgement as may.</summary>
    public bool IsFull { get; init; }

    /// <summary>What was delivered and is not done.</summary>
    public PendingStanding Unacknowledged { get; init; }

    /// <summary>Pull: requests that wait, the next one first; no more than <see cref="Consumer.MaximumPullsTold"/>.</summary>
    public IReadOnlyList<PullStanding> Pulls { get; init; } = [];

    /// <summary>Pull: the request that was received last, whether it waits or not.</summary>
    public PullStanding? NewestPull { get; init; }

    /// <summary>Pull: what a client was told last instead of a message.</summary>
    public PullAnswer? LastAnswer { get; init; }

    /// <summary>When the pin of a client ends, nanoseconds since 1970; 0: there is none.</summary>
    public long PinEndsNs { get; init; }

    /// <summary>When it is deleted unless somebody uses it, nanoseconds since 1970; 0: never.</summary>
    public long AbandonNs { get; init; }

    /// <summary>So many deliveries were made, redeliveries included, in the time of <see cref="PaceNs"/> before now.</summary>
    public ulong PaceDeliveries { get; init; }

    /// <summary>Nanoseconds; 0: it has just begun.</summary>
    public long PaceNs { get; init; }

    /// <summary>The message that is delivered next; null when there is none that may be.</summary>
    public NextMessage? Next { get; init; }

    /// <summary>How many messages of the stream its filter matches, delivered or not.</summary>
    public ulong Matching { get; init; }

    /// <summary>The last one of those; 0 for none.</summary>
    public ulong LastMatching { get; init; }
}

/// <summary>What holds the messages of a consumer back for a time.</summary>
internal enum ConsumerHold
{
    None,

    /// <summary>They are delivered at the pace at which they came.</summary>
    Replay,

    /// <summary>So many bits per second may pass.</summary>
    Rate,
}

/// <summary>A window of flow control at one moment. Immutable.</summary>
/// <param name="Size">How many bytes may be on their way.</param>
/// <param name="Pending">How many are.</param>
/// <param name="IsAsking">The client was asked for an answer and has not given it.</param>
/// <param name="IsClosed">Nothing is sent before it does.</param>
internal sealed record FlowStanding(long Size, long Pending, bool IsAsking, bool IsClosed);

/// <summary>A message that is about to be delivered. Immutable.</summary>
/// <param name="Sequence">In the stream.</param>
/// <param name="Subject">Under which it is stored.</param>
/// <param name="SizeBytes">As pull requests count it: with its subjects and headers.</param>
/// <param name="TimestampNs">When it was stored, nanoseconds since 1970.</param>
/// <param name="IsRedelivery">It was delivered before.</param>
internal sealed record NextMessage(ulong Sequence, string Subject, long SizeBytes, long TimestampNs, bool IsRedelivery);

/// <summary>A status that was sent instead of messages. Immutable.</summary>
/// <param name="Code">Such as 409.</param>
/// <param name="Description">Such as <c>Exceeded MaxWaiting</c>.</param>
/// <param name="BytesLeft">How many bytes the request would still have taken; 0 when that is not known or did not matter.</param>
/// <param name="Reply">To whom.</param>
/// <param name="TimeNs">When, nanoseconds since 1970.</param>
internal sealed record PullAnswer(int Code, string Description, long BytesLeft, string Reply, long TimeNs);
