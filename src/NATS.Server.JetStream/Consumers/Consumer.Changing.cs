using NATS.Server.Core.JetStream.Consumers;
using NATS.Server.Core.JetStream.Errors;
using NATS.Server.Core.JetStream.Streams;
using NATS.Server.JetStream.Ports;
using NATS.Server.JetStream.Storage;

namespace NATS.Server.JetStream.Consumers;

/// <content>Another configuration, another start, and what becomes of it when the stream is purged.</content>
internal sealed partial class Consumer
{
    private ConsumerConfig? _nextConfig;

    /// <summary>Puts another configuration in force. Under the stream's lock; its owner does the rest soon.</summary>
    public void Update(ConsumerConfig config)
    {
        ConsumerConfig before = Config;
        Volatile.Write(ref _config, config);
        if (!before.Filters.SequenceEqual(config.Filters, StringComparer.Ordinal))
        {
            Volatile.Write(ref _filter, FilterOf(config));
            Volatile.Write(ref _isPendingStale, 1);
        }

        Interlocked.CompareExchange(ref _nextConfig, before, null);
    }

    /// <summary>Begins again at a sequence. By its owner.</summary>
    /// <param name="batch">In which it goes on.</param>
    /// <param name="sequence">Of the stream; 0: behind what is acknowledged.</param>
    /// <param name="start">Where it begins.</param>
    /// <remarks>Reference: nats-server consumer.go resetStartingSeq.</remarks>
    public ApiError? Reset(MessageBatch batch, ulong sequence, out ulong start)
    {
        _batch = batch;
        start = 0;
        ConsumerConfig config = Config;
        if (sequence == 0) sequence = _state.AckFloor.Stream + 1;
        else if (WhyNotFrom(config, sequence) is { } reason) return ApiErrors.ConsumerInvalidReset(reason);
        start = sequence;
        ResetTo(sequence);
        return null;
    }

    private string? WhyNotFrom(ConsumerConfig config, ulong sequence) => config.DeliverPolicy switch
    {
        DeliverPolicy.All => null,
        DeliverPolicy.ByStartSequence => sequence < config.StartSequence ? "below start seq" : null,
        DeliverPolicy.ByStartTime when config.StartTime is { } time => sequence < _stream.Store.SequenceAt(time.ToUnixNanoseconds()) ? "below start time" : null,
        _ => "not allowed",
    };

    private void ResetTo(ulong sequence)
    {
        lock (_stateLock)
        {
            _state.Reset(sequence);
            _selected = null;
            _selectedThrough = 0;
            (_deliveredNs, _acknowledgedNs) = (0, 0);
        }

        Volatile.Write(ref _isPendingStale, 1);
        MarkChanged();
        Write();
        if (_stream.Config.Retention == RetentionPolicy.Interest) _stream.Reconcile(this);
        Signal(SignalDeliver);
    }

    // Owner.
    private void TakeUpConfig(long nowNs)
    {
        ConsumerConfig before = Interlocked.Exchange(ref _nextConfig, null)!;
        ConsumerConfig config = Config;
        lock (_stateLock) _state.Update(RulesOf(config));
        _pulls.Update(PullRulesOf(config));
        if (before.DeliverSubject != config.DeliverSubject || before.DeliverGroup != config.DeliverGroup) MoveTo(before, nowNs);
        if (before.RateLimit != config.RateLimit || before.SampleFrequency != config.SampleFrequency) BeginRate(nowNs);
        if (before.InactiveThresholdNs != config.InactiveThresholdNs) BeginInactivity(nowNs);
        if (before.PauseUntil != config.PauseUntil) BeginPause(nowNs);
        if (config.Sourcing) ResetTo(_state.AckFloor.Stream + 1);
        if (before.Filters.SequenceEqual(config.Filters, StringComparer.Ordinal)) return;
        Volatile.Write(ref _isPendingStale, 1);
    }

    // Owner. Whoever listened elsewhere has what is pending, and it is delivered again.
    private void MoveTo(ConsumerConfig before, long nowNs)
    {
        StopPushing();
        if (before.DeliverSubject != Config.DeliverSubject)
        {
            List<GivenUpMessage> givenUp = _givenUp ??= [];
            givenUp.Clear();
            lock (_stateLock) _state.ExpireAll(nowNs, givenUp);
            foreach (GivenUpMessage message in givenUp) GiveUp(message);
        }

        StartPushing();
        LookForInterest(nowNs);
    }

    /// <summary>Messages were purged. Any thread.</summary>
    /// <param name="first">The first that may be left for it; behind the stream's last when none is.</param>
    /// <param name="isPartly">Whether of those from there on some are gone too.</param>
    public void Purged(ulong first, bool isPartly) => TryDo(_ =>
    {
        List<ulong>? gone = isPartly ? PendingGone() : null;
        TakeUpPurge(first, gone);
        Volatile.Write(ref _isPendingStale, 1);
    });

    // Owner. The stream was cut without saying for whom: it is looked up what of it this consumer has lost.
    private void TakeUpLoss()
    {
        Volatile.Write(ref _isPurged, 0);
        bool hasLost = HasLostSome();
        if (_state.PendingCount == 0 && !hasLost) return;
        List<ulong>? gone = PendingGone();
        if (gone is not { Count: > 0 } && !hasLost) return;
        StoreResult result = _stream.Store.LoadNext(_filter, 0, out StoredMessage message, out ulong reached);
        if (result is StoreResult.Ok or StoreResult.EndOfStream) TakeUpPurge(result == StoreResult.Ok ? message.Sequence : reached + 1, gone);
    }

    private void TakeUpPurge(ulong first, List<ulong>? gone)
    {
        int pending = _state.PendingCount;
        lock (_stateLock) _state.Purge(first, gone is { Count: > 0 } ? sequence => gone.BinarySearch(sequence) >= 0 : null);
        if (_state.PendingCount < pending) _acknowledgedNs = Batch.NowNs;
        MarkChanged();
    }

    private List<ulong>? PendingGone()
    {
        List<ulong>? gone = null;
        lock (_stateLock) CollectPending(ref gone);
        gone?.RemoveAll(sequence => _stream.Store.Load(sequence, out _) == StoreResult.Ok);
        return gone;
    }

    // Owner. Whether some of the messages that were before it are gone; counts anew.
    private bool HasLostSome()
    {
        bool isKnown = Volatile.Read(ref _isPendingStale) == 0;
        ulong through = _pendingThrough;
        ulong before = Volatile.Read(ref _pending);
        Recount();
        ulong later = through == ulong.MaxValue ? 0 : _stream.Store.Pending(Math.Max(through + 1, _state.NextSequence), _filter, lastPerSubject: false, out _);
        return !isKnown || _pending < before + later;
    }

    private void CollectPending(ref List<ulong>? sequences)
    {
        for (ulong next = 0; _state.TryFindPending(next, out ulong sequence); next = sequence + 1) (sequences ??= []).Add(sequence);
    }
}
