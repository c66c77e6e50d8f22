namespace NATS.Server.Core.JetStream.Consumers;

/// <content>What waits, told to people. Changes nothing.</content>
public sealed partial class ConsumerState
{
    // More are not looked at one by one: a bound that is known for all of them has to do.
    private const int MaximumLooked = 1 << 16;

    /// <summary>What waits for an acknowledgement, or for another delivery.</summary>
    public PendingStanding Describe()
    {
        bool hasPending = _pending.TryFindNext(0, out PendingPlace first);
        ulong anyGivenUp = 0;
        foreach (ulong sequence in _givenUp.Keys)
        {
            anyGivenUp = sequence;
            break;
        }

        return new PendingStanding
        {
            Count = _pending.Count,
            FirstSequence = hasPending ? first.Entry.Sequence : 0,
            FirstDeliveries = hasPending ? first.Entry.Deliveries : 0,
            Queued = _queued,
            NextQueued = NextQueued(),
            NextDeadlineNs = FirstDeadlineNs(),
            GivenUp = _givenUp.Count,
            AnyGivenUp = anyGivenUp,
        };
    }

    private ulong NextQueued()
    {
        for (int i = 0; _queued > 0 && i < Math.Min(_queue.Count, MaximumLooked); i++)
        {
            if (_pending.TryFind(_queue.At(i), out PendingPlace place) && place.Entry.IsQueued) return place.Entry.Sequence;
        }

        return 0;
    }

    // What is delivered and not queued has a deadline, unless acknowledgements are waited for for ever.
    private long FirstDeadlineNs()
    {
        if (_pending.Count == _queued) return 0;
        if (_pending.Count > MaximumLooked) return _earliestNs is long.MaxValue or long.MinValue ? 0 : _earliestNs;
        long firstNs = long.MaxValue;
        foreach (PendingChunk chunk in _pending.Chunks)
        {
            for (int i = chunk.Start; i < chunk.End; i++)
            {
                ref PendingEntry entry = ref chunk.Entries[i];
                if (!entry.IsRemoved && !entry.IsQueued) firstNs = Math.Min(firstNs, DeadlineOf(entry.TimeNs, entry.Deliveries));
            }
        }

        return firstNs == long.MaxValue ? 0 : firstNs;
    }
}
