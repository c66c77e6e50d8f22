using System.Buffers;
using System.Collections.Concurrent;
using NATS.Server.Accounts;
using NATS.Server.Connections;

namespace NATS.Server.Delivery;

/// <summary>
/// Tells exporting accounts what was measured. Thread-safe: measurements end in the middle of deliveries, so they are queued and published by the pool, one
/// after the other. At <see cref="MaxQueued"/> new ones are dropped.
/// </summary>
/// <param name="engine">Lends contexts for publishing.</param>
/// <param name="serverName">The server's name as a JSON string.</param>
internal sealed class LatencyPublisher(IConnectionEngine engine, byte[] serverName) : IThreadPoolWorkItem
{
    public const int MaxQueued = 64 * 1024;

    private readonly ConcurrentQueue<ServiceLatency> _queue = new();
    private int _queued;

    public void Publish(ServiceLatency latency)
    {
        int queued = Interlocked.Increment(ref _queued);
        if (queued > MaxQueued)
        {
            Interlocked.Decrement(ref _queued);
            return;
        }

        _queue.Enqueue(latency);
        if (queued == 1) ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
    }

    void IThreadPoolWorkItem.Execute()
    {
        var json = new ArrayBufferWriter<byte>(1024);
        do
        {
            // Counted before it is queued: the last one may still be on its way.
            ServiceLatency? latency;
            SpinWait spinner = default;
            while (!_queue.TryDequeue(out latency)) spinner.SpinOnce();
            json.ResetWrittenCount();
            latency.Write(EventId.New(), serverName, json);
            new InternalClient(latency.Request.Exporter, engine).Publish(latency.Request.Subject, default, default, json.WrittenSpan);
        }
        while (Interlocked.Decrement(ref _queued) > 0);
    }
}
