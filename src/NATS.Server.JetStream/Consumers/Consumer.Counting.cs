using NATS.Server.JetStream.Storage;

namespace NATS.Server.JetStream.Consumers;

/// <content>
/// How many messages are before it. Counted once, and then kept: what is delivered, what comes and what goes away changes the number, so that nothing is walked per message. The state's lock guards it.
/// </content>
internal sealed partial class Consumer
{
    // More than these are not remembered while the owner looks for a message: then it counts anew.
    private const int MaximumMeanwhile = 256;
    private SelectedMessages? _selected;
    private ulong _selectedThrough;
    private ulong _pending;

    // The count has all messages up to here, as far as the removals went then.
    private ulong _pendingThrough;
    private ulong _knownRemovals;

    // Those from here on were counted later.
    private ulong _countedLaterFrom = ulong.MaxValue;
    private ulong _knownRemovalsLater;
    private int _isPendingStale = 1;
    private int _isPurged;
    private bool _isLooking;
    private List<(ulong Sequence, ulong Number)>? _meanwhile;

    /// <summary>Begins with certain messages. Before it starts.</summary>
    public void Select(in ConsumerStart start)
    {
        if (start.Selected is not { } selected) return;
        _selected = new SelectedMessages(selected);
        _selectedThrough = start.SelectedThrough;
    }

    /// <summary>A message left the stream. Any thread.</summary>
    /// <param name="sequence">Of the message.</param>
    /// <param name="subject">Of the message.</param>
    /// <param name="number">Of the removal.</param>
    public void MessageRemoved(ulong sequence, ReadOnlySpan<byte> subject, ulong number)
    {
        // What is before everything that it still has to do with is none of its business.
        if (sequence < _state.NextSequence && _state.PendingCount == 0 && _state.RedeliveredCount == 0) return;
        bool wasPending;
        lock (_stateLock)
        {
            wasPending = _state.IsPending(sequence, out _);
            if (!wasPending && sequence < _state.NextSequence) _state.MessageRemoved(sequence, out _, out _);
            if (sequence >= _state.NextSequence && Volatile.Read(ref _filter).Matches(subject)) CountRemoved(sequence, number);
        }

        if (wasPending) TryPost(ConsumerWork.Removed(sequence));
    }

    /// <summary>Messages left the stream. Any thread.</summary>
    /// <param name="isTold">Whether it is told next which ones.</param>
    public void MessagesRemoved(bool isTold)
    {
        Volatile.Write(ref isTold ? ref _isPendingStale : ref _isPurged, 1);
        if (!isTold) Signal(SignalDeliver);
    }

    // Owner.
    private ulong Pending()
    {
        if (Volatile.Read(ref _isPendingStale) != 0) Recount();
        else if (_stream.Readable > _pendingThrough) CountMore();
        return Volatile.Read(ref _pending);
    }

    // Any thread, under the state's lock.
    private void CountRemoved(ulong sequence, ulong number)
    {
        if (_isLooking)
        {
            List<(ulong, ulong)> meanwhile = _meanwhile ??= [];
            if (meanwhile.Count < MaximumMeanwhile) meanwhile.Add((sequence, number));
            else Volatile.Write(ref _isPendingStale, 1);
        }

        if (_pending > 0 && IsCounted(sequence, number)) _pending--;
    }

    private bool IsCounted(ulong sequence, ulong number)
    {
        if (sequence > _pendingThrough) return false;
        if (sequence <= _selectedThrough && _selected is { } selected && !selected.Contains(sequence)) return false;
        return number > (sequence >= _countedLaterFrom ? _knownRemovalsLater : _knownRemovals);
    }

    // Owner. From here to the delivery of what is found it is remembered what goes away. What went away before a message was looked for does no harm
    // there, so that the list is begun anew only before it is full.
    private void BeginLooking()
    {
        if (_isLooking && (_meanwhile?.Count ?? 0) < MaximumMeanwhile / 2) return;
        lock (_stateLock)
        {
            _isLooking = true;
            _meanwhile?.Clear();
        }
    }

    private void EndLooking()
    {
        if (!_isLooking) return;
        lock (_stateLock)
        {
            _isLooking = false;
            _meanwhile?.Clear();
        }
    }

    // Owner, under the state's lock: a message that it found is delivered. It may have gone away meanwhile, and was subtracted then.
    private void CountDelivered(ulong sequence)
    {
        _selected?.TakeIf(sequence);
        bool isGone = false;
        if (_meanwhile is { Count: > 0 } meanwhile)
        {
            foreach ((ulong removed, ulong number) in meanwhile) isGone |= removed == sequence && IsCounted(removed, number);
        }

        if (!isGone && _pending > 0 && sequence <= _pendingThrough) _pending--;
    }

    // Owner.
    private void EndSelection()
    {
        lock (_stateLock)
        {
            _selected = null;
            _state.SkipTo(_selectedThrough + 1);
        }
    }

    // Owner. What goes away while it counts is told with a number above the one that the count knows.
    private void Recount()
    {
        Volatile.Write(ref _isPendingStale, 0);
        bool wasLooking = BeginCounting();
        ulong from = _state.NextSequence;
        ulong selected = 0;
        if (_selected is { } some)
        {
            selected = some.CountIn(_stream.Store, from);
            from = Math.Max(from, _selectedThrough + 1);
        }

        ulong count = _stream.Store.Pending(from, _filter, lastPerSubject: false, out ulong through, out ulong removals);
        lock (_stateLock)
        {
            _pending = count + selected;
            (_pendingThrough, _knownRemovals) = (through, removals);
            (_countedLaterFrom, _knownRemovalsLater) = (ulong.MaxValue, 0);
            EndCounting(0, wasLooking);
        }
    }

    private void CountMore()
    {
        bool wasLooking = BeginCounting();
        ulong from = Math.Max(_pendingThrough + 1, _state.NextSequence);
        ulong count = _stream.Store.Pending(from, _filter, lastPerSubject: false, out ulong through, out ulong removals);
        lock (_stateLock)
        {
            _pending += count;
            _pendingThrough = through;
            (_countedLaterFrom, _knownRemovalsLater) = (from, removals);
            EndCounting(from, wasLooking);
        }
    }

    // When it is looking already, what went away before the count is remembered too, and told apart by its number.
    private bool BeginCounting()
    {
        bool wasLooking = _isLooking;
        lock (_stateLock) _isLooking = true;
        return wasLooking;
    }

    // Under the state's lock. What went away after the count, and was not subtracted since it was not counted then.
    private void EndCounting(ulong from, bool wasLooking)
    {
        _isLooking = wasLooking;
        if (_meanwhile is not { Count: > 0 } meanwhile) return;
        foreach ((ulong sequence, ulong number) in meanwhile)
        {
            if (sequence >= from && sequence >= _state.NextSequence && _pending > 0 && IsCounted(sequence, number)) _pending--;
        }

        if (!wasLooking) meanwhile.Clear();
    }
}
