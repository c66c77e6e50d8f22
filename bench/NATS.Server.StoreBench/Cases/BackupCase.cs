using NATS.Server.JetStream.Storage;
using NATS.Server.JetStream.Storage.Backup;
using NATS.Server.StoreBench.Measurement;

namespace NATS.Server.StoreBench.Cases;

/// <summary>Backing up a stream and restoring it, beside the reference through its API: with the same chunks, to a client on the same machine.</summary>
internal static class BackupCase
{
    private const string Stream = "S";
    private const int PayloadLength = 1000;
    private const int ChunkLength = 128 << 10;

    public static IEnumerable<StoreFigure> Measure(StoreBenchOptions options)
    {
        int count = options.IsQuick ? 100_000 : 300_000;
        using var folder = new StoreFolder(options.Directory);
        string there = folder.New();
        bool hasReference = options.Reference.Length > 0;
        if (hasReference) ReferenceRun.CreateStream(options.Reference, there, Stream);
        using MessageStore store = folder.Open(StoreFolder.StreamIn(there, Stream));
        Fill(store, count);
        double megabytes = store.State.Bytes / 1e6;
        store.Flush();
        byte[] backup = BackUp(store);

        // The reference has the same stream by the backup.
        using ReferenceBackup? reference = hasReference ? new ReferenceBackup(options.Reference, folder.New()) : null;
        byte[] theirs = [];
        reference?.Restore(Stream, backup);
        (double ours, double beside, double ratio) = Rounds.Run(
            options.Rounds,
            () => megabytes / Rounds.Seconds(() => BackUp(store)),
            () => reference is null ? double.NaN : megabytes / Rounds.Seconds(() => theirs = [.. reference.BackUp(Stream).SelectMany(chunk => chunk)]));
        yield return Figure($"backup of {count} messages of {PayloadLength} bytes", ours, beside, ratio);

        (ours, beside, ratio) = Rounds.Run(
            options.Rounds,
            () => megabytes / Rounds.Seconds(() => Restore(folder, backup, count)),
            () =>
            {
                if (reference is null) return double.NaN;
                reference.Delete(Stream);
                return megabytes / Rounds.Seconds(() => reference.Restore(Stream, theirs));
            });
        yield return Figure($"restore of {count} messages of {PayloadLength} bytes (ours durable, the reference not synced)", ours, beside, ratio);
    }

    private static StoreFigure Figure(string title, double ours, double beside, double ratio) =>
        new(title, "MB/s", ours, "nats-server", beside) { Format = "0", Ratio = ratio };

    // Half noise, half text: about as much can be compressed as of what people store.
    private static void Fill(MessageStore store, int count)
    {
        var random = new Random(1);
        byte[] payload = new byte[PayloadLength];
        for (int i = 0; i < count; i++)
        {
            random.NextBytes(payload.AsSpan(0, PayloadLength / 2));
            store.Append(new NewMessage { Subject = "bench.subject"u8, Payload = payload, TimestampNs = 1_000_000_000L + i }, out _);
        }
    }

    private static byte[] BackUp(MessageStore store)
    {
        using var backup = new StreamBackup(store, [], StoreFolder.NowNs);
        using var bytes = new MemoryStream();
        byte[] chunk = new byte[ChunkLength];
        for (int read = backup.Read(chunk); read > 0; read = backup.Read(chunk)) bytes.Write(chunk, 0, read);
        return backup.Failure is null ? bytes.ToArray() : throw new InvalidOperationException(backup.Failure);
    }

    private static void Restore(StoreFolder folder, byte[] backup, int count)
    {
        string account = folder.New();
        string directory = Path.Combine(account, "streams", Stream);
        using var restore = new StreamRestore(new RestoreOptions
        {
            Name = Stream,
            Metadata = "{\"Created\":\"2026-01-02T03:04:05Z\",\"name\":\"S\",\"subjects\":[\"bench.>\"]}"u8.ToArray(),
            Limits = new StoreLimits(),
            Disk = folder.Disk,
            StagingDirectory = Path.Combine(account, StreamRestore.StagingName, "snap-1"),
            Random = new Random(1),
            NowNs = StoreFolder.NowNs,
            Files = new FileStoreOptions { Disk = folder.Disk, Directory = directory, Name = Stream, BlockSize = 8 << 20, Random = new Random(1) },
        });
        foreach (byte[] chunk in backup.Chunk(ChunkLength))
        {
            if (!restore.Write(chunk)) break;
        }

        if (!restore.Complete()) throw new InvalidOperationException(restore.Failure?.Text);
        if (!Directory.Exists(directory)) throw new InvalidOperationException($"{count} messages are nowhere");
        Directory.Delete(account, recursive: true);
    }
}
