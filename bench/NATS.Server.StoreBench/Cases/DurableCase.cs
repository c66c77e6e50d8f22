using Microsoft.Extensions.Logging.Abstractions;
using NATS.Server.Disks;
using NATS.Server.JetStream.Storage;
using NATS.Server.StoreBench.Measurement;

namespace NATS.Server.StoreBench.Cases;

/// <summary>Durable acknowledgements, many in flight and one at a time, beside what the disk's own syncs allow.</summary>
internal static class DurableCase
{
    private const int InFlight = 256;
    private const int PlainBatch = 128;

    public static IEnumerable<StoreFigure> Measure(StoreBenchOptions options)
    {
        int syncs = options.IsQuick ? 100 : 400;
        using var folder = new StoreFolder(options.Directory);
        (double ours, double plain, double ratio) = Rounds.Run(
            options.Rounds, () => Publish(folder, syncs * PlainBatch, InFlight), () => PublishPlain(folder, syncs * PlainBatch, PlainBatch));
        yield return new StoreFigure("durable, 256 in flight, 128 B", "k msgs/s", ours / 1e3, "an fdatasync per 128 appends", plain / 1e3)
        {
            Ratio = ratio,
            Targets = StoreFigure.Target("≥ 0.6x", ratio >= 0.6),
        };

        (ours, plain, ratio) = Rounds.Run(options.Rounds, () => 1e6 / PublishSynchronously(folder, syncs), () => 1e6 / PublishPlain(folder, syncs, 1));
        yield return new StoreFigure("durable, one writer that waits for each, 128 B", "µs", ours, "append and fdatasync", plain)
        {
            Format = "0",
            Ratio = ratio,
            Targets = StoreFigure.Target("≤ 1.3x", ratio <= 1.3),
        };

        (ours, plain, ratio) = Rounds.Run(options.Rounds, () => 1e6 / Publish(folder, syncs, 1), () => 1e6 / PublishPlain(folder, syncs, 1));
        yield return new StoreFigure("durable, one in flight through the commit thread, 128 B", "µs", ours, "append and fdatasync", plain) { Format = "0", Ratio = ratio };
    }

    private static double PublishSynchronously(StoreFolder folder, int count)
    {
        string directory = folder.New();
        double seconds;
        using (MessageStore store = folder.Open(directory))
        {
            var queue = new CommitQueue(folder.Disk);
            seconds = Rounds.Seconds(() =>
            {
                for (int i = 1; i <= count; i++)
                {
                    Append(store, i);
                    if (queue.Commit(store) is var result and not StoreResult.Ok) throw new InvalidOperationException($"commit {i}: {result}");
                }
            });
        }

        Directory.Delete(directory, recursive: true);
        return count / seconds;
    }

    private static void Append(MessageStore store, int number)
    {
        var message = new NewMessage { Subject = "bench.subject"u8, Payload = Messages.Payload, TimestampNs = number };
        if (store.Append(message, out _) is var result and not StoreResult.Ok) throw new InvalidOperationException($"append {number}: {result}");
    }

    private static double Publish(StoreFolder folder, int count, int inFlight)
    {
        string directory = folder.New();
        double seconds;
        using (MessageStore store = folder.Open(directory))
        using (var commits = new CommitThread(folder.Disk, NullLogger.Instance))
        using (var window = new Window(inFlight))
        {
            seconds = Rounds.Seconds(() =>
            {
                for (int i = 1; i <= count; i++)
                {
                    window.Enter();
                    Append(store, i);
                    commits.Queue.Enqueue(store, window);
                }

                window.Drain();
            });
        }

        Directory.Delete(directory, recursive: true);
        return count / seconds;
    }

    private static double PublishPlain(StoreFolder folder, int count, int batch)
    {
        using var log = new PlainLog(folder.New());
        return count / Rounds.Seconds(() =>
        {
            for (int i = 1; i <= count; i++)
            {
                log.Append((ulong)i);
                if (i % batch == 0) log.WriteAndSync();
            }
        });
    }

    /// <summary>As many messages as may wait for their acknowledgement.</summary>
    private sealed class Window(int size) : ICommitWaiter, IDisposable
    {
        private readonly SemaphoreSlim _free = new(size);
        private StoreResult _worst;

        public void Enter() => _free.Wait();

        public void Drain()
        {
            for (int i = 0; i < size; i++)
            {
                _free.Wait();
            }

            if (_worst != StoreResult.Ok) throw new InvalidOperationException($"commit: {_worst}");
        }

        public void Committed(long ticket, StoreResult result)
        {
            if (result != StoreResult.Ok) _worst = result;
            _free.Release();
        }

        public void Dispose() => _free.Dispose();
    }
}
