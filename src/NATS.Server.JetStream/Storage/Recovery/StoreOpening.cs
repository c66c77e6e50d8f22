using System.Runtime.InteropServices;
using NATS.Server.Core.Collections;
using NATS.Server.Core.Hashing;
using NATS.Server.Core.Storage;
using NATS.Server.JetStream.Storage.Assets;
using NATS.Server.JetStream.Storage.Blocks;
using NATS.Server.JetStream.Storage.Disks;
using NATS.Server.JetStream.Storage.Engine;

namespace NATS.Server.JetStream.Storage.Recovery;

/// <summary>Owned by one thread, used once. Opens the directory of a store: by its index when that fits, else from the blocks.</summary>
internal sealed class StoreOpening
{
    private const ulong SequenceLimit = 1UL << 62;

    private readonly FileStoreOptions _options;
    private readonly IDisk _disk;
    private readonly string _messages;
    private readonly HighwayHashKey _key;
    private readonly BlockSettings _settings;
    private readonly List<string> _reports = [];
    private readonly LostRecords _lost = new();
    private readonly StoreContents _contents;
    private readonly Lock _merging = new();
    private uint _highestNumber;

    // What is known of the last sequence besides what the blocks hold.
    private ulong _priorSequence;
    private long _priorTimeNs;

    /// <summary>Prepares to open.</summary>
    /// <param name="options">Where it is.</param>
    /// <param name="settings">Of the store's blocks.</param>
    public StoreOpening(FileStoreOptions options, BlockSettings settings)
    {
        _contents = new StoreContents { IsInMemory = false, Read = new ReadBlocks(options.ReadCache) };
        _options = options;
        _disk = options.Disk;
        _messages = StoreFileNames.MessagesOf(options.Directory);
        _key = StoreHashKey.OfStream(options.Name);
        _settings = settings;
    }

    /// <summary>What was found damaged, or was repaired, as text.</summary>
    public IReadOnlyList<string> Reports => _reports;

    private BlockList Blocks => _contents.Blocks;

    /// <summary>Opens it.</summary>
    /// <param name="limits">Of the stream: which of the files beside count.</param>
    /// <exception cref="DiskException">The directory could not be read or changed.</exception>
    public RecoveredStore Run(StoreLimits limits)
    {
        PurgeRecovery.Finish(_disk, _options.Directory);
        if (!_disk.DirectoryExists(_messages))
        {
            _disk.CreateDirectory(_messages);
            _disk.SyncDirectory(_options.Directory);
        }

        RecoveryPlan plan = RecoveryPlan.Of(_disk.List(_messages));
        _highestNumber = plan.HighestNumber;
        bool isConverted = Convert(plan);
        bool isIndexed = TryUseIndex(plan);
        if (!isIndexed) Rebuild(plan);
        foreach (string name in plan.Leftovers)
        {
            DiskFiles.Discard(_disk, $"{_messages}/{name}");
        }

        if (isConverted) GiveUpOldKey();
        return Finish(isIndexed && !isConverted, limits);
    }

    // Blocks that are not encrypted as is configured now. Without other keys than the current ones the length of the key file tells the cipher, so that none need be read.
    private bool Convert(RecoveryPlan plan)
    {
        if (_options.Keys is null || !_options.ConvertsBlocks) return false;
        long length = BlockKey.LengthFor(_options);
        RecoveryBlock[] due = [.. plan.Blocks.Where(block => _options.PreviousKeys is not null || block.KeyLength != length)];
        RunAll(due.Length, i =>
        {
            try
            {
                if (MessageBlock.Convert(_settings, due[i].Number) is { } report) Report(report);
            }
            catch (DiskException problem)
            {
                // It can be read as it is, as long as its key is configured, and is tried again at the next start.
                Report($"block {due[i].Number} is not yet encrypted as configured: {problem.Message}");
            }
        });
        return due.Length > 0;
    }

    private void GiveUpOldKey()
    {
        try
        {
            StreamKey.GiveUpOld(_options);
        }
        catch (DiskException problem)
        {
            Report($"{StoreFileNames.Key} is sealed with an old key still: {problem.Message}");
        }
    }

    private void Report(string report)
    {
        lock (_merging) _reports.Add(report);
    }

    private bool TryUseIndex(RecoveryPlan plan)
    {
        byte[]? file = DiskFiles.Read(_disk, $"{_messages}/{StoreFileNames.Index}", IndexImage.LongestFile, out string? problem);
        if (file is null)
        {
            if (problem is not null) _reports.Add($"{StoreFileNames.Index} cannot be read: {problem}");
            return false;
        }

        if (!StreamIndexReader.TryCheck(file, _key, out ReadOnlySpan<byte> box))
        {
            _reports.Add($"{StoreFileNames.Index} is damaged: the blocks are looked through");
            return false;
        }

        List<StoreFinding> findings = [];
        ReadOnlyMemory<byte> content = StreamKey.Unseal(_options, file.AsMemory(0, box.Length), findings);
        _reports.AddRange(findings.Where(finding => finding.Kind != StoreFindingKind.Note).Select(finding => finding.ToString()));
        problem = IndexImage.Read(content, plan, out IndexImage? image, out _priorSequence, out _priorTimeNs);
        if (image is null)
        {
            if (_priorSequence == 0) _reports.Add($"{StoreFileNames.Index} is not used: {problem}");
            return false;
        }

        if (!MessageBlock.TryReadLastHash(_settings, image.LastBlock, out ulong hash) || hash != image.LastHash) return false;
        Use(image, plan);
        return true;
    }

    private void Use(IndexImage image, RecoveryPlan plan)
    {
        Dictionary<uint, long> lengths = plan.Blocks.ToDictionary(block => block.Number, block => block.Length);
        foreach (StoredBlock block in image.Blocks)
        {
            Blocks.Add(MessageBlock.FromIndex(_settings, block, lengths[block.Index], isTail: block.Index == image.LastBlock));
        }

        image.VisitSubjects((subject, in info) => _contents.Subjects.Merge(subject, info.Messages, info.FirstBlock, info.LastBlock, isLastExact: false));
        StreamTotals totals = image.Totals;
        _contents.Messages = totals.Messages;
        _contents.Bytes = totals.Bytes;
        _contents.LastSequence = totals.LastSequence;
        _contents.LastTimeNs = totals.LastTimeNs;
        SetFirst();
    }

    // All blocks are read, as many at a time as the caller has threads for. Tombstones are for blocks before their own, so that they count when all are there.
    private void Rebuild(RecoveryPlan plan)
    {
        var found = new RecoveredBlock?[plan.Blocks.Count];
        RunAll(found.Length, i => found[i] = Recover(plan.Blocks[i]));

        bool isGap = false;
        ulong beyond = 0;
        for (int i = 0; i < found.Length; i++)
        {
            if (found[i] is { } recovered)
            {
                Take(recovered, isGap);
                beyond = 0;
                isGap = recovered.MissingRecords > 0 || (recovered.Block.Messages == 0 && (isGap || plan.Blocks[i].Length == 0));
            }
            else
            {
                _reports.Add($"block {plan.Blocks[i].Number} cannot be read: it is left as it is, and its messages are lost");
                isGap = true;
                RecoveryBlock unread = plan.Blocks[i];
                beyond += (ulong)(unread.Guarded > 0 ? unread.Guarded : unread.Length / MessageRecord.EmptyLength);
            }
        }

        // What cannot be read, or is gone, at the end has used up sequences too.
        beyond += (ulong)plan.RecordsBeyond;
        if (beyond > 0) NotePrior(_contents.LastSequence + beyond, 0);
        isGap |= plan.RecordsBeyond > 0;

        foreach (RecoveredBlock? recovered in found)
        {
            if (recovered is not null) Apply(recovered.Tombstones);
        }

        _contents.CountBlocks();
        RaiseLast(isGap);
        SetFirst();
        SyncBlocks(plan);
    }

    // What a process that was killed has written is there, and nobody may have synced it: what is served from now on, and told to be a duplicate, has to stay.
    private void SyncBlocks(RecoveryPlan plan)
    {
        const int AtOnce = 64;
        foreach (RecoveryBlock[] some in plan.Blocks.Chunk(AtOnce))
        {
            List<DiskSync> files = [];
            try
            {
                foreach (RecoveryBlock block in some)
                {
                    files.Add(new DiskSync(_disk.Open($"{_messages}/{block.Number}.blk", DiskOpen.Existing)));
                }

                Span<DiskSync> span = CollectionsMarshal.AsSpan(files);
                _disk.Sync(span);
                foreach (DiskSync file in span)
                {
                    if (file.Failure is not null) _reports.Add(file.Failure.Message);
                }
            }
            catch (DiskException problem)
            {
                _reports.Add(problem.Message);
            }
            finally
            {
                foreach (DiskSync file in files)
                {
                    file.File.Dispose();
                }
            }
        }
    }

    private RecoveredBlock? Recover(RecoveryBlock file)
    {
        RecoveredBlock? recovered = MessageBlock.Recover(_settings, file.Number);
        if (recovered is null) return null;
        var counter = new SubjectCounter();
        counter.Count(recovered.Block);
        lock (_merging) counter.MergeInto(_contents.Subjects, file.Number);

        // The first call notes that it is used no more, the second one drops what was read.
        recovered.Block.DropCache();
        recovered.Block.DropCache();
        return recovered;
    }

    private void RunAll(int count, Action<int> action)
    {
        if (_options.InParallel is { } run)
        {
            run(count, action);
            return;
        }

        for (int i = 0; i < count; i++)
        {
            action(i);
        }
    }

    // Adds a block after those before it. What overlaps them, as no server writes it, is not served twice.
    private void Take(RecoveredBlock recovered, bool isGap)
    {
        MessageBlock block = recovered.Block;

        // What a damaged record says of itself may be what is damaged: no more sequences were used up at the end than records are missing.
        ulong known = Math.Max(block.LastSequence, _contents.LastSequence);
        if (block.Messages == 0)
        {
            // Only tombstones may say how far the stream had come before what is missing.
            foreach (BlockTombstone tombstone in recovered.Tombstones) known = tombstone.Sequence < SequenceLimit ? Math.Max(known, tombstone.Sequence) : known;
        }

        ulong highest = known + (ulong)recovered.MissingRecords;
        foreach (ulong sequence in recovered.Lost.Where(sequence => sequence <= highest))
        {
            _lost.Add(sequence, sequence);
        }

        // Each of the records that are missing may have used up a sequence.
        if (recovered.MissingRecords > 0) NotePrior(highest, 0);
        if (block.Messages > 0 && block.FirstSequence <= _contents.LastSequence)
        {
            _reports.Add($"block {block.Index} repeats messages of blocks before it");
            block.RemoveBelow(_contents.LastSequence + 1, (_, _, subject, _) =>
            {
                _contents.Subjects.Remove(subject, block.Index);
                return true;
            });
        }

        if (block.Messages > 0 && (isGap || recovered.IsDamaged)) _lost.Add(_contents.LastSequence + 1, block.FirstSequence - 1);
        if (block.Messages == 0) Align(recovered, isGap);
        _contents.LastSequence = block.LastSequence;
        _contents.LastTimeNs = block.LastTimeNs;
        Blocks.Add(block);
    }

    // Without messages it says by its tombstones how far the stream had come; where something is missing before it, that is told as lost later on.
    private void Align(RecoveredBlock recovered, bool isGap)
    {
        MessageBlock block = recovered.Block;
        ulong last = block.LastSequence;
        long timeNs = block.LastTimeNs;
        foreach ((ulong sequence, long timestampNs) in recovered.Tombstones)
        {
            if (isGap || recovered.IsDamaged || sequence < last || sequence >= SequenceLimit) continue;
            last = sequence;
            timeNs = timestampNs;
        }

        // Where all was erased nothing knows the time.
        bool isHigher = last > _contents.LastSequence && timeNs != 0;
        block.Align(Math.Max(last, _contents.LastSequence), isHigher ? timeNs : _contents.LastTimeNs);
    }

    private void Apply(IReadOnlyList<BlockTombstone> tombstones)
    {
        foreach ((ulong sequence, long timestampNs) in tombstones)
        {
            _lost.Remove(sequence);
            if (sequence > _contents.LastSequence)
            {
                // It tells of a message that is nowhere any more, whose sequence was given out.
                NotePrior(sequence, timestampNs);
                continue;
            }

            // Of an erased message only this knows the time, and after a truncation it may be another than the message had.
            if (sequence == _contents.LastSequence && timestampNs > 0) _contents.LastTimeNs = timestampNs;

            int position = Blocks.PositionOf(sequence);
            if (position == Blocks.Count || !Blocks[position].Holds(sequence) || !Blocks[position].Remove(sequence, out StoredMessage removed, out _)) continue;
            _contents.Subjects.Remove(removed.Subject, Blocks[position].Index);
        }
    }

    private void NotePrior(ulong sequence, long timestampNs)
    {
        if (sequence < _priorSequence || (sequence == _priorSequence && timestampNs == 0) || sequence >= SequenceLimit) return;
        _priorSequence = sequence;
        _priorTimeNs = timestampNs;
    }

    // What an older index knew, and what a damaged end held, was given out: a tombstone in a block of its own makes that known, so that it stays so.
    private void RaiseLast(bool isGap)
    {
        if (_priorSequence <= _contents.LastSequence) return;
        if (isGap) _lost.Add(_contents.LastSequence + 1, _priorSequence);
        long timeNs = _priorTimeNs > 0 ? _priorTimeNs : _contents.LastTimeNs;
        var block = new MessageBlock(_settings, ++_highestNumber, _contents.LastSequence + 1, _contents.LastTimeNs);
        block.AppendTombstone(_priorSequence, timeNs);
        _contents.LastSequence = _priorSequence;
        _contents.LastTimeNs = timeNs;
        Blocks.Add(block);
        try
        {
            block.Flush();
            List<DiskSync> files = [];
            block.CollectDirty(files);
            foreach (DiskSync file in files)
            {
                file.File.Sync();
            }

            block.Synced(isDurable: true);
            _disk.SyncDirectory(_messages);
        }
        catch (DiskException problem)
        {
            // It is written with what comes next.
            _reports.Add($"the last sequence could not be made durable: {problem.Message}");
        }
    }

    // A store in which there never was a message begins with 0, as the reference has it.
    private void SetFirst()
    {
        _contents.FindFirst();
        if (_contents.Messages == 0 && _contents.LastSequence == 0) _contents.FirstSequence = 0;
    }

    private RecoveredStore Finish(bool isIndexed, StoreLimits limits)
    {
        if (Blocks.Count == 0 && _contents.LastSequence == 0) _contents.BeginWith(_options.FirstSequence);
        var files = new PerMessageFiles(_disk, _options.Directory, _key);
        HashWheel? expiries = null;
        List<StoredSchedule>? schedules = null;
        List<StoredSource>? sources = null;
        ulong from = ulong.MaxValue;
        if (limits.AllowTtl) expiries = Note(StoreFileNames.Expiries, files.ReadExpiries(out ulong stamp, out string? problem), stamp, problem, ref from);
        if (limits.AllowSchedules) schedules = Note(StoreFileNames.Schedules, files.ReadSchedules(out ulong stamp, out string? problem), stamp, problem, ref from);
        if (limits.Sources.Count > 0) sources = Note(StoreFileNames.Sources, files.ReadSources(out ulong stamp, out string? problem), stamp, problem, ref from);
        return new RecoveredStore
        {
            Contents = _contents,
            NextIndex = _highestNumber + 1,
            Lost = _lost.Result,
            Expiries = expiries,
            Schedules = schedules ?? [],
            Sources = sources ?? [],
            ExtrasFrom = Math.Min(from, _contents.LastSequence + 1),
            IsIndexCurrent = isIndexed,
        };
    }

    // A file that knows more sequences than there are is from before they were taken back: they mean other messages by now.
    private T? Note<T>(string name, T? content, ulong stamp, string? problem, ref ulong from)
        where T : class
    {
        if (problem is not null) _reports.Add($"{name} does not count, the messages are looked through: {problem}");
        from = Math.Min(from, content is null || stamp > _contents.LastSequence + 1 ? 0 : stamp);
        return content;
    }
}
