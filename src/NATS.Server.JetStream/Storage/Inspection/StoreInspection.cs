using NATS.Server.Core.Storage;
using NATS.Server.JetStream.Storage.Assets;
using NATS.Server.JetStream.Storage.Blocks;
using NATS.Server.JetStream.Storage.Disks;
using NATS.Server.JetStream.Storage.Recovery;

namespace NATS.Server.JetStream.Storage.Inspection;

/// <summary>Pure but for the disk, which is only read. Checks of stores that no server has open.</summary>
public static class StoreInspection
{
    /// <summary>Whether the streams can be opened with what is known of their keys.</summary>
    /// <returns>Null, or why it would be of no use to go on.</returns>
    /// <exception cref="DiskException">A directory could not be listed.</exception>
    public static string? CheckKeys(IDisk disk, StoreDirectory store, InspectionOptions options)
    {
        StreamDirectory? encrypted = null;
        foreach (StreamDirectory stream in store.Streams)
        {
            if (!IsEncrypted(disk, stream)) continue;
            encrypted ??= stream;
            if (!string.IsNullOrEmpty(options.Key) && OpensAny(disk, stream, options)) return null;
        }

        if (encrypted is null) return null;
        return string.IsNullOrEmpty(options.Key) ? $"stream {encrypted} is encrypted: the key of the server is needed" : "the key does not open any of the encrypted streams";
    }

    /// <summary>Checks everything.</summary>
    /// <param name="disk">Only read.</param>
    /// <param name="store">What to check.</param>
    /// <param name="options">With the keys.</param>
    /// <param name="checked">Gets each stream as soon as it was checked; null for nobody.</param>
    public static StoreReport Verify(IDisk disk, StoreDirectory store, InspectionOptions options, Action<StreamReport>? @checked = null)
    {
        List<StreamReport> streams = [];
        List<InspectionFinding> findings = [.. store.Findings];
        foreach (StreamDirectory stream in store.Streams)
        {
            try
            {
                StreamReport report = StreamInspector.Run(disk, stream, options);
                streams.Add(report);
                @checked?.Invoke(report);
            }
            catch (DiskException failure)
            {
                findings.Add(new InspectionFinding(StoreFindingKind.Loss, FindingCodes.Block, stream.Directory, $"cannot be read: {failure.Message}"));
            }
        }

        return new StoreReport { Directory = store.Path, Streams = streams, Findings = findings };
    }

    private static bool IsEncrypted(IDisk disk, StreamDirectory stream) =>
        disk.FileExists($"{stream.Directory}/{AssetFiles.Key}") || disk.FileExists($"{stream.Directory}/{AssetFiles.KeyTwin}")
        || disk.List(StoreFileNames.MessagesOf(stream.Directory)).Any(entry => RecoveryPlan.TryNumber(entry.Name, ".key", out _));

    private static bool OpensAny(IDisk disk, StreamDirectory stream, InspectionOptions options)
    {
        AssetEncryption encryption = options.EncryptionOf(stream.Account);
        List<StoreFinding> ignored = [];
        if (Opens(KeyFile.OfAsset(disk, stream.Directory, new AssetIdentity(stream.Name), encryption))) return true;
        string messages = StoreFileNames.MessagesOf(stream.Directory);
        return disk.List(messages).Any(entry =>
            RecoveryPlan.TryNumber(entry.Name, ".key", out uint number) && BlockKey.Read(StreamReading.OptionsFor(disk, stream, encryption), number).IsAnyOpen);

        bool Opens(KeyFile file)
        {
            using OpenedKeys? keys = file.Open(ignored, repairs: false);
            return keys is not null;
        }
    }
}
