using System.Text;
using NATS.Server.Core.Runtime;
using NATS.Server.Core.Storage;
using NATS.Server.JetStream.Ports;
using NATS.Server.JetStream.Storage;
using NATS.Server.JetStream.Storage.Consumers;

namespace NATS.Server.JetStream.Consumers;

/// <content>What is written of the state, who waits for it, and when to look again.</content>
internal sealed partial class Consumer : ICommitWaiter
{
    private readonly Deadline _deadline;
    private readonly ConsumerSnapshot _snapshot = new();
    private readonly List<byte[]> _answers = [];
    private readonly Queue<byte[][]> _committing = new();
    private bool _hasChanged;
    private long _writeNs = long.MaxValue;
    private long _deadlineNs = long.MaxValue;

    /// <summary>The state is on the device: who waited for that is answered.</summary>
    public void Committed(long ticket, StoreResult result)
    {
        byte[][] replies;
        lock (_committing) replies = _committing.Dequeue();
        if (result != StoreResult.Ok) return;
        MessageBatch batch = _services.Batches.Rent();
        foreach (byte[] reply in replies) _stream.Port.Publish(batch, reply, default, default, default);
        _services.Batches.Return(batch);
    }

    private byte[] HeartbeatHeaders() =>
        Encoding.ASCII.GetBytes($"NATS/1.0 100 Idle Heartbeat\r\nNats-Last-Consumer: {_state.Delivered.Consumer}\r\nNats-Last-Stream: {_state.Delivered.Stream}\r\n\r\n");

    private void MarkChanged() => _hasChanged = true;

    private void AnswerWhenStored(ReadOnlySpan<byte> reply) => _answers.Add(reply.ToArray());

    // Owner. Whoever waits for an answer gets it when the state is as safe as promised; else it is written a little later. Never written by a thread that serves sockets.
    private void PersistAtEnd(MessageBatch batch)
    {
        if (_hasChanged && _writeNs == long.MaxValue) _writeNs = batch.NowNs + ConsumerStore.WriteIntervalNs;
        bool isFast = _store is null || (_services.IsDurable && _answers.Count > 0);
        if (!isFast && !ReferenceEquals(batch, _rented))
        {
            if (_answers.Count > 0 || batch.NowNs >= _writeNs) Signal(SignalDeliver);
            return;
        }

        if (_answers.Count == 0)
        {
            if (batch.NowNs >= _writeNs) Persist();
            return;
        }

        byte[][] answers = [.. _answers];
        _answers.Clear();
        if (_store is null || !_services.IsDurable)
        {
            Persist();
            foreach (byte[] reply in answers) _stream.Port.Publish(batch, reply, default, default, default);
            return;
        }

        Hand();
        lock (_committing) _committing.Enqueue(answers);
        _services.Commits.Enqueue(_store, this);
    }

    private void Persist()
    {
        Hand();
        _store?.Flush();
    }

    private void Hand()
    {
        _writeNs = long.MaxValue;
        if (!_hasChanged) return;
        _hasChanged = false;
        if (_store is null) return;
        _state.CopyTo(_snapshot);
        _store.ForceUpdate(_snapshot);
    }

    private void SetDeadline(long nowNs, long pullsNs)
    {
        long dueNs = Math.Min(Math.Min(_state.NextDeadlineNs, pullsNs), _writeNs);
        if (dueNs == _deadlineNs && dueNs > nowNs) return;
        _deadlineNs = dueNs;
        _services.Deadlines.Set(_deadline, dueNs == long.MaxValue ? dueNs : Math.Max(dueNs, nowNs + 1_000_000));
    }
}
