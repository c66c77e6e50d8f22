namespace NATS.Server.Core.JetStream.Consumers;

/// <content>Who is next, and the pin of a group.</content>
public sealed partial class PullQueue
{
    private const string TimeoutReason = "timeout";
    private string? _pinnedGroup;
    private long _pinEndsNs = long.MaxValue;

    private enum Verdict
    {
        Take,
        Pass,
        Drop,
    }

    /// <summary>The pin of the client that gets all messages, sent with each of them; null when there is none.</summary>
    public string? PinId { get; private set; }

    /// <summary>When the client was pinned, nanoseconds since 1970; 0 when there is none.</summary>
    public long PinnedSinceNs { get; private set; }

    /// <summary>When to call <see cref="CheckPin"/>; <see cref="long.MaxValue"/> when there is no pin.</summary>
    public long PinEndsNs => _pinEndsNs;

    /// <summary>Frees the pin when its client has been silent for too long.</summary>
    /// <returns>Whether others may get messages now.</returns>
    public bool CheckPin(long nowNs)
    {
        if (nowNs < _pinEndsNs) return false;
        string group = _pinnedGroup ?? "";
        FreePin();
        host.Unpin(group, TimeoutReason);
        return true;
    }

    /// <summary>Frees the pin.</summary>
    /// <returns>Whether there was one.</returns>
    public bool Unpin(string reason)
    {
        if (PinId is null) return false;
        string group = _pinnedGroup ?? "";
        FreePin();
        host.Unpin(group, reason);
        return true;
    }

    private Verdict Judge(WaitingPull pull, long sizeBytes, in PullLoad load, bool needsPin)
    {
        if (pull.Expires && load.NowNs >= pull.ExpiresNs)
        {
            host.End(pull, PullStatus.Timeout(pull));
            return Verdict.Drop;
        }

        bool isNewlyPinned = false;
        if (needsPin ? pull.HasPin : PinId is not null && pull.HasPin && pull.PinId != PinId)
        {
            host.End(pull, PullStatus.WrongPin(pull));
            return Verdict.Drop;
        }

        if (needsPin) isNewlyPinned = TryPin(pull, load.NowNs);
        else if (PinId is not null && !pull.HasPin) return Verdict.Pass;
        if (Rules.Policy == PriorityPolicy.Overflow && !IsOverflowing(pull, load)) return Verdict.Pass;
        if (pull.BytesLeft > 0 && sizeBytes > pull.BytesLeft)
        {
            host.End(pull, PullStatus.MessageTooLarge(pull));
            if (isNewlyPinned) FreePin();
            return Verdict.Drop;
        }

        // The message that takes the last byte is the last one.
        if (pull.BytesLeft > 0 && (pull.BytesLeft -= sizeBytes) == 0) pull.Remaining = 1;
        if (host.HasInterest(pull)) return Verdict.Take;
        if (pull.IsImported) host.End(pull, PullStatus.InterestExpired(pull));
        return Verdict.Drop;
    }

    // One of both is enough; the message in question counts as pending.
    private static bool IsOverflowing(WaitingPull pull, in PullLoad load) =>
        (pull.MinPending <= 0 && pull.MinAckPending <= 0)
        || (pull.MinPending > 0 && (ulong)pull.MinPending <= load.Pending + 1)
        || (pull.MinAckPending > 0 && pull.MinAckPending <= load.AckPending);

    private PullStatus? TouchPin(in PullRequest request, long nowNs)
    {
        if (PinId is null || !request.HasOptions || Rules.Policy == PriorityPolicy.None || string.IsNullOrEmpty(request.PinId)) return null;
        if (request.PinId != PinId) return PullStatus.PinMismatch;
        ExtendPin(nowNs);
        return null;
    }

    // Requests that name no group are served without a pin.
    private bool TryPin(WaitingPull pull, long nowNs)
    {
        if (string.IsNullOrEmpty(pull.Group)) return false;
        PinId = host.Pin(pull, pull.Group);
        PinnedSinceNs = nowNs;
        _pinnedGroup = pull.Group;
        pull.PinId = PinId;
        ExtendPin(nowNs);
        return true;
    }

    private void ExtendPin(long nowNs) => _pinEndsNs = Rules.PinTimeoutNs > long.MaxValue - nowNs ? long.MaxValue : nowNs + Rules.PinTimeoutNs;

    private void FreePin() => (PinId, PinnedSinceNs, _pinnedGroup, _pinEndsNs) = (null, 0, null, long.MaxValue);

    // The taken one goes behind the others, or behind those of its priority, as long as it wants more.
    private void CountDelivery(WaitingPull pull)
    {
        pull.Delivered++;
        pull.Remaining--;
        if (pull.Remaining <= 0)
        {
            RemoveHead();
            _taken = pull;
        }
        else if (Count > 1)
        {
            RemoveHead();
            Append(pull);
        }
    }

    private void Append(WaitingPull pull)
    {
        if (Rules.Policy == PriorityPolicy.Prioritized) AddByPriority(pull);
        else AddLast(pull);
    }

    private void AddLast(WaitingPull pull)
    {
        pull.Next = null;
        if (_tail is null) _head = pull;
        else _tail.Next = pull;
        _tail = pull;
        Count++;
    }

    private void AddByPriority(WaitingPull pull)
    {
        if (_tail is null || _tail.Priority <= pull.Priority)
        {
            AddLast(pull);
            return;
        }

        WaitingPull? before = null;
        for (WaitingPull? next = _head; next is not null && next.Priority <= pull.Priority; next = next.Next) before = next;
        pull.Next = before is null ? _head : before.Next;
        if (before is null) _head = pull;
        else before.Next = pull;
        Count++;
    }

    private void RemoveHead() => Remove(null, _head!);

    private void Remove(WaitingPull? before, WaitingPull pull)
    {
        if (before is null) _head = pull.Next;
        else before.Next = pull.Next;
        if (_tail == pull) _tail = before;
        Count--;
    }

    private void Free(WaitingPull pull)
    {
        pull.End();
        if (_spares.Count < MaximumSpares) _spares.Push(pull);
    }

    private void Reclaim()
    {
        if (_taken is not { } taken) return;
        _taken = null;
        Free(taken);
    }
}
