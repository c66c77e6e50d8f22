using NATS.Server.Core.JetStream.Consumers;

namespace NATS.Server.JetStream.Consumers;

/// <content>When it is deleted because nobody uses it.</content>
internal sealed partial class Consumer
{
    private const long JitterFromNs = 100_000_000;
    private const int JitterMs = 900;
    private const long DefaultThresholdNs = 5_000_000_000;
    private const long RetryNs = 1_000_000_000;

    // How long it lives unused; 0: for good.
    private long _thresholdNs;
    private long _abandonNs = long.MaxValue;
    private long _usedNs;

    // The reference does not delete all at once what was created at once.
    private long ThresholdOf(ConsumerConfig config)
    {
        long thresholdNs = config.InactiveThresholdNs;
        if (thresholdNs <= 0) return 0;
        bool isDefault = !config.IsDurable && thresholdNs == DefaultThresholdNs;
        return config.IsPull || isDefault ? thresholdNs + JitterFromNs + (_services.Random.Next(JitterMs) * 1_000_000L) : thresholdNs;
    }

    private void BeginInactivity(long nowNs)
    {
        _thresholdNs = ThresholdOf(Config);
        _usedNs = nowNs;
        _abandonNs = _thresholdNs > 0 && (Config.IsPull || !_isActive) ? nowNs + _thresholdNs : long.MaxValue;
    }

    // Owner. A client said something.
    private void Used(long nowNs)
    {
        _usedNs = nowNs;
        if (!Config.IsPull && _abandonNs != long.MaxValue) _abandonNs = nowNs + _thresholdNs;
    }

    private void StayForGood() => _abandonNs = long.MaxValue;

    private void LeaveIfUnused(long nowNs)
    {
        if (_thresholdNs > 0 && _abandonNs == long.MaxValue) _abandonNs = nowNs + _thresholdNs;
    }

    // Owner. Returns when to look again.
    private long CheckInactivity(long nowNs)
    {
        if (nowNs < _abandonNs) return _abandonNs;
        if (StillUsedUntil(nowNs) is var untilNs && untilNs > nowNs)
        {
            _abandonNs = untilNs;
            return untilNs;
        }

        _abandonNs = nowNs + RetryNs;
        _stream.Abandoned(this);
        return _abandonNs;
    }

    // Who has got messages may be at work on them and say nothing until the wait is over.
    private long StillUsedUntil(long nowNs)
    {
        if (!Config.IsPull) return _isActive ? long.MaxValue : nowNs;
        long usedNs = Math.Max(Math.Max(_usedNs, _pulls.LastActiveNs), _deliveredNs);
        if (nowNs - usedNs < _thresholdNs) return usedNs + _thresholdNs;
        _pulls.Check(nowNs, isDry: true);
        if (_pulls.Count > 0) return nowNs + _thresholdNs;
        long lastNs = _state.LastDeadlineNs;
        return lastNs == 0 ? nowNs : Math.Max(nowNs, lastNs + _thresholdNs);
    }
}
