using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;

namespace NATS.Server.Bench.Measurement;

/// <summary>CPU time (nanosecond clock of the process) and memory of a running process. Thread-safe.</summary>
internal sealed unsafe partial class ProcessMeter
{
    private readonly int _processId;
    private readonly int _clock;

    public ProcessMeter(int processId)
    {
        _processId = processId;
        int clock;
        var error = GetCpuClockId(processId, &clock);
        if (error != 0)
        {
            throw new InvalidOperationException($"no CPU clock for process {processId}: error {error}");
        }

        _clock = clock;
    }

    /// <summary>The meter of this process.</summary>
    public static ProcessMeter Own { get; } = new(Environment.ProcessId);

    /// <summary>CPU seconds used by all threads so far.</summary>
    public double CpuSeconds
    {
        get
        {
            TimeSpec time;
            return GetTime(_clock, &time) == 0
                ? time.Seconds + (time.Nanoseconds * 1e-9)
                : throw new VerificationException($"the server process {_processId} is gone");
        }
    }

    /// <summary>Resident set now, in KiB.</summary>
    public long ResidentKib => Status("VmRSS:");

    /// <summary>Largest resident set so far, in KiB.</summary>
    public long PeakResidentKib => Status("VmHWM:");

    /// <summary>Waits until the process is nearly idle (closing connections, collecting garbage after a run), or for <paramref name="limit"/>.</summary>
    public void Settle(TimeSpan limit)
    {
        const int SliceMs = 15;
        const double IdleShare = 0.03;
        var end = Stopwatch.GetTimestamp() + (long)(limit.TotalSeconds * Stopwatch.Frequency);
        while (Stopwatch.GetTimestamp() < end)
        {
            var before = CpuSeconds;
            var start = Stopwatch.GetTimestamp();
            Thread.Sleep(SliceMs);
            if (CpuSeconds - before < Stopwatch.GetElapsedTime(start).TotalSeconds * IdleShare)
            {
                return;
            }
        }
    }

    private long Status(string key)
    {
        foreach (var line in File.ReadLines($"/proc/{_processId}/status"))
        {
            if (line.StartsWith(key, StringComparison.Ordinal))
            {
                return long.Parse(line.AsSpan(key.Length).Trim().ToString().Split(' ')[0], CultureInfo.InvariantCulture);
            }
        }

        return 0;
    }

    [StructLayout(LayoutKind.Sequential)]
    private struct TimeSpec
    {
        public long Seconds;
        public long Nanoseconds;
    }

    [LibraryImport("libc", EntryPoint = "clock_getcpuclockid")]
    private static partial int GetCpuClockId(int processId, int* clock);

    [LibraryImport("libc", EntryPoint = "clock_gettime")]
    private static partial int GetTime(int clock, TimeSpec* time);
}
