using NATS.Server.Core.Storage;
using NATS.Server.JetStream.Storage;
using NATS.Server.JetStream.Storage.Assets;
using NATS.Server.JetStream.Storage.Disks;
using NATS.Server.JetStream.Storage.Inspection;
using NATS.Server.Testing.Disks;
using Xunit;

namespace NATS.Server.UnitTests.Storage.Inspection;

public sealed class StoreRepairTests
{
    private const string Stamp = "20260101T000000Z";

    public static TheoryData<string> Kinds => ["plain", "compressed", "chacha", "aes"];

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Whatever_bit_is_flipped_a_repair_keeps_all_that_can_be_read_and_ends_it(string kind)
    {
        WrittenStore store = StoreOf(kind);
        Dictionary<ulong, string> whole = store.Serve(store.Disk);
        foreach (string file in store.Disk.Files)
        {
            int bits = store.Disk.ContentOf(file)!.Length * 8;
            for (int bit = 5; bit < bits; bit += 509)
            {
                SimulatedDisk disk = store.Disk.Kill();
                disk.FlipBit(file, bit);
                StreamReport found = store.Verify(disk).Streams[0];

                StoreRepairReport report = Repair(store, disk);

                string what = $"{file} bit {bit}: {string.Join("; ", report.Streams[0].After.Findings)}";
                Assert.False(report.Streams[0].After.IsDamaged, what);
                Assert.Equal(found.Lost.Count == 0, report.IsWell);
                Dictionary<ulong, string> served = store.Serve(disk);
                Assert.Empty(whole.Keys.Except(found.Lost).Except(served.Keys));
                Assert.All(whole.Keys.Intersect(served.Keys), sequence => Assert.Equal(whole[sequence], served[sequence]));
                AssertKept(disk, report, file, bit, store);
                Dictionary<string, byte[]> files = WrittenStore.FilesOf(disk);
                Assert.Empty(Repair(store, disk).Streams[0].Actions);
                Assert.Equal(files, WrittenStore.FilesOf(disk));
            }
        }
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void A_repair_that_is_interrupted_anywhere_is_begun_again_and_loses_no_more(string kind)
    {
        WrittenStore store = StoreOf(kind);
        Damage(store);
        SortedDictionary<ulong, string> readable = new(store.Serve(store.Disk));
        SimulatedDisk running = new();
        foreach ((string file, byte[] content) in WrittenStore.FilesOf(store.Disk)) running.Put(file, content);
        List<SimulatedDisk> cuts = [];
        running.Before = (in _) =>
        {
            cuts.Add(running.Crash(cuts.Count % 5));
            cuts.Add(running.Kill());
        };
        Assert.False(Repair(store, running).Streams[0].After.IsDamaged);
        running.Before = null;

        Assert.InRange(cuts.Count, 50, 2000);
        foreach (SimulatedDisk cut in cuts)
        {
            StoreRepairReport report = Repair(store, cut);
            Assert.True(!report.Streams[0].After.IsDamaged, string.Join("; ", report.Streams[0].After.Findings));
            Assert.Equal(readable, new SortedDictionary<ulong, string>(store.Serve(cut)));
        }
    }

    [Fact]
    public void A_dry_run_says_the_same_and_writes_nothing()
    {
        WrittenStore store = StoreOf("plain");
        Damage(store);
        Dictionary<string, byte[]> before = WrittenStore.FilesOf(store.Disk);
        long changes = store.Disk.Changes;

        StoreRepairReport dry = Repair(store, new OverlayDisk(store.Disk));

        Assert.Equal(changes, store.Disk.Changes);
        Assert.Equal(before, WrittenStore.FilesOf(store.Disk));
        StoreRepairReport real = Repair(store, store.Disk);
        Assert.Equal(real.Streams[0].Actions, dry.Streams[0].Actions);
        Assert.Equal(real.Streams[0].Kept, dry.Streams[0].Kept);
        Assert.True(dry.IsDryRun && !real.IsDryRun);
    }

    [Fact]
    public void A_store_that_is_well_is_left_as_it_is()
    {
        WrittenStore store = StoreOf("plain");
        long changes = store.Disk.Changes;

        StoreRepairReport report = Repair(store, store.Disk);

        Assert.True(report.IsWell);
        Assert.Equal(changes, store.Disk.Changes);
    }

    [Fact]
    public void A_block_whose_key_is_lost_is_taken_away_and_its_sequences_are_not_used_again()
    {
        var store = new WrittenStore(StoreCipher.ChaCha);
        uint last = store.Verify().Streams[0].Blocks[^1].Number;
        string key = WrittenStore.BlockPath(last).Replace(".blk", ".key", StringComparison.Ordinal);
        byte[] block = store.Disk.ContentOf(WrittenStore.BlockPath(last))!;
        store.Disk.Put(key, new byte[72]);
        store.Disk.DeleteFile(key.Replace(".key", ".twin", StringComparison.Ordinal));

        StoreRepairReport report = Repair(store, store.Disk);

        Assert.False(report.Streams[0].After.IsDamaged);
        Assert.False(report.IsWell);
        Assert.True(report.Streams[0].After.LastSequence >= WrittenStore.Messages);
        Assert.Equal(block, store.Disk.ContentOf($"{WrittenStore.Directory}/lost+found/{Stamp}/msgs/{last}.blk"));
        Assert.False(store.Disk.FileExists(WrittenStore.BlockPath(last)));
    }

    [Fact]
    public void What_a_consumer_has_seen_is_not_given_out_again()
    {
        WrittenStore store = StoreOf("plain");
        foreach (string file in store.Disk.Files.Where(file => file.Contains("/msgs/", StringComparison.Ordinal)).ToList())
        {
            if (!file.EndsWith("/1.blk", StringComparison.Ordinal)) store.Disk.DeleteFile(file);
        }

        byte[] block = store.Disk.ContentOf(WrittenStore.BlockPath(1))!;
        store.Disk.Put(WrittenStore.BlockPath(1), block.AsSpan(0, block.AsSpan().IndexOf("payload of message 6"u8) - 25));

        StoreRepairReport report = Repair(store, store.Disk);

        Assert.False(report.Streams[0].After.IsDamaged);
        Assert.Equal(20UL, report.Streams[0].After.LastSequence);
    }

    [Fact]
    public void Metadata_that_is_lost_with_its_twin_cannot_be_repaired_and_its_messages_stay()
    {
        WrittenStore store = StoreOf("plain");
        foreach (string name in (string[])["meta.inf", "meta.twin", "meta.sum"]) store.Disk.Put($"{WrittenStore.Directory}/{name}", [1, 2, 3]);

        StoreRepairReport report = Repair(store, store.Disk);

        Assert.True(report.Streams[0].After.IsDamaged);
        Assert.Equal(WrittenStore.Messages - 2, report.Streams[0].After.Messages);
    }

    private static WrittenStore StoreOf(string kind) => new(
        kind == "chacha" ? StoreCipher.ChaCha : kind == "aes" ? StoreCipher.Aes : null, isCompressed: kind == "compressed");

    // A record, the metadata, the state of the consumer, the index.
    private static void Damage(WrittenStore store)
    {
        store.Disk.FlipBit(WrittenStore.BlockPath(1), 8 * 200);
        store.Disk.FlipBit(WrittenStore.Directory + "/meta.inf", 100);
        store.Disk.FlipBit(WrittenStore.Consumer + "/o.dat", 40);
        store.Disk.FlipBit(WrittenStore.Directory + "/msgs/thw.db", 40);
    }

    private static StoreRepairReport Repair(WrittenStore store, IDisk disk)
    {
        Assert.True(StoreDirectory.TryOpen(disk, WrittenStore.Root, null, null, out StoreDirectory? directory, out _));
        return StoreRepair.Run(disk, directory, store.Options, WrittenStore.Now, Stamp);
    }

    private static void AssertKept(SimulatedDisk disk, StoreRepairReport report, string file, int bit, WrittenStore store)
    {
        byte[] damaged = [.. store.Disk.ContentOf(file)!];
        damaged[bit / 8] ^= (byte)(1 << (bit % 8));
        if (disk.ContentOf(file) is { } there && there.AsSpan().SequenceEqual(damaged)) return;
        string kept = $"{WrittenStore.Directory}/lost+found/{Stamp}/{file[(WrittenStore.Directory.Length + 1)..]}";
        Assert.Contains(kept[(WrittenStore.Directory.Length + 1)..], report.Streams[0].Kept);
        Assert.Equal(damaged, disk.ContentOf(kept));
    }
}
