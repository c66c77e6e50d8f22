namespace NATS.Server.Core.JetStream.Consumers;

/// <content>When deliveries have waited long enough.</content>
public sealed partial class ConsumerState
{
    // Each chunk of pending messages knows a time before which none of its waits ends, this one is before all of them. Acknowledgements leave these
    // as they are; looking at a chunk in vain corrects its time.
    private long _earliestNs = long.MaxValue;

    /// <summary>When to call <see cref="Expire(long, List{GivenUpMessage})"/> next, nanoseconds since 1970; there may be nothing to do then. <see cref="long.MaxValue"/>: never.</summary>
    public long NextDeadlineNs => _pending.Count == 0 ? long.MaxValue : _earliestNs;

    /// <summary>Queues the messages whose wait is over for their next delivery, in the order of the stream.</summary>
    /// <param name="nowNs">The time.</param>
    /// <param name="givenUp">Gets those that were delivered as often as they may be and will not be again; it is not cleared before.</param>
    /// <returns>How many were queued.</returns>
    /// <remarks>Some are given up only when their next delivery is due (<see cref="NextRedelivery"/>), as by the reference.</remarks>
    public int Expire(long nowNs, List<GivenUpMessage> givenUp)
    {
        if (nowNs < _earliestNs) return 0;
        int queued = 0;
        int given = givenUp.Count;
        long earliestNs = long.MaxValue;
        foreach (PendingChunk chunk in _pending.Chunks)
        {
            if (chunk.EarliestNs <= nowNs) queued += Expire(chunk, nowNs, givenUp);
            earliestNs = Math.Min(earliestNs, chunk.EarliestNs);
        }

        _earliestNs = earliestNs;
        for (int i = givenUp.Count - 1; i >= given; i--)
        {
            GivenUpMessage message = givenUp[i];
            if (_pending.TryFind(message.StreamSequence, out PendingPlace place)) GiveUp(place);
            if (message.Deliveries != (ulong)Rules.MaxDeliver) givenUp.RemoveAt(i);
        }

        return queued;
    }

    /// <summary>Queues all messages that wait for an acknowledgement, as if each had waited long enough: whoever has them is gone.</summary>
    /// <param name="nowNs">The time.</param>
    /// <param name="givenUp">As above.</param>
    /// <returns>How many were queued.</returns>
    public int ExpireAll(long nowNs, List<GivenUpMessage> givenUp)
    {
        if (Rules.AckWaitNs <= 0) return 0;
        foreach (PendingChunk chunk in _pending.Chunks)
        {
            for (int i = chunk.Start; i < chunk.End; i++) chunk.Entries[i].TimeNs = 0;
        }

        ForgetDeadlines();
        return Expire(nowNs, givenUp);
    }

    /// <summary>When the last of the waits ends that have begun, nanoseconds since 1970; 0 when nothing is pending. Walks all of them.</summary>
    public long LastDeadlineNs
    {
        get
        {
            long lastNs = 0;
            foreach (PendingChunk chunk in _pending.Chunks)
            {
                for (int i = chunk.Start; i < chunk.End; i++)
                {
                    ref PendingEntry entry = ref chunk.Entries[i];
                    if (!entry.IsRemoved) lastNs = Math.Max(lastNs, Add(entry.TimeNs, Rules.WaitAfter(entry.Deliveries)));
                }
            }

            return lastNs;
        }
    }

    private int Expire(PendingChunk chunk, long nowNs, List<GivenUpMessage> givenUp)
    {
        int queued = 0;
        long earliestNs = long.MaxValue;
        for (int i = chunk.Start; i < chunk.End; i++)
        {
            ref PendingEntry entry = ref chunk.Entries[i];
            if (entry.IsRemoved || entry.IsQueued) continue;
            long deadlineNs = DeadlineOf(entry.TimeNs, entry.Deliveries);
            if (deadlineNs > nowNs)
            {
                earliestNs = Math.Min(earliestNs, deadlineNs);
            }
            else if (IsSpent(entry.Deliveries))
            {
                givenUp.Add(new GivenUpMessage(entry.Sequence, entry.Deliveries));
            }
            else
            {
                Queue(ref entry);
                queued++;
            }
        }

        chunk.EarliestNs = earliestNs;
        return queued;
    }

    // Whoever may be delivered more than once is given up when its turn comes, not before.
    private bool IsSpent(uint deliveries) => Rules.MaxDeliver > 0 && (Rules.MaxDeliver == 1 ? deliveries >= 1 : deliveries > (uint)Rules.MaxDeliver);

    private long DeadlineOf(long timeNs, uint deliveries)
    {
        long waitNs = Rules.WaitAfter(deliveries);
        return waitNs == 0 ? long.MaxValue : Add(timeNs, waitNs);
    }

    // Begins a wait anew.
    private void Wait(in PendingPlace place, long timeNs)
    {
        ref PendingEntry entry = ref place.Entry;
        entry.TimeNs = timeNs;
        long deadlineNs = DeadlineOf(timeNs, entry.Deliveries);
        place.Chunk.EarliestNs = Math.Min(place.Chunk.EarliestNs, deadlineNs);
        _earliestNs = Math.Min(_earliestNs, deadlineNs);
    }

    private void ForgetDeadlines()
    {
        foreach (PendingChunk chunk in _pending.Chunks) chunk.EarliestNs = long.MinValue;
        _earliestNs = long.MinValue;
    }
}
