using NATS.Server.Core.Storage;

namespace NATS.Server.Core.JetStream.Consumers;

/// <content>What becomes of the stream, and what is stored.</content>
public sealed partial class ConsumerState
{
    /// <summary>Notes that a message has left the stream.</summary>
    /// <param name="streamSequence">The message.</param>
    /// <param name="consumerSequence">Of its first delivery, for the advisory about it; 0 when it is not known.</param>
    /// <param name="deliveries">How often it was delivered.</param>
    /// <returns>Whether it was pending, which is worth an advisory.</returns>
    public bool MessageRemoved(ulong streamSequence, out ulong consumerSequence, out ulong deliveries)
    {
        (consumerSequence, deliveries) = (0, 0);
        _givenUp.Remove(streamSequence);
        if (!_pending.TryFind(streamSequence, out PendingPlace place)) return false;
        (consumerSequence, deliveries) = (place.ConsumerSequence, place.Entry.Deliveries);
        Finish(place, null);
        return true;
    }

    /// <summary>Notes that the stream begins later than it did, by its limits.</summary>
    /// <param name="firstSequence">The first message that there is.</param>
    /// <param name="removed">Gets the messages that were pending; null when nobody wants to know.</param>
    public void RemoveBelow(ulong firstSequence, List<ulong>? removed = null)
    {
        if (_givenUp.Count > 0 && firstSequence > 0) ForgetGivenUp(firstSequence - 1);
        while (_pending.TryFindNext(0, out PendingPlace first) && first.Entry.Sequence < firstSequence) Finish(first, removed);
    }

    /// <summary>Notes that messages of the consumer were purged.</summary>
    /// <param name="firstSequence">The first one that may be left; behind the stream's last when none is.</param>
    /// <param name="isGone">Says of messages from there on whether they were purged too; null when none was.</param>
    public void Purge(ulong firstSequence, Func<ulong, bool>? isGone = null)
    {
        firstSequence = Math.Max(firstSequence, 1);
        if (isGone is not null) RemoveWhere(firstSequence, isGone);
        SkipTo(firstSequence);
        ulong lastPurged = 0;
        while (_pending.TryFindNext(0, out PendingPlace first) && first.Entry.Sequence < firstSequence)
        {
            lastPurged = Math.Max(lastPurged, first.ConsumerSequence);
            Remove(first);
        }

        ForgetGivenUp(firstSequence - 1);
        RaiseFloor(lastPurged, firstSequence - 1);
        _delivered = _delivered with { Stream = NextSequence - 1 };
        if (_pending.Count > 0) return;
        _givenUp.Clear();
        RaiseFloor(_delivered.Consumer, _delivered.Stream);
    }

    /// <summary>Notes that the stream has lost messages at its end, which only ever happens when it is opened: what the consumer says of them is void.</summary>
    /// <param name="lastSequence">The last message that there is.</param>
    public void Truncate(ulong lastSequence)
    {
        foreach (ulong sequence in _givenUp.Keys)
        {
            if (sequence > lastSequence) _givenUp.Remove(sequence);
        }

        while (_pending.TryFindNext(lastSequence + 1, out PendingPlace place)) Remove(place);
        if (NextSequence <= lastSequence + 1) return;
        NextSequence = lastSequence + 1;
        _delivered = _delivered with { Stream = Math.Min(_delivered.Stream, lastSequence) };
        if (_pending.Count == 0) _floor = new SequencePair(_delivered.Consumer, _delivered.Stream);
    }

    /// <summary>Continues where a consumer has stopped.</summary>
    /// <param name="rules">From its configuration.</param>
    /// <param name="snapshot">Checked: what cannot be is left out.</param>
    public static ConsumerState Restore(ConsumerRules rules, ConsumerSnapshot snapshot)
    {
        var state = new ConsumerState(rules, snapshot.DeliveredStream + 1)
        {
            _delivered = new SequencePair(snapshot.DeliveredConsumer, snapshot.DeliveredStream),
            _floor = new SequencePair(Math.Min(snapshot.AckFloorConsumer, snapshot.DeliveredConsumer), Math.Min(snapshot.AckFloorStream, snapshot.DeliveredStream)),
        };
        Dictionary<ulong, ulong> redelivered = [];
        foreach (RedeliveredMessage message in snapshot.Redelivered) redelivered[message.StreamSequence] = message.Deliveries;
        if (rules.AckPolicy != AckPolicy.None)
        {
            List<PendingMessage> pending = [.. snapshot.Pending];
            pending.Sort(static (left, right) => left.StreamSequence.CompareTo(right.StreamSequence));
            foreach (PendingMessage message in pending)
            {
                redelivered.Remove(message.StreamSequence, out ulong again);
                state.RestorePending(message, again);
            }
        }

        foreach ((ulong sequence, ulong deliveries) in redelivered)
        {
            if (sequence <= state._delivered.Stream) state._givenUp[sequence] = deliveries;
        }

        return state;
    }

    /// <summary>Writes down what has to be stored.</summary>
    /// <param name="snapshot">Gets everything; what was in it is forgotten.</param>
    public void CopyTo(ConsumerSnapshot snapshot)
    {
        (snapshot.DeliveredConsumer, snapshot.DeliveredStream) = _delivered;
        (snapshot.AckFloorConsumer, snapshot.AckFloorStream) = _floor;
        snapshot.Pending.Clear();
        snapshot.Redelivered.Clear();
        foreach (PendingChunk chunk in _pending.Chunks)
        {
            for (int i = chunk.Start; i < chunk.End; i++)
            {
                ref PendingEntry entry = ref chunk.Entries[i];
                if (entry.IsRemoved) continue;
                snapshot.Pending.Add(new PendingMessage(entry.Sequence, chunk.ConsumerSequenceOf(i), entry.TimeNs));
                if (entry.IsRedelivered) snapshot.Redelivered.Add(new RedeliveredMessage(entry.Sequence, entry.Deliveries - 1));
            }
        }

        foreach ((ulong sequence, ulong deliveries) in _givenUp) snapshot.Redelivered.Add(new RedeliveredMessage(sequence, deliveries));
    }

    private void RestorePending(in PendingMessage message, ulong again)
    {
        bool isKnown = _pending.Count > 0 && _pending.Chunks[^1].LastSequence >= message.StreamSequence;
        if (isKnown || message.StreamSequence <= _floor.Stream || message.StreamSequence > _delivered.Stream) return;
        bool isPossible = message.ConsumerSequence > _floor.Consumer && message.ConsumerSequence <= _delivered.Consumer;
        uint deliveries = (uint)Math.Min(again, PendingEntry.MaximumDeliveries - 1) + 1;
        long deadlineNs = DeadlineOf(message.TimeNs, deliveries);
        _pending.Add(message.StreamSequence, isPossible ? message.ConsumerSequence : 0, message.TimeNs, deadlineNs, deliveries);
        if (deadlineNs < _earliestNs) _earliestNs = deadlineNs;
        if (deliveries > 1) _redelivered++;
    }

    private void RemoveWhere(ulong from, Func<ulong, bool> isGone)
    {
        while (_pending.TryFindNext(from, out PendingPlace place))
        {
            ulong sequence = place.Entry.Sequence;
            from = sequence + 1;
            if (!isGone(sequence)) continue;
            Finish(place, null);
        }
    }
}
