using System.Globalization;
using System.Text;
using NATS.Server.Core.Storage;
using NATS.Server.JetStream.Storage;
using NATS.Server.JetStream.Storage.Disks;
using NATS.Server.Testing.Disks;
using NATS.Server.Testing.Storage;
using Xunit;

namespace NATS.Server.UnitTests.Storage.Engine;

/// <summary>
/// Calls of the disk fail, one after the other, below erasing, compacting, truncating and purging. Either the operation happened or it did not; nothing is written until the store was
/// verified, and then it goes on; what is opened after a kill or a power cut is what a commit had promised.
/// </summary>
public sealed class StoreAgreementTests
{
    private const string Directory = "/store/S";
    private const int Messages = 60;

    public static TheoryData<string, bool, DiskError, int> Faults
    {
        get
        {
            var cases = new TheoryData<string, bool, DiskError, int>();
            foreach ((string kind, bool isCompressed) in ((string, bool)[])[("plain", false), ("plain", true), ("chacha", false), ("aes", true)])
            {
                foreach (DiskError error in (DiskError[])[DiskError.Device, DiskError.Full])
                {
                    cases.Add(kind, isCompressed, error, 1);
                    cases.Add(kind, isCompressed, error, 3);
                }
            }

            return cases;
        }
    }

    [Theory]
    [MemberData(nameof(Faults))]
    public void A_call_that_fails_leaves_memory_and_disk_in_agreement(string kind, bool isCompressed, DiskError error, int times)
    {
        int failed = 0;

        // Encrypted blocks take many more calls: not each of them in turn.
        for (int skip = times; ; skip += kind == "plain" ? 1 : 11)
        {
            SimulatedDisk disk = NewDisk();
            FileStoreOptions options = OptionsFor(disk, kind);
            using MessageStore store = Open(options, isCompressed);
            Fill(store, disk);
            DiskFault fault = disk.Fail(new DiskFault { Skip = skip, Times = times, Error = error, Written = skip * 7 % 50 });
            var run = new Run(store, disk, options, isCompressed, skip, fault);
            try
            {
                run.Rewrite();
                if (fault.Hits == 0) break;
                failed++;
                disk.Heal();
                run.Verify();
                run.Rewrite();
                run.CommitAll();
            }
            catch (Exception problem)
            {
                throw new InvalidOperationException(string.Create(CultureInfo.InvariantCulture, $"call {skip} fails: {run.Log}\n{problem}"), problem);
            }
        }

        Assert.True(failed > 10);
    }

    private sealed class Run(MessageStore store, SimulatedDisk disk, FileStoreOptions options, bool isCompressed, int seed, DiskFault fault)
    {
        // As the last commit left it, what memory has had since, and the least last sequence.
        private readonly HashSet<(ulong, string)> _had = [];
        private Contents _committed = new(0, [], []);
        private ulong _last;
        private int _appended;

        public string Log { get; private set; } = "";

        public void Rewrite()
        {
            if (_last == 0) Committed(Contents.Of(store));
            ulong first = store.State.FirstSequence;
            Step("erase", () => store.Erase(first + 2, new Random(1)));
            Step("maintain", () => Maintained(2));
            for (ulong sequence = first + 4; sequence < first + 20; sequence++)
            {
                if (sequence % 3 != 0) Step("remove", () => store.Remove(sequence), isQuiet: true);
            }

            Step("maintain", () => Maintained(10_000_000_000));
            Step("erase last", () => store.Erase(store.State.LastSequence, new Random(2)));
            Step("append", () => Append("after"));
            Step("commit", Commit);
            Step("truncate", () => store.Truncate(store.State.LastSequence - 2));
            Step("append", () => Append("then"));
            Step("commit", Commit);
            Step("truncate far", () => store.Truncate(store.State.LastSequence - 19));
            Step("append", () => Append("last"));
            Step("commit", Commit);
            Step("compact", () => store.Compact(store.State.FirstSequence + 21, out _));
            Step("append", () => Append("end"));
            Step("commit", Commit);
            if (seed % 4 != 3) return;
            Step("purge", () => store.Purge(out _));
            for (int i = 0; i < 50; i++) Step("append", () => Append("again"), isQuiet: true);
            Step("commit", Commit);
        }

        public void Verify()
        {
            Log += " VERIFY";
            StoreResult result = store.VerifyAfterFailure();
            Assert.Equal(StoreResult.Ok, result);
            Assert.Null(store.WriteFailure);
        }

        public void CommitAll()
        {
            Step("commit", Commit);
            Assert.Equal(StoreResult.Ok, Commit());
            List<string> expected = ContentsOf(store);
            SimulatedDisk killed = disk.Kill();
            Assert.Equal(expected, ContentsOf(killed, options, isCompressed));
            Assert.Equal(expected, ContentsOf(disk.Crash(seed), options, isCompressed));
            store.Stop(1);
            Assert.Equal(expected, ContentsOf(disk.Kill(), options, isCompressed));
        }

        private void Step(string name, Func<StoreResult> step, bool isQuiet = false)
        {
            long hits = fault.Hits;
            bool wasFailed = store.WriteFailure is not null;
            Contents before = Contents.Of(store);
            StoreResult result = step();
            Log += $" {name}:{result}";
            Contents after = Contents.Of(store);
            if (wasFailed)
            {
                // Nothing is written until it was verified.
                if (name.StartsWith("append", StringComparison.Ordinal)) Assert.Equal(StoreResult.Failed, result);
                Assert.Equal(before.Lines, after.Lines);
            }

            _last = Math.Min(_last, after.Last);
            foreach ((ulong sequence, string content) in after.Messages) _had.Add((sequence, content));
            if (result == StoreResult.Ok && name == "commit") Committed(after);

            if (fault.Hits == hits && isQuiet) return;
            if (fault.Hits == 0 || isQuiet) return;
            Check(disk.Kill(), after, "killed");
            Check(disk.Crash(seed), after, "cut off");
            if (fault.Hits > hits && store.WriteFailure is not null && seed % 2 == 0)
            {
                Log += $" verify:{store.VerifyAfterFailure()}";
                Contents verified = Contents.Of(store);
                Assert.Equal(after.Lines, verified.Lines);
                Check(disk.Kill(), after, "killed after verifying");
                Check(disk.Crash(seed), after, "cut off after verifying");
            }
        }

        private void Committed(Contents contents)
        {
            _committed = contents;
            _last = contents.Last;
            _had.Clear();
            foreach ((ulong sequence, string content) in contents.Messages) _had.Add((sequence, content));
        }

        // What is there by memory and by the last commit is there; what neither has is not.
        private void Check(SimulatedDisk copy, Contents memory, string how)
        {
            using MessageStore read = Open(options with { Disk = copy }, isCompressed);
            Contents there = Contents.Of(read);
            foreach ((ulong sequence, string content) in _committed.Messages)
            {
                bool isThere = there.Messages.TryGetValue(sequence, out string? found);
                if (memory.Messages.TryGetValue(sequence, out string? now) && now == content) Assert.True(isThere, $"{how}: {sequence} is not there");
            }

            // A truncation that no commit made durable may be there by half: then so is what lies above it, be it removed before.
            foreach ((ulong sequence, string content) in there.Messages)
            {
                if (sequence > _last && !_had.Contains((sequence, content)) && _last < _committed.Last) continue;
                Assert.True(_had.Contains((sequence, content)), $"{how}: {sequence} is there again as {content}");
            }

            Assert.True(there.Last >= _last, $"{how}: the last is {there.Last}, and was {_last}");
        }

        private StoreResult Append(string payload) =>
            store.Append(new NewMessage { Subject = "s.new"u8, Payload = Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{payload} {_appended++}")), TimestampNs = 100 }, out _);

        private StoreResult Maintained(long nowNs)
        {
            store.Maintain(nowNs);
            return StoreResult.Ok;
        }

        private StoreResult Commit() => StoreAgreementTests.Commit(store, disk);
    }

    private sealed record Contents(ulong Last, Dictionary<ulong, string> Messages, List<string> Lines)
    {
        public static Contents Of(MessageStore store)
        {
            StreamState state = store.State;
            Dictionary<ulong, string> messages = [];
            ulong bytes = 0;
            for (ulong sequence = state.FirstSequence; sequence <= state.LastSequence && sequence > 0; sequence++)
            {
                if (store.Load(sequence, out StoredMessage message) != StoreResult.Ok) continue;
                messages.Add(sequence, $"{Encoding.ASCII.GetString(message.Subject)} {Encoding.ASCII.GetString(message.Payload)}");
                bytes++;
            }

            Assert.Equal(state.Messages, bytes);
            return new Contents(state.LastSequence, messages, ContentsOf(store));
        }
    }

    private static SimulatedDisk NewDisk()
    {
        var disk = new SimulatedDisk();
        disk.CreateDirectory(Directory);
        disk.SyncDirectory("/store");
        disk.SyncDirectory("/");
        return disk;
    }

    private static void Fill(MessageStore store, SimulatedDisk disk)
    {
        for (int i = 1; i <= Messages; i++)
        {
            string payload = string.Create(CultureInfo.InvariantCulture, $"number {i} of them all");
            store.Append(new NewMessage { Subject = Encoding.ASCII.GetBytes($"s.{i % 5}"), Payload = Encoding.ASCII.GetBytes(payload), TimestampNs = i }, out _);
            if (i % 6 == 0) store.Flush();
        }

        Assert.Equal(StoreResult.Ok, Commit(store, disk));
    }

    private static StoreResult Commit(MessageStore store, SimulatedDisk disk)
    {
        List<DiskSync> files = [];
        StoreResult result = store.BeginCommit(files, out long position);
        DiskSync[] synced = [.. files];
        if (synced.Length > 0) disk.Sync(synced);
        StoreResult ended = store.EndCommit(position, synced);
        return result == StoreResult.Ok ? ended : result;
    }

    private static List<string> ContentsOf(SimulatedDisk disk, FileStoreOptions options, bool isCompressed)
    {
        using MessageStore store = Open(options with { Disk = disk }, isCompressed);
        Assert.Null(store.Lost);
        List<string> contents = ContentsOf(store);
        store.Stop(1);
        return contents;
    }

    private static List<string> ContentsOf(MessageStore store)
    {
        StreamState state = store.State;
        List<string> contents = [string.Create(CultureInfo.InvariantCulture, $"{state.Messages} {state.Bytes} {state.FirstSequence} {state.LastSequence}")];
        for (ulong sequence = state.FirstSequence; sequence <= state.LastSequence && sequence > 0; sequence++)
        {
            if (store.Load(sequence, out StoredMessage message) != StoreResult.Ok) continue;
            contents.Add(string.Create(CultureInfo.InvariantCulture, $"{sequence} {Encoding.ASCII.GetString(message.Subject)} {Encoding.ASCII.GetString(message.Payload)}"));
        }

        return contents;
    }

    private static MessageStore Open(FileStoreOptions options, bool isCompressed) =>
        FileStore.Open(options, new StoreLimits { Compression = isCompressed ? MessageCompression.S2 : MessageCompression.None }, new RecordingStoreListener(), 1);

    private static FileStoreOptions OptionsFor(SimulatedDisk disk, string kind) => new()
    {
        Disk = disk,
        Directory = Directory,
        Name = "S",
        BlockSize = 1500,
        Keys = kind == "plain" ? null : new StoreKeys("key", "$G"),
        Cipher = kind == "aes" ? StoreCipher.Aes : StoreCipher.ChaCha,
        Random = new Random(1),
    };
}
