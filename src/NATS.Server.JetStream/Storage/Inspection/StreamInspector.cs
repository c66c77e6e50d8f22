using System.Globalization;
using NATS.Server.Core.Hashing;
using NATS.Server.Core.Security;
using NATS.Server.Core.Storage;
using NATS.Server.Core.Subjects;
using NATS.Server.JetStream.Storage.Assets;
using NATS.Server.JetStream.Storage.Blocks;
using NATS.Server.JetStream.Storage.Disks;
using NATS.Server.JetStream.Storage.Recovery;

namespace NATS.Server.JetStream.Storage.Inspection;

/// <summary>Owned by one thread, used once. Checks everything in the directory of a stream and writes nothing.</summary>
internal sealed class StreamInspector
{
    private readonly IDisk _disk;
    private readonly StreamReading _reading;
    private readonly InspectionOptions _options;
    private readonly List<InspectionFinding> _findings;
    private readonly LostRecords _lost = new();
    private readonly SubjectTree<ulong> _subjects = new();
    private readonly string _directory;
    private readonly string _messages;
    private ulong _first;
    private ulong _highest;
    private bool _isTorn;

    private StreamInspector(IDisk disk, StreamReading reading, InspectionOptions options, List<InspectionFinding> findings)
    {
        _disk = disk;
        _reading = reading;
        _options = options;
        _findings = findings;
        _directory = reading.Stream.Directory;
        _messages = StoreFileNames.MessagesOf(_directory);
    }

    private bool IsIndexed => _reading.Recovered.IsIndexCurrent;

    /// <summary>Checks a stream.</summary>
    /// <exception cref="DiskException">Its directory could not be read.</exception>
    public static StreamReport Run(IDisk disk, StreamDirectory stream, InspectionOptions options)
    {
        List<InspectionFinding> findings = [];
        using StreamReading reading = StreamReading.Open(disk, stream, options, findings);
        return new StreamInspector(disk, reading, options, findings).Run();
    }

    private StreamReport Run()
    {
        LookForLeftovers();
        List<BlockReport> blocks = [];
        foreach (RecoveryBlock block in _reading.Plan.Blocks) blocks.Add(Check(block));
        LookForGaps();
        CheckLost();
        CheckIndex(blocks);
        CheckSmallFiles();
        List<ConsumerReport> consumers = ConsumerInspector.Run(_reading, _options, _findings);
        return new StreamReport
        {
            Account = _reading.Stream.Account,
            Name = _reading.Stream.Name,
            Directory = _directory,
            HasMetadata = _reading.Metadata.Content is not null,
            IsEncrypted = _reading.IsEncrypted,
            IsIndexed = IsIndexed,
            Messages = blocks.Sum(block => block.Messages),
            Bytes = blocks.Sum(block => block.Bytes),
            FirstSequence = _first,
            LastSequence = _reading.Recovered.Contents.LastSequence,
            Blocks = blocks,
            Consumers = consumers,
            Lost = _lost.Result?.Sequences ?? [],
            Findings = _findings,
        };
    }

    private void Add(StoreFindingKind kind, string code, string path, string text) => _findings.Add(new InspectionFinding(kind, code, path, text));

    private string PathOf(uint number, string ending) => string.Create(CultureInfo.InvariantCulture, $"{_messages}/{number}{ending}");

    private void LookForLeftovers()
    {
        foreach (DiskEntry entry in _disk.List(_directory))
        {
            string? what = entry.Name switch
            {
                StoreFileNames.Prepared => "a purge was interrupted: the next start ends it or takes it back",
                StoreFileNames.Purged => "messages that were purged: the next start deletes them",
                _ when entry.Name.EndsWith(StoreFileNames.Unfinished, StringComparison.Ordinal) => "a file that was never completed",
                _ => null,
            };
            if (what is not null) Add(StoreFindingKind.Note, FindingCodes.Leftover, $"{_directory}/{entry.Name}", what);
        }

        foreach (string name in _reading.Plan.Leftovers)
        {
            bool isFromOlder = name.EndsWith(".idx", StringComparison.Ordinal) || name.EndsWith(".fss", StringComparison.Ordinal);
            bool isBeside = name.EndsWith(".key", StringComparison.Ordinal) || name.EndsWith(".guard", StringComparison.Ordinal);
            string what = isFromOlder ? "of a server up to 2.9, and not needed" : isBeside ? "of a block that is not there" : "a file that was never completed";
            Add(StoreFindingKind.Note, FindingCodes.Leftover, $"{_messages}/{name}", what);
        }
    }

    private BlockReport Check(RecoveryBlock file)
    {
        BlockInspection? inspection;
        try
        {
            inspection = _reading.Inspect(file.Number);
        }
        catch (DiskException failure)
        {
            Add(StoreFindingKind.Loss, FindingCodes.Block, PathOf(file.Number, ".blk"), failure.Message);
            return Unreadable(file);
        }

        if (inspection is null)
        {
            Add(
                StoreFindingKind.Loss,
                FindingCodes.Block,
                PathOf(file.Number, ".blk"),
                file.KeyLength > 0 ? "cannot be read: its key does not fit, or its compression is damaged" : "cannot be read: its compression is damaged");
            return Unreadable(file);
        }

        if (inspection.IsSalvaged)
            Add(StoreFindingKind.Damage, FindingCodes.Block, PathOf(file.Number, ".blk"), "its compression is damaged; what could be decompressed is looked at");
        var report = new BlockReport
        {
            Number = file.Number,
            FileBytes = inspection.FileBytes,
            IsReadable = true,
            IsCompressed = inspection.IsCompressed,
            IsEncrypted = inspection.IsEncrypted,
            Records = inspection.Scan.Count,
            Holes = inspection.Scan.Holes?.Count ?? 0,
            HoleBytes = inspection.Scan.Holes?.Sum(hole => (long)hole.Length) ?? 0,
            WrongLengths = inspection.Scan.Repaired,
            IsSalvaged = inspection.IsSalvaged,
            Guard = GuardOf(inspection),
        };
        _highest = inspection.Scan.Tombstones.Select(tombstone => tombstone.Sequence).Append(inspection.Scan.LastSequence).Append(_highest).Max();
        List<ulong> missing = CountLive(file.Number, inspection, ref report);
        ReportHoles(report, inspection, missing);
        if (report.WrongLengths > 0)
            Add(StoreFindingKind.Damage, FindingCodes.Lengths, PathOf(file.Number, ".blk"), $"the lengths of {Many(report.WrongLengths, "record")} are damaged, and can be told");
        if (report.Holes == 0) ReportGuard(report, inspection);
        return report;
    }

    // Nothing of it is there, but what an index says of it is known.
    private BlockReport Unreadable(RecoveryBlock file)
    {
        if (IsIndexed && _reading.Find(file.Number) is { Messages: > 0 } block) AddMissing(block, [], []);
        return new BlockReport { Number = file.Number, FileBytes = file.Length };
    }

    private List<ulong> CountLive(uint number, BlockInspection inspection, ref BlockReport report)
    {
        List<ulong> missing = [];
        if (_reading.Find(number) is not { } block) return missing;
        RecordTable records = inspection.Content.Records;
        List<ulong> live = [];
        long bytes = 0;
        for (int i = 0; i < records.Count; i++)
        {
            ulong sequence = records.SequenceAt(i);
            if (!block.Holds(sequence)) continue;
            live.Add(sequence);
            bytes += inspection.Content.LengthAt(i, out _);
            ReadOnlySpan<byte> subject = inspection.Content.SubjectAt(i);
            if (IsIndexed && !subject.IsEmpty) _subjects.GetRefOrAdd(subject, out _)++;
        }

        if (live.Count > 0 && _first == 0) _first = live[0];
        report = report with { Messages = live.Count, Bytes = bytes };
        if ((ulong)live.Count < block.Messages) AddMissing(block, live, missing);
        return missing;
    }

    // What should be in a block and is not.
    private void AddMissing(MessageBlock block, List<ulong> live, List<ulong> missing)
    {
        int at = 0;
        for (ulong sequence = block.FirstSequence; sequence <= block.LastSequence && missing.Count < LostRecords.Most; sequence++)
        {
            sequence = block.Deleted.NextKept(sequence);
            if (sequence > block.LastSequence) break;
            while (at < live.Count && live[at] < sequence) at++;
            if (at < live.Count && live[at] == sequence) continue;
            missing.Add(sequence);
            _lost.Add(sequence, sequence);
        }
    }

    private void ReportHoles(BlockReport report, BlockInspection inspection, List<ulong> missing)
    {
        string path = PathOf(report.Number, ".blk");
        if (inspection.Scan.Holes is not { } holes)
        {
            if (missing.Count > 0)
                Add(StoreFindingKind.Loss, FindingCodes.Missing, path, $"{Many(missing.Count, "message")} of the index {(missing.Count == 1 ? "is" : "are")} not there: {LostSequences.Describe(missing)}");
            return;
        }

        string where = string.Join(", ", holes.Take(4).Select(hole => $"{hole.Length} at {hole.Offset}")) + (holes.Count > 4 ? ", …" : "");
        if (IsTornTail(report.Number, inspection))
        {
            _isTorn = true;
            Add(StoreFindingKind.Damage, FindingCodes.TornTail, path, $"ends within a record that was never complete ({where})");
            return;
        }

        List<ulong> lost = missing.Count > 0 || IsIndexed ? missing : inspection.Scan.Lost;
        string text = $"bytes that are no records: {where}";
        if (lost.Count > 0) text += $"; {Many(lost.Count, "message")} lost: {LostSequences.Describe(lost)}";
        else if (IsIndexed) text += "; nothing is lost by it that was not deleted";
        Add(lost.Count > 0 || !IsIndexed ? StoreFindingKind.Loss : StoreFindingKind.Damage, FindingCodes.Records, path, text);
    }

    // At the very end of what was written last; a guard that knows of more records speaks against it.
    private bool IsTornTail(uint number, BlockInspection inspection)
    {
        if (number != _reading.Plan.Blocks[^1].Number || !inspection.IsEndDamaged || inspection.Scan.Holes!.Count != 1 || inspection.Guarded > inspection.Scan.Count) return false;
        ReadOnlySpan<byte> tail = inspection.Content.Slice(inspection.Scan.Holes[0].Offset, inspection.Content.EndOffset);
        return !tail.ContainsAnyExcept((byte)0) || MessageRecord.Read(tail, out _) == RecordStatus.Short;
    }

    private static GuardState GuardOf(BlockInspection inspection)
    {
        if (inspection.Guard.Length == 0) return inspection.Scan.Count == 0 ? GuardState.Whole : GuardState.None;
        if (inspection.Scan.IsGuarded && inspection.Guard.Length % GuardEntry.Length == 0) return GuardState.Whole;
        bool fits = inspection.GuardsThatFit == inspection.Guarded && inspection.Guard.Length % GuardEntry.Length == 0;
        return fits && inspection.Guarded < inspection.Scan.Count ? GuardState.Behind : GuardState.Wrong;
    }

    private void ReportGuard(BlockReport report, BlockInspection inspection)
    {
        string path = PathOf(report.Number, ".guard");
        if (report.Guard == GuardState.Behind)
        {
            Add(StoreFindingKind.Note, FindingCodes.Guard, path, $"covers {inspection.Guarded} of {Many(report.Records, "record")}");
        }
        else if (report.Guard == GuardState.Wrong)
        {
            string text = $"{inspection.GuardsThatFit} of its {inspection.Guarded} entries, from the first on, fit the {Many(report.Records, "record")}";
            Add(StoreFindingKind.Damage, FindingCodes.Guard, path, text + ": it is damaged, or the other server has written the block anew");
        }
        else if (report.Guard == GuardState.None)
        {
            Add(StoreFindingKind.Note, FindingCodes.Guard, path, "is not there: the block was written by nats-server");
        }
    }

    // Without an index it is opening that tells what is lost.
    private void CheckLost()
    {
        if (IsIndexed) return;
        AddLostByOpening();
        ulong last = _reading.Recovered.Contents.LastSequence;
        bool isNamed = _findings.Exists(finding => finding.Code is FindingCodes.Records or FindingCodes.Block);
        if (isNamed || _isTorn) return;
        if (_lost.Result is { } lost)
            Add(StoreFindingKind.Loss, FindingCodes.Missing, _messages, $"{Many(lost.Sequences.Count, "message")} missing: {LostSequences.Describe(lost.Sequences)}");
        else if (_highest < last)
            Add(StoreFindingKind.Loss, FindingCodes.Missing, _messages, string.Create(CultureInfo.InvariantCulture, $"sequences up to {last} were given out, and the blocks end at {_highest}"));
    }

    private void AddLostByOpening()
    {
        if (_reading.Recovered.Lost is not { } lost) return;
        ulong lastThere = 0;
        foreach (MessageBlock block in _reading.Recovered.Contents.Blocks)
        {
            if (block.Messages > 0) lastThere = block.LastSequence;
        }

        foreach (ulong sequence in lost.Sequences)
        {
            if (!_isTorn || sequence <= lastThere) _lost.Add(sequence, sequence);
        }
    }

    private void CheckIndex(List<BlockReport> blocks)
    {
        string path = $"{_messages}/{StoreFileNames.Index}";
        if (!_disk.FileExists(path))
        {
            if (blocks.Count > 0) Add(StoreFindingKind.Note, FindingCodes.Index, path, "is not there: the next start looks through the blocks");
            return;
        }

        if (!IsIndexed)
        {
            byte[]? file = DiskFiles.Read(_disk, path, IndexImage.LongestFile, out string? problem);
            bool isGood = file is not null && StreamIndexReader.TryCheck(file, StoreHashKey.OfStream(_reading.Stream.Name), out _);
            string? report = _reading.Reports.FirstOrDefault(text => text.StartsWith(StoreFileNames.Index, StringComparison.Ordinal));
            if (!isGood) Add(StoreFindingKind.Damage, FindingCodes.Index, path, problem ?? "is damaged: the next start looks through the blocks");
            else if (report is not null) Add(StoreFindingKind.Damage, FindingCodes.Index, path, report[(StoreFileNames.Index.Length + 1)..]);
            else Add(StoreFindingKind.Note, FindingCodes.Index, path, "does not fit the blocks as they are: the next start looks through them");
            if (isGood) CheckNamedBlocks(file!);
            return;
        }

        if (_lost.Result is not null) return;
        foreach (BlockReport report in blocks)
        {
            if (report.IsReadable && _reading.Find(report.Number) is { } block && (long)block.Bytes != report.Bytes)
                Add(StoreFindingKind.Damage, FindingCodes.Index, path, $"has {block.Bytes} bytes for block {report.Number}, in which messages have {report.Bytes}");
        }

        int wrong = 0;
        _subjects.ForEach((ReadOnlySpan<byte> subject, ref ulong count) =>
        {
            if (_reading.Recovered.Contents.Subjects.CountOf(subject) != count) wrong++;
            return true;
        });
        int counted = _reading.Recovered.Contents.Subjects.Count;
        if (counted > 0 && (wrong > 0 || counted != _subjects.Count))
            Add(StoreFindingKind.Damage, FindingCodes.Index, path, $"has {Many(counted, "subject")} where the blocks have {_subjects.Count}, of which {wrong} with another number of messages");
    }

    // Nothing was written since the index, and a block that it names is gone: so are its messages.
    private void CheckNamedBlocks(byte[] file)
    {
        if (Unseal(file.AsSpan(0, file.Length - HighwayHash64.Length)) is not { } content || !StreamIndexReader.TryBegin(content, out StreamIndexReader reader)) return;
        while (reader.TryReadSubject(out _, out _))
        {
            // They stand before the blocks.
        }

        List<StoredBlock> gone = [];
        while (reader.TryReadBlock(out StoredBlock? block))
        {
            if (_reading.Plan.Blocks.All(there => there.Number != block!.Index)) gone.Add(block!);
        }

        if (!reader.TryReadEnd(out uint lastBlock, out ulong lastHash) || _reading.LastHashOf(lastBlock) != lastHash) return;
        foreach (StoredBlock block in gone)
        {
            List<ulong> lost = [];
            for (ulong sequence = block.FirstSequence; sequence <= block.LastSequence && lost.Count < LostRecords.Most; sequence++)
            {
                if (block.Deleted?.Contains(sequence) == true) continue;
                lost.Add(sequence);
                _lost.Add(sequence, sequence);
            }

            if (lost.Count > 0)
                Add(StoreFindingKind.Loss, FindingCodes.Missing, PathOf(block.Index, ".blk"), $"is not there, and the index names it; {Many(lost.Count, "message")} lost: {LostSequences.Describe(lost)}");
        }
    }

    private byte[]? Unseal(ReadOnlySpan<byte> box)
    {
        using SealingKey? key = StreamKey.Open(_reading.Options);
        if (key is null) return box.ToArray();
        if (box.Length < key.Overhead) return null;
        byte[] content = new byte[box.Length - key.Overhead];
        return key.TryOpen(box, content) ? content : null;
    }

    // Where messages are deleted by limits nothing remains of them, so that this need not mean anything.
    private void LookForGaps()
    {
        ulong last = 0;
        foreach (MessageBlock block in _reading.Recovered.Contents.Blocks)
        {
            if (block.Messages == 0) continue;
            if (last > 0 && block.FirstSequence > last + 1)
                Add(StoreFindingKind.Note, FindingCodes.Missing, _messages, string.Create(CultureInfo.InvariantCulture, $"no block has messages from {last + 1} to {block.FirstSequence - 1}"));
            last = block.LastSequence;
        }
    }

    private void CheckSmallFiles()
    {
        HighwayHashKey key = StoreHashKey.OfStream(_reading.Stream.Name);
        var files = new PerMessageFiles(_disk, _directory, key);
        files.ReadExpiries(out _, out string? problem);
        Report($"{_messages}/{StoreFileNames.Expiries}", problem);
        files.ReadSchedules(out _, out problem);
        Report($"{_messages}/{StoreFileNames.Schedules}", problem);
        files.ReadSources(out _, out problem);
        Report($"{_directory}/{StoreFileNames.Sources}", problem);

        void Report(string path, string? what)
        {
            if (what is not null) Add(StoreFindingKind.Damage, FindingCodes.SmallFile, path, $"{what}: the next start looks through the messages");
        }
    }

    private static string Many(long count, string noun) => StoreReportText.Many(count, noun);
}
