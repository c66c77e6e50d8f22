using NATS.Server.Core.JetStream.Consumers;
using NATS.Server.JetStream.Storage;

namespace NATS.Server.JetStream.Consumers;

/// <content>What is delivered next, and to whom.</content>
internal sealed partial class Consumer
{
    // After so many messages others get their turn on this thread.
    private const int MaximumRun = 512;
    private const long MaximumRunBytes = 512 * 1024;

    private int _isWaitingForMessages;
    private long _deliveredNs;
    private List<GivenUpMessage>? _givenUp;

    /// <summary>New messages would be delivered. Any thread; may be told too late, when it is about to become true it looks at the stream again.</summary>
    public bool IsWaitingForMessages => Volatile.Read(ref _isWaitingForMessages) != 0;

    // Owner. Delivers; true when all was looked at that may be delivered now, so that whoever does not want to wait is told.
    private bool Run(long nowNs)
    {
        NotePace(nowNs);
        bool isDry = DeliverAll(nowNs);
        EndLooking();
        return isDry;
    }

    private bool DeliverAll(long nowNs)
    {
        // First the flag, then the look at the stream: whoever publishes does it the other way round, so that one of both sees the other.
        if (_isWaitingForMessages == 0) Interlocked.Exchange(ref _isWaitingForMessages, 1);
        if (_heldUntilNs <= nowNs) _heldUntilNs = long.MaxValue;
        long bytesLeft = MaximumRunBytes;
        for (int delivered = 0; delivered < MaximumRun && bytesLeft > 0; delivered++)
        {
            if (!CanDeliver(nowNs)) return Rest(isDry: true);
            switch (Redeliver(nowNs, ref bytesLeft))
            {
                case Sending.Done: continue;
                case Sending.Held: return Rest(isDry: false);
                case Sending.NobodyTakesIt: return Rest(isDry: true);
            }

            if (_state.IsFull) return Rest(isDry: false);
            if (!TryFindNext(out StoredMessage message))
            {
                EndReplay();
                return true;
            }

            switch (Send(message, 1, nowNs, isNew: true, ref bytesLeft))
            {
                case Sending.Held: return Rest(isDry: false);
                case Sending.NobodyTakesIt:
                    // Whoever waits may want just that there are more.
                    return true;
            }
        }

        Signal(SignalDeliver);
        return Rest(isDry: false);
    }

    // New messages change nothing: something else has to come first, and then it looks at the stream.
    private bool Rest(bool isDry)
    {
        Volatile.Write(ref _isWaitingForMessages, 0);
        return isDry;
    }

    private bool CanDeliver(long nowNs)
    {
        if (_pauseEndsNs != long.MaxValue || _heldUntilNs != long.MaxValue) return false;
        return Config.IsPull ? _pulls.Count > 0 : CanPush();
    }

    private Sending Redeliver(long nowNs, ref long bytesLeft)
    {
        while (_state.QueuedCount > 0)
        {
            RedeliveryStep step;
            ulong sequence;
            ulong deliveries;
            lock (_stateLock) step = _state.NextRedelivery(out sequence, out deliveries);
            if (step == RedeliveryStep.None) return Sending.Nothing;
            if (step == RedeliveryStep.GivenUp)
            {
                MarkChanged();
                GiveUp(new GivenUpMessage(sequence, deliveries));
                continue;
            }

            if (_stream.Store.Load(sequence, out StoredMessage message) == StoreResult.Ok) return Send(message, deliveries, nowNs, isNew: false, ref bytesLeft);
            Forget(sequence);
        }

        return Sending.Nothing;
    }

    private bool TryFindNext(out StoredMessage message)
    {
        BeginLooking();
        while (_selected is { } selected)
        {
            if (!selected.TryPeek(out ulong sequence))
            {
                EndSelection();
                break;
            }

            if (sequence >= _state.NextSequence && _stream.Store.Load(sequence, out message) == StoreResult.Ok) return true;
            selected.Skip();
        }

        ulong readable = _stream.Readable;
        message = default;
        ulong next = _state.NextSequence;
        if (next > readable) return false;
        StoreResult result = _stream.Store.LoadNext(_filter, next, out message, out ulong reached);
        if (result == StoreResult.Ok && message.Sequence <= readable) return true;
        if (result is StoreResult.Ok or StoreResult.EndOfStream)
        {
            ulong passed = result == StoreResult.Ok ? readable : Math.Min(reached, readable);
            lock (_stateLock) _state.SkipTo(passed + 1);
        }

        return false;
    }

    // Owner. Gives a message to whoever is next.
    private Sending Send(in StoredMessage message, ulong deliveries, long nowNs, bool isNew, ref long bytesLeft)
    {
        ulong pending = Pending();
        if (isNew && pending > 0) pending--;
        int length = _replies.Write(new AckReply(deliveries, message.Sequence, _state.NextDelivery, message.TimestampNs, pending), _reply);
        ReadOnlySpan<byte> reply = _reply.AsSpan(0, length);
        ReadOnlySpan<byte> headers = message.Headers;
        ReadOnlySpan<byte> payload = message.Payload;
        if (Config.HeadersOnly)
        {
            headers = WithSize(headers, payload.Length);
            payload = default;
        }

        long size = message.Subject.Length + length + headers.Length + payload.Length;
        if (IsHeld(message, size, nowNs)) return Sending.Held;
        WaitingPull? pull = null;
        ReadOnlySpan<byte> target = _deliverSubject;
        if (Config.IsPull)
        {
            if (!_pulls.TryTake(size, new PullLoad(nowNs, pending, _state.QueuedCount, _state.PendingCount), out pull)) return Sending.NobodyTakesIt;
            target = pull.Reply;
            if (_pulls.PinId is { } pin && Config.PriorityPolicy == PriorityPolicy.PinnedClient) headers = WithPin(headers, pin);
        }

        Note(message, nowNs, isNew);
        bytesLeft -= size;
        int receivers = _stream.Port.Deliver(Batch, target, message.Subject, reply, headers, payload);
        if (receivers == 0) NotDelivered(message.Sequence, target, nowNs);
        if (pull is not null)
        {
            if (pull.MessageSent(nowNs) is { } status) Send(pull.Reply, status);
        }
        else
        {
            Pushed(target.Length + length + headers.Length + payload.Length, size, nowNs);
        }

        return Sending.Done;
    }

    // Owner. The message counts as delivered.
    private void Note(in StoredMessage message, long nowNs, bool isNew)
    {
        lock (_stateLock)
        {
            if (isNew)
            {
                CountDelivered(message.Sequence);
                _state.Deliver(message.Sequence, nowNs);
            }
            else
            {
                _state.Redeliver(message.Sequence, nowNs);
            }

            _deliveredNs = nowNs;
        }

        _lastTimestampNs = message.TimestampNs;
        MarkChanged();
        if (Config.AckPolicy == AckPolicy.None && isNew) SettleLater(message.Sequence);
    }

    private void ExpirePending(long nowNs)
    {
        if (nowNs < _state.NextDeadlineNs) return;
        List<GivenUpMessage> givenUp = _givenUp ??= [];
        givenUp.Clear();
        int queued;
        lock (_stateLock) queued = _state.Expire(nowNs, givenUp);
        if (queued > 0 || givenUp.Count > 0) MarkChanged();
        foreach (GivenUpMessage message in givenUp) GiveUp(message);
    }

    // Owner. Nobody got it after all.
    private void NotDelivered(ulong sequence, ReadOnlySpan<byte> target, long nowNs)
    {
        lock (_stateLock) _state.DeliveryFailed(sequence, again: Config.IsPull);
        if (!Config.IsPull)
        {
            LookForAnyInterest(nowNs);
            return;
        }

        if (Config.AckPolicy == AckPolicy.None) return;
        _pulls.Credit(target);
        Signal(SignalDeliver);
    }

    private enum Sending
    {
        Nothing,
        Done,
        Held,
        NobodyTakesIt,
    }
}
