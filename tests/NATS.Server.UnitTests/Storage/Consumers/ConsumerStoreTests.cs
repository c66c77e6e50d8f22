using System.Buffers;
using NATS.Server.Core.JetStream.Consumers;
using NATS.Server.Core.Storage;
using NATS.Server.JetStream.Storage;
using NATS.Server.JetStream.Storage.Assets;
using NATS.Server.JetStream.Storage.Consumers;
using NATS.Server.JetStream.Storage.Disks;
using NATS.Server.Testing.Disks;
using Xunit;

namespace NATS.Server.UnitTests.Storage.Consumers;

public sealed class ConsumerStoreTests
{
    private const string Directory = "/obs/C";
    private const long Second = 1_000_000_000;
    private static readonly AssetIdentity Identity = new("S", "C");

    public static TheoryData<string> Kinds => ["plain", "chacha", "aes"];

    [Fact]
    public void Explicit_acknowledgements_move_the_floor_up_to_the_first_pending_message()
    {
        using ConsumerStore store = Memory(AckPolicy.Explicit);
        for (ulong i = 1; i <= 5; i++) Assert.Equal(ConsumerStoreResult.Ok, store.UpdateDelivered(i, i * 10, 1, Second));

        Assert.Equal(ConsumerStoreResult.Ok, store.UpdateAcks(2, 20));
        Assert.Equal((0UL, 0UL), Floor(store));
        store.UpdateAcks(1, 10);
        Assert.Equal((2UL, 29UL), Floor(store));
        Assert.Equal(ConsumerStoreResult.Ok, store.UpdateAcks(1, 10));
        Assert.Equal(ConsumerStoreResult.NotFound, store.UpdateAcks(6, 99));
        for (ulong i = 3; i <= 5; i++) store.UpdateAcks(i, i * 10);
        Assert.Equal((5UL, 50UL), Floor(store));
        Assert.Empty(store.State.Pending);
    }

    [Theory]
    [InlineData(AckPolicy.All)]
    [InlineData(AckPolicy.FlowControl)]
    public void An_acknowledgement_of_all_takes_those_before_along(AckPolicy policy)
    {
        using ConsumerStore store = Memory(policy);
        for (ulong i = 1; i <= 5; i++) store.UpdateDelivered(i, i * 10, 1, Second);

        store.UpdateAcks(3, 30);

        Assert.Equal((3UL, 30UL), Floor(store));
        Assert.Equal([40UL, 50UL], store.State.Pending.Select(message => message.StreamSequence).Order());
    }

    [Fact]
    public void Without_acknowledgements_what_is_delivered_is_done()
    {
        using ConsumerStore store = Memory(AckPolicy.None);
        store.UpdateDelivered(1, 7, 1, Second);

        Assert.Equal((1UL, 7UL), Floor(store));
        Assert.Equal(ConsumerStoreResult.NoAckPolicy, store.UpdateDelivered(2, 8, 2, Second));
        Assert.Equal(ConsumerStoreResult.NoAckPolicy, store.UpdateAcks(1, 7));
    }

    [Fact]
    public void A_message_that_was_delivered_too_often_is_not_pending_and_its_count_stays()
    {
        using ConsumerStore store = Memory(AckPolicy.Explicit, maximumDeliveries: 2);
        store.UpdateDelivered(1, 1, 1, Second);
        store.UpdateDelivered(2, 1, 2, 2 * Second);
        Assert.Equal(new PendingMessage(1, 1, 2 * Second), Assert.Single(store.State.Pending));
        store.UpdateDelivered(3, 1, 3, 3 * Second);

        Assert.Empty(store.State.Pending);
        Assert.Equal(new RedeliveredMessage(1, 2), Assert.Single(store.State.Redelivered));
        store.RemoveRedeliveredBelow(2);
        Assert.Empty(store.State.Redelivered);
    }

    [Fact]
    public void An_old_state_is_ignored_unless_it_is_forced_and_an_impossible_one_always()
    {
        using ConsumerStore store = Memory(AckPolicy.Explicit);
        store.UpdateDelivered(1, 1, 1, Second);
        store.UpdateDelivered(2, 2, 1, Second);
        var old = new ConsumerSnapshot { DeliveredConsumer = 1, DeliveredStream = 1 };

        Assert.Equal(ConsumerStoreResult.OldUpdate, store.Update(old));
        Assert.Equal(2UL, store.State.DeliveredStream);
        Assert.Equal(ConsumerStoreResult.Ok, store.ForceUpdate(old));
        Assert.Equal(1UL, store.State.DeliveredStream);
        Assert.Equal(ConsumerStoreResult.Invalid, store.ForceUpdate(new ConsumerSnapshot { AckFloorStream = 3, DeliveredStream = 2 }));
        var outside = new ConsumerSnapshot { DeliveredStream = 5, DeliveredConsumer = 5 };
        outside.Pending.Add(new PendingMessage(6, 6, 0));
        Assert.Equal(ConsumerStoreResult.Invalid, store.Update(outside));
        store.Reset(9);
        Assert.Equal((0UL, 9UL), Floor(store));
        Assert.Equal(9UL, store.State.DeliveredStream);
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void What_was_stopped_is_opened_as_it_was(string kind)
    {
        SimulatedDisk disk = NewDisk();
        string expected;
        using (ConsumerStore store = Open(disk, kind))
        {
            Assert.False(store.HasState);
            Fill(store);
            expected = Text(store);
            store.Stop();
            Assert.Equal(ConsumerStoreResult.Closed, store.UpdateAcks(1, 1));
        }

        using ConsumerStore again = Open(disk.Crash(0), kind, out List<StoreFinding> findings);
        Assert.Empty(findings);
        Assert.True(again.HasState);
        Assert.Equal(expected, Text(again));
        Assert.Equal([Directory + "/o.dat", Directory + "/o.twin"], disk.Files);
    }

    [Fact]
    public void Changes_are_written_after_a_tenth_of_a_second_and_become_durable_after_ten()
    {
        SimulatedDisk disk = NewDisk();
        using ConsumerStore store = Open(disk, "plain");
        store.SetStarting(1);
        store.Maintain(100 * Second);
        store.UpdateDelivered(1, 2, 1, Second);
        Assert.Equal(110 * Second, store.Maintain(100 * Second));
        long changes = disk.Changes;
        store.UpdateDelivered(2, 3, 1, Second);
        long due = (100 * Second) + ConsumerStore.WriteIntervalNs;
        Assert.Equal(due, store.Maintain(due - 1));
        Assert.Equal(changes, disk.Changes);

        Assert.True(store.Maintain(due) > due);
        using (ConsumerStore killed = Open(disk.Kill(), "plain")) Assert.Equal(3UL, killed.State.DeliveredStream);
        store.Maintain(111 * Second);
        using (ConsumerStore cut = Open(disk.Crash(0), "plain")) Assert.Equal(3UL, cut.State.DeliveredStream);
        Assert.Equal(long.MaxValue, store.Maintain(112 * Second));
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void What_was_committed_survives_any_power_cut_and_nothing_is_ahead_of_the_truth(string kind)
    {
        SimulatedDisk disk = NewDisk();
        using ConsumerStore store = Open(disk, kind);
        store.SetStarting(0);
        Commit(store, disk);
        ulong truth = 0;
        ulong committed = 0;
        int cuts = 0;
        disk.Before = (in DiskOperation operation) =>
        {
            for (int seed = 0; seed < 12; seed++, cuts++)
            {
                using ConsumerStore read = Open(disk.Crash(seed), kind);
                Assert.False(read.IsStateLost);
                Assert.InRange(read.State.AckFloorStream, committed, truth);
            }
        };
        for (ulong i = 1; i <= 12; i++)
        {
            store.UpdateDelivered(i, i, 1, Second);
            store.UpdateAcks(i, i);
            truth = i;
            store.Maintain((long)i * Second);
            if (i % 3 != 0) continue;
            Commit(store, disk);
            committed = i;
        }

        Assert.True(cuts > 300);
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Damage_of_either_file_never_skips_a_message(string kind)
    {
        SimulatedDisk disk = NewDisk();
        string truth;
        string older;
        using (ConsumerStore store = Open(disk, kind))
        {
            Fill(store);
            Commit(store, disk);
            older = Text(store);
            store.UpdateDelivered(11, 11, 1, 9 * Second);
            store.UpdateAcks(5, 5);
            truth = Text(store);
            store.Flush();
        }

        foreach (string path in disk.Files.ToList())
        {
            byte[] content = disk.ContentOf(path)!;
            for (int bit = 0; bit < content.Length * 8; bit++)
            {
                SimulatedDisk damaged = disk.Kill();
                damaged.FlipBit(path, bit);
                Check(damaged, path);
            }

            for (int length = -1; length < content.Length; length++)
            {
                SimulatedDisk damaged = disk.Kill();
                if (length < 0) damaged.DeleteFile(path);
                else damaged.Put(path, content.AsSpan(0, length));
                Check(damaged, path);
            }
        }

        void Check(SimulatedDisk damaged, string path)
        {
            using (ConsumerStore read = Open(damaged, kind))
            {
                Assert.False(read.IsStateLost);
                Assert.True(Text(read) == truth || (Text(read) == older && path.EndsWith("dat", StringComparison.Ordinal)), Text(read));
            }

            using ConsumerStore again = Open(damaged, kind, out List<StoreFinding> findings);
            Assert.Empty(findings);
        }
    }

    [Fact]
    public void Going_back_is_not_undone_by_damage()
    {
        SimulatedDisk disk = NewDisk();
        using ConsumerStore store = Open(disk, "plain");
        Fill(store);
        Commit(store, disk);
        store.Reset(2);
        Commit(store, disk);
        disk.Put(Directory + "/o.dat", []);

        using ConsumerStore read = Open(disk.Kill(), "plain", out List<StoreFinding> findings);

        Assert.Equal(2UL, read.State.DeliveredStream);
        Assert.Equal(StoreFindingKind.Loss, Assert.Single(findings).Kind);
    }

    [Fact]
    public void A_state_of_the_other_server_is_believed_whatever_the_twin_says()
    {
        SimulatedDisk disk = NewDisk();
        using (ConsumerStore store = Open(disk, "plain"))
        {
            Fill(store);
            store.Stop();
        }

        var foreign = new ConsumerSnapshot { DeliveredConsumer = 1, DeliveredStream = 1 };
        var output = new ArrayBufferWriter<byte>();
        foreign.Encode(output, 0);
        disk.Put(Directory + "/o.dat", output.WrittenSpan);
        using (ConsumerStore read = Open(disk, "plain")) Assert.Equal(1UL, read.State.DeliveredStream);

        disk.Put(Directory + "/o.dat", []);
        using ConsumerStore again = Open(disk, "plain");
        Assert.Equal(1UL, again.State.DeliveredStream);
    }

    [Fact]
    public void Without_anything_that_is_good_the_consumer_begins_anew_and_says_so()
    {
        SimulatedDisk disk = NewDisk();
        disk.Put(Directory + "/o.dat", [22, 2, 200]);

        using ConsumerStore read = Open(disk, "plain", out List<StoreFinding> findings);

        Assert.True(read.IsStateLost);
        Assert.False(read.HasState);
        Assert.Equal(StoreFindingKind.Loss, Assert.Single(findings).Kind);
        Assert.Equal([22, 2, 200], disk.ContentOf(Directory + "/o.dat"));
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Opened_without_repairs_nothing_is_written_and_the_same_is_read(string kind)
    {
        SimulatedDisk disk = NewDisk();
        using (ConsumerStore store = Open(disk, kind))
        {
            Fill(store);
            store.Stop();
        }

        // As they are; damaged; from a twin that is newer; and from the other server.
        List<Action<SimulatedDisk>> cases =
        [
            _ => { },
            damaged => damaged.FlipBit(Directory + "/o.dat", 100),
            damaged => damaged.FlipBit(Directory + "/o.twin", 100),
            damaged => damaged.DeleteFile(Directory + "/o.dat"),
            damaged => damaged.DeleteFile(Directory + "/o.twin"),
            damaged =>
            {
                damaged.Put(Directory + "/o.dat", [1, 2, 3]);
                damaged.Put(Directory + "/o.twin", [1, 2, 3]);
            },
        ];
        foreach (Action<SimulatedDisk> damage in cases)
        {
            SimulatedDisk damaged = disk.Kill();
            damage(damaged);
            long changes = damaged.Changes;
            using ConsumerStore read = Open(damaged, kind, out List<StoreFinding> findings, repairs: false);
            Assert.Equal(ConsumerStoreResult.Closed, read.UpdateDelivered(11, 11, 1, Second));
            Assert.Equal(ConsumerStoreResult.Closed, read.SetStarting(5));
            Assert.Equal(long.MaxValue, read.Maintain(100 * Second));
            string text = Text(read);
            bool isLost = read.IsStateLost;
            read.Dispose();

            Assert.Equal(changes, damaged.Changes);
            Assert.DoesNotContain(findings, finding => finding.IsRepaired);
            using ConsumerStore repaired = Open(damaged, kind, out List<StoreFinding> repairs);
            Assert.Equal(Text(repaired), text);
            Assert.Equal(repaired.IsStateLost, isLost);
            Assert.Equal(repairs.Select(finding => finding.ToString()), findings.Select(finding => finding.ToString()));
        }
    }

    [Theory]
    [InlineData(DiskOperations.Sync, DiskError.Device, StoreResult.Failed)]
    [InlineData(DiskOperations.Rename, DiskError.Device, StoreResult.Failed)]
    [InlineData(DiskOperations.Rename, DiskError.Full, StoreResult.DiskFull)]
    [InlineData(DiskOperations.SyncDirectory, DiskError.Device, StoreResult.Failed)]
    public void Who_waits_is_told_when_the_synced_state_does_not_get_its_name(DiskOperations kind, DiskError error, StoreResult expected)
    {
        SimulatedDisk disk = NewDisk();
        using ConsumerStore store = Open(disk, "plain");
        var queue = new CommitQueue(disk);
        var waiter = new Waiter();
        Fill(store);
        disk.Fail(new DiskFault { Kinds = kind, Error = error });

        queue.Enqueue(store, waiter);
        queue.RunRound();
        Assert.NotNull(store.WriteFailure);
        queue.Enqueue(store, waiter);
        queue.RunRound();

        Assert.Equal([expected, StoreResult.Ok], waiter.Told);
        Assert.Null(store.WriteFailure);
        using ConsumerStore read = Open(disk.Crash(0), "plain");
        Assert.Equal(Text(store), Text(read));
    }

    [Fact]
    public void A_full_disk_is_told_and_the_state_is_written_once_there_is_space()
    {
        SimulatedDisk disk = NewDisk();
        using ConsumerStore store = Open(disk, "plain");
        disk.CapacityBytes = 4;

        Assert.Equal(ConsumerStoreResult.NotWritten, store.SetStarting(5));
        Assert.NotNull(store.WriteFailure);
        Assert.Equal(StoreResult.DiskFull, store.BeginCommit([], out _));
        disk.CapacityBytes = long.MaxValue;
        store.Maintain(100 * Second);
        Assert.Null(store.WriteFailure);
        using ConsumerStore read = Open(disk.Kill(), "plain");
        Assert.Equal(5UL, read.State.DeliveredStream);
    }

    [Theory]
    [InlineData(AckPolicy.Explicit)]
    [InlineData(AckPolicy.All)]
    public void Random_work_is_the_same_in_memory_in_files_and_in_a_simple_model(AckPolicy policy)
    {
        for (int seed = 1; seed <= 60; seed++)
        {
            var random = new Random(seed);
            SimulatedDisk disk = NewDisk();
            ConsumerStore file = Open(disk, "plain", policy);
            using ConsumerStore memory = Memory(policy);
            SortedDictionary<ulong, ulong> model = [];
            ulong consumer = 0, stream = 0;
            for (int step = 0; step < 120; step++)
            {
                if (model.Count == 0 || random.Next(2) == 0)
                {
                    consumer++;
                    stream += (ulong)random.Next(1, 4);
                    model[stream] = consumer;
                    Assert.Equal(memory.UpdateDelivered(consumer, stream, 1, step * Second), file.UpdateDelivered(consumer, stream, 1, step * Second));
                }
                else
                {
                    (ulong acknowledged, ulong delivery) = model.ElementAt(random.Next(model.Count));
                    Assert.Equal(ConsumerStoreResult.Ok, memory.UpdateAcks(delivery, acknowledged));
                    Assert.Equal(ConsumerStoreResult.Ok, file.UpdateAcks(delivery, acknowledged));
                    foreach (ulong done in model.Keys.Where(key => key == acknowledged || (policy == AckPolicy.All && key < acknowledged)).ToList()) model.Remove(done);
                }

                if (random.Next(10) == 0)
                {
                    file.Flush();
                    file.Dispose();
                    file = Open(disk = disk.Kill(), "plain", policy);
                }

                ConsumerSnapshot state = memory.State;
                Assert.Equal(Text(memory), Text(file));
                Assert.Equal(model.Keys, state.Pending.Select(message => message.StreamSequence).Order());

                // Never ahead of what is not acknowledged, and not behind once nothing is pending.
                if (model.Count > 0) Assert.True(state.AckFloorStream < model.First().Key);
                else Assert.Equal(stream, state.AckFloorStream);
            }

            file.Dispose();
        }
    }

    private static ConsumerStore Memory(AckPolicy policy, long maximumDeliveries = 0) =>
        ConsumerStore.Open(new ConsumerStoreOptions { Identity = Identity, AckPolicy = policy, MaxDeliver = maximumDeliveries, Random = new Random(1) }, []);

    private static SimulatedDisk NewDisk()
    {
        var disk = new SimulatedDisk();
        disk.CreateDirectory(Directory);
        disk.SyncDirectory("/");
        disk.SyncDirectory("/obs");
        return disk;
    }

    private static ConsumerStore Open(SimulatedDisk disk, string kind, AckPolicy policy = AckPolicy.Explicit) => Open(disk, kind, out _, policy);

    private static ConsumerStore Open(SimulatedDisk disk, string kind, out List<StoreFinding> findings, AckPolicy policy = AckPolicy.Explicit, bool repairs = true)
    {
        AssetKey? key = null;
        if (kind != "plain")
        {
            StoreCipher cipher = kind == "aes" ? StoreCipher.Aes : StoreCipher.ChaCha;
            key = new StoreKeys("k", "$G").Create(cipher, Identity.KeyContext, new byte[AssetKey.SeedSize], new byte[StoreKeys.NonceSize(cipher)], out _);
        }

        return ConsumerStore.Open(
            new ConsumerStoreOptions { Disk = disk, Directory = Directory, Identity = Identity, AckPolicy = policy, Key = key, Random = new Random(3) }, findings = [], repairs);
    }

    private static void Fill(ConsumerStore store)
    {
        for (ulong i = 1; i <= 10; i++) store.UpdateDelivered(i, i, 1, (long)i * Second);
        for (ulong i = 1; i <= 4; i++) store.UpdateAcks(i, i);
        store.UpdateAcks(7, 7);
    }

    private static void Commit(ConsumerStore store, SimulatedDisk disk)
    {
        List<DiskSync> files = [];
        Assert.Equal(StoreResult.Ok, store.BeginCommit(files, out long position));
        DiskSync[] synced = [.. files];
        disk.Sync(synced);
        Assert.Equal(StoreResult.Ok, store.EndCommit(position, synced));
        Assert.True(store.IsDurable(position));
    }

    private sealed class Waiter : ICommitWaiter
    {
        public List<StoreResult> Told { get; } = [];

        public void Committed(long ticket, StoreResult result) => Told.Add(result);
    }

    private static (ulong Consumer, ulong Stream) Floor(ConsumerStore store) => (store.State.AckFloorConsumer, store.State.AckFloorStream);

    private static string Text(ConsumerStore store)
    {
        ConsumerSnapshot state = store.State;
        return $"{state.DeliveredConsumer},{state.DeliveredStream},{state.AckFloorConsumer},{state.AckFloorStream};"
            + string.Join(' ', state.Pending.OrderBy(message => message.StreamSequence)) + string.Join(' ', state.Redelivered.OrderBy(message => message.StreamSequence));
    }
}
