namespace NATS.Server.Monitoring;

/// <summary>What the process uses. Immutable.</summary>
/// <param name="CpuPercent">Percent of one processor over the last second, in tenths.</param>
/// <param name="ResidentBytes">Resident memory.</param>
/// <param name="Processors">Processors the process may use.</param>
internal sealed record ProcessUsage(double CpuPercent, long ResidentBytes, int Processors);

/// <summary>Measures the process once a second while it lives. Thread-safe. Memory is read when asked for.</summary>
internal sealed class ProcessUsageSampler : IDisposable
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

    private readonly TimeProvider _time;
    private readonly Func<TimeSpan> _processorTime;
    private readonly Func<long> _residentBytes;
    private readonly ITimer _timer;
    private readonly Lock _lock = new();
    private long _sampledAt;
    private TimeSpan _sampledTime;
    private double _cpuPercent;

    /// <summary>Starts to sample.</summary>
    /// <param name="time">Clock and timer.</param>
    /// <param name="processorTime">Processor time used so far; by default that of this process.</param>
    /// <param name="residentBytes">Memory in use; by default that of this process.</param>
    public ProcessUsageSampler(TimeProvider time, Func<TimeSpan>? processorTime = null, Func<long>? residentBytes = null)
    {
        _time = time;
        _processorTime = processorTime ?? ReadProcessorTime;
        _residentBytes = residentBytes ?? (static () => Environment.WorkingSet);
        _sampledAt = time.GetTimestamp();
        _sampledTime = _processorTime();
        _timer = time.CreateTimer(_ => Sample(), null, Interval, Interval);
    }

    public ProcessUsage Current => new(Volatile.Read(ref _cpuPercent), _residentBytes(), Environment.ProcessorCount);

    public void Dispose() => _timer.Dispose();

    private static TimeSpan ReadProcessorTime() =>
        OperatingSystem.IsBrowser() || OperatingSystem.IsIOS() || OperatingSystem.IsTvOS() ? TimeSpan.Zero : Environment.CpuUsage.TotalTime;

    private void Sample()
    {
        lock (_lock)
        {
            long now = _time.GetTimestamp();
            TimeSpan elapsed = _time.GetElapsedTime(_sampledAt, now);
            if (elapsed <= TimeSpan.Zero) return;
            TimeSpan used = _processorTime();
            double percent = 100.0 * (used - _sampledTime).Ticks / elapsed.Ticks;
            Volatile.Write(ref _cpuPercent, Math.Round(percent, 1));
            _sampledAt = now;
            _sampledTime = used;
        }
    }
}
