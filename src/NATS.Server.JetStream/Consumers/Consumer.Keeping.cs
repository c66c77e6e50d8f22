using NATS.Server.Core.Runtime;
using NATS.Server.Core.Storage;
using NATS.Server.JetStream.Ports;
using NATS.Server.JetStream.Storage;
using NATS.Server.JetStream.Storage.Consumers;

namespace NATS.Server.JetStream.Consumers;

/// <content>What is written of the state, who waits for it, and when to look again.</content>
internal sealed partial class Consumer : ICommitWaiter
{
    private const long SoonestNs = 1_000_000;
    private readonly Deadline _deadline;
    private List<byte[]>? _answers;
    private Queue<byte[][]>? _committing;
    private ConsumerSnapshot? _snapshot;
    private bool _hasChanged;
    private long _writeNs = long.MaxValue;
    private long _deadlineNs = long.MaxValue;

    /// <summary>The state is on the device: who waited for that is answered.</summary>
    public void Committed(long ticket, StoreResult result)
    {
        byte[][] replies;
        lock (_stateLock) replies = _committing!.Dequeue();
        if (result != StoreResult.Ok) return;
        MessageBatch batch = _services.Batches.Rent();
        foreach (byte[] reply in replies) _stream.Port.Publish(batch, reply, default, default, default);
        _services.Batches.Return(batch);
    }

    private void MarkChanged() => _hasChanged = true;

    private void AnswerWhenStored(ReadOnlySpan<byte> reply) => (_answers ??= []).Add(reply.ToArray());

    // Owner. Whoever waits for an answer gets it when the state is as safe as promised; else it is written a little later. Never written by a thread that serves sockets.
    private void AnswerAtEnd(MessageBatch batch)
    {
        if (_hasChanged && _writeNs == long.MaxValue) _writeNs = batch.NowNs + ConsumerStore.WriteIntervalNs;
        if (_answers is not { Count: > 0 } waiting) return;
        if (_store is not null && !_services.IsDurable && !ReferenceEquals(batch, _rented))
        {
            Signal(SignalDeliver);
            return;
        }

        byte[][] answers = [.. waiting];
        waiting.Clear();
        if (_store is null || !_services.IsDurable)
        {
            Write();
            foreach (byte[] reply in answers) _stream.Port.Publish(batch, reply, default, default, default);
            return;
        }

        Hand(writes: false);
        lock (_stateLock) (_committing ??= new Queue<byte[][]>()).Enqueue(answers);
        _services.Commits.Enqueue(_store, this);
    }

    // Owner, on the executor.
    private void WriteIfDue(long nowNs)
    {
        if (nowNs < _writeNs || _isEnded) return;
        Write();
        long nextNs = _store?.Maintain(nowNs) ?? long.MaxValue;
        if (nextNs < _writeNs)
        {
            _writeNs = nextNs;
            SetDeadline(nowNs, nextNs);
        }
    }

    // Owner. Hands everything to the operating system.
    private void Write()
    {
        _writeNs = long.MaxValue;
        if (_hasChanged) Hand(writes: true);
        else _store?.Flush();
    }

    // Owner. Without writing it is left to the commit, or to a later time.
    private void Hand(bool writes)
    {
        _hasChanged = false;
        if (_store is null) return;
        ConsumerSnapshot snapshot = _snapshot ??= new ConsumerSnapshot();
        lock (_stateLock) _state.CopyTo(snapshot);
        ConsumerStoreResult result = writes ? _store.ForceUpdate(snapshot) : _store.Update(snapshot);
        if (!writes && result == ConsumerStoreResult.OldUpdate) result = _store.ForceUpdate(snapshot);
        if (result == ConsumerStoreResult.NotWritten) ConsumerLog.NotWritten(_services.Log, _stream.Port.Name, _stream.Name, Name, _store.WriteFailure ?? "");
        if (snapshot.Pending.Count > MaximumRun) _snapshot = null;
    }

    // Owner. A deadline that is too early does no harm, and is cheaper than moving it each time that it gets later.
    private void SetDeadline(long nowNs, long dueNs)
    {
        dueNs = Math.Min(Math.Min(_state.NextDeadlineNs, dueNs), _writeNs);
        if (dueNs >= _deadlineNs) return;
        _deadlineNs = dueNs;
        _services.Deadlines.Set(_deadline, Math.Max(dueNs, nowNs + SoonestNs));
    }
}
