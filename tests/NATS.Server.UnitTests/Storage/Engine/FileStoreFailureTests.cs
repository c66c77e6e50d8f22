using NATS.Server.JetStream.Storage;
using NATS.Server.JetStream.Storage.Disks;
using NATS.Server.Testing.Disks;
using Xunit;

namespace NATS.Server.UnitTests.Storage.Engine;

/// <summary>Full disks, writes and syncs that fail, and purges that are cut short.</summary>
public sealed class FileStoreFailureTests
{
    [Fact]
    public void Without_space_a_message_is_refused_at_once_and_taken_once_there_is_space()
    {
        using var fixture = new FileStoreFixture();
        fixture.Append("a");
        fixture.Commit();
        fixture.Disk.CapacityBytes = fixture.Disk.UsedBytes;
        Assert.Equal(StoreResult.Ok, fixture.Append("a"));
        Assert.Equal(StoreResult.DiskFull, fixture.Store.Flush());
        Assert.Equal(StoreResult.DiskFull, fixture.Append("a"));
        Assert.Equal(1UL, fixture.Store.State.Messages);
        Assert.Equal(StoreResult.Ok, fixture.Store.Load(1, out _));

        fixture.Disk.CapacityBytes = long.MaxValue;
        Assert.Equal(StoreResult.Ok, fixture.Append("a"));
        Assert.Equal(StoreResult.Ok, fixture.Commit());
        Assert.Equal(2UL, fixture.Store.State.Messages);
        Assert.Null(fixture.Store.WriteFailure);
    }

    [Fact]
    public void What_could_not_be_written_for_lack_of_space_is_told_to_be_gone()
    {
        using var fixture = new FileStoreFixture();
        fixture.Append("a");
        fixture.Commit();
        fixture.Disk.CapacityBytes = fixture.Disk.UsedBytes;
        fixture.Append("b");
        fixture.Append("c");
        Assert.Equal(StoreResult.DiskFull, fixture.Commit());
        Assert.Equal([(2UL, "b"), (3UL, "c")], fixture.Listener.Removed.Select(removed => (removed.Sequence, removed.Subject)));
        Assert.Equal(StoreResult.NotFound, fixture.Store.Load(2, out _));
    }

    [Fact]
    public void Without_space_messages_are_removed_still()
    {
        using var fixture = new FileStoreFixture();
        for (int i = 0; i < 100; i++)
        {
            fixture.Append("a");
        }

        fixture.Commit();
        fixture.Disk.CapacityBytes = fixture.Disk.UsedBytes;
        for (ulong sequence = 1; sequence <= 100; sequence++)
        {
            Assert.Equal(StoreResult.Ok, fixture.Store.Remove(sequence));
        }

        fixture.Disk.CapacityBytes = long.MaxValue;
        Assert.Equal(StoreResult.Ok, fixture.Commit());
        Assert.Equal(100UL, fixture.Tombstones().Max());
        Assert.Equal(0UL, fixture.Store.State.Messages);
    }

    [Fact]
    public void A_write_that_failed_stops_storing_but_not_reading_until_the_store_was_verified()
    {
        using var fixture = new FileStoreFixture();
        fixture.Append("a");
        fixture.Commit();
        fixture.Disk.Fail(new DiskFault { Kinds = DiskOperations.Write, Times = 1 });
        fixture.Append("a");
        Assert.Equal(StoreResult.Failed, fixture.Store.Flush());
        Assert.NotNull(fixture.Store.WriteFailure);
        Assert.Equal(StoreResult.Failed, fixture.Append("a"));
        Assert.Equal(StoreResult.Failed, fixture.Store.Remove(1));
        Assert.Equal(StoreResult.Ok, fixture.Store.Load(1, out _));

        Assert.Equal(StoreResult.Ok, fixture.Store.VerifyAfterFailure());
        Assert.Null(fixture.Store.WriteFailure);
        Assert.Equal(StoreResult.Ok, fixture.Append("a"));
        Assert.Equal(StoreResult.Ok, fixture.Commit());
        Assert.Equal([1, 2, 3], fixture.Messages());
    }

    [Fact]
    public void A_sync_that_failed_stops_storing_until_all_was_written_again()
    {
        using var fixture = new FileStoreFixture();
        for (int i = 0; i < 60; i++)
        {
            fixture.Append("a");
        }

        fixture.Disk.Fail(new DiskFault { Kinds = DiskOperations.Sync, Times = 1 });
        fixture.Commit();
        Assert.Equal(StoreResult.Failed, fixture.Append("a"));
        Assert.Equal(StoreResult.Ok, fixture.Store.VerifyAfterFailure());
        Assert.Equal(StoreResult.Ok, fixture.Append("a"));
        Assert.Equal(StoreResult.Ok, fixture.Commit());
        for (int seed = 0; seed < 20; seed++)
        {
            var left = fixture.Disk.Crash(seed);
            Assert.All(fixture.Blocks, block => Assert.Equal(fixture.Disk.ContentOf(FileStoreFixture.PathOf(block)), left.ContentOf(FileStoreFixture.PathOf(block))));
        }

        Assert.Equal(61, fixture.Messages().Count);
    }

    [Fact]
    public void A_purge_leaves_one_block_that_says_the_last_sequence()
    {
        using var fixture = new FileStoreFixture();
        for (int i = 0; i < 100; i++)
        {
            fixture.Append("a");
        }

        fixture.Commit();
        Assert.Equal(StoreResult.Ok, fixture.Store.Purge(out ulong purged));
        Assert.Equal(100UL, purged);
        Assert.Single(fixture.Blocks);
        Assert.Equal([100], fixture.Tombstones());
        Assert.False(fixture.Disk.DirectoryExists("/s/__msgs__"));
        Assert.False(fixture.Disk.DirectoryExists("/s/__new_msgs__"));
        fixture.Append("b", 1, out ulong sequence);
        Assert.Equal(101UL, sequence);
        fixture.Store.Flush();
        Assert.Equal([101], fixture.Messages());
    }

    // At every step either the old messages are all there or the purge has only to be ended.
    [Fact]
    public void A_purge_is_at_no_step_half_done()
    {
        using var fixture = new FileStoreFixture();
        for (int i = 0; i < 100; i++)
        {
            fixture.Append("a");
        }

        fixture.Commit();
        uint[] blocks = fixture.Blocks;
        List<SimulatedDisk> cuts = [];
        int seed = 0;
        fixture.Disk.Before = (in DiskOperation _) => cuts.Add(fixture.Disk.Crash(seed++));
        fixture.Store.Purge(out _);
        fixture.Disk.Before = null;
        Assert.NotEmpty(cuts);
        foreach (SimulatedDisk cut in cuts)
        {
            bool isPrepared = cut.List("/s/__new_msgs__").Any(entry => entry.Name.EndsWith(".blk", StringComparison.Ordinal));
            bool isThere = blocks.All(block => cut.ContentOf(FileStoreFixture.PathOf(block)) is { Length: > 0 });
            bool isDone = cut.List("/s/msgs").Any(entry => entry.Name == "5.blk" && entry.Length == 30);
            Assert.True(isPrepared || isThere || isDone);
        }
    }

    [Theory]
    [InlineData("/s/msgs/")]
    [InlineData("/s/__new_msgs__")]
    public void A_purge_that_fails_did_not_happen(string part)
    {
        using var fixture = new FileStoreFixture();
        fixture.Append("a");
        fixture.Commit();
        fixture.Disk.Fail(new DiskFault { Kinds = DiskOperations.Rename, PathPart = part, Times = 1 });
        Assert.NotEqual(StoreResult.Ok, fixture.Store.Purge(out _));
        Assert.Equal(1UL, fixture.Store.State.Messages);
        Assert.Equal(StoreResult.Ok, fixture.Store.Load(1, out _));
        Assert.Equal([1], fixture.Messages());
    }
}
