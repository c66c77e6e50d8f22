using System.Globalization;
using NATS.Server.Core.Storage;
using NATS.Server.JetStream.Storage.Assets;
using NATS.Server.JetStream.Storage.Blocks;
using NATS.Server.JetStream.Storage.Disks;
using NATS.Server.JetStream.Storage.Engine;
using NATS.Server.JetStream.Storage.Recovery;

namespace NATS.Server.JetStream.Storage.Inspection;

/// <summary>
/// Owned by one user at a time. A stream's directory as the next start would find it: opened by the same code, on a disk that lies over the real one, so that nothing is written.
/// Blocks are read one after the other and none is kept.
/// </summary>
internal sealed class StreamReading : IDisposable
{
    // Nothing is appended by a check; what opening adds to make a last sequence known is small.
    private const int BlockSize = 8 << 20;

    private readonly BlockSettings _settings;

    private StreamReading(StreamDirectory stream, OverlayDisk disk, AssetMetadata metadata, FileStoreOptions options)
    {
        Stream = stream;
        Disk = disk;
        Metadata = metadata;
        Options = options;
        _settings = BlockSettings.ForFiles(options);
    }

    public StreamDirectory Stream { get; }

    /// <summary>As the files will be once the server has started.</summary>
    public OverlayDisk Disk { get; }

    public AssetMetadata Metadata { get; }

    public FileStoreOptions Options { get; }

    /// <summary>The block files before anything was done to them.</summary>
    public RecoveryPlan Plan { get; private set; } = RecoveryPlan.Of([]);

    public RecoveredStore Recovered { get; private set; } = null!;

    /// <summary>What opening says of damage.</summary>
    public IReadOnlyList<string> Reports { get; private set; } = [];

    public bool IsEncrypted { get; private set; }

    /// <summary>Opens it.</summary>
    /// <param name="below">Only read.</param>
    /// <param name="stream">Which one.</param>
    /// <param name="options">With its keys.</param>
    /// <param name="findings">Gets what is found in metadata and keys.</param>
    /// <exception cref="DiskException">It could not be read.</exception>
    public static StreamReading Open(IDisk below, StreamDirectory stream, InspectionOptions options, List<InspectionFinding> findings)
    {
        var disk = new OverlayDisk(below);
        AssetEncryption encryption = options.EncryptionOf(stream.Account);
        List<StoreFinding> found = [];

        // With repairs, which go into the overlay: what comes after then finds the keys as the server will.
        AssetMetadata metadata = AssetMetadata.Read(disk, stream.Directory, new AssetIdentity(stream.Name), encryption, found);
        var storeOptions = OptionsFor(disk, stream, encryption);
        var reading = new StreamReading(stream, disk, metadata, storeOptions);
        PurgeRecovery.Finish(disk, stream.Directory);
        reading.Plan = RecoveryPlan.Of(disk.List(StoreFileNames.MessagesOf(stream.Directory)));
        reading.OpenKeys(encryption, found);
        AddTo(findings, found);
        var opening = new StoreOpening(storeOptions, reading._settings);
        reading.Recovered = opening.Run(new StoreLimits());
        reading.Reports = opening.Reports;
        return reading;
    }

    /// <summary>How a stream's store is opened.</summary>
    public static FileStoreOptions OptionsFor(IDisk disk, StreamDirectory stream, AssetEncryption encryption) => new()
    {
        Disk = disk,
        Directory = stream.Directory,
        Name = stream.Name,
        BlockSize = BlockSize,
        Keys = encryption.Keys,
        PreviousKeys = encryption.PreviousKeys,
        Cipher = encryption.Cipher,
        Random = encryption.Random,
        ConvertsBlocks = false,
    };

    /// <summary>Adds findings of metadata, keys and consumer states to those of a check.</summary>
    public static void AddTo(List<InspectionFinding> findings, IEnumerable<StoreFinding> found)
    {
        foreach (StoreFinding finding in found)
        {
            string name = finding.Path[(finding.Path.LastIndexOf('/') + 1)..];
            string code = name switch
            {
                AssetFiles.State or AssetFiles.StateTwin => FindingCodes.ConsumerState,
                AssetFiles.Meta or AssetFiles.Checksum or AssetFiles.MetaTwin => FindingCodes.Metadata,
                _ => FindingCodes.Key,
            };
            findings.Add(new InspectionFinding(finding.Kind, code, finding.Path, finding.Text));
        }
    }

    /// <summary>Reads a block.</summary>
    /// <returns>Null when it cannot be read: its key does not fit, or its compression is damaged.</returns>
    /// <exception cref="DiskException">The device does not give it.</exception>
    public BlockInspection? Inspect(uint number) => MessageBlock.Inspect(_settings, number);

    /// <summary>The checksum at the end of a block; null when it cannot be read.</summary>
    public ulong? LastHashOf(uint number) =>
        Plan.Blocks.Any(block => block.Number == number) && MessageBlock.TryReadLastHash(_settings, number, out ulong hash) ? hash : null;

    /// <summary>The block as opening has it, with what counts as deleted; null when it is not part of the store.</summary>
    public MessageBlock? Find(uint number)
    {
        BlockList blocks = Recovered.Contents.Blocks;
        int position = blocks.PositionOfIndex(number);
        return position < blocks.Count && blocks[position].Index == number ? blocks[position] : null;
    }

    /// <summary>Gives every message that can be served, in order.</summary>
    /// <param name="visit">False stops.</param>
    /// <exception cref="DiskException">A block could not be read.</exception>
    public void Visit(Func<StoredMessage, bool> visit)
    {
        foreach (MessageBlock block in Recovered.Contents.Blocks)
        {
            if (block.Messages == 0 || Inspect(block.Index) is not { } inspection) continue;
            RecordTable records = inspection.Content.Records;
            for (int i = 0; i < records.Count; i++)
            {
                if (block.Holds(records.SequenceAt(i)) && !visit(inspection.Content.MessageAt(i))) return;
            }
        }
    }

    public void Dispose() => Metadata.Dispose();

    private void OpenKeys(AssetEncryption encryption, List<StoreFinding> found)
    {
        string messages = StoreFileNames.MessagesOf(Stream.Directory);
        IsEncrypted = Metadata.Key is not null || Disk.FileExists($"{Stream.Directory}/{AssetFiles.Key}");
        foreach (RecoveryBlock block in Plan.Blocks)
        {
            FoundKeys keys = BlockKey.Read(Options, block.Number);
            if (!keys.IsEncrypted) continue;
            IsEncrypted = true;
            string path = string.Create(CultureInfo.InvariantCulture, $"{messages}/{block.Number}");
            if (encryption.Keys is null)
                Find(StoreFindingKind.Loss, StoreFileNames.KeyEnding, "encrypted store encountered with no main key");
            else if (!keys.IsAnyOpen)
                Find(StoreFindingKind.Loss, StoreFileNames.KeyEnding, "cannot be opened with the configured keys, or is damaged, and there is no twin that can be");
            else if (keys.InFile is null)
                Find(StoreFindingKind.Damage, StoreFileNames.KeyEnding, "is missing or damaged; its twin is good");
            else if (keys.IsCorrected)
                Find(StoreFindingKind.Damage, StoreFileNames.KeyEnding, "had one wrong bit");
            if (keys.HasTwin && !keys.IsTwinWhole) Find(StoreFindingKind.Damage, StoreFileNames.TwinEnding, "is damaged");
            else if (!keys.HasTwin && encryption.Keys is not null) Find(StoreFindingKind.Note, StoreFileNames.TwinEnding, "is missing: the key had no twin");

            void Find(StoreFindingKind kind, string ending, string text) => found.Add(new StoreFinding(kind, path + ending, text, IsRepaired: false));
        }
    }
}
