using System.Globalization;
using System.Runtime.InteropServices;
using NATS.Server.JetStream.Storage.Assets;
using NATS.Server.JetStream.Storage.Blocks;
using NATS.Server.JetStream.Storage.Consumers;
using NATS.Server.JetStream.Storage.Disks;
using NATS.Server.JetStream.Storage.Recovery;

namespace NATS.Server.JetStream.Storage.Inspection;

/// <summary>
/// Owned by one thread, used once. Makes the directory of a stream right again, with everything that can be read. What is damaged is kept first; each step leaves a directory that a server opens, so that
/// a repair that was interrupted is begun again.
/// </summary>
internal sealed class StreamRepair
{
    private readonly IDisk _disk;
    private readonly StreamDirectory _stream;
    private readonly InspectionOptions _options;
    private readonly AssetEncryption _encryption;
    private readonly StreamReport _before;
    private readonly LostAndFound _lostAndFound;
    private readonly string _messages;
    private readonly List<string> _actions = [];
    private readonly long _nowNs;

    private StreamRepair(IDisk disk, StreamDirectory stream, InspectionOptions options, StreamReport before, long nowNs, string stamp)
    {
        _disk = disk;
        _stream = stream;
        _options = options;
        _encryption = options.EncryptionOf(stream.Account);
        _before = before;
        _nowNs = nowNs;
        _lostAndFound = new LostAndFound(disk, stream.Directory, stamp);
        _messages = StoreFileNames.MessagesOf(stream.Directory);
    }

    /// <summary>Repairs a stream, if there is anything to repair.</summary>
    /// <param name="disk">Is written to.</param>
    /// <param name="stream">Which one.</param>
    /// <param name="options">With its keys.</param>
    /// <param name="nowNs">Nanoseconds since 1970.</param>
    /// <param name="stamp">Names where damaged files are kept.</param>
    /// <exception cref="DiskException">It was not ended; it can be begun again.</exception>
    public static StreamRepairReport Run(IDisk disk, StreamDirectory stream, InspectionOptions options, long nowNs, string stamp)
    {
        StreamReport before = StreamInspector.Run(disk, stream, options);
        if (!before.IsDamaged) return new StreamRepairReport(before, before, [], []);
        var repair = new StreamRepair(disk, stream, options, before, nowNs, stamp);
        repair.Run();
        return new StreamRepairReport(before, StreamInspector.Run(disk, stream, options), repair._actions, [.. repair._lostAndFound.Kept]);
    }

    private void Run()
    {
        KeepOriginals();
        using AssetMetadata metadata = RepairMetadata();
        RepairBlockKeys();
        RepairConsumers();
        RaiseLast();
        MoveWhatIsInTheWay();
        RepairMessages(StreamSettings.Read(metadata.Content));
    }

    private IEnumerable<InspectionFinding> Damages => _before.Findings.Where(finding => finding.Kind != StoreFindingKind.Note);

    private string PathOf(uint number, string ending) => string.Create(CultureInfo.InvariantCulture, $"{_messages}/{number}{ending}");

    // Before anything is changed. Opening deletes what is left over: that is kept too.
    private void KeepOriginals()
    {
        foreach (InspectionFinding finding in Damages) _lostAndFound.Copy(finding.Path);
        foreach (InspectionFinding finding in _before.Findings.Where(finding => finding.Code == FindingCodes.Leftover)) _lostAndFound.Copy(finding.Path);
        foreach (BlockReport block in _before.Blocks.Where(block => block.NeedsMending))
        {
            foreach (string ending in (ReadOnlySpan<string>)[".blk", ".key", ".twin", ".guard"]) _lostAndFound.Copy(PathOf(block.Number, ending));
        }

        // A purge that was interrupted would delete what it has moved away, or what it replaces.
        bool isPrepared = _disk.List($"{_stream.Directory}/{StoreFileNames.Prepared}").Any(entry => RecoveryPlan.TryNumber(entry.Name, ".blk", out _));
        _lostAndFound.Move($"{_stream.Directory}/{StoreFileNames.Purged}");
        if (isPrepared) _lostAndFound.Move(_messages);
    }

    private AssetMetadata RepairMetadata()
    {
        List<StoreFinding> found = [];
        AssetMetadata metadata = AssetMetadata.Read(_disk, _stream.Directory, new AssetIdentity(_stream.Name), _encryption, found);
        Note(found);
        return metadata;
    }

    // A block that is opened puts a good key in the place of a damaged one.
    private void RepairBlockKeys()
    {
        var settings = BlockSettings.ForFiles(StreamReading.OptionsFor(_disk, _stream, _encryption));
        foreach (BlockReport block in _before.Blocks)
        {
            bool isKeyDamaged = Damages.Any(finding => finding.Path == PathOf(block.Number, StoreFileNames.KeyEnding) || finding.Path == PathOf(block.Number, StoreFileNames.TwinEnding));
            if (isKeyDamaged && MessageBlock.TryReadLastHash(settings, block.Number, out _))
                _actions.Add(string.Create(CultureInfo.InvariantCulture, $"the key of block {block.Number} and its twin were made equal"));
        }
    }

    private void RepairConsumers()
    {
        foreach (ConsumerReport consumer in _before.Consumers)
        {
            string path = $"{_stream.Directory}/{ConsumerInspector.Directory}/{consumer.Name}";
            if (!Damages.Any(finding => finding.Path.StartsWith(path + "/", StringComparison.Ordinal))) continue;
            List<StoreFinding> found = [];
            var identity = new AssetIdentity(_stream.Name, consumer.Name);
            using AssetMetadata metadata = AssetMetadata.Read(_disk, path, identity, _encryption, found);
            using ConsumerStore store = ConsumerStore.Open(ConsumerInspector.OptionsFor(_disk, path, identity, metadata, _options), found);
            Note(found);
            if (!store.IsStateLost) continue;

            // A state that cannot be read would be found again and again; without one the consumer begins anew.
            _lostAndFound.Move($"{path}/{AssetFiles.State}");
            _lostAndFound.Move($"{path}/{AssetFiles.StateTwin}");
            _actions.Add($"the state of consumer {consumer.Name} could not be read and was taken away: it begins anew");
        }
    }

    // No sequence that was given out, or that a consumer has seen, may be given out again: that is made durable while all is there that tells of it.
    private void RaiseLast()
    {
        using MessageStore store = FileStore.Open(StreamReading.OptionsFor(_disk, _stream, _encryption), new StoreLimits(), null, _nowNs);
        ulong last = store.State.LastSequence;
        ulong highest = _before.Consumers.Select(consumer => consumer.Delivered).Append(_before.LastSequence).Max();
        if (highest > last && store.Skip(0, highest - last, _nowNs, advancesTime: false) != StoreResult.Ok)
            throw new DiskException(DiskError.Device, _messages, store.WriteFailure ?? "the last sequence could not be written");
        if (highest > _before.LastSequence)
            _actions.Add(string.Create(CultureInfo.InvariantCulture, $"the last sequence was raised from {_before.LastSequence} to {highest}, which consumers have seen"));
        Commit(store);
    }

    private void MoveWhatIsInTheWay()
    {
        foreach (BlockReport block in _before.Blocks.Where(block => !block.IsReadable))
        {
            foreach (string ending in (ReadOnlySpan<string>)[".blk", ".key", ".twin", ".guard"]) _lostAndFound.Move(PathOf(block.Number, ending));
            _actions.Add(string.Create(CultureInfo.InvariantCulture, $"block {block.Number} cannot be read and was taken away"));
        }

        foreach (InspectionFinding finding in Damages.Where(finding => finding.Code is FindingCodes.SmallFile or FindingCodes.Index))
        {
            _lostAndFound.Move(finding.Path);
            if (finding.Code == FindingCodes.SmallFile) _actions.Add($"{NameOf(finding.Path)} was taken away: the next start looks through the messages");
        }
    }

    private void RepairMessages(StreamSettings? settings)
    {
        var limits = new StoreLimits { AllowTtl = settings?.AllowTtl ?? false };
        using MessageStore store = FileStore.Open(StreamReading.OptionsFor(_disk, _stream, _encryption), limits, null, _nowNs);
        HashSet<uint> damaged = [.. _before.Blocks.Where(block => block.NeedsMending).Select(block => block.Number)];
        HashSet<uint> unguarded = [.. _before.Blocks.Where(block => block.IsReadable && block.Guard != GuardState.Whole).Select(block => block.Number)];
        store.Mend(damaged, unguarded);
        _disk.SyncDirectory(_messages);
        foreach (uint number in damaged.Order()) _actions.Add(string.Create(CultureInfo.InvariantCulture, $"block {number} was written anew with its good records"));

        // An index counts messages with a time to live, and schedules: without the configuration, or what reads schedules, it is left to the server.
        if (settings is null || settings.AllowSchedules)
        {
            Commit(store);
            _lostAndFound.Move($"{_messages}/{StoreFileNames.Index}");
            return;
        }

        store.Stop(_nowNs);
        _actions.Add("index.db was written anew");
    }

    private void Commit(MessageStore store)
    {
        List<DiskSync> files = [];
        StoreResult result = store.BeginCommit(files, out long position);
        Span<DiskSync> synced = CollectionsMarshal.AsSpan(files);
        if (synced.Length > 0) _disk.Sync(synced);
        store.EndCommit(position, synced);
        if (result != StoreResult.Ok) throw new DiskException(DiskError.Device, _messages, store.WriteFailure ?? "the messages could not be written");
    }

    private void Note(List<StoreFinding> found)
    {
        foreach (StoreFinding finding in found)
        {
            if (finding.Kind != StoreFindingKind.Note && finding.IsRepaired) _actions.Add($"{finding.Path[(_stream.Directory.Length + 1)..]} was written anew: it {finding.Text}");
        }
    }

    private static string NameOf(string path) => path[(path.LastIndexOf('/') + 1)..];
}
