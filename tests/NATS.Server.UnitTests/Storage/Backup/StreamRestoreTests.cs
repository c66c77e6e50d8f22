using System.Buffers;
using System.Formats.Tar;
using System.Text;
using NATS.Server.Core.Compression;
using NATS.Server.Core.Storage;
using NATS.Server.JetStream.Storage;
using NATS.Server.JetStream.Storage.Backup;
using NATS.Server.JetStream.Storage.Disks;
using NATS.Server.Testing.Disks;
using NATS.Server.Testing.Storage.Backups;
using Xunit;

namespace NATS.Server.UnitTests.Storage.Backup;

/// <summary>Backups that are damaged, cut off or made to do harm, and restores that are interrupted: the stream is there as a whole, or nothing of it.</summary>
public sealed class StreamRestoreTests
{
    private const long Now = 1_700_000_000_000_000_000;
    private const string Meta = "{\"Created\":\"2026-01-02T03:04:05Z\",\"name\":\"S\"}";

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_backup_that_is_cut_off_anywhere_leaves_nothing(bool inOldForm)
    {
        byte[] backup = inOldForm ? OldBackup() : NewBackup();
        for (int length = 0; length < backup.Length; length++)
        {
            var disk = new SimulatedDisk();
            RestoreOptions options = Backups.OptionsFor(disk, new StoreLimits(), Now);
            using (var restore = new StreamRestore(options))
            {
                bool isGood = restore.Write(backup.AsSpan(0, length)) && restore.Complete();
                Assert.False(isGood, $"cut off at {length}");
                Assert.Equal("backup was truncated", restore.Failure!.Text);
            }

            Assert.Empty(disk.Files);
            Assert.False(disk.DirectoryExists(options.StagingDirectory));
            Assert.False(disk.DirectoryExists(Backups.Directory));
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_flipped_bit_anywhere_changes_nothing_that_is_restored(bool inOldForm)
    {
        byte[] backup = inOldForm ? OldBackup() : NewBackup();
        for (int bit = 0; bit < backup.Length * 8; bit++)
        {
            byte[] damaged = [.. backup];
            damaged[bit / 8] ^= (byte)(1 << (bit % 8));
            var disk = new SimulatedDisk();
            RestoreOptions options = Backups.OptionsFor(disk, new StoreLimits(), Now);
            using StreamRestore restore = Backups.Restore(damaged, options, new Random(bit));
            if (restore.Failure is not null) Assert.Empty(disk.Files);

            // Some bits say where the same bytes are to be found once more.
            else Assert.True(HasWholeStream(disk, options));
        }
    }

    [Theory]
    [InlineData(false, null)]
    [InlineData(true, null)]
    [InlineData(false, StoreCipher.Aes)]
    public void A_power_cut_or_kill_at_any_operation_leaves_all_or_nothing(bool inOldForm, StoreCipher? cipher)
    {
        byte[] backup = inOldForm ? OldBackup() : NewBackup();
        var disk = new SimulatedDisk();
        disk.CreateDirectory("/store");
        disk.SyncDirectory("/");
        RestoreOptions options = Backups.OptionsFor(disk, new StoreLimits(), Now, cipher) with { SettleBytes = 200 };
        int checks = 0;
        int there = 0;
        disk.Before = (in DiskOperation operation) =>
        {
            if (!operation.IsChange) return;
            for (int seed = 0; seed < 3; seed++)
            {
                if (HasWholeStream(disk.Crash((int)(operation.Number * 3) + seed), options)) there++;
            }

            if (HasWholeStream(disk.Kill(), options)) there++;
            checks += 4;
        };
        using (StreamRestore restore = Backups.Restore(backup, options, new Random(1))) Assert.Null(restore.Failure);
        disk.Before = null;
        Assert.True(checks > 100);
        Assert.InRange(there, 1, checks / 2);
        for (int seed = 0; seed < 20; seed++) Assert.True(HasWholeStream(disk.Crash(seed), options));
    }

    [Theory]
    [InlineData(false, DiskError.Device)]
    [InlineData(true, DiskError.Device)]
    [InlineData(false, DiskError.Full)]
    public void A_failure_of_the_disk_at_any_operation_fails_the_restore_and_leaves_nothing(bool inOldForm, DiskError error)
    {
        byte[] backup = inOldForm ? OldBackup() : NewBackup();
        int failed = 0;
        for (int skip = 0; ; skip++)
        {
            var disk = new SimulatedDisk();
            RestoreOptions options = Backups.OptionsFor(disk, new StoreLimits(), Now) with { SettleBytes = 200 };
            DiskFault fault = disk.Fail(new DiskFault { Skip = skip, Error = error, Kinds = DiskOperations.Create | DiskOperations.Write | DiskOperations.Sync | DiskOperations.Rename | DiskOperations.SyncDirectory | DiskOperations.CreateDirectory });
            using StreamRestore restore = Backups.Restore(backup, options, new Random(1));
            disk.Heal();
            if (fault.Hits == 0) break;
            if (restore.Failure is null)
            {
                // What failed was something that is not needed, such as the index.
                Assert.True(HasWholeStream(disk, options), $"operation {skip}");
                continue;
            }

            failed++;
            Assert.Equal(RestoreFailureKind.Disk, restore.Failure.Kind);
            Assert.Empty(disk.Files);
        }

        Assert.True(failed > 20);
    }

    // CVE-2022-26652: names in a backup led out of the directory that it was restored to.
    [Theory]
    [InlineData("../outside")]
    [InlineData("../../../etc/passwd")]
    [InlineData("/etc/passwd")]
    [InlineData("msgs/../../outside")]
    [InlineData("msgs/../meta.inf")]
    [InlineData("./meta.sum")]
    [InlineData("obs/../meta.sum")]
    [InlineData("obs/../x/meta.inf")]
    [InlineData("obs/C/../../x")]
    [InlineData("obs/C/x/meta.inf")]
    [InlineData("obs//meta.inf")]
    [InlineData("obs/./meta.inf")]
    [InlineData("obs/a\\b/meta.inf")]
    [InlineData("obs/C/meta.key")]
    [InlineData("msgs/1.blk/x")]
    [InlineData("msgs/01.blk")]
    [InlineData("msgs/-1.blk")]
    [InlineData("msgs/1.key")]
    [InlineData("msgs\\1.blk")]
    [InlineData("meta.inf")]
    [InlineData("meta.key")]
    [InlineData("errors.txt")]
    [InlineData("")]
    public void A_name_that_no_backup_has_is_refused(string name)
    {
        List<(string Name, byte[] Content)> files = OldFiles();
        files.Insert(1, (name.Length > 0 ? name : "x", [1]));
        byte[] tar = Decompress(Backups.OfFiles(files));
        if (name.Length == 0) ClearName(tar, "x");
        AssertRefused(Backups.Compress(tar), name == "errors.txt" ? "the backup was not completed" : "unexpected content");
    }

    [Theory]
    [InlineData(TarEntryType.SymbolicLink)]
    [InlineData(TarEntryType.HardLink)]
    [InlineData(TarEntryType.Directory)]
    [InlineData(TarEntryType.CharacterDevice)]
    [InlineData(TarEntryType.BlockDevice)]
    [InlineData(TarEntryType.Fifo)]
    public void What_is_no_regular_file_is_refused(TarEntryType type)
    {
        using var tar = new MemoryStream();
        using (var writer = new TarWriter(tar, TarEntryFormat.Pax, leaveOpen: true))
        {
            writer.WriteEntry(new PaxTarEntry(TarEntryType.RegularFile, "meta.inf") { DataStream = new MemoryStream(Encoding.UTF8.GetBytes(Meta)) });
            var entry = new PaxTarEntry(type, "msgs/1.blk");
            if (type is TarEntryType.SymbolicLink or TarEntryType.HardLink) entry.LinkName = "/etc/passwd";
            writer.WriteEntry(entry);
        }

        AssertRefused(Backups.Compress(tar.ToArray()), "unexpected content");
    }

    [Theory]
    [InlineData("../x")]
    [InlineData("..")]
    [InlineData(".")]
    [InlineData("")]
    [InlineData("a/b")]
    [InlineData("a\\b")]
    [InlineData("a b")]
    [InlineData("a.b")]
    [InlineData("a\nb")]
    public void A_consumer_with_a_name_that_is_none_is_refused(string name)
    {
        var state = new ConsumerSnapshot();
        using MessageStore store = MessageStore.InMemory(new StoreLimits());
        byte[] backup = Backups.Of(store, new Random(1), Now, new BackupConsumer(name, "{}"u8.ToArray(), state));
        AssertRefused(backup, "failed to add consumer");
    }

    [Fact]
    public void Archives_that_are_wrong_are_refused_as_the_reference_does()
    {
        AssertRefused(Archive(("other", 0, 0, "", "{}")), "expected state.json first");
        AssertRefused(Archive(("state.json", 0, 0, "", "{")), "error in state.json");
        AssertRefused(Archive(("state.json", 0, 0, "", "{\"first_seq\":-1}")), "error in state.json");
        AssertRefused(Archive(("state.json", 0, 0, "", "{\"last_seq\":9223372036854775808}")), "error in state.json");
        AssertRefused(Archive(State(0, 0, 1), ("a", 1, 1, "", "x")), "expected consumer, found \"a\"");
        AssertRefused(Archive(State(0, 0, 1), ("consumers/C", 0, 0, "", "x")), "failed to decode consumer \"C\" state");
        AssertRefused(Archive(State(0, 0, 1), ("consumers/C", 0, 0, "", "{\"state\":{}}")), "consumer \"C\" is missing config");
        AssertRefused(Archive(State(0, 0, 1), ("consumers/C", 0, 0, "", "{\"config\":{}}")), "consumer \"C\" is missing state");
        AssertRefused(Archive(State(0, 0, 1), ("consumers/C", 0, 0, "", "{\"config\":{\"name\":\"D\"},\"state\":{}}")), "failed to add consumer \"C\"");
        AssertRefused(
            Archive(State(0, 0, 1), ("consumers/C", 0, 0, "", "{\"config\":{},\"state\":{\"ack_floor\":{\"consumer_seq\":2,\"stream_seq\":1}}}")),
            "failed to set consumer \"C\" state");
        AssertRefused(Archive(State(0, 0, 2), Consumer("C"), Consumer("C")), "failed to add consumer \"C\"");
        AssertRefused(Archive(State(1, 2, 0), ("a", 1, 0, "", "x")), "expected message sequence");
        AssertRefused(Archive(State(1, 2, 0), ("a", 1, 2, "", "x"), ("a", 1, 2, "", "x")), "message sequence 2 out of order");
        AssertRefused(Archive(State(5, 9, 0), ("a", 1, 4, "", "x")), "message sequence 4 out of order");
        AssertRefused(Archive(State(1, 2, 0), ("a.*", 1, 1, "", "x")), "message sequence 1 has an invalid subject");
        AssertRefused(Archive(State(1, 2, 0), ("", 1, 1, "", "x")), "message sequence 1 has an invalid subject");
        AssertRefused(Archive(State(1, 2, 0), ("a", 1, 1UL << 62, "", "x")), "is out of range");
        AssertRefused(Archive(State(1, 2, 0), ("a", 1, 1, "hhhh", "xx")), "message sequence 1 exceeds maximum payload size", options => options with { MaximumPayload = 5 });
        AssertRefused(Archive(State(1, 2, 0), ("a", 1, 1, "hhhh", "xx")), "message sequence 1 exceeds maximum message size", options => options with { MaximumMessageSize = 5 });
        AssertRefused(Archive(State(1, 2, 0), ("a", 1, 1, "", "x"), ("", 0, 0, "", ""), ("a", 1, 2, "", "x")), "unexpected content after the end");
        AssertRefused("not compressed at all"u8.ToArray(), "s2: corrupt input");
        AssertRefused(Backups.Compress("short"u8), "backup was truncated");
        AssertRefused(Backups.Compress(new byte[2000]), "meta.inf is not the configuration");
    }

    [Fact]
    public void A_stream_that_would_be_too_large_or_has_a_name_in_use_is_refused()
    {
        byte[] backup = NewBackup();
        AssertRefused(backup, "insufficient storage resources available", options => options with { MaximumBytes = 100 }, RestoreFailureKind.TooLarge);

        // The sum counts, whatever the state says.
        AssertRefused(
            Archive(State(1, 2, 0), ("a", 1, 1, "", new string('x', 60)), ("a", 1, 2, "", new string('x', 60)), ("", 0, 0, "", "")),
            "insufficient storage resources available",
            options => options with { MaximumBytes = 150 },
            RestoreFailureKind.TooLarge);
        AssertRefused(OldBackup(), "insufficient storage resources available", options => options with { MaximumBytes = 100 }, RestoreFailureKind.TooLarge);

        var disk = new SimulatedDisk();
        disk.CreateDirectory(Backups.Directory);
        using StreamRestore restore = Backups.Restore(backup, Backups.OptionsFor(disk, new StoreLimits(), Now), new Random(1));
        Assert.Equal(new RestoreFailure(RestoreFailureKind.NameInUse, "stream name already in use, cannot restore"), restore.Failure);
    }

    [Fact]
    public void An_old_backup_of_another_stream_or_with_damage_is_refused()
    {
        AssertRefused(OldBackup(), "stream names do not match", options => options with { Name = "T" });
        List<(string Name, byte[] Content)> files = OldFiles();
        files[1] = ("meta.sum", "0123456789abcdef"u8.ToArray());
        AssertRefused(Backups.OfFiles(files), "meta.inf: checksums do not match");
        files = OldFiles();
        byte[] block = files.Find(file => file.Name == "msgs/1.blk").Content;
        block[60] ^= 1;
        AssertRefused(Backups.OfFiles(files), "the backup is damaged");
        AssertRefused(Backups.OfFiles([("msgs/1.blk", block)]), "unexpected content");
    }

    [Fact]
    public void An_old_backup_is_restored_with_its_consumers_and_its_time()
    {
        var disk = new SimulatedDisk();
        RestoreOptions options = Backups.OptionsFor(disk, new StoreLimits(), Now, isMemory: true);
        using StreamRestore restore = Backups.Restore(OldBackup(), options, new Random(1));
        Assert.Null(restore.Failure);
        Assert.StartsWith("{\"Created\":\"2026-01-02T03:04:05Z\",\"name\":\"S\",\"subjects\"", Encoding.UTF8.GetString(restore.Metadata.Span), StringComparison.Ordinal);
        using MessageStore store = restore.Store!;
        Assert.Equal(11UL, store.State.Messages);
        Assert.Equal(12UL, store.State.LastSequence);
        StreamBackupTests.AssertSame(StreamBackupTests.ConsumerOf(12).State, Assert.Single(restore.Consumers).State);
    }

    private static bool HasWholeStream(SimulatedDisk disk, RestoreOptions options)
    {
        disk.DeleteDirectory($"/store/{StreamRestore.StagingName}");
        if (!disk.DirectoryExists(Backups.Directory)) return false;
        using MessageStore store = FileStore.Open(options.Files! with { Disk = disk }, options.Limits, null, Now);
        using MessageStore expected = Expected();
        Assert.Null(store.Lost);
        Assert.Equal(expected.State.LastSequence, store.State.LastSequence);
        Assert.Equal(expected.State.Messages, store.State.Messages);
        StreamBackupTests.AssertSameMessages(expected, store);
        foreach (string file in (string[])["meta.inf", "meta.sum", "obs/C/meta.inf", "obs/C/meta.sum", "obs/C/o.dat"]) Assert.True(disk.FileExists($"{Backups.Directory}/{file}"), file);
        return true;
    }

    private static MessageStore Expected()
    {
        MessageStore store = MessageStore.InMemory(new StoreLimits());
        StreamBackupTests.Fill(store, 12);
        store.Remove(4);
        return store;
    }

    private static byte[] NewBackup()
    {
        using MessageStore store = Expected();
        return Backups.Of(store, new Random(1), Now, StreamBackupTests.ConsumerOf(12));
    }

    private static byte[] OldBackup() => Backups.OfFiles(OldFiles());

    private static List<(string Name, byte[] Content)> OldFiles()
    {
        var disk = new SimulatedDisk();
        FileStoreOptions options = Backups.OptionsFor(disk, new StoreLimits(), Now, blockSize: 400).Files!;
        disk.CreateDirectory(options.Directory);
        using (MessageStore store = FileStore.Open(options, new StoreLimits(), null, Now))
        {
            StreamBackupTests.Fill(store, 12);
            store.Remove(4);
            store.Stop(Now);
        }

        var state = new ArrayBufferWriter<byte>();
        StreamBackupTests.ConsumerOf(12).State.Encode(state, Now / 1_000_000_000);
        byte[] meta = Encoding.UTF8.GetBytes("{\"Created\":\"2026-01-02T03:04:05Z\",\"Name\":\"C\",\"durable_name\":\"C\",\"ack_policy\":\"explicit\"}");
        return [.. Backups.FilesOf(disk, options.Directory, Meta), ("obs/C/meta.inf", meta), ("obs/C/meta.sum", "0123456789abcdef"u8.ToArray()), ("obs/C/o.dat", state.WrittenSpan.ToArray())];
    }

    private static (string Name, long Time, ulong Sequence, string Headers, string Payload) State(ulong first, ulong last, int consumers) =>
        ("state.json", 0, 0, "", $"{{\"first_seq\":{first},\"last_seq\":{last},\"consumer_count\":{consumers}}}");

    private static (string Name, long Time, ulong Sequence, string Headers, string Payload) Consumer(string name) =>
        ($"consumers/{name}", 0, 0, "", "{\"config\":{},\"state\":{}}");

    private static byte[] Archive(params (string Name, long Time, ulong Sequence, string Headers, string Payload)[] entries) => Backups.OfEntries(entries);

    private static byte[] Decompress(byte[] backup)
    {
        var output = new ArrayBufferWriter<byte>();
        Assert.Equal(S2Error.None, S2Stream.Decompress(backup, output, 1 << 24));
        return output.WrittenSpan.ToArray();
    }

    // In the PAX records and in the header, whose checksum is made anew.
    private static void ClearName(byte[] tar, string name)
    {
        for (int at = 0; at < tar.Length; at += 512)
        {
            Span<byte> header = tar.AsSpan(at, 512);
            if (header[156] != '0' || header[0] != name[0] || header[1] != 0) continue;
            header[0] = 0;
            header.Slice(148, 8).Fill((byte)' ');
            int sum = 0;
            foreach (byte part in header) sum += part;
            Encoding.ASCII.GetBytes(Convert.ToString(sum, 8).PadLeft(6, '0') + "\0 ").CopyTo(header[148..]);
        }
    }

    private static void AssertRefused(byte[] backup, string text, Func<RestoreOptions, RestoreOptions>? change = null, RestoreFailureKind kind = RestoreFailureKind.Archive)
    {
        var disk = new SimulatedDisk();
        RestoreOptions options = Backups.OptionsFor(disk, new StoreLimits(), Now);
        using StreamRestore restore = Backups.Restore(backup, change?.Invoke(options) ?? options, new Random(1));
        Assert.NotNull(restore.Failure);
        Assert.Contains(text, restore.Failure.Text, StringComparison.Ordinal);
        Assert.Equal(kind, restore.Failure.Kind);
        Assert.Null(restore.Store);
        Assert.Empty(disk.Files);
        Assert.False(disk.DirectoryExists(Backups.Directory));
    }
}
