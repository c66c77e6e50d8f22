using System.Diagnostics;
using NATS.Server.JetStream.Storage;
using NATS.Server.StoreBench.Measurement;

namespace NATS.Server.StoreBench.Cases;

/// <summary>Opening a store with many messages, after a clean stop and after none, beside the reference on a copy of the same directory.</summary>
internal static class RestartCase
{
    private const string Stream = "S";

    public static IEnumerable<StoreFigure> Measure(StoreBenchOptions options)
    {
        int count = options.IsQuick ? 500_000 : 3_000_000;
        using var folder = new StoreFolder(options.Directory);
        string clean = folder.New(), unclean = folder.New();
        bool hasReference = options.Reference.Length > 0;
        if (hasReference)
        {
            ReferenceRun.CreateStream(options.Reference, clean, Stream);
        }

        using (MessageStore store = folder.Open(StoreFolder.StreamIn(clean, Stream)))
        {
            Messages.Append(store, count, 400);
            store.Flush();
            Copy(clean, unclean);
            File.Delete(Path.Combine(StoreFolder.StreamIn(unclean, Stream), "msgs", "index.db"));
            store.Stop(StoreFolder.NowNs);
        }

        yield return Compare($"clean restart of {count} messages", 0.3);
        (clean, unclean) = (unclean, clean);
        yield return Compare($"restart of {count} messages without a stop before", 1.5);

        StoreFigure Compare(string title, double most)
        {
            double theirs = double.NaN;
            if (hasReference)
            {
                string copy = folder.New();
                Copy(clean, copy);
                theirs = ReferenceRun.SecondsToReady(options.Reference, copy);
                Directory.Delete(copy, recursive: true);
            }

            List<double> times = [];
            for (int round = 0; round < options.Rounds; round++)
            {
                string copy = folder.New();
                Copy(clean, copy);
                MessageStore? opened = null;
                times.Add(Rounds.Seconds(() => opened = folder.Open(StoreFolder.StreamIn(copy, Stream))));
                using (opened)
                {
                    if (opened!.State.Messages != (ulong)count) throw new InvalidOperationException($"{opened.State.Messages} messages are there again");
                }

                Directory.Delete(copy, recursive: true);
            }

            times.Sort();
            double ours = times[times.Count / 2];
            return new StoreFigure(title, "s", ours, "nats-server on the same directory, from process start to ready", theirs)
            {
                Format = "0.000",
                Ratio = ours / theirs,
                Targets = StoreFigure.Target($"≤ {most:0.0} s", ours <= most),
            };
        }
    }

    private static void Copy(string from, string to)
    {
        using var copy = Process.Start("cp", ["-r", from, to]);
        copy.WaitForExit();
        if (copy.ExitCode != 0) throw new InvalidOperationException("cp");
    }
}
