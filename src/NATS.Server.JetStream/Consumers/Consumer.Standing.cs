using System.Text;
using NATS.Server.Core.JetStream.Consumers;
using NATS.Server.JetStream.Storage;

namespace NATS.Server.JetStream.Consumers;

/// <content>Why it delivers or not, told to people. Nothing is changed by it.</content>
internal sealed partial class Consumer
{
    /// <summary>No more waiting requests are described one by one.</summary>
    public const int MaximumPullsTold = 1000;

    // Between two marks of how much was delivered.
    private const long PaceStepNs = 10_000_000_000;
    private (long TimeNs, ulong Deliveries) _paceFrom;
    private (long TimeNs, ulong Deliveries) _paceThen;
    private PullStatus _lastAnswer;
    private long _lastAnswerNs;
    private byte[] _lastAnswerTo = [];
    private int _lastAnswerToLength;

    /// <summary>Tells why it delivers or not, behind everything that it was sent before. Any thread; at once when it is idle.</summary>
    /// <param name="answer">Is told, once. Must not throw.</param>
    public void TellStanding(Action<ConsumerStanding> answer)
    {
        if (TryEnter())
        {
            ConsumerStanding standing = StandAsOwner(_services.NowNs);
            Exit();
            answer(standing);
        }
        else if (!TryPost(ConsumerWork.Ask(batch => answer(StandAsOwner(batch.NowNs)))))
        {
            answer(Standing());
        }
    }

    /// <summary>The same without waiting for those who work on it: less is known then. Any thread.</summary>
    public ConsumerStanding Standing() => Stand(_services.NowNs, CountedElsewhere());

    /// <summary>Adds what its stream has for it. Any thread, but not one that serves sockets: the stream may have to be read.</summary>
    public ConsumerStanding WithMessages(ConsumerStanding standing)
    {
        SubjectState matching = _stream.Store.StateOf(Filter, 0);
        return standing with { Next = FindNext(standing), Matching = matching.Messages, LastMatching = matching.Last };
    }

    private ConsumerStanding StandAsOwner(long nowNs)
    {
        if (_isEnded) return Stand(nowNs, CountedElsewhere()) with { IsExact = true };
        ulong pending = Volatile.Read(ref _isPurged) != 0 ? CountedElsewhere() : Pending();
        var load = new PullLoad(nowNs, pending == 0 ? 0 : pending - 1, _state.QueuedCount, _state.PendingCount);
        (long paceFromNs, ulong paceFrom) = PaceMark(nowNs);
        long heldUntilNs = _heldUntilNs != long.MaxValue && _heldUntilNs > nowNs ? _heldUntilNs : 0;
        return Stand(nowNs, pending) with
        {
            IsExact = true,
            HeldUntilNs = heldUntilNs,
            Hold = heldUntilNs == 0 ? ConsumerHold.None : _hold,
            Flow = _window is { } window ? new FlowStanding(window.Size, window.Pending, window.IsAsking, window.IsClosed) : null,
            Pulls = _pulls.Describe(load, MaximumPullsTold),
            NewestPull = _pulls.DescribeNewest(load),
            LastAnswer = _lastAnswerNs == 0 ? null : LastAnswer(),
            PinEndsNs = _pulls.PinEndsNs == long.MaxValue ? 0 : _pulls.PinEndsNs,
            AbandonNs = AbandonNs(nowNs),
            PaceDeliveries = _state.Delivered.Consumer - Math.Min(paceFrom, _state.Delivered.Consumer),
            PaceNs = paceFromNs == 0 ? 0 : Math.Max(nowNs - paceFromNs, 0),
        };
    }

    // Any thread: what is read here may be of different moments.
    private ConsumerStanding Stand(long nowNs, ulong pending)
    {
        PendingStanding unacknowledged;
        ulong next;
        bool isFull;
        lock (_stateLock)
        {
            unacknowledged = _state.Describe();
            next = _state.NextSequence;
            isFull = _state.IsFull;
        }

        return new ConsumerStanding
        {
            Info = Describe(nowNs, pending),
            IsEnded = _isEnded || Volatile.Read(ref _isClosed),
            WaitingWork = Waiting,
            NextSequence = next,
            Readable = _stream.Readable,
            IsActive = _isActive,
            IsFull = isFull,
            Unacknowledged = unacknowledged,
        };
    }

    private PullAnswer LastAnswer() => new(
        _lastAnswer.Code,
        _lastAnswer.Description,
        _lastAnswer.HasPending ? _lastAnswer.Bytes : 0,
        Encoding.UTF8.GetString(_lastAnswerTo.AsSpan(0, _lastAnswerToLength)),
        _lastAnswerNs);

    // As it will be found when the time comes, if nothing happens until then.
    private long AbandonNs(long nowNs)
    {
        if (_abandonNs == long.MaxValue) return 0;
        if (!Config.IsPull) return _isActive ? 0 : _abandonNs;
        if (_pulls.Count > 0) return 0;
        long usedNs = Math.Max(Math.Max(_usedNs, _pulls.LastActiveNs), _deliveredNs);
        long lastNs = _state.LastDeadlineNs;
        return Math.Max(Math.Max(usedNs, lastNs) + _thresholdNs, nowNs);
    }

    private NextMessage? FindNext(ConsumerStanding standing)
    {
        PendingStanding waiting = standing.Unacknowledged;
        if (waiting.NextQueued != 0 && _stream.Store.Load(waiting.NextQueued, out StoredMessage again) == StoreResult.Ok) return Describe(again, standing, isRedelivery: true);
        ulong from = standing.NextSequence;
        if (FirstSelected(from) is { } selected) return Describe(selected, standing, isRedelivery: false);
        if (from > standing.Readable) return null;
        StoreResult result = _stream.Store.LoadNext(Filter, from, out StoredMessage next, out _);
        return result == StoreResult.Ok && next.Sequence <= standing.Readable ? Describe(next, standing, isRedelivery: false) : null;
    }

    private StoredMessage? FirstSelected(ulong from)
    {
        ulong sequence;
        lock (_stateLock)
        {
            if (_selected is not { } selected || !selected.TryPeek(out sequence)) return null;
        }

        return sequence >= from && _stream.Store.Load(sequence, out StoredMessage message) == StoreResult.Ok ? message : null;
    }

    private NextMessage Describe(in StoredMessage message, ConsumerStanding standing, bool isRedelivery)
    {
        ulong pending = standing.Info.Pending;
        if (!isRedelivery && pending > 0) pending--;
        ulong deliveries = isRedelivery ? 2UL : 1UL;
        int reply = _replies.Write(new AckReply(deliveries, message.Sequence, standing.Info.Delivered.Consumer + 1, message.TimestampNs, pending), new byte[_replies.MaximumLength]);
        long content = Config.HeadersOnly ? HeadersWithSizeLength(message) : message.Headers.Length + message.Payload.Length;
        return new NextMessage(message.Sequence, Encoding.UTF8.GetString(message.Subject), message.Subject.Length + reply + content, message.TimestampNs, isRedelivery);
    }

    // Only the size is told instead of the payload.
    private static long HeadersWithSizeLength(in StoredMessage message)
    {
        int headers = message.Headers.Length < 4 ? "NATS/1.0\r\n\r\n".Length : message.Headers.Length;
        return headers + "Nats-Msg-Size: \r\n".Length + message.Payload.Length.ToString(System.Globalization.CultureInfo.InvariantCulture).Length;
    }

    // Owner. Once per run, not per message.
    private void NotePace(long nowNs)
    {
        if (nowNs - _paceThen.TimeNs < PaceStepNs) return;
        _paceFrom = _paceThen;
        _paceThen = (nowNs, _state.Delivered.Consumer);
    }

    // Owner. After a rest the older mark would tell more of the rest than of what came after it.
    private (long TimeNs, ulong Deliveries) PaceMark(long nowNs) => nowNs - _paceFrom.TimeNs <= 2 * PaceStepNs ? _paceFrom : _paceThen;

    // Owner.
    private void NoteAnswer(ReadOnlySpan<byte> reply, in PullStatus status)
    {
        (_lastAnswer, _lastAnswerNs) = (status, Batch.NowNs);
        if (_lastAnswerTo.Length < reply.Length) _lastAnswerTo = new byte[reply.Length];
        reply.CopyTo(_lastAnswerTo);
        _lastAnswerToLength = reply.Length;
    }
}
