using System.Collections.Concurrent;

namespace NATS.Server.SystemEvents;

/// <summary>
/// Does work away from the event loops, one item after the other in the order in which they came. Thread-safe: a thread of the pool works while there is
/// something to do. What comes while it is full is refused.
/// </summary>
/// <param name="maximum">Items that may wait.</param>
/// <param name="work">Does it; must not throw.</param>
internal sealed class SerialQueue<T>(int maximum, Action<T> work) : IThreadPoolWorkItem
{
    private readonly ConcurrentQueue<T> _queue = new();
    private int _queued;

    /// <summary>Items that wait or are being worked at.</summary>
    public int Count => Volatile.Read(ref _queued);

    /// <summary>Adds an item.</summary>
    /// <returns>False when the queue is full.</returns>
    public bool TryEnqueue(T item)
    {
        int queued = Interlocked.Increment(ref _queued);
        if (queued > maximum)
        {
            Interlocked.Decrement(ref _queued);
            return false;
        }

        _queue.Enqueue(item);
        if (queued == 1) ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
        return true;
    }

    void IThreadPoolWorkItem.Execute()
    {
        do
        {
            // Counted before it is queued: the last one may still be on its way.
            T? item;
            SpinWait spinner = default;
            while (!_queue.TryDequeue(out item)) spinner.SpinOnce();
            work(item);
        }
        while (Interlocked.Decrement(ref _queued) > 0);
    }
}
