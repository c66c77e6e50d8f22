using NATS.Server.Core.JetStream.Api;
using NATS.Server.Core.JetStream.Consumers;
using NATS.Server.JetStream.Ports;

namespace NATS.Server.JetStream.Consumers;

/// <content>What is said of it.</content>
internal sealed partial class Consumer
{
    /// <summary>What it is and how far. Any thread; as exact as can be while others work on it.</summary>
    public ConsumerInfo Info() => TryEnter() ? DescribeAndExit() : Describe(_services.NowNs, CountedElsewhere());

    /// <summary>Tells what it is and how far, behind everything that it was sent before. Any thread; at once when it is idle.</summary>
    /// <param name="answer">Is told, once. Must not throw.</param>
    public void Tell(Action<ConsumerInfo> answer)
    {
        if (TryEnter()) answer(DescribeAndExit());
        else if (!TryPost(ConsumerWork.Ask(batch => answer(DescribeAsOwner(batch))))) answer(Describe(_services.NowNs, CountedElsewhere()));
    }

    /// <summary>Tells what it was before it delivered anything, which is what its creator is answered. Any thread; once, at any time after its start.</summary>
    /// <param name="answer">Is told, once. Must not throw.</param>
    public void TellBeginning(Action<ConsumerInfo> answer)
    {
        if (TryEnter()) answer(DescribeAndExit(isBeginning: true));
        else if (!TryPost(ConsumerWork.Ask(batch => answer(DescribeBeginning(batch))))) answer(Describe(_services.NowNs, CountedElsewhere()));
    }

    private ConsumerInfo DescribeAndExit(bool isBeginning = false)
    {
        MessageBatch batch = _batch = _services.Batches.Rent();
        ConsumerInfo info = isBeginning ? DescribeBeginning(batch) : DescribeAsOwner(batch);
        Exit();
        _services.Batches.Return(batch);
        return info;
    }

    private ConsumerInfo DescribeBeginning(MessageBatch batch)
    {
        if (!_hasBegun && !_isEnded) Begin(batch);
        ConsumerInfo info = _beginning ?? DescribeAsOwner(batch);
        _beginning = null;
        return info;
    }

    // Pulls that are over and those whose client is gone do not count as waiting.
    private ConsumerInfo DescribeAsOwner(MessageBatch batch)
    {
        if (_isEnded) return Describe(batch.NowNs, CountedElsewhere());
        _pulls.Check(batch.NowNs, isDry: false);
        if (Volatile.Read(ref _isPurged) != 0) TakeUpLoss();
        return Describe(batch.NowNs, Pending());
    }

    private ConsumerInfo Describe(long nowNs, ulong pending)
    {
        ConsumerConfig config = Config;
        bool isPaused = IsPaused(nowNs, out long remainingNs);
        string? pin = _pulls.PinId;
        PriorityGroupInfo[] groups = config.PriorityGroups is { Count: > 0 } names ? [new PriorityGroupInfo(names[0], pin ?? "", pin is null ? 0 : _pulls.PinnedSinceNs)] : [];
        lock (_stateLock)
        {
            SequencePair delivered = _state.Delivered;
            if (_store is null && delivered == default) delivered = new SequencePair(0, _state.NextSequence - 1);
            return new ConsumerInfo
            {
                Stream = _stream.Name,
                Name = Name,
                Created = Created,
                Config = config,
                Delivered = new SequenceInfo(delivered.Consumer, delivered.Stream, _deliveredNs),
                AckFloor = new SequenceInfo(_state.AckFloor.Consumer, _state.AckFloor.Stream, _acknowledgedNs),
                AckPending = _state.PendingCount,
                Redelivered = config.MaxDeliver == 1 ? 0 : _state.RedeliveredCount,
                Waiting = config.IsPull ? _pulls.Count : 0,
                Pending = pending,
                IsPushBound = IsPushBound,
                IsPaused = isPaused,
                PauseRemainingNs = remainingNs,
                TimestampNs = nowNs,
                PriorityGroups = groups,
            };
        }
    }

    // Any thread. Without the owner, who may be about to count.
    private ulong CountedElsewhere()
    {
        ulong next;
        SelectedMessages? selected;
        lock (_stateLock)
        {
            bool isKnown = Volatile.Read(ref _isPendingStale) == 0 && Volatile.Read(ref _isPurged) == 0 && _stream.Readable <= _pendingThrough;
            if (isKnown) return _pending;
            (next, selected) = (_state.NextSequence, _selected);
        }

        ulong chosen = selected?.CountIn(_stream.Store, next) ?? 0;
        return chosen + _stream.Store.Pending(selected is null ? next : Math.Max(next, _selectedThrough + 1), Filter, lastPerSubject: false, out _);
    }
}
