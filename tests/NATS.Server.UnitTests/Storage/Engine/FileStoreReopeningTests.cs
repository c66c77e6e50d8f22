using System.Runtime.InteropServices;
using System.Text;
using NATS.Server.Core.Storage;
using NATS.Server.JetStream.Storage;
using NATS.Server.JetStream.Storage.Disks;
using NATS.Server.Testing.Disks;
using NATS.Server.Testing.Storage;
using Xunit;

namespace NATS.Server.UnitTests.Storage.Engine;

/// <summary>What a store is after it was stopped, or its process killed, and opened again.</summary>
public sealed class FileStoreReopeningTests
{
    private const long SecondNs = 1_000_000_000;
    private const string Directory = "/s";

    private readonly SimulatedDisk _disk = new();
    private readonly RecordingStoreListener _told = new();

    [Fact]
    public void What_a_limit_removed_stays_away_when_most_of_the_messages_with_a_time_to_live_are_gone()
    {
        var limits = new StoreLimits { AllowTtl = true, MaxMessages = 3 };
        using (MessageStore store = Open(limits))
        {
            Assert.Equal(1UL, Append(store, 1));
            for (int i = 2; i <= 4; i++) Append(store, i, ttlSeconds: 100);
            store.Remove(2);
            store.Remove(3);
            store.Stop(5);
        }

        using MessageStore again = Open(limits);
        Assert.True(again.IsByIndex);
        Assert.Equal((4UL, 4UL, 1UL), (again.State.FirstSequence, again.State.LastSequence, again.State.Messages));
        Assert.Empty(_told.Damages);
    }

    [Fact]
    public void The_time_of_the_last_message_outlives_its_erasure()
    {
        using MessageStore store = Open(new StoreLimits());
        Append(store, 7 * SecondNs);
        Assert.Equal(StoreResult.Ok, store.Erase(1, new Random(1)));
        Assert.Equal(StoreResult.Ok, store.Flush());
        using MessageStore again = Open(new StoreLimits(), _disk.Kill());
        Assert.Equal((1UL, 7 * SecondNs), (again.State.LastSequence, again.State.LastTimeNs));
    }

    [Fact]
    public void The_last_time_outlives_a_truncation_to_where_everything_was_purged()
    {
        using MessageStore store = Open(new StoreLimits());
        Append(store, SecondNs);
        store.Purge(out _);
        Append(store, 2 * SecondNs);
        Assert.Equal(StoreResult.Ok, store.Truncate(1));
        StreamState state = store.State;
        Assert.Equal(StoreResult.Ok, store.Flush());
        using MessageStore again = Open(new StoreLimits(), _disk.Kill());
        Assert.Equal(state, again.State);
    }

    [Fact]
    public void The_last_time_outlives_a_truncation_to_a_message_that_is_gone()
    {
        using MessageStore store = Open(new StoreLimits());
        for (int i = 1; i <= 3; i++) Append(store, i * SecondNs);
        store.Remove(2);
        Assert.Equal(StoreResult.Ok, store.Truncate(2));
        StreamState state = store.State;
        Assert.Equal(StoreResult.Ok, store.Flush());
        using MessageStore again = Open(new StoreLimits(), _disk.Kill());
        Assert.Equal(state, again.State);
    }

    [Fact]
    public void The_index_counts_when_a_truncation_made_another_block_the_last()
    {
        using (MessageStore store = Open(new StoreLimits()))
        {
            for (int i = 1; i <= 100; i++) Append(store, i);
            store.Stop(200);
        }

        ulong end;
        using (MessageStore store = Open(new StoreLimits()))
        {
            end = LastOfFirstBlock();
            Assert.Equal(StoreResult.Ok, store.Truncate(end));
            store.Stop(201);
        }

        using MessageStore again = Open(new StoreLimits());
        Assert.True(again.IsByIndex);
        Assert.Equal(end, again.State.LastSequence);
    }

    [Fact]
    public void Wherever_a_store_is_truncated_its_index_counts()
    {
        for (int messages = 1; messages <= 90; messages += 7)
        {
            for (ulong last = 1; last <= (ulong)messages; last++)
            {
                var disk = new SimulatedDisk();
                using (MessageStore store = Open(new StoreLimits(), disk))
                {
                    for (int i = 1; i <= messages; i++) Append(store, i, subject: $"a.{i % 4}");
                    if (last % 3 == 0) store.Remove(last);
                    Assert.Equal(StoreResult.Ok, store.Truncate(last));
                    store.Stop(100);
                }

                using MessageStore again = Open(new StoreLimits(), disk);
                Assert.True(again.IsByIndex, $"{messages} messages, truncated to {last}");
                Assert.Equal(last, again.State.LastSequence);
            }
        }
    }

    [Fact]
    public void What_was_purged_can_be_truncated()
    {
        using MessageStore purged = Open(new StoreLimits());
        for (int i = 1; i <= 3; i++) Append(purged, i);
        purged.Purge(out _);
        SimulatedDisk disk = _disk.Kill();
        using MessageStore store = Open(new StoreLimits(), disk);
        Assert.Equal(StoreResult.Ok, store.Truncate(2));
        StreamState state = store.State;
        Assert.Equal(StoreResult.Ok, store.Flush());
        using MessageStore again = Open(new StoreLimits(), disk.Kill());
        Assert.Equal(state, again.State);
    }

    [Fact]
    public void Messages_are_found_by_time_after_the_only_one_of_a_block_was_erased()
    {
        using MessageStore store = Open(new StoreLimits());
        Append(store, 10);
        Append(store, 20);
        Append(store, 30, size: 5000);
        Append(store, 40, size: 5000);
        Append(store, 50, size: 5000);
        store.Erase(3, new Random(1));
        store.Erase(4, new Random(1));
        Assert.Equal(StoreResult.Ok, store.Flush());
        using MessageStore again = Open(new StoreLimits(), _disk.Kill());
        Assert.Equal([1UL, 2UL, 5UL], new[] { 5L, 15L, 25L }.Select(again.SequenceAt));
    }

    [Fact]
    public void Times_to_live_count_after_the_sequences_of_others_were_given_out_again()
    {
        var limits = new StoreLimits { AllowTtl = true };
        using (MessageStore store = Open(limits))
        {
            for (int i = 1; i <= 3; i++) Append(store, i, ttlSeconds: 1000);
            store.Stop(5);
        }

        using MessageStore truncated = Open(limits);
        Assert.Equal(StoreResult.Ok, truncated.Truncate(1));
        for (int i = 2; i <= 5; i++) Append(truncated, i, ttlSeconds: 1);
        Assert.Equal(StoreResult.Ok, truncated.Flush());
        using MessageStore again = Open(limits, _disk.Kill());
        again.Expire(10 * SecondNs);
        Assert.Equal((1UL, 1UL), (again.State.Messages, again.State.FirstSequence));
    }

    // Removals that were acknowledged are said by tombstones in the very blocks that a truncation deletes.
    [Fact]
    public void A_truncation_that_is_cut_short_brings_nothing_back()
    {
        using MessageStore store = Open(new StoreLimits());
        for (int i = 1; i <= 200; i++) Append(store, i);
        store.Remove(3);
        Commit(store);
        int cuts = 0;
        _disk.Before = (in DiskOperation operation) =>
        {
            if (!operation.IsChange) return;
            for (int seed = 0; seed < 10; seed++)
            {
                using MessageStore again = Open(new StoreLimits(), _disk.Crash(seed));
                Assert.Equal(StoreResult.NotFound, again.Load(3, out _));
                Assert.Equal(StoreResult.Ok, again.Load(10, out _));
                cuts++;
            }
        };
        Assert.Equal(StoreResult.Ok, store.Truncate(10));
        Commit(store);
        _disk.Before = null;
        Assert.True(cuts > 50);
        Assert.Equal((10UL, 9UL), (store.State.LastSequence, store.State.Messages));
    }

    // Blocks with nothing but tombstones come after the last message, and go.
    [Fact]
    public void The_last_message_outlives_all_that_were_removed_before_it()
    {
        using MessageStore store = Open(new StoreLimits());
        for (int i = 1; i <= 1000; i++) Append(store, i);
        for (ulong sequence = 1; sequence < 1000; sequence++) Assert.Equal(StoreResult.Ok, store.Remove(sequence));
        Commit(store);
        store.Maintain(1);
        Commit(store);
        using MessageStore again = Open(new StoreLimits(), _disk.Kill());
        Assert.Equal((1UL, 1000UL, 1000UL), (again.State.Messages, again.State.FirstSequence, again.State.LastSequence));
    }

    [Theory]
    [InlineData(StoreCipher.ChaCha)]
    [InlineData(StoreCipher.Aes)]
    public void What_is_beside_an_erased_message_stays_in_an_encrypted_store(StoreCipher cipher)
    {
        for (int kills = 0; kills < 3; kills++)
        {
            var disk = new SimulatedDisk();
            int seed = 0;
            MessageStore Next()
            {
                disk.CreateDirectory(Directory);
                var options = new FileStoreOptions
                {
                    Disk = disk,
                    Directory = Directory,
                    Name = "S",
                    BlockSize = 4000,
                    Random = new Random(++seed),
                    Keys = new StoreKeys("a secret", "$G"),
                    Cipher = cipher,
                };
                return FileStore.Open(options, new StoreLimits(), _told, 5);
            }

            MessageStore store = Next();
            for (int i = 1; i <= 5; i++)
            {
                Append(store, i);
                store.Flush();
                if (kills < i - 2) continue;
                store.Dispose();
                store = Next();
            }

            Assert.Equal(StoreResult.Ok, store.Erase(4, new Random(1)));
            Append(store, 6);
            store.Flush();
            store.Dispose();
            using MessageStore again = Next();
            Assert.Equal("", string.Join("; ", _told.Damages));
            string there = string.Join(' ', Enumerable.Range(1, 6).Where(sequence => again.Load((ulong)sequence, out _) == StoreResult.Ok));
            Assert.Equal((kills, "1 2 3 5 6"), (kills, there));
        }
    }

    [Fact]
    public void A_guard_from_before_a_compaction_does_not_tell_of_messages_that_were_lost()
    {
        using MessageStore store = Open(new StoreLimits());
        ulong end = 0;
        for (int i = 1; end == 0; i++)
        {
            Append(store, i);
            store.Flush();
            end = LastOfFirstBlock();
        }

        Commit(store);
        store.Compact(end, out _);
        Commit(store);
        StreamState state = store.State;
        for (int seed = 0; seed < 100; seed++)
        {
            using MessageStore again = Open(new StoreLimits(), _disk.Crash(seed));
            Assert.Equal(state, again.State);
        }
    }

    // What the first block ends with, once there is a second.
    private ulong LastOfFirstBlock()
    {
        if (_disk.ContentOf(Directory + "/msgs/2.blk") is not { Length: > 0 } second) return 0;
        Assert.Equal(RecordStatus.Good, MessageRecord.Read(second, StoreHashKey.OfBlock("S", 2), out StoredRecord record));
        return record.Sequence - 1;
    }

    private static void Commit(MessageStore store)
    {
        List<DiskSync> files = [];
        Assert.Equal(StoreResult.Ok, store.BeginCommit(files, out long position));
        foreach (DiskSync file in files) file.File.Sync();
        Assert.Equal(StoreResult.Ok, store.EndCommit(position, CollectionsMarshal.AsSpan(files)));
    }

    private static ulong Append(MessageStore store, long timestampNs, long ttlSeconds = 0, int size = 7, string subject = "a")
    {
        byte[] headers = ttlSeconds > 0 ? Encoding.ASCII.GetBytes($"NATS/1.0\r\nNats-TTL: {ttlSeconds}\r\n\r\n") : [];
        var message = new NewMessage { Subject = Encoding.ASCII.GetBytes(subject), Headers = headers, Payload = new byte[size], TimestampNs = timestampNs, TtlSeconds = ttlSeconds };
        Assert.Equal(StoreResult.Ok, store.Append(message, out ulong sequence));
        return sequence;
    }

    private MessageStore Open(StoreLimits limits, SimulatedDisk? disk = null)
    {
        disk ??= _disk;
        disk.CreateDirectory(Directory);
        return FileStore.Open(new FileStoreOptions { Disk = disk, Directory = Directory, Name = "S", BlockSize = 4000, Random = new Random(1) }, limits, _told, 5);
    }
}
