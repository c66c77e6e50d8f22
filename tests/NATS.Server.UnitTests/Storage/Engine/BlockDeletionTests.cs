using NATS.Server.JetStream.Storage;
using NATS.Server.JetStream.Storage.Disks;
using NATS.Server.Testing.Disks;
using Xunit;

namespace NATS.Server.UnitTests.Storage.Engine;

/// <summary>The files of blocks go in an order in which no message comes back whose removal only a later block tells.</summary>
public sealed class BlockDeletionTests
{
    private const string Directory = "/s";

    [Fact]
    public void After_a_block_that_could_not_be_deleted_the_ones_behind_it_stay()
    {
        var disk = new SimulatedDisk();
        disk.CreateDirectory(Directory);
        disk.SyncDirectory("/");
        using MessageStore store = Open(disk);
        Append(store, 40);
        Assert.Equal(StoreResult.Ok, store.Remove(5));
        Append(store, 60);
        Assert.Equal(StoreResult.Ok, new CommitQueue(disk).Commit(store));
        disk.Fail(new DiskFault { Kinds = DiskOperations.Delete, PathPart = "/1.blk", Times = 1, Error = DiskError.Device });

        store.Compact(95, out _);
        Assert.NotNull(store.WriteFailure);
        using (MessageStore read = Open(disk.Kill())) Assert.Equal(StoreResult.NotFound, read.Load(5, out _));

        Assert.Equal(StoreResult.Ok, store.VerifyAfterFailure());
        Assert.Equal(StoreResult.Ok, new CommitQueue(disk).Commit(store));
        using (MessageStore read = Open(disk.Crash(0))) Assert.Equal((6UL, 95UL, 100UL), (read.State.Messages, read.State.FirstSequence, read.State.LastSequence));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(120_000_000_000)]
    public void An_emptied_block_stays_until_what_pushed_its_messages_out_is_as_safe_as_they_were(long syncIntervalNs)
    {
        using var fixture = new FileStoreFixture(new StoreLimits { MaxMessagesPerSubject = 1 }, syncIntervalNs: syncIntervalNs);
        for (int i = 0; i < 40; i++) fixture.Append($"key.{i}");
        fixture.Commit();
        Assert.True(fixture.Blocks.Length > 1);

        // Whatever is on the disk at any moment, each key has its old message or its new one.
        bool isDurable = syncIntervalNs == 0;
        int checks = 0;
        fixture.Disk.Before = (in DiskOperation operation) =>
        {
            if (operation.Kind != DiskOperations.Delete || !operation.Path.EndsWith(".blk", StringComparison.Ordinal)) return;
            checks++;
            using MessageStore read = Open(isDurable ? fixture.Disk.Crash(0) : fixture.Disk.Kill());
            Assert.Equal(40, read.State.Subjects);
        };
        for (int i = 0; i < 40; i++) fixture.Append($"key.{i}");
        fixture.Commit();
        fixture.Disk.Before = null;
        Assert.True(checks > 0);
        Assert.DoesNotContain(1u, fixture.Blocks);
    }

    [Fact]
    public void An_emptied_block_goes_before_the_one_that_tells_what_was_removed_from_it()
    {
        var disk = new SimulatedDisk();
        disk.CreateDirectory(Directory);
        disk.SyncDirectory("/");
        using MessageStore store = Open(disk);
        Append(store, 40);
        Assert.Equal(StoreResult.Ok, store.Remove(5));
        Assert.Equal(StoreResult.Ok, new CommitQueue(disk).Commit(store));

        // The first block is not deleted yet, as nothing durable tells the last sequence.
        int emptied = 0;
        disk.Before = (in DiskOperation operation) =>
        {
            if (operation.Kind != DiskOperations.Delete || !operation.Path.EndsWith(".blk", StringComparison.Ordinal)) return;
            emptied++;
            using MessageStore read = Open(disk.Kill());
            Assert.Equal(StoreResult.NotFound, read.Load(5, out _));
        };
        for (ulong sequence = 1; sequence <= 39; sequence++) store.Remove(sequence);
        Append(store, 60);
        store.Compact(95, out _);
        Assert.Equal(StoreResult.Ok, new CommitQueue(disk).Commit(store));
        disk.Before = null;
        Assert.True(emptied > 1);
        using (MessageStore read = Open(disk.Crash(0))) Assert.Equal((6UL, 95UL, 100UL), (read.State.Messages, read.State.FirstSequence, read.State.LastSequence));
    }

    private static void Append(MessageStore store, int count)
    {
        for (int i = 0; i < count; i++)
        {
            Assert.Equal(StoreResult.Ok, store.Append(new NewMessage { Subject = "a"u8, Payload = new byte[100], TimestampNs = 1_000_000 }, out _));
        }
    }

    private static MessageStore Open(SimulatedDisk disk) =>
        FileStore.Open(new FileStoreOptions { Disk = disk, Directory = Directory, Name = "S", BlockSize = 4000, Random = new Random(7) }, new StoreLimits(), null, 1);
}
