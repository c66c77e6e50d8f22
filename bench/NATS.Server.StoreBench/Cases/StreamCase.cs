using System.Text;
using NATS.Server.Core.JetStream.Consumers;
using NATS.Server.JetStream.Storage;
using NATS.Server.JetStream.Storage.Assets;
using NATS.Server.JetStream.Storage.Catalog;
using NATS.Server.JetStream.Storage.Consumers;
using NATS.Server.StoreBench.Measurement;

namespace NATS.Server.StoreBench.Cases;

/// <summary>Many small streams with consumers: how long it takes to list and to open them, and what an idle one takes of memory.</summary>
internal static class StreamCase
{
    private const int Consumers = 4;
    private const int MessagesOfStream = 10;

    public static IEnumerable<StoreFigure> Measure(StoreBenchOptions options)
    {
        int count = options.IsQuick ? 1_000 : 10_000;
        using var folder = new StoreFolder(options.Directory);
        string bare = folder.New(), full = folder.New();
        Write(folder, bare, count, 0);
        Write(folder, full, count, Consumers);

        var listed = new StreamCatalog(OptionsOf(folder, full));
        double listing = Rounds.Seconds(() => listed.ListAll([]));
        yield return new StoreFigure($"list {count} streams, before listening", "s", listing, "", double.NaN) { Format = "0.000", Targets = StoreFigure.Target("≤ 0.2 s", listing <= 0.2) };

        double theirs = options.Reference.Length > 0 ? ReferenceRun.SecondsToReady(options.Reference, full) : double.NaN;
        (double ofBare, _) = OpenAll(folder, bare, count);
        (double ofFull, double seconds) = OpenAll(folder, full, count);
        yield return new StoreFigure($"open {count} streams with {MessagesOfStream} messages and {Consumers} consumers each", "s", seconds, "nats-server on the same directory, from process start to ready", theirs)
        {
            Format = "0.000",
            Ratio = seconds / theirs,
        };
        yield return new StoreFigure("memory of an idle stream in files", "bytes", ofBare, "", double.NaN) { Format = "0" };
        double ofConsumer = (ofFull - ofBare) / Consumers;
        double total = ((ofBare * 10_000) + (ofConsumer * 100_000)) / (1 << 20);
        yield return new StoreFigure("memory of an idle consumer in files", "bytes", ofConsumer, "MiB for 10,000 streams and 100,000 consumers", total)
        {
            Format = "0",
            Targets = StoreFigure.Target("≤ 1 GiB together", total <= 1024),
        };
    }

    // Bytes for each stream, and the seconds to open them all.
    private static (double Bytes, double Seconds) OpenAll(StoreFolder folder, string storeDirectory, int count)
    {
        long before = GC.GetTotalMemory(forceFullCollection: true);
        var catalog = new StreamCatalog(OptionsOf(folder, storeDirectory));
        catalog.ListAll([]);
        var reader = new Reader();
        double seconds = Rounds.Seconds(() => catalog.OpenAll(reader, StoreFolder.NowNs));
        StreamFolder[] streams = [.. catalog.Accounts.SelectMany(account => account.Streams)];
        if (streams.Length != count || Array.Exists(streams, stream => stream.Messages?.State.Messages != MessagesOfStream)) throw new InvalidOperationException("not all streams are there again");

        // What was used for opening goes when nobody asks for it.
        for (int round = 1; round <= 3; round++)
        {
            foreach (StreamFolder stream in streams) stream.Messages!.Maintain(StoreFolder.NowNs + (round * 60_000_000_000L));
        }

        long bytes = GC.GetTotalMemory(forceFullCollection: true) - before;
        GC.KeepAlive(catalog);
        foreach (StreamFolder stream in streams) stream.Messages!.Dispose();
        return ((double)bytes / count, seconds);
    }

    private static void Write(StoreFolder folder, string storeDirectory, int count, int consumers)
    {
        var catalog = new StreamCatalog(OptionsOf(folder, storeDirectory) with { Disk = new UnsyncedDisk(folder.Disk) });
        AccountFolder account = catalog.Account("$G")!;
        Parallel.For(0, count, new ParallelOptions { MaxDegreeOfParallelism = 32 }, i =>
        {
            string name = $"STREAM{i}";
            byte[] configuration = Encoding.ASCII.GetBytes(
                $$"""{"Created":"2026-01-01T00:00:00Z","name":"{{name}}","subjects":["s{{i}}.>"],"retention":"limits","max_consumers":-1,"max_msgs":-1,"max_bytes":-1,"max_age":0,"max_msgs_per_subject":-1,"max_msg_size":-1,"discard":"old","storage":"file","num_replicas":1,"duplicate_window":120000000000,"compression":"none","allow_direct":false,"mirror_direct":false,"sealed":false,"deny_delete":false,"deny_purge":false,"allow_rollup_hdrs":false,"consumer_limits":{} }""");
            if (account.Create(name, configuration, out StreamFolder? stream) != CatalogResult.Ok) throw new InvalidOperationException(name);
            MessageStore messages = stream!.Open(Reader.Settings, StoreFolder.NowNs);
            for (int message = 0; message < MessagesOfStream; message++)
            {
                messages.Append(new NewMessage { Subject = Encoding.ASCII.GetBytes($"s{i}.{message % 3}"), Payload = new byte[128], TimestampNs = StoreFolder.NowNs }, out _);
            }

            for (int number = 0; number < consumers; number++)
            {
                string consumerName = $"CONSUMER{number}";
                byte[] consumerConfiguration = Encoding.ASCII.GetBytes(
                    $$"""{"Created":"2026-01-01T00:00:00Z","Name":"{{consumerName}}","durable_name":"{{consumerName}}","deliver_policy":"all","ack_policy":"explicit","ack_wait":30000000000,"max_deliver":-1,"replay_policy":"instant","max_ack_pending":1000,"num_replicas":0}""");
                if (stream.CreateConsumer(consumerName, consumerConfiguration, out ConsumerFolder? consumer) != CatalogResult.Ok) throw new InvalidOperationException(consumerName);
                ConsumerStore state = consumer!.Open(new ConsumerSettings(AckPolicy.Explicit, 0));
                state.UpdateDelivered(1, 1, 1, StoreFolder.NowNs);
                state.UpdateAcks(1, 1);
            }

            // At once: what was just written to keeps its files open, and a process may not have so many.
            stream.Stop(StoreFolder.NowNs);
        });
    }

    private static CatalogOptions OptionsOf(StoreFolder folder, string storeDirectory)
    {
        var encryption = new AssetEncryption { Random = new Random(1) };
        return new CatalogOptions
        {
            Disk = folder.Disk,
            Directory = Path.Combine(storeDirectory, "jetstream"),
            EncryptionOf = _ => encryption,
            InParallel = static (count, action) => Parallel.For(0, count, action),
        };
    }

    private sealed class Reader : ICatalogReader
    {
        public static StreamSettings Settings { get; } = new() { BlockSize = 8 << 20, Limits = new StoreLimits() };

        public StreamSettings? ReadStream(StreamFolder stream, out string? problem)
        {
            problem = null;
            return Settings;
        }

        public ConsumerSettings? ReadConsumer(ConsumerFolder consumer, out string? problem)
        {
            problem = null;
            return new ConsumerSettings(AckPolicy.Explicit, 0);
        }

        public void Opened(StreamFolder stream)
        {
            if (stream.Failure is not null) throw new InvalidOperationException(stream.Failure);
        }
    }
}
