namespace NATS.Server.Core.JetStream.Consumers;

/// <content>What clients say of messages.</content>
public sealed partial class ConsumerState
{
    /// <summary>Notes an acknowledgement, of whatever kind ends a message: also <c>+NXT</c>, <c>+TERM</c>, and the answer to flow control.</summary>
    /// <param name="streamSequence">Of the message, from a client: anything.</param>
    /// <param name="consumerSequence">Of the delivery that it answers, from a client: anything.</param>
    /// <param name="done">Gets the messages that are not pending any more; null when nobody wants to know.</param>
    public AckOutcome Acknowledge(ulong streamSequence, ulong consumerSequence, List<ulong>? done = null)
    {
        if (streamSequence >= NextSequence && !Rules.IsFlowControlled) return AckOutcome.Ignored;
        return Rules.AckPolicy switch
        {
            AckPolicy.Explicit => AcknowledgeOne(streamSequence, done),
            AckPolicy.None => AckOutcome.Ignored,
            _ => AcknowledgeAll(Math.Min(streamSequence, NextSequence - 1), consumerSequence, done),
        };
    }

    /// <summary>Notes that a message is to be delivered again.</summary>
    /// <param name="streamSequence">Of the message, from a client: anything.</param>
    /// <param name="consumerSequence">Of the delivery that it answers, from a client: anything.</param>
    /// <returns>False when it is not pending; then nothing is published about it either.</returns>
    public bool Refuse(ulong streamSequence, ulong consumerSequence)
    {
        if (!IsAnswerable(consumerSequence) || !_pending.TryFind(streamSequence, out PendingPlace place)) return false;
        Queue(ref place.Entry);
        return true;
    }

    /// <summary>Notes that a message is to be delivered again after a time.</summary>
    /// <param name="streamSequence">Of the message, from a client: anything.</param>
    /// <param name="consumerSequence">Of the delivery that it answers, from a client: anything.</param>
    /// <param name="delayNs">Nanoseconds; what is not above 0 is over at once. With a backoff it is longer by what this delivery waits more than the first.</param>
    /// <param name="nowNs">The time.</param>
    /// <returns>As above.</returns>
    public bool Refuse(ulong streamSequence, ulong consumerSequence, long delayNs, long nowNs)
    {
        if (!IsAnswerable(consumerSequence) || !_pending.TryFind(streamSequence, out PendingPlace place)) return false;
        ref PendingEntry entry = ref place.Entry;
        if (entry.IsQueued)
        {
            Unqueue(ref entry);
            _queue.Forget(streamSequence);
        }

        // Without a wait there is no deadline that it could be moved to.
        if (Rules.AckWaitNs <= 0) Queue(ref entry);
        else Wait(place, Add(nowNs, Add(delayNs, -Rules.AckWaitNs)));
        return true;
    }

    /// <summary>Notes that a message is being worked on: its wait begins anew.</summary>
    /// <returns>False when it is not pending.</returns>
    public bool Progress(ulong streamSequence, long nowNs)
    {
        if (!_pending.TryFind(streamSequence, out PendingPlace place)) return false;
        Wait(place, nowNs);
        return true;
    }

    /// <summary>Whether a stream that keeps what somebody needs has to keep a message for this consumer, given that it is one of the consumer's.</summary>
    public bool Needs(ulong streamSequence)
    {
        if (_givenUp.ContainsKey(streamSequence)) return true;
        if (streamSequence >= NextSequence) return true;
        return Rules.AckPolicy == AckPolicy.Explicit ? _pending.TryFind(streamSequence, out _) : streamSequence > _floor.Stream;
    }

    // A client may name any delivery; those before the floor and those that never were mean nothing.
    private bool IsAnswerable(ulong consumerSequence) => consumerSequence > _floor.Consumer && consumerSequence <= NextDelivery;

    private AckOutcome AcknowledgeOne(ulong streamSequence, List<ulong>? done)
    {
        bool wasGivenUp = _givenUp.Remove(streamSequence);
        if (!_pending.TryFind(streamSequence, out PendingPlace place))
        {
            if (!wasGivenUp) return AckOutcome.Nothing;
            done?.Add(streamSequence);
            return AckOutcome.Done;
        }

        Finish(place, done);
        return AckOutcome.Done;
    }

    private void Finish(in PendingPlace place, List<ulong>? done)
    {
        ulong consumerSequence = place.ConsumerSequence;
        ulong streamSequence = place.Entry.Sequence;
        Remove(place);
        done?.Add(streamSequence);
        MoveFloor(consumerSequence, streamSequence);
    }

    // Only the message just above the floor moves it: up to the next one that is pending.
    private void MoveFloor(ulong consumerSequence, ulong streamSequence)
    {
        if (_pending.Count == 0)
        {
            RaiseFloor(_delivered.Consumer, _delivered.Stream);
            return;
        }

        if (consumerSequence != _floor.Consumer + 1) return;
        RaiseFloor(consumerSequence, streamSequence);
        if (!_pending.TryFindNext(streamSequence + 1, out PendingPlace next)) return;
        if (next.ConsumerSequence > 0) RaiseFloor(next.ConsumerSequence - 1, next.Entry.Sequence - 1);
    }

    private void RaiseFloor(ulong consumerSequence, ulong streamSequence) =>
        _floor = new SequencePair(Math.Max(_floor.Consumer, consumerSequence), Math.Max(_floor.Stream, streamSequence));

    private AckOutcome AcknowledgeAll(ulong streamSequence, ulong consumerSequence, List<ulong>? done)
    {
        consumerSequence = Math.Min(consumerSequence, _delivered.Consumer);
        if (consumerSequence <= _floor.Consumer || streamSequence <= _floor.Stream) return AckOutcome.Nothing;
        RaiseFloor(consumerSequence, streamSequence);
        while (_pending.TryFindNext(0, out PendingPlace first) && first.Entry.Sequence <= streamSequence)
        {
            done?.Add(first.Entry.Sequence);
            Remove(first);
        }

        // The reference lets go of them also when they lie below the new floor.
        if (_givenUp.Count > 0) ForgetGivenUp(streamSequence);
        return AckOutcome.Done;
    }

    private void ForgetGivenUp(ulong upTo)
    {
        foreach (ulong sequence in _givenUp.Keys)
        {
            if (sequence <= upTo) _givenUp.Remove(sequence);
        }
    }

    private static long Add(long left, long right)
    {
        long sum = unchecked(left + right);
        if (((left ^ sum) & (right ^ sum)) >= 0) return sum;
        return left < 0 ? long.MinValue : long.MaxValue;
    }
}
