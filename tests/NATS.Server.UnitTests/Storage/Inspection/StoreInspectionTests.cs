using NATS.Server.Core.Storage;
using NATS.Server.JetStream.Storage.Assets;
using NATS.Server.JetStream.Storage.Inspection;
using NATS.Server.Testing.Disks;
using Xunit;

namespace NATS.Server.UnitTests.Storage.Inspection;

public sealed class StoreInspectionTests
{
    public static TheoryData<string, bool> Kinds
    {
        get
        {
            var kinds = new TheoryData<string, bool>();
            foreach (string name in (string[])["plain", "compressed", "chacha", "aes compressed"])
            {
                kinds.Add(name, true);
                kinds.Add(name, false);
            }

            return kinds;
        }
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void A_store_that_is_well_is_called_healthy_and_counted(string kind, bool isClean)
    {
        StoreReport report = StoreOf(kind, isClean).Verify();

        Assert.DoesNotContain(report.AllFindings, finding => finding.Kind != StoreFindingKind.Note);
        StreamReport stream = Assert.Single(report.Streams);
        Assert.Equal(("$G", "S"), (stream.Account, stream.Name));
        Assert.Equal(isClean, stream.IsIndexed);
        Assert.Equal(WrittenStore.Messages - 2, stream.Messages);
        Assert.Equal((1UL, (ulong)WrittenStore.Messages), (stream.FirstSequence, stream.LastSequence));
        Assert.True(stream.Blocks.Count > 2);
        Assert.All(stream.Blocks, block => Assert.Equal(GuardState.Whole, block.Guard));
        Assert.Equal(kind.Contains("compressed", StringComparison.Ordinal), stream.Blocks[0].IsCompressed);
        Assert.Equal(kind.Contains("cha", StringComparison.Ordinal) || kind.Contains("aes", StringComparison.Ordinal), stream.IsEncrypted);
        ConsumerReport consumer = Assert.Single(stream.Consumers);
        Assert.Equal((20UL, 10UL, 10), (consumer.Delivered, consumer.AckFloor, consumer.Pending));
    }

    // Every file has a checksum of some kind over all of it: no bit can turn round unseen.
    [Theory]
    [MemberData(nameof(Kinds))]
    public void Every_flipped_bit_is_found(string kind, bool isClean)
    {
        WrittenStore store = StoreOf(kind, isClean);
        Dictionary<ulong, string> whole = store.Serve(store.Disk);
        List<string> unseen = [];
        foreach (string file in store.Disk.Files)
        {
            int bits = store.Disk.ContentOf(file)!.Length * 8;
            for (int bit = 3; bit < bits; bit += 211)
            {
                SimulatedDisk disk = store.Disk.Kill();
                disk.FlipBit(file, bit);
                StoreReport report = store.Verify(disk);
                if (!report.IsDamaged) unseen.Add($"{file} bit {bit}");
                if (!file.EndsWith(".blk", StringComparison.Ordinal)) Assert.Equal(whole.Count, report.Streams[0].Messages);
                else if (kind is "plain" or "chacha") Assert.InRange(report.Streams[0].Messages, whole.Count - 1, whole.Count + 1);
            }
        }

        Assert.Empty(unseen);
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void A_file_that_is_cut_off_is_found(string kind, bool isClean)
    {
        WrittenStore store = StoreOf(kind, isClean);
        List<string> unseen = [];
        foreach (string file in store.Disk.Files)
        {
            byte[] content = store.Disk.ContentOf(file)!;
            for (int length = 1; length < content.Length; length += 97)
            {
                SimulatedDisk disk = store.Disk.Kill();
                disk.Put(file, content.AsSpan(0, length));
                if (!store.Verify(disk).IsDamaged) unseen.Add($"{file} of {length}");
            }
        }

        Assert.Empty(unseen);
    }

    [Fact]
    public void A_damaged_record_is_named_by_its_sequence_and_only_it()
    {
        var store = new WrittenStore();
        int at = store.Disk.ContentOf(WrittenStore.BlockPath(1))!.AsSpan().IndexOf("payload of message 5"u8);
        store.Disk.FlipBit(WrittenStore.BlockPath(1), at * 8L);

        StreamReport stream = store.Verify().Streams[0];

        Assert.Equal([5UL], stream.Lost);
        InspectionFinding finding = Assert.Single(stream.Findings, finding => finding.Kind != StoreFindingKind.Note);
        Assert.Equal((StoreFindingKind.Loss, FindingCodes.Records, WrittenStore.BlockPath(1)), (finding.Kind, finding.Code, finding.Path));
        Assert.Contains("1 message lost: 5", finding.Text, StringComparison.Ordinal);
    }

    [Fact]
    public void A_record_that_was_never_complete_is_a_torn_tail_and_no_loss()
    {
        var store = new WrittenStore(isClean: false);
        uint last = store.Verify().Streams[0].Blocks[^1].Number;
        byte[] block = store.Disk.ContentOf(WrittenStore.BlockPath(last))!;
        store.Disk.Put(WrittenStore.BlockPath(last), [.. block, .. block.AsSpan(0, 40)]);

        StreamReport stream = store.Verify().Streams[0];

        InspectionFinding finding = Assert.Single(stream.Findings, finding => finding.Kind != StoreFindingKind.Note);
        Assert.Equal((StoreFindingKind.Damage, FindingCodes.TornTail), (finding.Kind, finding.Code));
        Assert.Empty(stream.Lost);
        Assert.Equal(WrittenStore.Messages - 2, stream.Messages);
    }

    [Theory]
    [InlineData(null)]
    [InlineData(StoreCipher.ChaCha)]
    public void A_block_that_is_gone_is_missed_where_the_index_names_it(StoreCipher? cipher)
    {
        var store = new WrittenStore(cipher);
        Dictionary<ulong, string> whole = store.Serve(store.Disk);
        store.Disk.DeleteFile(WrittenStore.BlockPath(2));

        StreamReport stream = store.Verify().Streams[0];

        Assert.Contains(stream.Findings, finding => finding.Kind == StoreFindingKind.Loss && finding.Code == FindingCodes.Missing);
        Assert.Equal(whole.Keys.Except(store.Serve(store.Disk).Keys).Order(), stream.Lost);
        Assert.NotEmpty(stream.Lost);
    }

    [Fact]
    public void Without_an_index_a_block_that_is_gone_is_noted()
    {
        var store = new WrittenStore(isClean: false);
        store.Disk.DeleteFile(WrittenStore.BlockPath(2));

        Assert.Contains(store.Verify().AllFindings, finding => finding.Code == FindingCodes.Missing && finding.Text.StartsWith("no block has messages from ", StringComparison.Ordinal));
    }

    [Fact]
    public void A_consumer_that_is_ahead_of_its_stream_is_found()
    {
        var store = new WrittenStore();
        foreach (string file in store.Disk.Files.Where(file => file.Contains("/msgs/", StringComparison.Ordinal)).ToList())
        {
            if (!file.EndsWith("/1.blk", StringComparison.Ordinal)) store.Disk.DeleteFile(file);
        }

        byte[] block = store.Disk.ContentOf(WrittenStore.BlockPath(1))!;
        store.Disk.Put(WrittenStore.BlockPath(1), block.AsSpan(0, block.AsSpan().IndexOf("payload of message 6"u8) - 25));

        Assert.Contains(store.Verify().AllFindings, finding => finding.Code == FindingCodes.ConsumerAhead && finding.Text.Contains("up to 20", StringComparison.Ordinal));
    }

    [Fact]
    public void What_is_left_of_interrupted_work_is_noted()
    {
        var store = new WrittenStore();
        store.Disk.Put(WrittenStore.Directory + "/msgs/2.blk.tmp", [1]);
        store.Disk.Put(WrittenStore.Directory + "/msgs/99.key", [1]);
        store.Disk.Put(WrittenStore.Directory + "/__msgs__/1.blk", [1]);
        store.Disk.Put(WrittenStore.Consumer + "/o.dat.tmp", [1]);
        store.Disk.Put("/store/jetstream/$G/streams/.gone/meta.inf", [1]);

        StoreReport report = store.Verify();

        Assert.False(report.IsDamaged);
        Assert.Equal(5, report.AllFindings.Count(finding => finding.Code == FindingCodes.Leftover));
    }

    [Fact]
    public void A_key_that_is_missing_or_does_not_fit_is_told_before_anything_is_read()
    {
        var store = new WrittenStore(StoreCipher.Aes);
        Assert.True(StoreDirectory.TryOpen(store.Disk, WrittenStore.Root, null, null, out StoreDirectory? directory, out _));

        Assert.Null(StoreInspection.CheckKeys(store.Disk, directory, store.Options));
        Assert.Null(StoreInspection.CheckKeys(store.Disk, directory, store.Options with { Cipher = StoreCipher.ChaCha }));
        Assert.Null(StoreInspection.CheckKeys(store.Disk, directory, store.Options with { Key = "new", PreviousKey = store.Options.Key }));
        Assert.Contains("$G/S is encrypted", StoreInspection.CheckKeys(store.Disk, directory, store.Options with { Key = null }), StringComparison.Ordinal);
        Assert.Contains("does not open", StoreInspection.CheckKeys(store.Disk, directory, store.Options with { Key = "wrong" }), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("/store")]
    [InlineData("/store/jetstream")]
    [InlineData("/store/jetstream/$G")]
    [InlineData("/store/jetstream/$G/streams/S")]
    public void A_store_is_known_by_any_of_its_directories(string path)
    {
        var store = new WrittenStore();

        Assert.True(StoreDirectory.TryOpen(store.Disk, path, null, null, out StoreDirectory? found, out _));

        Assert.Equal(new StreamDirectory("$G", "S", WrittenStore.Directory), Assert.Single(found.Streams));
    }

    [Theory]
    [InlineData("/store/jetstream/$G/streams/S/obs/C", "the directory of a consumer")]
    [InlineData("/store/jetstream/$G/streams/S/msgs", "is no store")]
    [InlineData("/nowhere", "no such directory")]
    [InlineData("/store/jetstream/$G/streams/S/meta.inf", "is a file")]
    public void Other_directories_are_refused(string path, string reason)
    {
        var store = new WrittenStore();

        Assert.False(StoreDirectory.TryOpen(store.Disk, path, null, null, out _, out string? problem));

        Assert.Contains(reason, problem, StringComparison.Ordinal);
    }

    private static WrittenStore StoreOf(string kind, bool isClean) => new(
        kind.Contains("cha", StringComparison.Ordinal) ? StoreCipher.ChaCha : kind.Contains("aes", StringComparison.Ordinal) ? StoreCipher.Aes : null,
        kind.Contains("compressed", StringComparison.Ordinal),
        isClean);
}
