using NATS.Server.Core.JetStream.Consumers;
using NATS.Server.Core.Storage;

namespace NATS.Server.JetStream.Storage.Consumers;

/// <summary>Not synchronised. How far a consumer has got: what was delivered, what is acknowledged, and what is between.</summary>
internal sealed class ConsumerProgress(AckPolicy policy, ulong maximumDeliveries)
{
    private readonly Dictionary<ulong, PendingMessage> _pending = [];
    private readonly Dictionary<ulong, ulong> _redelivered = [];
    private ulong _deliveredConsumer;
    private ulong _deliveredStream;
    private ulong _floorConsumer;
    private ulong _floorStream;

    /// <summary>Whether anything was delivered, or a start was set.</summary>
    public bool IsStarted => _deliveredConsumer != 0 || _deliveredStream != 0;

    public void SetStarting(ulong sequence)
    {
        _deliveredStream = sequence;
        _floorStream = sequence;
    }

    public void UpdateStarting(ulong sequence)
    {
        if (sequence <= _deliveredStream) return;
        _deliveredStream = sequence;
        if (policy == AckPolicy.None) _floorStream = sequence;
    }

    public void Reset(ulong sequence)
    {
        _pending.Clear();
        _redelivered.Clear();
        (_deliveredConsumer, _floorConsumer) = (0, 0);
        SetStarting(sequence);
    }

    public ConsumerStoreResult UpdateDelivered(ulong consumerSequence, ulong streamSequence, ulong deliveries, long timeNs)
    {
        if (policy == AckPolicy.None && deliveries != 1) return ConsumerStoreResult.NoAckPolicy;

        // A leader that has begun anew may see what it has done before.
        if (consumerSequence <= _floorConsumer) return ConsumerStoreResult.Ok;
        bool isNew = streamSequence > _deliveredStream;
        _deliveredConsumer = Math.Max(_deliveredConsumer, consumerSequence);
        _deliveredStream = Math.Max(_deliveredStream, streamSequence);
        if (policy == AckPolicy.None)
        {
            _floorConsumer = Math.Max(_floorConsumer, consumerSequence);
            if (isNew) _floorStream = streamSequence;
            return ConsumerStoreResult.Ok;
        }

        // Delivered again it keeps the consumer sequence of its first delivery.
        if (isNew) _pending[streamSequence] = new PendingMessage(streamSequence, consumerSequence, timeNs);
        else if (_pending.TryGetValue(streamSequence, out PendingMessage pending)) _pending[streamSequence] = pending with { TimeNs = timeNs };
        if (deliveries <= 1) return ConsumerStoreResult.Ok;
        if (maximumDeliveries > 0 && deliveries > maximumDeliveries) _pending.Remove(streamSequence);
        _redelivered[streamSequence] = Math.Max(_redelivered.GetValueOrDefault(streamSequence), deliveries - 1);
        return ConsumerStoreResult.Ok;
    }

    /// <summary>Notes an acknowledgement.</summary>
    /// <param name="consumerSequence">Of the delivery that is acknowledged.</param>
    /// <param name="streamSequence">Of the message.</param>
    /// <param name="hasChanged">Also true when only the count of its deliveries is forgotten.</param>
    public ConsumerStoreResult UpdateAcks(ulong consumerSequence, ulong streamSequence, out bool hasChanged)
    {
        hasChanged = false;
        if (policy == AckPolicy.None) return ConsumerStoreResult.NoAckPolicy;
        hasChanged = _redelivered.Remove(streamSequence);
        if (consumerSequence <= _floorConsumer) return ConsumerStoreResult.Ok;
        if (!_pending.TryGetValue(streamSequence, out PendingMessage acknowledged)) return ConsumerStoreResult.NotFound;
        hasChanged = true;
        if (policy is AckPolicy.All or AckPolicy.FlowControl) AcknowledgeAll(consumerSequence, streamSequence);
        else Acknowledge(acknowledged, consumerSequence);
        return ConsumerStoreResult.Ok;
    }

    /// <summary>Forgets how often messages were delivered that the stream does not have any more.</summary>
    public bool RemoveRedeliveredBelow(ulong sequence)
    {
        int before = _redelivered.Count;
        foreach (ulong redelivered in _redelivered.Keys)
        {
            if (redelivered < sequence) _redelivered.Remove(redelivered);
        }

        return _redelivered.Count != before;
    }

    /// <summary>Takes over a state.</summary>
    /// <param name="state">As it came from a leader or a backup.</param>
    /// <param name="isForced">Also one that goes back.</param>
    public ConsumerStoreResult Update(ConsumerSnapshot state, bool isForced)
    {
        if (!IsConsistent(state)) return ConsumerStoreResult.Invalid;
        if (!isForced && (state.DeliveredConsumer < _deliveredConsumer || state.AckFloorStream < _floorStream)) return ConsumerStoreResult.OldUpdate;
        (_deliveredConsumer, _deliveredStream) = (state.DeliveredConsumer, state.DeliveredStream);
        (_floorConsumer, _floorStream) = (state.AckFloorConsumer, state.AckFloorStream);
        _pending.Clear();
        _redelivered.Clear();
        foreach (PendingMessage message in state.Pending) _pending[message.StreamSequence] = message;
        foreach (RedeliveredMessage message in state.Redelivered) _redelivered[message.StreamSequence] = message.Deliveries;
        return ConsumerStoreResult.Ok;
    }

    /// <summary>Whether a state can be: floors are not above what was delivered, and what is pending is between them.</summary>
    public static bool IsConsistent(ConsumerSnapshot state) =>
        state.AckFloorConsumer <= state.DeliveredConsumer
        && state.AckFloorStream <= state.DeliveredStream
        && state.Pending.TrueForAll(message => message.StreamSequence > state.AckFloorStream && message.StreamSequence <= state.DeliveredStream);

    public ConsumerSnapshot ToSnapshot()
    {
        var snapshot = new ConsumerSnapshot
        {
            DeliveredConsumer = _deliveredConsumer,
            DeliveredStream = _deliveredStream,
            AckFloorConsumer = _floorConsumer,
            AckFloorStream = _floorStream,
        };
        snapshot.Pending.AddRange(_pending.Values);
        foreach ((ulong sequence, ulong deliveries) in _redelivered) snapshot.Redelivered.Add(new RedeliveredMessage(sequence, deliveries));
        return snapshot;
    }

    private void AcknowledgeAll(ulong consumerSequence, ulong streamSequence)
    {
        ulong gap = unchecked(streamSequence - _floorStream);
        (_floorConsumer, _floorStream) = (consumerSequence, streamSequence);
        if (gap > (ulong)_pending.Count)
        {
            foreach (ulong sequence in _pending.Keys)
            {
                if (sequence > streamSequence) continue;
                _pending.Remove(sequence);
                _redelivered.Remove(sequence);
            }

            return;
        }

        for (ulong sequence = streamSequence; sequence > streamSequence - gap && _pending.Count > 0; sequence--)
        {
            _pending.Remove(sequence);
            _redelivered.Remove(sequence);
        }
    }

    private void Acknowledge(PendingMessage acknowledged, ulong consumerSequence)
    {
        ulong streamSequence = acknowledged.StreamSequence;
        _pending.Remove(streamSequence);
        if (acknowledged.ConsumerSequence > 0) consumerSequence = Math.Min(consumerSequence, acknowledged.ConsumerSequence);
        if (_pending.Count == 0)
        {
            (_floorConsumer, _floorStream) = (_deliveredConsumer, _deliveredStream);
        }
        else if (consumerSequence == _floorConsumer + 1)
        {
            (_floorConsumer, _floorStream) = (consumerSequence, streamSequence);
            if (_deliveredConsumer > consumerSequence && NextPending(streamSequence) is { ConsumerSequence: > 0 } next)
                (_floorConsumer, _floorStream) = (next.ConsumerSequence - 1, next.StreamSequence - 1);
        }
    }

    // Mostly the very next one. Where many sequences are not the consumer's, it is cheaper to look through what is pending.
    private PendingMessage? NextPending(ulong after)
    {
        ulong last = Math.Min(_deliveredStream, after + (ulong)_pending.Count);
        for (ulong sequence = after + 1; sequence <= last; sequence++)
        {
            if (_pending.TryGetValue(sequence, out PendingMessage next)) return next;
        }

        PendingMessage? first = null;
        foreach (PendingMessage message in _pending.Values)
        {
            if (message.StreamSequence > after && message.StreamSequence <= _deliveredStream && (first is null || message.StreamSequence < first.Value.StreamSequence)) first = message;
        }

        return first;
    }
}
