using System.Runtime.InteropServices;
using NATS.Server.Core.Storage;
using NATS.Server.JetStream.Storage;
using NATS.Server.JetStream.Storage.Disks;
using NATS.Server.Testing.Disks;
using Xunit;

namespace NATS.Server.UnitTests.Storage.Engine;

/// <summary>What a store in files writes, and when: what the model cannot see.</summary>
public sealed class FileStoreTests
{
    [Fact]
    public void Nothing_is_written_before_a_flush()
    {
        using var fixture = new FileStoreFixture();
        fixture.Append("a");
        Assert.Empty(fixture.Messages());
        Assert.Equal(StoreResult.Ok, fixture.Store.Flush());
        Assert.Equal([1], fixture.Messages());
    }

    [Fact]
    public void A_block_that_is_full_is_followed_by_a_new_one()
    {
        using var fixture = new FileStoreFixture();
        for (int i = 0; i < 100; i++)
        {
            fixture.Append("a");
        }

        fixture.Store.Flush();
        Assert.Equal([1, 2, 3, 4], fixture.Blocks);
        Assert.All(fixture.Blocks, block => Assert.InRange(fixture.Disk.ContentOf(FileStoreFixture.PathOf(block))!.Length, 1, FileStoreFixture.BlockSize));
    }

    [Fact]
    public void What_nobody_reads_leaves_memory_and_its_files_are_closed_until_it_is_read_again()
    {
        const long CacheIdleNs = 10_000_000_000;
        using var fixture = new FileStoreFixture();
        for (int i = 0; i < 100; i++)
        {
            fixture.Append("a");
        }

        fixture.Commit();
        fixture.Store.Maintain(1);
        Assert.Equal(0, fixture.OperationsToLoad(1));
        fixture.Store.Maintain(2);
        Assert.Equal(0, fixture.OperationsToLoad(1));
        fixture.Store.Maintain(1 + CacheIdleNs);
        Assert.NotEqual(0, fixture.OperationsToLoad(100));
        Assert.Equal(0, fixture.OperationsToLoad(1));
        fixture.Store.Maintain(1 + (2 * CacheIdleNs));
        Assert.Equal(0, fixture.OperationsToLoad(1));
        fixture.Store.Maintain(1 + (3 * CacheIdleNs));
        fixture.Store.Maintain(1 + (4 * CacheIdleNs));
        Assert.Equal(0, fixture.Disk.OpenFiles);
        Assert.NotEqual(0, fixture.OperationsToLoad(1));
    }

    [Fact]
    public void Readers_of_random_messages_have_them_in_memory_after_a_while()
    {
        using var fixture = new FileStoreFixture();
        Cool(fixture, blocks: 40);
        ulong last = fixture.Store.State.LastSequence;
        var random = new Random(1);
        long operations = 0;
        for (int i = 0; i < 2_000; i++)
        {
            if (i == 1_000) operations = 0;
            operations += fixture.OperationsToLoad((ulong)random.NextInt64(1, (long)last + 1));
        }

        Assert.Equal(0, operations);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1 << 20)]
    public void Who_reads_everything_once_leaves_little_in_memory(long budgetBytes)
    {
        var budget = new BlockCacheBudget(budgetBytes);
        using var fixture = new FileStoreFixture(readCache: budget);
        Cool(fixture, blocks: 40);
        for (ulong sequence = 1; sequence <= fixture.Store.State.LastSequence; sequence++) fixture.Store.Load(sequence, out _);
        Assert.InRange(budget.UsedBytes, 1, 16 * FileStoreFixture.BlockSize);
    }

    [Fact]
    public void Stores_give_their_memory_back_when_nobody_reads_and_when_they_are_closed()
    {
        var budget = new BlockCacheBudget(1 << 20);
        using (var fixture = new FileStoreFixture(readCache: budget))
        {
            Cool(fixture, blocks: 3);
            fixture.Store.Load(1, out _);
            Assert.NotEqual(0, budget.UsedBytes);
            Cool(fixture, blocks: 0);
            Assert.Equal(0, budget.UsedBytes);
            fixture.Store.Load(1, out _);
        }

        Assert.Equal(0, budget.UsedBytes);
    }

    [Fact]
    public void A_message_longer_than_a_block_gets_a_block_of_its_own()
    {
        using var fixture = new FileStoreFixture();
        fixture.Append("a");
        fixture.Append("a", 10_000);
        fixture.Append("a");
        fixture.Store.Flush();
        Assert.Equal([1, 2, 3], fixture.Blocks);
        Assert.Equal([1, 2, 3], fixture.Messages());
    }

    [Fact]
    public void A_removal_by_a_user_leaves_a_tombstone()
    {
        using var fixture = new FileStoreFixture();
        fixture.Append("a");
        fixture.Append("a");
        fixture.Append("b");
        fixture.Store.Remove(2);
        fixture.Store.Purge(MessageFilter.Of("b"u8), 0, 0, out _);
        fixture.Store.Flush();
        Assert.Equal([2, 3], fixture.Tombstones());
    }

    [Fact]
    public void A_removal_by_a_limit_leaves_no_tombstone()
    {
        using var fixture = new FileStoreFixture(new StoreLimits { MaxMessages = 2, MaxMessagesPerSubject = 1 });
        fixture.Append("a");
        fixture.Append("b");
        fixture.Append("c");
        fixture.Append("b");
        fixture.Store.Flush();
        Assert.Equal(2UL, fixture.Store.State.Messages);
        Assert.Empty(fixture.Tombstones());
    }

    [Fact]
    public void The_last_sequence_is_said_by_a_tombstone_when_age_has_taken_its_message()
    {
        using var fixture = new FileStoreFixture(new StoreLimits { MaxAgeNs = 1_000 });
        fixture.Append("a");
        fixture.Append("a");
        fixture.Store.Expire(2_000_000);
        fixture.Store.Flush();
        Assert.Equal([2], fixture.Tombstones());
    }

    [Fact]
    public void A_block_without_messages_is_deleted()
    {
        using var fixture = new FileStoreFixture();
        for (int i = 0; i < 100; i++)
        {
            fixture.Append("a");
        }

        for (ulong sequence = 1; sequence <= 60; sequence++)
        {
            fixture.Store.Remove(sequence);
        }

        fixture.Commit();
        Assert.DoesNotContain(1U, fixture.Blocks);
        Assert.DoesNotContain(2U, fixture.Blocks);
    }

    // The tombstone of a message that lies in an earlier block is in the block that is emptied.
    [Fact]
    public void A_block_without_messages_stays_while_its_tombstones_are_needed()
    {
        using var fixture = new FileStoreFixture();
        int first = 0;
        while (fixture.Blocks.Length < 1)
        {
            fixture.Append("a");
            first++;
        }

        fixture.Store.Remove(3);
        while (fixture.Blocks.Length < 2)
        {
            fixture.Append("b");
        }

        fixture.Append("c");
        fixture.Store.Purge(MessageFilter.Of("b"u8), 0, 0, out _);
        fixture.Commit();
        Assert.Contains(2U, fixture.Blocks);
        Assert.Contains(3UL, fixture.Tombstones());

        for (ulong sequence = 1; sequence <= (ulong)first; sequence++)
        {
            fixture.Store.Remove(sequence);
        }

        fixture.Store.Maintain(1);
        fixture.Commit();
        Assert.DoesNotContain(2U, fixture.Blocks);
    }

    [Fact]
    public void The_last_sequence_outlives_the_block_that_said_it()
    {
        using var fixture = new FileStoreFixture();
        for (ulong sequence = 1; sequence <= 3000; sequence++)
        {
            fixture.Append("a");
            fixture.Store.Remove(sequence);
        }

        fixture.Commit();
        Assert.InRange(fixture.Blocks.Length, 1, 3);
        Assert.Equal(3000UL, fixture.Tombstones().Max());
    }

    [Fact]
    public void What_a_commit_covers_survives_a_power_cut()
    {
        using var fixture = new FileStoreFixture();
        for (int i = 0; i < 100; i++)
        {
            fixture.Append("a");
        }

        Assert.Equal(StoreResult.Ok, fixture.Commit());
        for (int seed = 0; seed < 20; seed++)
        {
            var left = fixture.Disk.Crash(seed);
            Assert.All(fixture.Blocks, block => Assert.Equal(fixture.Disk.ContentOf(FileStoreFixture.PathOf(block)), left.ContentOf(FileStoreFixture.PathOf(block))));
        }
    }

    [Fact]
    public void In_the_relaxed_mode_the_maintenance_syncs_after_half_an_interval_to_a_whole_one_and_then_with_every_interval()
    {
        const long Second = 1_000_000_000;
        const long Interval = 20 * Second;
        using var fixture = new FileStoreFixture(syncIntervalNs: Interval);
        long start = 1000 * Second;
        List<long> times = [];
        long next = start;
        for (long nowNs = start; nowNs <= start + (5 * Interval); nowNs = next)
        {
            fixture.Append("a");
            Assert.Equal(StoreResult.Ok, fixture.Store.Flush());
            next = fixture.Store.Maintain(nowNs);
            Assert.InRange(next, nowNs + 1, nowNs + (5 * Second));
            if (IsSynced()) times.Add(nowNs);
        }

        Assert.InRange(times[0], start + (Interval / 2), start + Interval);
        Assert.InRange(times.Count, 4, 5);
        for (int i = 1; i < times.Count; i++)
        {
            Assert.Equal(Interval, times[i] - times[i - 1]);
        }

        // What was acknowledged and is not synced survives the end of the process, not that of the power; a stop syncs it.
        fixture.Append("a");
        fixture.Store.Flush();
        fixture.Store.Maintain(next);
        Assert.False(IsSynced());
        byte[] content = fixture.Disk.ContentOf(FileStoreFixture.PathOf(fixture.Blocks[^1]))!;
        Assert.Equal(content, fixture.Disk.Kill().ContentOf(FileStoreFixture.PathOf(fixture.Blocks[^1])));
        fixture.Store.Stop(next);
        Assert.True(IsSynced());

        bool IsSynced() => fixture.Blocks.All(block => fixture.Disk.ContentOf(FileStoreFixture.PathOf(block)).AsSpan().SequenceEqual(fixture.Disk.SyncedContentOf(FileStoreFixture.PathOf(block))));
    }

    [Fact]
    public void Without_an_interval_the_maintenance_syncs_nothing()
    {
        using var fixture = new FileStoreFixture();
        fixture.Append("a");
        fixture.Store.Flush();
        for (long nowNs = 1; nowNs < 100_000_000_000; nowNs = fixture.Store.Maintain(nowNs))
        {
            Assert.Empty(fixture.Disk.SyncedContentOf(FileStoreFixture.PathOf(1)) ?? []);
        }
    }

    // While the new file of a block is synced, another thread stores, reads and removes: also from that very block.
    [Theory]
    [InlineData(MessageCompression.None, false)]
    [InlineData(MessageCompression.S2, false)]
    [InlineData(MessageCompression.None, true)]
    [InlineData(MessageCompression.S2, true)]
    public void While_the_maintenance_writes_a_block_anew_the_store_goes_on(MessageCompression compression, bool isEncrypted)
    {
        var disk = new SimulatedDisk();
        var options = new FileStoreOptions
        {
            Disk = disk,
            Directory = "/s",
            Name = "S",
            BlockSize = 4000,
            Keys = isEncrypted ? new StoreKeys("a secret", "ACCOUNT") : null,
            Random = new Random(1),
        };
        var limits = new StoreLimits { Compression = compression };
        using MessageStore store = FileStore.Open(options, limits, null, 1);
        for (int i = 0; i < 100; i++) Append();
        for (ulong sequence = 2; sequence <= 20; sequence++) store.Remove(sequence);
        Assert.Equal(StoreResult.Ok, new CommitQueue(disk).Commit(store));
        int rewritten = 0;
        int done = 0;
        ulong next = 22;
        disk.Before = (in DiskOperation operation) =>
        {
            if (operation.Kind != DiskOperations.Sync || !operation.Path.EndsWith(".blk.tmp", StringComparison.Ordinal)) return;
            rewritten++;
            var other = new Thread(() =>
            {
                Append();
                if (store.Load(next, out _) == StoreResult.Ok && store.Remove(next) == StoreResult.Ok) done++;
                next += 3;
            });
            other.Start();
            Assert.True(other.Join(TimeSpan.FromSeconds(30)));
        };
        store.Maintain(1);
        disk.Before = null;
        Assert.True(rewritten > 0);
        Assert.Equal(rewritten, done);
        Assert.DoesNotContain(disk.Files, path => path.Contains(".tmp", StringComparison.Ordinal));
        Assert.Equal(StoreResult.Ok, new CommitQueue(disk).Commit(store));
        Assert.Null(store.WriteFailure);
        StreamState state = store.State;
        Assert.Equal((ulong)(100 - 19 + rewritten - done), state.Messages);
        for (int seed = 0; seed < 10; seed++)
        {
            using MessageStore read = FileStore.Open(options with { Disk = disk.Crash(seed) }, limits, null, 1);
            Assert.Equal(state, read.State);
            for (ulong sequence = 1; sequence <= state.LastSequence; sequence++)
            {
                Assert.Equal(store.Load(sequence, out _), read.Load(sequence, out _));
            }
        }

        void Append() => store.Append(new NewMessage { Subject = "a"u8, Payload = new byte[100], TimestampNs = 1_000_000 }, out _);
    }

    [Fact]
    public void Without_space_for_it_the_maintenance_leaves_blocks_as_they_are()
    {
        using var fixture = new FileStoreFixture(new StoreLimits { Compression = MessageCompression.S2 });
        for (int i = 0; i < 100; i++) fixture.Append("a");
        for (ulong sequence = 2; sequence <= 20; sequence++) fixture.Store.Remove(sequence);
        fixture.Commit();
        fixture.Disk.CapacityBytes = fixture.Disk.UsedBytes;
        fixture.Store.Maintain(1);
        fixture.Store.Maintain(2);
        Assert.Null(fixture.Store.WriteFailure);
        Assert.Equal(StoreResult.Ok, fixture.Store.Load(50, out _));

        fixture.Disk.CapacityBytes = long.MaxValue;
        long used = fixture.Disk.UsedBytes;
        fixture.Append("a");
        Assert.Equal(StoreResult.Ok, fixture.Commit());
        fixture.Store.Maintain(3);
        Assert.True(fixture.Disk.UsedBytes < used);
    }

    [Fact]
    public void A_truncation_keeps_the_tombstones_of_what_stays()
    {
        using var fixture = new FileStoreFixture();
        for (int i = 0; i < 100; i++)
        {
            fixture.Append("a");
        }

        fixture.Store.Remove(5);
        Assert.Equal(StoreResult.Ok, fixture.Store.Truncate(40));
        fixture.Store.Flush();
        Assert.Contains(5UL, fixture.Tombstones());
        Assert.Equal(40UL, fixture.Messages().Max());
        fixture.Append("b", 1, out ulong sequence);
        Assert.Equal(41UL, sequence);
    }

    [Fact]
    public void Blocks_of_which_most_is_dead_are_compacted_by_the_maintenance()
    {
        using var fixture = new FileStoreFixture();
        for (int i = 0; i < 100; i++)
        {
            fixture.Append("a");
        }

        for (ulong sequence = 2; sequence <= 28; sequence++)
        {
            fixture.Store.Remove(sequence);
        }

        fixture.Commit();
        fixture.Store.Maintain(1);
        Assert.InRange(fixture.Disk.ContentOf(FileStoreFixture.PathOf(1))!.Length, 1, 800);
        Assert.Equal(StoreResult.Ok, fixture.Store.Load(1, out _));
        Assert.Equal(StoreResult.NotFound, fixture.Store.Load(2, out _));
    }

    [Fact]
    public void Blocks_that_are_full_are_compressed_by_the_maintenance_and_the_last_one_is_not()
    {
        using var fixture = new FileStoreFixture(new StoreLimits { Compression = MessageCompression.S2 });
        for (int i = 0; i < 100; i++)
        {
            fixture.Append("a");
        }

        fixture.Commit();
        fixture.Store.Maintain(1);
        Assert.All(fixture.Blocks[..^1], block => Assert.True(fixture.Disk.ContentOf(FileStoreFixture.PathOf(block)).AsSpan().StartsWith("cmp"u8)));
        Assert.False(fixture.Disk.ContentOf(FileStoreFixture.PathOf(fixture.Blocks[^1])).AsSpan().StartsWith("cmp"u8));
        Assert.Equal(StoreResult.Ok, fixture.Store.Load(1, out StoredMessage message));
        Assert.Equal(100, message.Payload.Length);
    }

    [Fact]
    public void What_a_leader_says_is_deleted_stays_deleted()
    {
        using var fixture = new FileStoreFixture();
        for (int i = 0; i < 10; i++)
        {
            fixture.Append("a");
        }

        Assert.Equal(StoreResult.Ok, fixture.Store.SyncDeleted([DeletedBlock.OfRange(3, 2)]));
        fixture.Store.Flush();
        Assert.Equal([3, 4], fixture.Tombstones());
    }

    // The sync is under way, without the lock, when the block is deleted.
    [Fact]
    public void A_file_is_not_closed_while_it_is_synced()
    {
        using var fixture = new FileStoreFixture();
        for (int i = 0; i < 60; i++)
        {
            fixture.Append("a");
        }

        List<DiskSync> files = [];
        Assert.Equal(StoreResult.Ok, fixture.Store.BeginCommit(files, out long position));
        fixture.Store.Purge(out _);
        Span<DiskSync> synced = CollectionsMarshal.AsSpan(files);
        fixture.Disk.Sync(synced);
        fixture.Store.EndCommit(position, synced);
        Assert.Null(fixture.Store.WriteFailure);
        Assert.Equal(StoreResult.Ok, fixture.Append("a"));
        Assert.Equal(StoreResult.Ok, fixture.Commit());
    }

    [Fact]
    public void A_block_that_is_compressed_can_be_truncated()
    {
        using var fixture = new FileStoreFixture(new StoreLimits { Compression = MessageCompression.S2 });
        for (int i = 0; i < 100; i++)
        {
            fixture.Append("a");
        }

        fixture.Commit();
        fixture.Store.Maintain(1);
        Assert.Equal(StoreResult.Ok, fixture.Store.Truncate(10));
        Assert.Equal(StoreResult.Ok, fixture.Commit());
        Assert.Equal([1, 2, 3, 4, 5, 6, 7, 8, 9, 10], fixture.Messages());
        fixture.Append("b", 1, out ulong sequence);
        Assert.Equal(11UL, sequence);
    }

    // Fills blocks, and lets them leave memory.
    private static void Cool(FileStoreFixture fixture, int blocks)
    {
        while (blocks > 0 && fixture.Blocks.Length < blocks)
        {
            fixture.Append("a");
            fixture.Commit();
        }

        const long LongNs = 100_000_000_000;
        for (int round = 0; round < 3; round++) fixture.Store.Maintain(++fixture.Rounds * LongNs);
    }
}
