using NATS.Server.Core.Runtime;

namespace NATS.Server.Streaming;

/// <summary>Thread-safe. Drives a queue of deadlines by one timer of the clock, so that time may be simulated.</summary>
internal sealed class DeadlineTimer : IDisposable
{
    private readonly Lock _lock = new();
    private readonly TimeProvider _time;
    private readonly ITimer _timer;
    private long _armedNs = long.MaxValue;
    private bool _isStopped;

    public DeadlineTimer(TimeProvider time)
    {
        _time = time;
        Queue = new DeadlineQueue(Schedule);
        _timer = time.CreateTimer(_ => Run(), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    public DeadlineQueue Queue { get; }

    private long NowNs => (_time.GetUtcNow().UtcTicks - DateTime.UnixEpoch.Ticks) * TimeSpan.NanosecondsPerTick;

    public void Dispose()
    {
        lock (_lock) _isStopped = true;
        _timer.Dispose();
    }

    private void Run()
    {
        lock (_lock)
        {
            if (_isStopped) return;
            _armedNs = long.MaxValue;
        }

        Queue.RunDue(NowNs);
        Schedule();
    }

    // Another thread may set an earlier deadline meanwhile: it comes here too, after this one, and looks again. A timer that would fire too early is
    // left alone: deadlines are moved far more often than they come.
    private void Schedule()
    {
        lock (_lock)
        {
            if (_isStopped) return;
            long nextNs = Queue.NextNs;
            if (nextNs >= _armedNs) return;
            _armedNs = nextNs;
            long waitMs = Math.Clamp(((nextNs - NowNs) / 1_000_000) + 1, 1, int.MaxValue);
            _timer.Change(TimeSpan.FromMilliseconds(waitMs), Timeout.InfiniteTimeSpan);
        }
    }
}
