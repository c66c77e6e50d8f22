using NATS.Server.JetStream.Storage;
using NATS.Server.StoreBench.Measurement;

namespace NATS.Server.StoreBench.Cases;

/// <summary>Appending to files without sync, beside plain appends with the same checksum, and reading.</summary>
internal static class FileCase
{
    // As many messages as a loop of a server may take from one read of its sockets.
    private const int Batch = 400;

    public static IEnumerable<StoreFigure> Measure(StoreBenchOptions options)
    {
        int count = options.IsQuick ? 500_000 : 2_000_000;
        using var folder = new StoreFolder(options.Directory);
        (double ours, double plain, double ratio) = Rounds.Run(options.Rounds, () => Append(folder, count), () => AppendPlain(folder, count));
        yield return new StoreFigure("append to files without sync, 128 B", "M msgs/s", ours, "plain 64 KiB appends with the checksum", plain)
        {
            Ratio = ratio,
            Targets = $"{StoreFigure.Target("≥ 2", ours >= 2)}; {StoreFigure.Target("≥ 0.33x", ratio >= 1.0 / 3)}",
        };

        using MessageStore store = folder.Open(folder.New());
        Messages.Append(store, count, Batch);
        double cached = Rounds.Run(options.Rounds, () => count / Rounds.Seconds(() => Messages.ReadAll(store, count)) / 1e6);
        yield return new StoreFigure("read in order from cache, 128 B", "M msgs/s", cached, "", double.NaN) { Targets = StoreFigure.Target("≥ 3", cached >= 3) };
        double loaded = Rounds.Run(options.Rounds, () =>
        {
            // What was used since the last time stays for one more.
            store.Maintain(StoreFolder.NowNs + 3_600_000_000_000);
            store.Maintain(StoreFolder.NowNs + 7_200_000_000_000);
            return count / Rounds.Seconds(() => Messages.ReadAll(store, count)) / 1e6;
        });
        yield return new StoreFigure("read in order from files in the page cache, checksums verified", "M msgs/s", loaded, "", double.NaN);
    }

    private static double Append(StoreFolder folder, int count)
    {
        string directory = folder.New();
        double seconds;
        using (MessageStore store = folder.Open(directory))
        {
            seconds = Rounds.Seconds(() =>
            {
                Messages.Append(store, count, Batch);
                store.Flush();
            });
        }

        Directory.Delete(directory, recursive: true);
        return count / seconds / 1e6;
    }

    private static double AppendPlain(StoreFolder folder, int count)
    {
        using var log = new PlainLog(folder.New());
        return count / Rounds.Seconds(() =>
        {
            for (int i = 1; i <= count; i++)
            {
                log.Append((ulong)i);
            }

            log.Write();
        }) / 1e6;
    }
}
