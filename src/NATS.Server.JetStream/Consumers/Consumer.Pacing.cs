using NATS.Server.Core.JetStream.Api;
using NATS.Server.Core.JetStream.Consumers;
using NATS.Server.Core.JetStream.Json;
using NATS.Server.JetStream.Storage;

namespace NATS.Server.JetStream.Consumers;

/// <content>What holds messages back: a pause, a rate, and the pace at which they came.</content>
internal sealed partial class Consumer
{
    private const long ReplayStepNs = 1_000_000;
    private RateBucket? _rate;
    private long _pauseEndsNs = long.MaxValue;
    private long _heldUntilNs = long.MaxValue;
    private ConsumerHold _hold;

    // What is replayed at its pace ends with this message; 0: nothing is.
    private ulong _replayThrough;
    private ulong _replayed;
    private long _lastTimestampNs;

    /// <summary>Whether nothing is delivered for now. Any thread.</summary>
    /// <param name="nowNs">The time.</param>
    /// <param name="remainingNs">For how long.</param>
    public bool IsPaused(long nowNs, out long remainingNs)
    {
        remainingNs = Config.PauseUntil is { IsZero: false } until ? Math.Max(until.ToUnixNanoseconds() - nowNs, 0) : 0;
        return remainingNs > 0;
    }

    private void BeginPause(long nowNs) => _pauseEndsNs = IsPaused(nowNs, out _) ? Config.PauseUntil!.Value.ToUnixNanoseconds() : long.MaxValue;

    private void Resume()
    {
        _pauseEndsNs = long.MaxValue;
        Publish(new ConsumerPauseEvent(_stream.Name, Name, false, Config.PauseUntil));
    }

    private void BeginReplay()
    {
        if (Config.ReplayPolicy != ReplayPolicy.Original) return;
        _replayThrough = _stream.Store.State.LastSequence;
    }

    private void EndReplay()
    {
        if (_state.NextSequence > _replayThrough) _replayThrough = 0;
    }

    private void BeginRate(long nowNs)
    {
        ConsumerConfig config = Config;
        long burst = _stream.Config.MaxMessageSize > 0 ? _stream.Config.MaxMessageSize : _services.Ingest.MaxPayload;
        _rate = config.RateLimit > 0 ? new RateBucket(config.RateLimit, burst, nowNs) : null;
        _sampling = SamplingOf(config);
    }

    // Owner. Whether a message has to wait, and then until when.
    private bool IsHeld(in StoredMessage message, long size, long nowNs)
    {
        if (_replayThrough > 0 && _lastTimestampNs > 0 && _replayed != message.Sequence)
        {
            _replayed = message.Sequence;
            long waitNs = message.TimestampNs - _lastTimestampNs;
            if (waitNs > ReplayStepNs)
            {
                (_heldUntilNs, _hold) = (nowNs + waitNs, ConsumerHold.Replay);
                return true;
            }
        }

        if (_rate is null || _rate.DueNs(size, nowNs) is var dueNs && dueNs <= nowNs) return false;
        (_heldUntilNs, _hold) = (dueNs, ConsumerHold.Rate);
        return true;
    }
}
