using NATS.Server.JetStream.Storage.Assets;
using NATS.Server.JetStream.Storage.Backup;
using NATS.Server.JetStream.Storage.Consumers;
using NATS.Server.JetStream.Storage.Disks;

namespace NATS.Server.JetStream.Storage.Inspection;

/// <summary>Pure but for the disk, which is only read, and the output. What can be read of stores that no server has open, for elsewhere.</summary>
public static class StoreExport
{
    /// <summary>Writes the messages of a stream as JSON, one a line.</summary>
    /// <param name="disk">Only read.</param>
    /// <param name="stream">Which stream.</param>
    /// <param name="options">With its keys.</param>
    /// <param name="output">Gets the lines.</param>
    /// <param name="report">What the check of the stream found.</param>
    /// <returns>How many messages were written.</returns>
    /// <exception cref="DiskException">The store could not be read.</exception>
    public static long WriteLines(IDisk disk, StreamDirectory stream, InspectionOptions options, System.IO.Stream output, out StreamReport report)
    {
        report = StreamInspector.Run(disk, stream, options);
        using StreamReading reading = StreamReading.Open(disk, stream, options, []);
        using var lines = new MessageLines(stream, output);
        long written = 0;
        reading.Visit(message =>
        {
            lines.Write(message);
            written++;
            return true;
        });
        return written;
    }

    /// <summary>Writes a stream with its consumers as a backup, which any server since 2.15 restores.</summary>
    /// <param name="disk">Only read: what is damaged is mended in memory first.</param>
    /// <param name="stream">Which stream.</param>
    /// <param name="options">With its keys.</param>
    /// <param name="nowNs">Nanoseconds since 1970.</param>
    /// <param name="archive">Gets the compressed archive.</param>
    /// <param name="description">Configuration and state, as the request to restore it needs them: <c>backup.json</c>.</param>
    /// <param name="report">What the check of the stream found.</param>
    /// <returns>Why there is no backup, or null.</returns>
    /// <exception cref="DiskException">The store could not be read.</exception>
    public static string? WriteBackup(IDisk disk, StreamDirectory stream, InspectionOptions options, long nowNs, System.IO.Stream archive, out byte[] description, out StreamReport report)
    {
        description = [];
        var mended = new OverlayDisk(disk);
        report = StreamRepair.Run(mended, stream, options, nowNs, "export").Before;
        AssetEncryption encryption = options.EncryptionOf(stream.Account);
        using AssetMetadata metadata = AssetMetadata.Read(mended, stream.Directory, new AssetIdentity(stream.Name), encryption, []);
        if (ConsumerDocument.FromMetadata(metadata.Content) is not { } config) return $"the configuration of {stream} cannot be read: its messages can be exported with --jsonl";
        using MessageStore store = FileStore.Open(StreamReading.OptionsFor(mended, stream, encryption), new StoreLimits(), null, nowNs);
        List<BackupConsumer> consumers = ConsumersOf(mended, stream, options, report);
        using var backup = new StreamBackup(store, consumers, nowNs);
        byte[] buffer = new byte[1 << 20];
        int read;
        do
        {
            read = backup.Read(buffer);
            archive.Write(buffer.AsSpan(0, read));
        }
        while (read == buffer.Length);

        if (backup.Failure is not null) return backup.Failure;
        description = [.. "{\"config\":"u8, .. config, .. ",\"state\":"u8, .. BackupState.Encode(backup.State, consumers.Count), .. "}"u8];
        return null;
    }

    // One whose configuration cannot be read cannot be restored.
    private static List<BackupConsumer> ConsumersOf(OverlayDisk disk, StreamDirectory stream, InspectionOptions options, StreamReport report)
    {
        List<BackupConsumer> consumers = [];
        foreach (ConsumerReport consumer in report.Consumers)
        {
            string path = $"{stream.Directory}/{ConsumerInspector.Directory}/{consumer.Name}";
            var identity = new AssetIdentity(stream.Name, consumer.Name);
            using AssetMetadata metadata = AssetMetadata.Read(disk, path, identity, options.EncryptionOf(stream.Account), []);
            if (metadata.Content is not { } content || ConsumerDocument.FromMetadata(content) is not { } config) continue;
            using ConsumerStore state = ConsumerStore.Open(ConsumerInspector.OptionsFor(disk, path, identity, metadata, options), []);
            consumers.Add(new BackupConsumer(consumer.Name, config, state.State));
        }

        return consumers;
    }
}
