namespace NATS.Server.ServerTests.Hosting;

/// <summary>Thread-safe. Real time, except that timers with a period never fire: a server on this clock has no deadlines and sends no PING by itself.</summary>
internal sealed class ClockWithoutTicks : TimeProvider
{
    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) =>
        period == Timeout.InfiniteTimeSpan
            ? base.CreateTimer(callback, state, dueTime, period)
            : base.CreateTimer(callback, state, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
}
