using System.Diagnostics;

namespace NATS.Server.Core.JetStream.Consumers;

/// <summary>
/// Owned by the consumer's mailbox. How far a consumer has got: what was delivered, what is acknowledged, what is between, when it is to be delivered
/// again and in which order. It decides and remembers; reading messages, sending them, and the clock are its owner's.
/// </summary>
/// <remarks>
/// Sequences and floors are those that nats-server reports in a consumer's info and keeps in its file, also where these lag behind: a message that is
/// given up after its last delivery does not move the floors, the next acknowledgement does. Nothing is allocated per message once the tables have grown.
/// </remarks>
public sealed partial class ConsumerState
{
    private readonly PendingTable _pending = new();
    private readonly RedeliveryQueue _queue = new();

    // How often messages were delivered that are not delivered any more, and that nobody has acknowledged: at most as many as the stream has.
    private readonly Dictionary<ulong, ulong> _givenUp = [];
    private int _queued;
    private int _redelivered;
    private SequencePair _delivered;
    private SequencePair _floor;

    /// <summary>Begins a consumer that has delivered nothing.</summary>
    /// <param name="rules">From its configuration.</param>
    /// <param name="firstSequence">The stream sequence from which it delivers; 0 is as 1.</param>
    public ConsumerState(ConsumerRules rules, ulong firstSequence)
    {
        Rules = rules;
        Begin(firstSequence);
    }

    public ConsumerRules Rules { get; private set; }

    /// <summary>The first sequence of the stream that was not looked at.</summary>
    public ulong NextSequence { get; private set; }

    /// <summary>The consumer sequence that the next delivery gets.</summary>
    public ulong NextDelivery => _delivered.Consumer + 1;

    /// <summary>The last delivery, and the last message that was delivered.</summary>
    public SequencePair Delivered => _delivered;

    /// <summary>All before and including it is acknowledged.</summary>
    public SequencePair AckFloor => _floor;

    /// <summary>How many messages are delivered and not acknowledged.</summary>
    public int PendingCount => _pending.Count;

    /// <summary>How many messages were delivered more than once, or as often as they may be, and are not acknowledged.</summary>
    public int RedeliveredCount => _redelivered + _givenUp.Count;

    /// <summary>How many messages wait to be delivered again.</summary>
    public int QueuedCount => _queued;

    /// <summary>So many are not acknowledged that no new ones may be delivered; others may be delivered again.</summary>
    public bool IsFull => Rules.MaxAckPending > 0 && Rules.AckPolicy != AckPolicy.None && _pending.Count >= Rules.MaxAckPending;

    /// <summary>The last stream sequence before the first message that is pending or may still be delivered. A reset without a sequence begins behind it.</summary>
    public ulong SettledSequence => _pending.TryFindNext(0, out PendingPlace first) ? Math.Max(first.Entry.Sequence - 1, _floor.Stream) : NextSequence - 1;

    /// <summary>Pending messages that there is room for.</summary>
    internal int Capacity => _pending.Capacity;

    /// <summary>Takes over another configuration. Waits that have begun end by the new one.</summary>
    public void Update(ConsumerRules rules)
    {
        Rules = rules;
        ForgetDeadlines();
    }

    /// <summary>Begins anew at a sequence: nothing is delivered, nothing is pending.</summary>
    public void Reset(ulong firstSequence)
    {
        Clear();
        Begin(firstSequence);
    }

    /// <summary>Notes that the stream has nothing for this consumer before a sequence.</summary>
    public void SkipTo(ulong sequence)
    {
        if (sequence > NextSequence) NextSequence = sequence;
    }

    /// <summary>Notes the first delivery of a message.</summary>
    /// <param name="streamSequence">Not before <see cref="NextSequence"/>.</param>
    /// <param name="nowNs">The time of the delivery.</param>
    /// <returns>The consumer sequence of the delivery.</returns>
    public ulong Deliver(ulong streamSequence, long nowNs)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(streamSequence, NextSequence);
        NextSequence = streamSequence + 1;
        _delivered = new SequencePair(_delivered.Consumer + 1, streamSequence);
        if (Rules.AckPolicy == AckPolicy.None) _floor = _delivered;
        else Expect(streamSequence, nowNs);
        return _delivered.Consumer;
    }

    /// <summary>Says which message is to be delivered again next. Asks again and again until the answer is not <see cref="RedeliveryStep.GivenUp"/>.</summary>
    /// <param name="sequence">Of the message that is to be delivered, or was given up.</param>
    /// <param name="deliveries">The how manieth delivery it will be; of one that was given up, how often it was delivered.</param>
    public RedeliveryStep NextRedelivery(out ulong sequence, out ulong deliveries)
    {
        (sequence, deliveries) = (0, 0);
        while (_queue.Count > 0)
        {
            sequence = _queue.Peek();
            if (!_pending.TryFind(sequence, out PendingPlace place) || !place.Entry.IsQueued)
            {
                _queue.Drop();
                continue;
            }

            deliveries = place.Entry.Deliveries + 1UL;
            if (Rules.MaxDeliver <= 0 || deliveries <= (ulong)Rules.MaxDeliver) return RedeliveryStep.Deliver;
            deliveries--;
            GiveUp(place);

            // More often than allowed only when less is allowed than was: then it has been said.
            if (deliveries == (ulong)Rules.MaxDeliver) return RedeliveryStep.GivenUp;
        }

        return RedeliveryStep.None;
    }

    /// <summary>Notes that the message which <see cref="NextRedelivery"/> has named was delivered.</summary>
    /// <param name="sequence">The message.</param>
    /// <param name="nowNs">The time of the delivery.</param>
    /// <returns>The consumer sequence of the delivery.</returns>
    public ulong Redeliver(ulong sequence, long nowNs)
    {
        Debug.Assert(_queue.Count > 0 && _queue.Peek() == sequence, "what is delivered again was asked for");
        if (!_pending.TryFind(sequence, out PendingPlace place)) throw new ArgumentException("The message does not wait for a delivery.", nameof(sequence));
        _queue.Drop();
        ref PendingEntry entry = ref place.Entry;
        Unqueue(ref entry);
        entry.Deliveries++;
        if (entry.Deliveries == 2) _redelivered++;
        Wait(place, nowNs);
        _delivered = _delivered with { Consumer = _delivered.Consumer + 1 };
        return _delivered.Consumer;
    }

    /// <summary>Notes that a delivery did not arrive anywhere: it does not count.</summary>
    /// <param name="sequence">The message.</param>
    /// <param name="again">Whether it is delivered again at once; else when its wait is over.</param>
    public void DeliveryFailed(ulong sequence, bool again = true)
    {
        if (!_pending.TryFind(sequence, out PendingPlace place)) return;
        ref PendingEntry entry = ref place.Entry;
        if (entry.Deliveries == 2) _redelivered--;
        if (entry.Deliveries > 0) entry.Deliveries--;
        if (again) Queue(ref entry);
    }

    /// <summary>Whether a message is delivered and not acknowledged.</summary>
    /// <param name="sequence">The message.</param>
    /// <param name="timeNs">From when on its wait counts, nanoseconds since 1970.</param>
    public bool IsPending(ulong sequence, out long timeNs)
    {
        timeNs = 0;
        if (!_pending.TryFind(sequence, out PendingPlace place)) return false;
        timeNs = place.Entry.TimeNs;
        return true;
    }

    /// <summary>The first message at or after a sequence that is delivered and not acknowledged.</summary>
    public bool TryFindPending(ulong from, out ulong sequence)
    {
        bool isFound = _pending.TryFindNext(from, out PendingPlace place);
        sequence = isFound ? place.Entry.Sequence : 0;
        return isFound;
    }

    /// <summary>Gives back the room that nothing is in, as is good for a consumer that rests.</summary>
    public void Trim()
    {
        _pending.Trim();
        _givenUp.TrimExcess();
    }

    private void Begin(ulong firstSequence)
    {
        NextSequence = Math.Max(firstSequence, 1);
        _delivered = new SequencePair(0, NextSequence - 1);
        _floor = _delivered;
    }

    private void Clear()
    {
        _pending.Clear();
        _queue.Clear();
        _givenUp.Clear();
        (_queued, _redelivered) = (0, 0);
        _earliestNs = long.MaxValue;
    }

    private void Expect(ulong streamSequence, long nowNs)
    {
        long deadlineNs = DeadlineOf(nowNs, 1);
        _pending.Add(streamSequence, _delivered.Consumer, nowNs, deadlineNs);
        if (deadlineNs < _earliestNs) _earliestNs = deadlineNs;
    }

    private void Queue(ref PendingEntry entry)
    {
        if (entry.IsQueued) return;
        entry.IsQueued = true;
        _queued++;
        _queue.Add(entry.Sequence);
    }

    private void Unqueue(ref PendingEntry entry)
    {
        if (!entry.IsQueued) return;
        entry.IsQueued = false;
        _queued--;
    }

    // It stays known, as the reference keeps it: streams that delete what everybody has need to know that this was not acknowledged.
    private void GiveUp(in PendingPlace place)
    {
        _givenUp[place.Entry.Sequence] = place.Entry.Deliveries;
        Remove(place);
    }

    // Takes a message out of what is pending, wherever it is noted.
    private void Remove(in PendingPlace place)
    {
        ref PendingEntry entry = ref place.Entry;
        Unqueue(ref entry);
        if (entry.IsRedelivered) _redelivered--;
        _pending.Remove(place);
        if (_queued == 0) _queue.Clear();
        else if (_queue.Count > (2 * _queued) + PendingChunk.Capacity) _queue.Compact(_pending);
    }
}
