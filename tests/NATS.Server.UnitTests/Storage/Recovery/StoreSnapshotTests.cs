using System.Diagnostics;
using System.Text;
using NATS.Server.Core.Storage;
using NATS.Server.JetStream.Storage;
using NATS.Server.JetStream.Storage.Blocks;
using NATS.Server.JetStream.Storage.Disks;
using NATS.Server.JetStream.Storage.Engine;
using NATS.Server.JetStream.Storage.Recovery;
using NATS.Server.Testing.Disks;
using Xunit;

namespace NATS.Server.UnitTests.Storage.Recovery;

public sealed class StoreSnapshotTests
{
    private readonly SimulatedDisk _disk = new();

    public StoreSnapshotTests() => _disk.CreateDirectory("/store/msgs");

    [Theory]
    [InlineData(null)]
    [InlineData(StoreCipher.ChaCha)]
    [InlineData(StoreCipher.Aes)]
    public void What_was_written_is_read_back(StoreCipher? cipher)
    {
        StoreContents contents = ContentsOf(blocks: 3, messages: 50, subjects: 20);
        FileStoreOptions options = OptionsFor(cipher);
        StoreSnapshot.Take(contents, null, null, null)!.Write(options);

        IndexImage image = ReadIndex(options);
        Assert.Equal((contents.Messages, contents.Bytes, contents.LastSequence), (image.Totals.Messages, image.Totals.Bytes, image.Totals.LastSequence));
        Assert.Equal([1U, 2U, 3U], image.Blocks.Select(block => block.Index));
        Assert.Equal((3U, contents.Blocks[2].LastHash, 20), (image.LastBlock, image.LastHash, image.Subjects));
        ulong counted = 0;
        image.VisitSubjects((subject, in info) =>
        {
            Assert.Equal(contents.Subjects.CountOf(subject), info.Messages);
            counted += info.Messages;
        });
        Assert.Equal(contents.Messages, counted);
        Assert.Equal([2UL], image.Blocks[0].Deleted!);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(7)]
    [InlineData(20)]
    [InlineData(21)]
    public void Taken_in_parts_it_is_the_same(int part)
    {
        StoreContents contents = ContentsOf(blocks: 3, messages: 50, subjects: 20);
        FileStoreOptions options = OptionsFor(null);
        StoreSnapshot.Take(contents, null, null, null)!.Write(options);
        byte[] whole = _disk.ContentOf("/store/msgs/index.db")!;
        _disk.DeleteFile("/store/msgs/index.db");
        StoreSnapshotDraft draft = StoreSnapshotDraft.Begin(contents)!;
        int parts = 1;
        while (!draft.Add(part)) parts++;
        draft.Finish(null, null, null).Write(options);

        Assert.Equal(whole, _disk.ContentOf("/store/msgs/index.db"));
        Assert.True(parts >= 20 / part, $"{parts} parts");
    }

    [Fact]
    public void A_crash_while_it_is_written_leaves_the_old_one_or_the_new_one()
    {
        FileStoreOptions options = OptionsFor(null);
        _disk.SyncDirectory("/");
        _disk.SyncDirectory("/store");
        StoreSnapshot.Take(ContentsOf(1, 10, 3), null, null, null)!.Write(options);
        StoreContents next = ContentsOf(1, 30, 5);
        List<SimulatedDisk> crashed = [];
        _disk.Before = (in operation) =>
        {
            for (int seed = 0; seed < 5; seed++) crashed.Add(_disk.Crash(seed));
        };
        StoreSnapshot.Take(next, null, null, null)!.Write(options);
        crashed.Add(_disk.Crash(0));
        HashSet<int> subjects = [];
        foreach (SimulatedDisk left in crashed) subjects.Add(ReadIndex(options with { Disk = left }).Subjects);
        Assert.Equal([3, 5], subjects.Order());
        Assert.Equal(5, ReadIndex(options with { Disk = crashed[^1] }).Subjects);
    }

    // A measurement: it takes seconds without optimisation.
    [Fact(Explicit = true)]
    public void A_million_subjects_take_the_lock_for_a_moment_only()
    {
        StoreContents contents = ContentsOf(blocks: 2, messages: 500_000, subjects: 1_000_000);
        Assert.Equal(999_999, contents.Subjects.Count);
        List<TimeSpan> parts = [];
        long start = Stopwatch.GetTimestamp();
        StoreSnapshotDraft draft = StoreSnapshotDraft.Begin(contents)!;
        bool isAll = false;
        while (!isAll)
        {
            long part = Stopwatch.GetTimestamp();
            isAll = draft.Add(16 << 10);
            parts.Add(Stopwatch.GetElapsedTime(part));
        }

        parts.Sort();
        TimeSpan locked = parts[^1];
        draft.Finish(null, null, null).Write(OptionsFor(null));
        TestContext.Current.TestOutputHelper?.WriteLine(
            $"locked {parts.Count} times, {parts[parts.Count / 2].TotalMilliseconds:0.0} ms, at most {locked.TotalMilliseconds:0.0} ms; with writing {Stopwatch.GetElapsedTime(start).TotalMilliseconds:0} ms");
        start = Stopwatch.GetTimestamp();
        IndexImage image = ReadIndex(OptionsFor(null));
        TestContext.Current.TestOutputHelper?.WriteLine($"read {Stopwatch.GetElapsedTime(start).TotalMilliseconds:0} ms");
        start = Stopwatch.GetTimestamp();
        var subjects = new SubjectIndex();
        image.VisitSubjects((subject, in info) => subjects.Merge(subject, info.Messages, info.FirstBlock, info.LastBlock, isLastExact: false));
        TestContext.Current.TestOutputHelper?.WriteLine($"subjects {Stopwatch.GetElapsedTime(start).TotalMilliseconds:0} ms");
        Assert.Equal(999_999, image.Subjects);
        Assert.True(locked < TimeSpan.FromMilliseconds(200), $"{locked.TotalMilliseconds:0} ms");
    }

    private static IndexImage ReadIndex(FileStoreOptions options)
    {
        byte[] file = DiskFiles.Read(options.Disk, "/store/msgs/index.db", IndexImage.LongestFile, out _)!;
        Assert.True(StreamIndexReader.TryCheck(file, StoreHashKey.OfStream("S"), out ReadOnlySpan<byte> box));
        byte[] content = box.ToArray();
        if (options.Keys is not null)
        {
            using Core.Security.SealingKey key = StreamKey.Open(options)!;
            byte[] opened = new byte[content.Length - key.Overhead];
            Assert.True(key.TryOpen(content, opened));
            content = opened;
        }

        Assert.True(StreamIndexReader.TryBegin(content, out _));
        var plan = RecoveryPlan.Of([.. Enumerable.Range(1, 3).Select(number => new DiskEntry($"{number}.blk", false, 100))]);
        string? wrong = IndexImage.Read(content, plan, out IndexImage? image, out _, out _);
        if (wrong is not null) wrong = IndexImage.Read(content, RecoveryPlan.Of([.. plan.Blocks.Take(2).Select(block => new DiskEntry($"{block.Number}.blk", false, 100))]), out image, out _, out _);
        if (wrong is not null) wrong = IndexImage.Read(content, RecoveryPlan.Of([new DiskEntry("1.blk", false, 100)]), out image, out _, out _);
        Assert.Null(wrong);
        return image!;
    }

    private static StoreContents ContentsOf(int blocks, int messages, int subjects)
    {
        var contents = new StoreContents { IsInMemory = false };
        BlockSettings settings = BlockSettings.ForMemory("S", 1 << 20);
        ulong sequence = 0;
        for (uint index = 1; index <= blocks; index++)
        {
            var block = new MessageBlock(settings, index, sequence + 1);
            contents.Blocks.Add(block);
            for (int i = 0; i < messages; i++)
            {
                sequence++;
                byte[] subject = Encoding.ASCII.GetBytes($"device.{sequence % (ulong)subjects}.temperature");
                block.Append(sequence, (long)sequence, subject, "headers to be longer than the least"u8, default);
                contents.Subjects.Add(subject, index);
            }
        }

        contents.Blocks[0].Remove(2, out StoredMessage removed, out _);
        contents.Subjects.Remove(removed.Subject, 1);
        contents.Subjects.Add("device.1.temperature"u8, 1);
        contents.Subjects.Remove("device.1.temperature"u8, 1);
        contents.LastSequence = sequence;
        contents.LastTimeNs = (long)sequence;
        contents.CountBlocks();
        contents.FindFirst();
        return contents;
    }

    private FileStoreOptions OptionsFor(StoreCipher? cipher) => new()
    {
        Disk = _disk,
        Directory = "/store",
        Name = "S",
        BlockSize = 1 << 20,
        Keys = cipher is null ? null : new StoreKeys("secret", "$G"),
        Cipher = cipher ?? StoreCipher.ChaCha,
        Random = new Random(1),
    };
}
