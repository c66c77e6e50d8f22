using System.Diagnostics.CodeAnalysis;

namespace NATS.Server.Disks;

/// <summary>Thread-safe. What threads wait for, first in, first out. They sleep at once: a spinning thread would take the processor from those who have the work to bring.</summary>
internal sealed class SleepingQueue<T>
{
    // A monitor and not a Lock: only it can be waited for.
    private readonly object _monitor = new();
    private readonly Queue<T> _items = new();
    private int _sleeping;
    private bool _isComplete;

    /// <summary>Whether nothing waits to be taken.</summary>
    public bool IsEmpty
    {
        get
        {
            lock (_monitor) return _items.Count == 0;
        }
    }

    /// <summary>How many wait to be taken.</summary>
    public int Count
    {
        get
        {
            lock (_monitor) return _items.Count;
        }
    }

    public void Add(T item)
    {
        lock (_monitor)
        {
            _items.Enqueue(item);
            if (_sleeping > 0) Monitor.Pulse(_monitor);
        }
    }

    /// <summary>Nothing comes any more: who waits in vain returns.</summary>
    public void Complete()
    {
        lock (_monitor)
        {
            _isComplete = true;
            Monitor.PulseAll(_monitor);
        }
    }

    /// <summary>Takes the first, and waits for it.</summary>
    /// <param name="patience">How long one sleep lasts at most; <see cref="Timeout.InfiniteTimeSpan"/>: as long as it takes.</param>
    /// <param name="item">The first.</param>
    /// <returns>False when nothing came in time, or nothing will come.</returns>
    public bool TryTake(TimeSpan patience, [MaybeNullWhen(false)] out T item)
    {
        lock (_monitor)
        {
            bool isAwake = true;
            while (!_items.TryDequeue(out item))
            {
                if (_isComplete || !isAwake) return false;
                _sleeping++;
                isAwake = Monitor.Wait(_monitor, patience);
                _sleeping--;
            }

            return true;
        }
    }
}
