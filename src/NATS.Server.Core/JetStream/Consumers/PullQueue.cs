using System.Diagnostics.CodeAnalysis;

namespace NATS.Server.Core.JetStream.Consumers;

/// <summary>
/// Owned by the consumer's mailbox. The pull requests that wait for messages: which of them gets the next one, and what ends the others. It decides;
/// messages, statuses and the clock are its owner's.
/// </summary>
/// <remarks>At most <see cref="PullRules.MaxWaiting"/> requests wait. Nothing is allocated per request once as many have waited. Reference: nats-server consumer.go waitQueue.</remarks>
public sealed partial class PullQueue(PullRules rules, IPullHost host)
{
    private const int MaximumSpares = 64;
    private const long CheckWhenFullNs = 1_000_000_000;
    private readonly Stack<WaitingPull> _spares = new();
    private WaitingPull? _head;
    private WaitingPull? _tail;

    // Given out, and not waiting any more: it is free when the queue is called again.
    private WaitingPull? _taken;
    private long _checkedNs;

    public PullRules Rules { get; private set; } = rules;

    /// <summary>How many requests wait.</summary>
    public int Count { get; private set; }

    /// <summary>When a request was last received, nanoseconds since 1970.</summary>
    public long LastActiveNs { get; private set; }

    /// <summary>Takes over another configuration. How many may wait stays: the reference ignores changes of it.</summary>
    public void Update(PullRules rules) => Rules = rules with { MaxWaiting = Rules.MaxWaiting };

    /// <summary>Takes a request.</summary>
    /// <param name="request">As it was read.</param>
    /// <param name="client">Who sent it.</param>
    /// <param name="load">What the consumer has to do.</param>
    /// <returns>What to answer at once; null when it waits, or when the client had better hear nothing.</returns>
    public PullStatus? Add(in PullRequest request, in PullClient client, in PullLoad load)
    {
        Reclaim();
        if (Check(request) is { } refused) return refused;
        if (TouchPin(request, load.NowNs) is { } mismatch) return mismatch;

        // A full queue is not walked for each of many requests.
        if (Count >= Rules.MaxWaiting && load.NowNs - _checkedNs > CheckWhenFullNs) Check(load.NowNs, isDry: false);
        if (request.NoWait && Refuse(request, load) is { } nothing)
        {
            LastActiveNs = load.NowNs;
            return nothing;
        }

        // A client that waits for heartbeats would come back at once.
        if (Count >= Rules.MaxWaiting) return request.HeartbeatNs > 0 ? null : PullStatus.MaxWaitingExceeded;
        WaitingPull pull = _spares.TryPop(out WaitingPull? spare) ? spare : new WaitingPull();
        pull.Begin(request, client, load.NowNs);
        _newest = pull;
        Append(pull);
        LastActiveNs = load.NowNs;
        return null;
    }

    /// <summary>Finds the request that gets a message, and counts it as delivered to it. Requests that are found to be over are ended.</summary>
    /// <param name="sizeBytes">Of the message with its subjects and headers.</param>
    /// <param name="load">What the consumer has to do besides.</param>
    /// <param name="pull">The request. Call <see cref="WaitingPull.MessageSent"/> when it was sent.</param>
    public bool TryTake(long sizeBytes, in PullLoad load, [NotNullWhen(true)] out WaitingPull? pull)
    {
        Reclaim();
        bool needsPin = Rules.Policy == PriorityPolicy.PinnedClient && PinId is null;
        int passed = 0;
        while ((pull = _head) is not null)
        {
            switch (Judge(pull, sizeBytes, load, needsPin))
            {
                case Verdict.Take:
                    CountDelivery(pull);
                    return true;
                case Verdict.Pass:
                    RemoveHead();
                    AddLast(pull);
                    if (++passed >= Count) return false;
                    break;
                default:
                    RemoveHead();
                    Free(pull);
                    break;
            }
        }

        return false;
    }

    /// <summary>Ends the requests that are over, and beats for those that want it.</summary>
    /// <param name="nowNs">The time.</param>
    /// <param name="isDry">There is no message to deliver: who does not wait has got what there was. False also when messages are only held back.</param>
    /// <returns>When to call again, nanoseconds since 1970; <see cref="long.MaxValue"/>: not before another request comes.</returns>
    public long Check(long nowNs, bool isDry)
    {
        Reclaim();
        return Walk(nowNs, isDry, out _);
    }

    /// <summary>Gives back what a delivery has taken from a request, if it still waits.</summary>
    public void Credit(ReadOnlySpan<byte> reply)
    {
        for (WaitingPull? pull = _head; pull is not null; pull = pull.Next)
        {
            if (!pull.Reply.SequenceEqual(reply)) continue;
            pull.Remaining++;
            pull.Delivered--;
            return;
        }
    }

    /// <summary>Ends all requests.</summary>
    public void EndAll(PullStatus status) => EndAll(_ => status);

    /// <summary>Ends all requests, each with a status of its own.</summary>
    public void EndAll(Func<WaitingPull, PullStatus> statusOf)
    {
        Reclaim();
        while (_head is { } pull)
        {
            host.End(pull, statusOf(pull));
            RemoveHead();
            Free(pull);
        }
    }

    private PullStatus? Check(in PullRequest request)
    {
        if (Rules.MaxBatch > 0 && request.Batch > Rules.MaxBatch) return PullStatus.MaxBatchExceeded(Rules.MaxBatch);
        if (Rules.MaxExpiresNs > 0 && request.ExpiresNs > Rules.MaxExpiresNs) return PullStatus.MaxExpiresExceeded(Rules.MaxExpiresNs);
        if (Rules.MaxBytes > 0 && request.MaxBytes > Rules.MaxBytes) return PullStatus.MaxBytesExceeded(Rules.MaxBytes);
        if (!request.HasOptions) return null;
        if ((request.MinPending != 0 || request.MinAckPending != 0) && Rules.Policy != PriorityPolicy.Overflow) return PullStatus.BadRequest("Not a Overflow Priority consumer");
        if (!string.IsNullOrEmpty(request.PinId) && Rules.Policy != PriorityPolicy.PinnedClient) return PullStatus.BadRequest("Not a Pinned Client Priority consumer");
        if (request.Priority is < 0 or > 9) return PullStatus.BadRequest("Priority must be between 0 and 9");
        if (Rules.Policy == PriorityPolicy.None) return null;
        if (string.IsNullOrEmpty(request.Group)) return PullStatus.BadRequest("Priority Group missing");
        foreach (string group in Rules.Groups)
        {
            if (group == request.Group) return null;
        }

        return PullStatus.BadRequest("Invalid Priority Group");
    }

    // A request that does not wait: there has to be something for it, and for all that came before.
    private PullStatus? Refuse(in PullRequest request, in PullLoad load)
    {
        ulong messages = load.Pending + (ulong)load.Queued;
        if (messages == 0) return request.ExpiresNs == 0 ? PullStatus.NoMessages : null;
        Walk(load.NowNs, isDry: false, out long wanted);
        return unchecked((ulong)wanted) > messages ? PullStatus.RequestsPending : null;
    }

    private long Walk(long nowNs, bool isDry, out long wanted)
    {
        wanted = 0;
        if (_head is null) return long.MaxValue;
        _checkedNs = nowNs;
        long next = long.MaxValue;
        WaitingPull? before = null;
        for (WaitingPull? pull = _head; pull is not null;)
        {
            if (IsOver(pull, nowNs, isDry))
            {
                WaitingPull over = pull;
                pull = pull.Next;
                Remove(before, over);
                Free(over);
                continue;
            }

            wanted += pull.Remaining;
            if (pull.HeartbeatNs > 0)
            {
                if (nowNs > pull.NextHeartbeatNs)
                {
                    host.Heartbeat(pull);
                    pull.DelayHeartbeat(nowNs);
                }

                next = Math.Min(next, pull.NextHeartbeatNs);
            }

            if (pull.Expires) next = Math.Min(next, pull.ExpiresNs);
            before = pull;
            pull = pull.Next;
        }

        return next;
    }

    private bool IsOver(WaitingPull pull, long nowNs, bool isDry)
    {
        if (pull.Expires && nowNs > pull.ExpiresNs)
        {
            host.End(pull, PullStatus.Timeout(pull));
            return true;
        }

        if (isDry && pull.NoWait && (!pull.Expires || pull.Delivered > 0))
        {
            host.End(pull, PullStatus.NoMessages);
            return true;
        }

        return !host.HasInterest(pull);
    }
}
