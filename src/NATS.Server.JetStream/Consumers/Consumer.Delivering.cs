using NATS.Server.Core.JetStream.Consumers;
using NATS.Server.JetStream.Ports;
using NATS.Server.JetStream.Storage;

namespace NATS.Server.JetStream.Consumers;

/// <content>What is delivered next, and to whom.</content>
internal sealed partial class Consumer
{
    // After so many messages others get their turn on this thread.
    private const int MaximumRun = 512;
    private const long MaximumRunBytes = 512 * 1024;

    private readonly List<GivenUpMessage> _givenUp = [];
    private MessageBatch? _batch;
    private Queue<ulong>? _selected;
    private int _isWaitingForMessages;
    private bool _hasNewConfig;
    private bool _isDeleted;
    private bool _isEnded;
    private ulong _pending;
    private ulong _pendingThrough;
    private int _isPendingStale = 1;
    private ulong _next;
    private long _deliveredBytes;

    /// <summary>New messages would be delivered. Any thread; may be told too late, when it is about to become true it looks at the stream again.</summary>
    public bool IsWaitingForMessages => Volatile.Read(ref _isWaitingForMessages) != 0;

    /// <summary>Told of a message that was delivered as often as it may be. Set before it starts.</summary>
    public Action<GivenUpMessage>? GivenUp { get; init; }

    private MessageBatch Batch => _batch!;

    /// <summary>Begins with certain messages. Before it starts.</summary>
    public void Select(List<ulong> sequences) => _selected = new Queue<ulong>(sequences);

    /// <summary>A message left the stream. Any thread.</summary>
    public void MessageRemoved(ulong sequence)
    {
        if (sequence >= Volatile.Read(ref _next)) Volatile.Write(ref _isPendingStale, 1);
    }

    /// <summary>Messages left the stream. Any thread.</summary>
    public void MessagesRemoved()
    {
        Volatile.Write(ref _isPendingStale, 1);
        Signal(SignalDeliver);
    }

    // Owner. Everything that there is to do now.
    private void Work(MessageBatch batch)
    {
        _batch = batch;
        if (Volatile.Read(ref _isClosed))
        {
            End();
            return;
        }

        if (_hasNewConfig) TakeUpConfig();
        long nowNs = batch.NowNs;
        _givenUp.Clear();
        lock (_stateLock) _state.Expire(nowNs, _givenUp);
        foreach (GivenUpMessage message in _givenUp) GiveUp(message);
        bool isDry = Run(nowNs);
        long pullsNs = _pulls.Check(nowNs, isDry);
        PersistAtEnd(batch);
        SetDeadline(nowNs, pullsNs);
    }

    // Owner. Delivers; true when there is nothing more to deliver.
    private bool Run(long nowNs)
    {
        // First the flag, then the look at the stream: whoever publishes does it the other way round, so that one of both sees the other.
        if (_isWaitingForMessages == 0) Interlocked.Exchange(ref _isWaitingForMessages, 1);
        long end = _deliveredBytes + MaximumRunBytes;
        for (int delivered = 0; delivered < MaximumRun && _deliveredBytes < end; delivered++)
        {
            if (!CanDeliver(nowNs)) return Rest();
            if (TryRedeliver(nowNs, out bool isBlocked)) continue;
            if (isBlocked || _state.IsFull) return Rest();
            if (!TryFindNext(out StoredMessage message)) return true;
            if (!TrySend(message, 1, nowNs, isNew: true)) return false;
        }

        Signal(SignalDeliver);
        return Rest();
    }

    // New messages change nothing: something else has to come first, and then it looks at the stream.
    private bool Rest()
    {
        Volatile.Write(ref _isWaitingForMessages, 0);
        return false;
    }

    private bool CanDeliver(long nowNs) => Config.IsPull ? _pulls.Count > 0 : CanPush(nowNs);

    private bool TryRedeliver(long nowNs, out bool isBlocked)
    {
        isBlocked = false;
        while (true)
        {
            RedeliveryStep step;
            ulong sequence;
            ulong deliveries;
            lock (_stateLock) step = _state.NextRedelivery(out sequence, out deliveries);
            if (step == RedeliveryStep.None) return false;
            if (step == RedeliveryStep.GivenUp)
            {
                MarkChanged();
                GiveUp(new GivenUpMessage(sequence, deliveries));
                continue;
            }

            if (_stream.Store.Load(sequence, out StoredMessage message) != StoreResult.Ok)
            {
                lock (_stateLock) _state.MessageRemoved(sequence, out _, out _);
                MarkChanged();
                continue;
            }

            isBlocked = !TrySend(message, deliveries, nowNs, isNew: false);
            return !isBlocked;
        }
    }

    private bool TryFindNext(out StoredMessage message)
    {
        while (_selected is { Count: > 0 } selected)
        {
            ulong sequence = selected.Peek();
            if (sequence >= _state.NextSequence && _stream.Store.Load(sequence, out message) == StoreResult.Ok) return true;
            selected.Dequeue();
        }

        _selected = null;
        ulong readable = _stream.Readable;
        message = default;
        if (_state.NextSequence > readable) return false;
        StoreResult result = _stream.Store.LoadNext(_filter, _state.NextSequence, out message, out ulong reached);
        if (result == StoreResult.Ok && message.Sequence <= readable) return true;
        ulong passed = Math.Min(reached, readable);
        if (result == StoreResult.Ok) passed = Math.Min(message.Sequence - 1, readable);
        lock (_stateLock) _state.SkipTo(passed + 1);
        return false;
    }

    // Owner. Gives a message to the next client; false when there is none for it.
    private bool TrySend(in StoredMessage message, ulong deliveries, long nowNs, bool isNew)
    {
        if (Config.IsPull) return TrySendToPull(message, deliveries, nowNs, isNew);
        return TryPush(message, deliveries, nowNs, isNew);
    }

    private bool TrySendToPull(in StoredMessage message, ulong deliveries, long nowNs, bool isNew)
    {
        ulong pending = Pending();
        if (isNew && pending > 0) pending--;
        long size = message.Subject.Length + message.Headers.Length + message.Payload.Length;
        var load = new PullLoad(nowNs, pending, _state.QueuedCount, _state.PendingCount);
        if (!_pulls.TryTake(size, load, out WaitingPull? pull)) return false;
        Deliver(pull.Reply, message, deliveries, nowNs, isNew);
        if (pull.MessageSent(nowNs) is { } status) Send(pull.Reply, status);
        return true;
    }

    // Owner.
    private int Deliver(ReadOnlySpan<byte> target, in StoredMessage message, ulong deliveries, long nowNs, bool isNew)
    {
        ulong pending = Pending();
        ulong delivery;
        if (isNew)
        {
            if (message.Sequence <= _pendingThrough && pending > 0) pending = --_pending;
            if (_selected is { Count: > 0 } selected && selected.Peek() == message.Sequence) selected.Dequeue();
            lock (_stateLock) delivery = _state.Deliver(message.Sequence, nowNs);
            Volatile.Write(ref _next, _state.NextSequence);
        }
        else
        {
            lock (_stateLock) delivery = _state.Redeliver(message.Sequence, nowNs);
        }

        _deliveredBytes += message.Payload.Length + message.Headers.Length;
        MarkChanged();
        int length = _replies.Write(new AckReply(deliveries, message.Sequence, delivery, message.TimestampNs, pending), _reply);
        return _stream.Port.Deliver(Batch, target, message.Subject, _reply.AsSpan(0, length), message.Headers, message.Payload);
    }

    // Owner. How many messages it has before it. Counted again only when some of them went away without being delivered.
    private ulong Pending()
    {
        if (Interlocked.Exchange(ref _isPendingStale, 0) != 0)
        {
            Volatile.Write(ref _next, _state.NextSequence);
            _pending = _stream.Store.Pending(_state.NextSequence, _filter, lastPerSubject: false, out _pendingThrough);
            return _pending;
        }

        ulong readable = _stream.Readable;
        if (readable > _pendingThrough)
        {
            ulong from = Math.Max(_pendingThrough + 1, _state.NextSequence);
            ulong more = _stream.Store.Pending(from, _filter, lastPerSubject: false, out ulong through);
            _pending += more;
            _pendingThrough = through;
        }

        return _pending;
    }

    private void TakeUpConfig()
    {
        _hasNewConfig = false;
        lock (_stateLock) _state.Update(RulesOf(_config));
        _pulls.Update(PullRulesOf(_config));
        Volatile.Write(ref _isPendingStale, 1);
    }

    private void GiveUp(in GivenUpMessage message) => GivenUp?.Invoke(message);

    // Owner. Once.
    private void End()
    {
        if (_isEnded) return;
        _isEnded = true;
        Volatile.Write(ref _isWaitingForMessages, 0);
        _services.Deadlines.Set(_deadline, long.MaxValue);
        StopPushing();
        if (_isDeleted)
        {
            _pulls.EndAll(PullStatus.ConsumerDeleted);
            return;
        }

        Persist();
    }
}
