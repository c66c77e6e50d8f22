using System.Diagnostics;

namespace NATS.Server.Disks;

/// <summary>
/// Thread-safe. How many calls may be at the disk at the same time; whoever comes on top of that waits, and is counted. Calls must not be nested.
/// </summary>
internal sealed class DiskGate
{
    /// <summary>How many calls may be at the disk when nobody says.</summary>
    public const int DefaultCalls = 4096;

    private const int FewestCalls = 4;
    private const int MostCalls = 8192;

    private readonly object _handing = new(); // waited on, which a Lock cannot be

    // Below zero: as many wait. Who leaves while somebody waits hands on its place, under the lock.
    private int _free;
    private int _handedOn;
    private long _waiters;
    private long _waits;
    private long _waitNs;
    private long _maxWaitNs;

    /// <summary>Makes a gate.</summary>
    /// <param name="calls">How many calls may be at the disk; 4 to 8192, and the nearest of these for others.</param>
    public DiskGate(int calls = DefaultCalls)
    {
        Places = Math.Clamp(calls, FewestCalls, MostCalls);
        _free = Places;
    }

    /// <summary>How many calls may be at the disk.</summary>
    public int Places { get; }

    /// <summary>How many calls are there.</summary>
    public long Inside => Places - Math.Max(0, Volatile.Read(ref _free));

    /// <summary>How many wait.</summary>
    public long Waiters => Volatile.Read(ref _waiters);

    /// <summary>How many have waited.</summary>
    public long Waits => Volatile.Read(ref _waits);

    /// <summary>How long all of them have waited together, nanoseconds.</summary>
    public long WaitNs => Volatile.Read(ref _waitNs);

    /// <summary>How long one has waited at most, nanoseconds.</summary>
    public long MaxWaitNs => Volatile.Read(ref _maxWaitNs);

    /// <summary>Goes to the disk, when there is room; disposing what is returned ends that.</summary>
    public Pass Enter()
    {
        if (Interlocked.Decrement(ref _free) < 0) Wait();
        return new Pass(this);
    }

    private void Wait()
    {
        Interlocked.Increment(ref _waiters);
        long start = Stopwatch.GetTimestamp();
        lock (_handing)
        {
            while (_handedOn == 0) Monitor.Wait(_handing);
            _handedOn--;
        }

        long waitedNs = Stopwatch.GetElapsedTime(start).Ticks * TimeSpan.NanosecondsPerTick;
        Interlocked.Decrement(ref _waiters);
        Interlocked.Increment(ref _waits);
        Interlocked.Add(ref _waitNs, waitedNs);
        long known = Volatile.Read(ref _maxWaitNs);
        while (waitedNs > known)
        {
            long before = Interlocked.CompareExchange(ref _maxWaitNs, waitedNs, known);
            if (before == known) return;
            known = before;
        }
    }

    private void Leave()
    {
        if (Interlocked.Increment(ref _free) > 0) return;
        lock (_handing)
        {
            _handedOn++;
            Monitor.Pulse(_handing);
        }
    }

    /// <summary>A call that is at the disk.</summary>
    public readonly ref struct Pass(DiskGate gate)
    {
        public void Dispose() => gate.Leave();
    }
}
