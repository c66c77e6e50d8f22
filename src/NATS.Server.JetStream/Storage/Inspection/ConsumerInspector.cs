using NATS.Server.Core.Storage;
using NATS.Server.JetStream.Storage.Assets;
using NATS.Server.JetStream.Storage.Consumers;
using NATS.Server.JetStream.Storage.Disks;

namespace NATS.Server.JetStream.Storage.Inspection;

/// <summary>Pure but for the disk. Checks the consumers of a stream that was opened for reading.</summary>
internal static class ConsumerInspector
{
    public const string Directory = "obs";

    public static List<ConsumerReport> Run(StreamReading reading, InspectionOptions options, List<InspectionFinding> findings)
    {
        List<ConsumerReport> reports = [];
        string consumers = $"{reading.Stream.Directory}/{Directory}";
        foreach (DiskEntry entry in reading.Disk.List(consumers).OrderBy(entry => entry.Name, StringComparer.Ordinal))
        {
            string path = $"{consumers}/{entry.Name}";
            if (!entry.IsDirectory || entry.Name.StartsWith('.'))
                findings.Add(new InspectionFinding(StoreFindingKind.Note, FindingCodes.Leftover, path, entry.IsDirectory ? "a consumer that was being deleted" : "a file that no server needs"));
            else
                reports.Add(Check(reading, options, path, entry.Name, findings));
        }

        return reports;
    }

    private static ConsumerReport Check(StreamReading reading, InspectionOptions options, string path, string name, List<InspectionFinding> findings)
    {
        List<StoreFinding> found = [];
        var identity = new AssetIdentity(reading.Stream.Name, name);
        foreach (DiskEntry entry in reading.Disk.List(path))
        {
            if (entry.Name.EndsWith(AssetFiles.Unfinished, StringComparison.Ordinal))
                findings.Add(new InspectionFinding(StoreFindingKind.Note, FindingCodes.Leftover, $"{path}/{entry.Name}", "a file that was never completed"));
        }

        using AssetMetadata metadata = AssetMetadata.Read(reading.Disk, path, identity, options.EncryptionOf(reading.Stream.Account), found);
        using ConsumerStore store = ConsumerStore.Open(OptionsFor(reading.Disk, path, identity, metadata, options), found);
        StreamReading.AddTo(findings, found);
        ConsumerSnapshot state = store.State;
        ulong last = reading.Recovered.Contents.LastSequence;
        if (state.DeliveredStream > last)
        {
            string text = $"has seen messages up to {state.DeliveredStream}, and the stream ends at {last}: messages that are stored next would be skipped";
            findings.Add(new InspectionFinding(StoreFindingKind.Loss, FindingCodes.ConsumerAhead, path, text));
        }

        return new ConsumerReport
        {
            Name = name,
            HasMetadata = metadata.Content is not null,
            HasState = store.HasState,
            Delivered = state.DeliveredStream,
            AckFloor = state.AckFloorStream,
            Pending = state.Pending.Count,
            Redelivered = state.Redelivered.Count,
        };
    }

    /// <summary>How a consumer's state is opened.</summary>
    public static ConsumerStoreOptions OptionsFor(IDisk disk, string path, AssetIdentity identity, AssetMetadata metadata, InspectionOptions options) => new()
    {
        Disk = disk,
        Directory = path,
        Identity = identity,
        Key = metadata.Key,
        NextKey = metadata.NextKey,
        Random = options.Random,
    };
}
