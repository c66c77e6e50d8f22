using NATS.Server.Core.Storage;
using NATS.Server.JetStream.Storage;
using NATS.Server.JetStream.Storage.Disks;
using NATS.Server.Testing.Disks;
using Xunit;

namespace NATS.Server.UnitTests.Storage.Engine;

/// <summary>With not a byte of space left: messages are refused at once, what is there is read and can be removed, and what that frees is written to.</summary>
public sealed class FullDiskTests
{
    private const string Directory = "/s";

    public static TheoryData<int, bool> Sizes
    {
        get
        {
            var sizes = new TheoryData<int, bool>();
            foreach (int messages in (int[])[1, 2, 20, 300])
            {
                sizes.Add(messages, false);
                sizes.Add(messages, true);
            }

            return sizes;
        }
    }

    [Theory]
    [MemberData(nameof(Sizes))]
    public void A_purge_frees_the_disk(int messages, bool isEncrypted)
    {
        var disk = new SimulatedDisk();
        using MessageStore store = Full(disk, messages, isEncrypted);
        long used = disk.UsedBytes;

        Assert.Equal(StoreResult.Ok, store.Purge(out ulong purged));
        Assert.Equal((ulong)messages, purged);
        StreamState state = store.State;
        Assert.Equal((0UL, (ulong)messages + 1, (ulong)messages), (state.Messages, state.FirstSequence, state.LastSequence));
        Assert.Equal(StoreResult.NotFound, store.Load(1, out _));

        // The one message of a disk that is full of it frees less than what has to be written.
        if (messages > 2) Assert.True(disk.UsedBytes < used / 2);
        if (messages <= 2) disk.CapacityBytes += 1000;
        Assert.Equal(StoreResult.Ok, Append(store, out ulong sequence));
        Assert.Equal((ulong)messages + 1, sequence);
        Assert.Equal(StoreResult.Ok, new CommitQueue(disk).Commit(store));
        Assert.Null(store.WriteFailure);
        for (int seed = 0; seed < 20; seed++)
        {
            using MessageStore read = Open(disk.Crash(seed), isEncrypted);
            Assert.Equal((1UL, (ulong)messages + 1), (read.State.Messages, read.State.LastSequence));
            Assert.Null(read.Lost);
        }
    }

    [Theory]
    [MemberData(nameof(Sizes))]
    public void A_purge_that_is_cut_short_leaves_the_last_messages_and_never_a_sequence_to_be_used_again(int messages, bool isEncrypted)
    {
        var disk = new SimulatedDisk();
        using MessageStore store = Full(disk, messages, isEncrypted);
        List<SimulatedDisk> cuts = [];
        int seed = 0;
        disk.Before = (in DiskOperation _) =>
        {
            for (int i = 0; i < 3; i++) cuts.Add(disk.Crash(seed++));
            cuts.Add(disk.Kill());
        };
        Assert.Equal(StoreResult.Ok, store.Purge(out _));
        disk.Before = null;
        cuts.Add(disk.Crash(0));
        Assert.NotEmpty(cuts);
        foreach (SimulatedDisk cut in cuts)
        {
            using MessageStore read = Open(cut, isEncrypted);
            StreamState state = read.State;

            // A record that was torn may have used up a sequence, for all that is known. What says that the last message is gone may be there before its block is gone.
            Assert.InRange(state.LastSequence, (ulong)messages, (ulong)messages + 1);
            for (ulong sequence = state.FirstSequence; sequence < (ulong)messages; sequence++)
            {
                Assert.Equal(StoreResult.Ok, read.Load(sequence, out _));
            }
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_purge_for_which_nothing_can_be_written_at_all_waits_in_memory(bool isEncrypted)
    {
        var disk = new SimulatedDisk();
        using MessageStore store = Full(disk, 300, isEncrypted);
        store.Remove(295);
        disk.Fail(new DiskFault { Kinds = DiskOperations.Write | DiskOperations.Create, Times = long.MaxValue, Error = DiskError.Full });

        Assert.Equal(StoreResult.Ok, store.Purge(out ulong purged));
        Assert.Equal(299UL, purged);
        Assert.Equal((0UL, 300UL), (store.State.Messages, store.State.LastSequence));
        Assert.Equal(StoreResult.DiskFull, Append(store, out _));
        Assert.Equal(StoreResult.DiskFull, new CommitQueue(disk).Commit(store));
        using (MessageStore killed = Open(disk.Kill(), isEncrypted)) Assert.Equal(300UL, killed.State.LastSequence);

        disk.Heal();
        disk.CapacityBytes = long.MaxValue;
        Assert.Equal(StoreResult.Ok, new CommitQueue(disk).Commit(store));
        using (MessageStore read = Open(disk.Crash(0), isEncrypted)) Assert.Equal((0UL, 300UL), (read.State.Messages, read.State.LastSequence));
        Assert.Equal(StoreResult.Ok, Append(store, out ulong sequence));
        Assert.Equal(301UL, sequence);
    }

    [Fact]
    public void A_purge_leaves_what_tells_the_last_sequence_until_something_else_does()
    {
        var disk = new SimulatedDisk();
        using MessageStore store = Full(disk, 20, isEncrypted: false);
        disk.CapacityBytes = long.MaxValue;
        while (disk.Files.Count(file => file.EndsWith(".blk", StringComparison.Ordinal)) < 2) Assert.Equal(StoreResult.Ok, Append(store, out _));
        disk.Fail(new DiskFault { Kinds = DiskOperations.Write | DiskOperations.Create, Times = long.MaxValue, Error = DiskError.Full });

        Assert.Equal(StoreResult.Ok, store.Purge(out _));
        using MessageStore read = Open(disk.Crash(0), isEncrypted: false);
        Assert.Equal(20UL, read.State.LastSequence);
    }

    [Fact]
    public void A_block_that_a_purge_could_not_delete_is_deleted_later()
    {
        var disk = new SimulatedDisk();
        using MessageStore store = Full(disk, 300, isEncrypted: false);
        disk.Fail(new DiskFault { Kinds = DiskOperations.Delete, PathPart = "/1.blk", Times = 1, Error = DiskError.Device });
        Assert.Equal(StoreResult.Failed, store.Purge(out _));

        disk.CapacityBytes = long.MaxValue;
        Assert.Equal(StoreResult.Ok, store.VerifyAfterFailure());
        Assert.Equal(StoreResult.Ok, new CommitQueue(disk).Commit(store));
        using MessageStore read = Open(disk.Crash(0), isEncrypted: false);
        Assert.Equal((0UL, 300UL), (read.State.Messages, read.State.LastSequence));
    }

    [Fact]
    public void Compaction_frees_the_disk()
    {
        var disk = new SimulatedDisk();
        using MessageStore store = Full(disk, 300, isEncrypted: false);

        Assert.Equal(StoreResult.Ok, store.Compact(251, out ulong purged));
        Assert.Equal((250UL, 50UL, 251UL), (purged, store.State.Messages, store.State.FirstSequence));
        Assert.Equal(StoreResult.Ok, Append(store, out _));
        Assert.Equal(StoreResult.Ok, new CommitQueue(disk).Commit(store));
        using MessageStore read = Open(disk.Crash(0), isEncrypted: false);
        Assert.Equal((51UL, 251UL, 301UL), (read.State.Messages, read.State.FirstSequence, read.State.LastSequence));
    }

    [Fact]
    public void Above_the_last_sequence_compaction_frees_the_disk_too()
    {
        var disk = new SimulatedDisk();
        using MessageStore store = Full(disk, 300, isEncrypted: false);

        Assert.Equal(StoreResult.Ok, store.Compact(1001, out ulong purged));
        Assert.Equal((300UL, 0UL, 1001UL), (purged, store.State.Messages, store.State.FirstSequence));
        Assert.Equal(StoreResult.Ok, new CommitQueue(disk).Commit(store));
        using MessageStore read = Open(disk.Crash(0), isEncrypted: false);
        Assert.Equal((0UL, 1001UL, 1000UL), (read.State.Messages, read.State.FirstSequence, read.State.LastSequence));
    }

    [Fact]
    public void Messages_that_are_removed_one_by_one_free_the_disk_block_by_block()
    {
        var disk = new SimulatedDisk();
        using MessageStore store = Full(disk, 300, isEncrypted: false);
        for (ulong sequence = 1; sequence <= 290; sequence++)
        {
            Assert.Equal(StoreResult.Ok, store.Remove(sequence));
        }

        Assert.Equal(StoreResult.Ok, Append(store, out _));
        Assert.Equal(StoreResult.Ok, new CommitQueue(disk).Commit(store));
        using MessageStore read = Open(disk.Crash(0), isEncrypted: false);
        Assert.Equal((11UL, 291UL, 301UL), (read.State.Messages, read.State.FirstSequence, read.State.LastSequence));
    }

    [Fact]
    public void A_store_is_deleted()
    {
        var disk = new SimulatedDisk();
        MessageStore store = Full(disk, 300, isEncrypted: false);
        store.Delete();

        Assert.Equal(0, disk.UsedBytes);
    }

    [Fact]
    public void Everything_is_read_and_messages_are_refused()
    {
        var disk = new SimulatedDisk();
        using MessageStore store = Full(disk, 300, isEncrypted: false);
        for (int i = 0; i < 3; i++)
        {
            StoreResult result = Append(store, out _);
            Assert.Equal(StoreResult.DiskFull, result == StoreResult.Ok ? store.Flush() : result);
        }

        for (ulong sequence = 1; sequence <= 300; sequence++)
        {
            Assert.Equal(StoreResult.Ok, store.Load(sequence, out _));
        }

        Assert.Null(store.WriteFailure);
        disk.CapacityBytes += 1000;
        store.Maintain(1);
        Assert.Equal(StoreResult.Ok, Append(store, out _));
        Assert.Equal(StoreResult.Ok, new CommitQueue(disk).Commit(store));
    }

    private static MessageStore Full(SimulatedDisk disk, int messages, bool isEncrypted)
    {
        disk.CreateDirectory(Directory);
        disk.SyncDirectory("/");
        MessageStore store = Open(disk, isEncrypted);
        for (int i = 0; i < messages; i++)
        {
            Assert.Equal(StoreResult.Ok, Append(store, out _));
        }

        Assert.Equal(StoreResult.Ok, new CommitQueue(disk).Commit(store));
        disk.CapacityBytes = disk.UsedBytes;
        return store;
    }

    private static StoreResult Append(MessageStore store, out ulong sequence) =>
        store.Append(new NewMessage { Subject = "a"u8, Payload = new byte[100], TimestampNs = 1_000_000 }, out sequence);

    private static MessageStore Open(SimulatedDisk disk, bool isEncrypted) => FileStore.Open(
        new FileStoreOptions
        {
            Disk = disk,
            Directory = Directory,
            Name = "S",
            BlockSize = 4000,
            Keys = isEncrypted ? new StoreKeys("a secret", "ACCOUNT") : null,
            Random = new Random(7),
        },
        new StoreLimits(),
        null,
        1);
}
