using NATS.Server.JetStream.Storage;
using NATS.Server.JetStream.Storage.Assets;
using NATS.Server.JetStream.Storage.Catalog;
using NATS.Server.JetStream.Storage.Disks;
using NATS.Server.Testing.Disks;
using NATS.Server.Testing.Storage;
using Xunit;

namespace NATS.Server.UnitTests.Storage.Catalog;

/// <summary>Damage to the files of one stream keeps no other from being served, and is repaired where there is a twin.</summary>
public sealed class CatalogDamageTests
{
    private const string Victim = CatalogFixture.Streams + "/B";

    public static TheoryData<string> Kinds => ["plain", "chacha", "aes"];

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Damage_of_any_one_file_of_metadata_or_keys_is_repaired_from_its_twin(string kind)
    {
        (SimulatedDisk disk, string expected) = Write(kind);
        string[] files = [.. disk.Files.Where(file => file.StartsWith(Victim + "/", StringComparison.Ordinal) && !file.Contains("/msgs/", StringComparison.Ordinal))];
        Assert.True(files.Length >= (kind == "plain" ? 8 : 12));
        foreach (string file in files)
        {
            List<Action<SimulatedDisk>> damages = [damaged => damaged.DeleteFile(file), damaged => damaged.Put(file, []), damaged => damaged.Put(file, "garbage"u8)];
            int bits = disk.ContentOf(file)!.Length * 8;
            damages.AddRange(Enumerable.Range(0, 5).Select(part => (Action<SimulatedDisk>)(damaged => damaged.FlipBit(file, part * bits / 5))));
            foreach (Action<SimulatedDisk> damage in damages)
            {
                SimulatedDisk damaged = disk.Kill();
                damage(damaged);
                CatalogFixture read = new CatalogFixture(damaged, kind).Open();
                Assert.Equal(expected, read.Contents());
                Assert.All(read.Account.Streams.Where(stream => stream.Name != "B"), stream => Assert.Empty(stream.Findings));
                IEnumerable<StoreFinding> findings = read.Stream("B").Findings.Concat(read.Stream("B").Consumers.SelectMany(consumer => consumer.Findings));

                // The twin of a state is written now and then: that there is none yet means nothing.
                if (!file.EndsWith("o.twin", StringComparison.Ordinal)) Assert.True(findings.Any(finding => finding.IsRepaired), file);
                read.Catalog.StopAll(CatalogFixture.Now);

                // Repaired for good, and before anything that needs it was read.
                CatalogFixture again = new CatalogFixture(damaged, kind).Open();
                Assert.Equal(expected, again.Contents());
                Assert.Empty(again.Stream("B").Findings);
                Assert.Empty(((RecordingStoreListener)again.Reader.Listener!).Damages);
            }
        }
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Without_a_good_twin_the_stream_says_why_it_is_not_served_and_all_others_serve(string kind)
    {
        (SimulatedDisk disk, _) = Write(kind);
        foreach (string name in (string[])["meta.inf", "meta.sum", "meta.twin"]) disk.Put($"{Victim}/{name}", "garbage"u8);
        string before = Snapshot(disk);

        CatalogFixture read = new CatalogFixture(disk, kind).Open();

        Assert.Equal(3, read.Reader.OpenedStreams.Count);
        string failure = read.Stream("B").Failure!;
        Assert.Contains("stream 'ACC > B'", failure, StringComparison.Ordinal);
        Assert.Contains($"{Victim}/meta.inf", failure, StringComparison.Ordinal);
        Assert.Contains("nothing was deleted", failure, StringComparison.Ordinal);
        Assert.Contains("from a copy, or with a new configuration", failure, StringComparison.Ordinal);
        Assert.All((string[])["A", "C"], name => Assert.Equal(20UL, read.Stream(name).Messages!.State.Messages));
        Assert.Null(read.Stream("B").Messages);
        read.Catalog.StopAll(CatalogFixture.Now);
        Assert.Equal(before, Snapshot(disk));
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void A_stream_without_its_configuration_serves_again_with_a_new_one(string kind)
    {
        (SimulatedDisk disk, string expected) = Write(kind);
        foreach (string name in (string[])["meta.inf", "meta.sum", "meta.twin"]) disk.DeleteFile($"{Victim}/{name}");
        CatalogFixture read = new CatalogFixture(disk, kind).Open();
        StreamFolder stream = read.Stream("B");
        Assert.NotNull(stream.Failure);
        Assert.Equal(CatalogResult.Exists, read.Account.Create("B", CatalogFixture.ConfigurationOf("B"), out _));

        Assert.Equal(CatalogResult.Ok, stream.Save(CatalogFixture.ConfigurationOf("B")));
        stream.Open(read.Reader, CatalogFixture.Now);

        Assert.Equal(expected, read.Contents());
        Assert.Equal(expected, new CatalogFixture(disk.Crash(0), kind).Open().Contents());
    }

    [Fact]
    public void A_stream_whose_key_is_not_configured_is_not_served_and_nothing_is_put_in_its_place()
    {
        (SimulatedDisk disk, string expected) = Write("chacha");
        string before = Snapshot(disk);

        CatalogFixture plain = new CatalogFixture(disk).Open();
        Assert.All(plain.Account.Streams, stream => Assert.Contains("jetstream.key", stream.Failure, StringComparison.Ordinal));
        Assert.Contains("encrypted store encountered with no main key", plain.Stream("B").Failure, StringComparison.Ordinal);
        Assert.Equal(CatalogResult.Locked, plain.Stream("B").Save(CatalogFixture.ConfigurationOf("B")));
        plain.Catalog.StopAll(CatalogFixture.Now);

        Assert.Equal(before, Snapshot(disk));
        Assert.Equal(expected, new CatalogFixture(disk, "chacha").Open().Contents());
    }

    [Theory]
    [InlineData("plain", "chacha")]
    [InlineData("plain", "aes")]
    [InlineData("chacha", "aes")]
    [InlineData("aes", "chacha")]
    public void Another_key_or_cipher_is_taken_up_wherever_the_power_goes(string from, string to)
    {
        (SimulatedDisk disk, string expected) = Write(from);
        var cut = new CatalogFixture(disk.Kill(), to, key: "new key");
        List<SimulatedDisk> left = [];
        cut.Disk.Before = (in DiskOperation operation) =>
        {
            if (operation.IsChange) left.Add(cut.Disk.Crash(left.Count % 5));
        };
        cut.Open();
        cut.Disk.Before = null;
        Assert.Equal(expected, cut.Contents());
        Assert.All(cut.Account.Streams, stream => Assert.Contains("is encrypted with the configured key and cipher", Assert.Single(stream.Findings, Converted).Text, StringComparison.Ordinal));
        cut.Catalog.StopAll(CatalogFixture.Now);
        left.Add(cut.Disk);

        foreach (SimulatedDisk damaged in left)
        {
            CatalogFixture again = new CatalogFixture(damaged, to, key: "new key").Open();
            Assert.Equal(expected, again.Contents());
            again.Catalog.StopAll(CatalogFixture.Now);
            CatalogFixture settled = new CatalogFixture(damaged, to, key: "new key").Open();
            Assert.Equal(expected, settled.Contents());
            Assert.DoesNotContain(settled.Account.Streams.SelectMany(stream => stream.Findings), Converted);
        }

        static bool Converted(StoreFinding finding) => finding.Text.Contains("is encrypted with", StringComparison.Ordinal);
    }

    [Fact]
    public void A_configuration_that_is_not_supported_keeps_no_other_stream_from_being_served()
    {
        var written = new CatalogFixture();
        written.Fill("A");
        Assert.Equal(CatalogResult.Ok, written.Fill("B").Save("""{"name":"B","max_msgs":-2}"""u8));
        Assert.Equal(CatalogResult.Ok, written.Fill("C").Save("""{"name":"C","max_msgs":"many"}"""u8));
        written.Fill("D");
        written.Consumer("D", "C1").Save("""{"Name":"C1","ack_policy":"sometimes"}"""u8);
        written.Catalog.StopAll(CatalogFixture.Now);

        CatalogFixture read = new CatalogFixture(written.Disk).Open();

        Assert.Equal("unsupported", read.Stream("B").Failure);
        Assert.Contains("stream 'ACC > C' could not be opened", read.Stream("C").Failure, StringComparison.Ordinal);
        Assert.All((string[])["A", "D"], name => Assert.NotNull(read.Stream(name).Messages));
        Assert.Contains("consumer 'ACC > D > C1' could not be opened", read.Consumer("D", "C1").Failure, StringComparison.Ordinal);
        Assert.NotNull(read.Consumer("D", "C2").State);
    }

    [Fact]
    public void A_disk_that_fails_for_one_stream_fails_that_stream_until_it_is_opened_again()
    {
        (SimulatedDisk disk, string expected) = Write("plain");
        var read = new CatalogFixture(disk);
        disk.Fail(new DiskFault { Kinds = DiskOperations.List, PathPart = "/B/msgs" });
        read.Open();
        Assert.Contains("could not be opened", read.Stream("B").Failure, StringComparison.Ordinal);
        Assert.Contains("/B/msgs", read.Stream("B").Failure, StringComparison.Ordinal);
        Assert.NotNull(read.Stream("A").Messages);
        Assert.NotNull(read.Stream("C").Messages);

        read.Catalog.OpenAll(read.Reader, CatalogFixture.Now);
        Assert.Equal(expected, read.Contents());
    }

    private static (SimulatedDisk Disk, string Contents) Write(string kind)
    {
        var fixture = new CatalogFixture(kind: kind);
        foreach (string name in (string[])["A", "B", "C"]) fixture.Fill(name);
        string contents = fixture.Contents();
        fixture.Catalog.StopAll(CatalogFixture.Now);
        return (fixture.Disk, contents);
    }

    private static string Snapshot(SimulatedDisk disk) => string.Join('\n', disk.Files.Where(file => file.StartsWith(Victim, StringComparison.Ordinal)).Select(file => file + Convert.ToHexString(disk.ContentOf(file)!)));
}
