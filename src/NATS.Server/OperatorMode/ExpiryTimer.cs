namespace NATS.Server.OperatorMode;

/// <summary>Calls once at a moment, however far away; timers of the platform reach seven weeks only. Thread-safe.</summary>
internal sealed class ExpiryTimer : IDisposable
{
    private static readonly TimeSpan LongestWait = TimeSpan.FromDays(40);

    private readonly TimeProvider _time;
    private readonly DateTimeOffset _at;
    private readonly Action _expired;
    private readonly ITimer _timer;
    private int _isOver;

    public ExpiryTimer(TimeProvider time, DateTimeOffset at, Action expired)
    {
        _time = time;
        _at = at;
        _expired = expired;
        _timer = time.CreateTimer(static state => ((ExpiryTimer)state!).OnTimer(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        Start();
    }

    public void Dispose()
    {
        Interlocked.Exchange(ref _isOver, 1);
        _timer.Dispose();
    }

    private void Start()
    {
        TimeSpan left = _at - _time.GetUtcNow();
        if (left < TimeSpan.Zero) left = TimeSpan.Zero;
        _timer.Change(left < LongestWait ? left : LongestWait, Timeout.InfiniteTimeSpan);
    }

    private void OnTimer()
    {
        if (_time.GetUtcNow() < _at)
        {
            if (Volatile.Read(ref _isOver) == 0) Start();
            return;
        }

        if (Interlocked.Exchange(ref _isOver, 1) == 0) _expired();
    }
}
