using System.Text;

namespace NATS.Server.Core.JetStream.Consumers;

/// <content>Who waits, told to people. Changes nothing.</content>
public sealed partial class PullQueue
{
    // Also when it does not wait any more: a request is only reused for the next one, which is this then.
    private WaitingPull? _newest;

    /// <summary>The group whose client is pinned; empty while none is.</summary>
    public string PinnedGroup => PinId is null ? "" : _pinnedGroup ?? "";

    /// <summary>The request that was received last, whether it waits or not; null before the first one.</summary>
    /// <param name="load">What the consumer has to do.</param>
    public PullStanding? DescribeNewest(in PullLoad load) => _newest is { } newest ? Describe(newest, load) : null;

    /// <summary>The requests that wait, the next one first.</summary>
    /// <param name="load">What the consumer has to do.</param>
    /// <param name="maximum">No more than these.</param>
    public IReadOnlyList<PullStanding> Describe(in PullLoad load, int maximum)
    {
        List<PullStanding> waiting = new(Math.Min(Count, maximum));
        for (WaitingPull? pull = _head; pull is not null && waiting.Count < maximum; pull = pull.Next) waiting.Add(Describe(pull, load));
        return waiting;
    }

    private PullStanding Describe(WaitingPull pull, in PullLoad load) => new()
    {
        Reply = Encoding.UTF8.GetString(pull.Reply),
        ReceivedNs = pull.ReceivedNs,
        Remaining = pull.Remaining,
        Delivered = pull.Delivered,
        BytesLeft = Math.Max(pull.BytesLeft, 0),
        ExpiresNs = pull.Expires ? pull.ExpiresNs : 0,
        NoWait = pull.NoWait,
        Group = pull.Group ?? "",
        Priority = Rules.Policy == PriorityPolicy.Prioritized && pull.Priority <= 9 ? pull.Priority : 0,
        MinPending = Math.Max(pull.MinPending, 0),
        MinAckPending = Math.Max(pull.MinAckPending, 0),
        Obstacle = ObstacleOf(pull, load),
    };

    // In the order in which it is judged when a message is there for it.
    private PullObstacle ObstacleOf(WaitingPull pull, in PullLoad load)
    {
        if (pull.Expires && load.NowNs >= pull.ExpiresNs) return PullObstacle.Expired;
        if (PinId is not null && pull.PinId != PinId) return PullObstacle.OtherPinned;
        if (Rules.Policy == PriorityPolicy.Overflow && !IsOverflowing(pull, load)) return PullObstacle.BelowThreshold;
        return host.HasInterest(pull) ? PullObstacle.None : PullObstacle.NoInterest;
    }
}
