using System.Text;
using NATS.Server.JetStream.Storage;
using NATS.Server.JetStream.Storage.Assets;
using NATS.Server.JetStream.Storage.Catalog;
using NATS.Server.JetStream.Storage.Disks;
using NATS.Server.Testing.Disks;
using NATS.Server.Testing.Storage;
using Xunit;

namespace NATS.Server.UnitTests.Storage.Catalog;

public sealed class StreamCatalogTests
{
    private const string Root = CatalogFixture.Root;
    private const string Streams = CatalogFixture.Streams;

    public static TheoryData<string> Kinds => ["plain", "chacha", "aes"];

    [Theory]
    [MemberData(nameof(Kinds))]
    public void What_was_created_in_several_accounts_is_listed_and_opened_again(string kind)
    {
        var written = new CatalogFixture(kind: kind);
        foreach (string account in (string[])["ACC", "$G", "AB2CD", "with blank.and*"])
        {
            written.Fill("ORDERS", account: account);
            written.Fill("größe☃", messages: 3, consumers: 0, account: account);
        }

        string expected = written.Contents();
        written.Catalog.StopAll(CatalogFixture.Now);

        CatalogFixture read = new CatalogFixture(written.Disk, kind).Open();
        Assert.Equal(expected, read.Contents());
        Assert.Equal(8, read.Reader.OpenedStreams.Count);
        Assert.Empty(read.Findings);
        Assert.All(read.Reader.OpenedStreams, stream => Assert.Empty(stream.Findings));
        Assert.All(read.Reader.OpenedStreams.SelectMany(stream => stream.Consumers), consumer => Assert.Empty(consumer.Findings));
    }

    [Fact]
    public void The_layout_is_that_of_the_reference()
    {
        var fixture = new CatalogFixture();
        fixture.Fill("S", consumers: 1);
        fixture.Catalog.StopAll(CatalogFixture.Now);

        string[] files = [.. fixture.Disk.Files.Select(file => file[Streams.Length..])];
        Assert.Empty(((string[])["/S/meta.inf", "/S/meta.sum", "/S/msgs/1.blk", "/S/msgs/index.db", "/S/obs/C1/meta.inf", "/S/obs/C1/meta.sum", "/S/obs/C1/o.dat"]).Except(files));
        Assert.DoesNotContain(files, file => file.Contains("/.", StringComparison.Ordinal) || file.EndsWith(".tmp", StringComparison.Ordinal));
    }

    [Fact]
    public void Nothing_is_found_and_nothing_is_written_where_nothing_is()
    {
        SimulatedDisk disk = CatalogFixture.NewDisk();
        long changes = disk.Changes;
        CatalogFixture fixture = new CatalogFixture(disk).Open();

        Assert.Empty(fixture.Catalog.Accounts);
        Assert.Empty(fixture.Account.Streams);
        Assert.Empty(fixture.Findings);
        Assert.Equal(changes, disk.Changes);
    }

    [Fact]
    public void What_is_odd_is_reported_and_left_alone()
    {
        var written = new CatalogFixture();
        written.Fill("S");
        string expected = written.Contents();
        written.Catalog.StopAll(CatalogFixture.Now);
        SimulatedDisk disk = written.Disk;
        string[] odd =
        [
            Root + "/notes.txt",
            Root + "/ACC/notes.txt",
            Streams + "/notes.txt",
            Streams + "/with blank/meta.inf",
            Streams + "/with.point/meta.inf",
            Streams + "/with*star/meta.inf",
            Streams + "/back\\slash/meta.inf",
            Streams + "/" + new string('x', 256) + "/meta.inf",
            Streams + "/S/obs/notes.txt",
            Streams + "/S/obs/a.b/meta.inf",
            Streams + "/S/obs/.C9/meta.inf",
        ];
        string[] fine =
        [
            Root + "/_test_123",
            Root + "/$SYS/_js_/_meta_/tav.idx",
            Root + "/$SYS/_js_/S-R3F-abc/msgs/1.blk",
            Root + "/EMPTY/streams/.gone/x",
            Streams + "/S/unknown/file",
        ];
        foreach (string path in odd.Concat(fine)) disk.Put(path, "x"u8);

        CatalogFixture fixture = new CatalogFixture(disk).Open();

        Assert.Equal(["S"], fixture.Account.Streams.Select(stream => stream.Name));
        Assert.Equal(["C1", "C2"], fixture.Stream("S").Consumers.Select(consumer => consumer.Name));
        Assert.Equal(expected, fixture.Contents());
        StoreFinding[] findings = [.. fixture.Findings, .. fixture.Stream("S").Findings];
        Assert.Equal(
            odd.Select(path => path.EndsWith("/meta.inf", StringComparison.Ordinal) ? path[..^"/meta.inf".Length] : path).Order(StringComparer.Ordinal),
            findings.Select(finding => finding.Path).Order(StringComparer.Ordinal));
        Assert.All(findings, finding => Assert.EndsWith("it is left alone", finding.Text, StringComparison.Ordinal));
        while (fixture.Catalog.RemoveNext(_ => { }))
        {
        }

        Assert.All(odd.Concat(fine.Where(path => !path.Contains("/.gone", StringComparison.Ordinal))), path => Assert.NotNull(disk.ContentOf(path)));
    }

    [Fact]
    public void What_an_interrupted_delete_or_backup_left_is_removed_later_and_by_nobody_who_lists()
    {
        var written = new CatalogFixture();
        written.Fill("S");
        written.Catalog.StopAll(CatalogFixture.Now);
        SimulatedDisk disk = written.Disk;
        foreach (string path in (string[])[Streams + "/.S/msgs/1.blk", Streams + "/.T.4/obs/C/meta.inf", Root + "/.snap-staging/1/x", Root + "/ACC/__snapshots__/x"]) disk.Put(path, "x"u8);
        string before = string.Join('\n', disk.Files);

        CatalogFixture fixture = new CatalogFixture(disk).Open();

        Assert.Equal(4, fixture.Catalog.DirectoriesToRemove);
        Assert.All((string[])[".S", ".T.4"], name => Assert.True(disk.DirectoryExists($"{Streams}/{name}")));
        fixture.Account.List([]);
        Assert.Equal(4, fixture.Catalog.DirectoriesToRemove);
        disk.Put(Root + "/ACC/__snapshots__/new", "x"u8);
        List<StoreFinding> findings = [];
        while (fixture.Catalog.RemoveNext(findings.Add))
        {
        }

        Assert.Empty(findings);
        Assert.NotNull(disk.ContentOf(Root + "/ACC/__snapshots__/new"));
        disk.DeleteDirectory(Root + "/ACC/__snapshots__");
        Assert.Equal(before.Split('\n').Where(file => !file.Contains("/.", StringComparison.Ordinal) && !file.Contains("__", StringComparison.Ordinal)), disk.Files);
        Assert.Null(fixture.Stream("S").Failure);
    }

    [Fact]
    public void A_directory_that_cannot_be_removed_is_reported_and_the_others_are_removed()
    {
        SimulatedDisk disk = CatalogFixture.NewDisk();
        foreach (string name in (string[])[".a", ".b", ".c"]) disk.Put($"{Streams}/{name}/x", "x"u8);
        var fixture = new CatalogFixture(disk);
        disk.Fail(new DiskFault { Kinds = DiskOperations.Delete, PathPart = "/.b/" });

        List<StoreFinding> findings = [];
        while (fixture.Catalog.RemoveNext(findings.Add))
        {
        }

        Assert.Equal(Streams + "/.b", Assert.Single(findings).Path);
        Assert.Equal([Streams + "/.b/x"], disk.Files);
    }

    [Fact]
    public void Names_follow_the_rules_of_the_reference()
    {
        var fixture = new CatalogFixture();
        foreach (string name in (string[])["", "a b", "a\tb", "a\rb", "a\nb", "a\fb", "a.b", ".a", "a*", ">", "a\\b", "a/b", "..", "a\0b", new string('é', 128)])
        {
            Assert.NotNull(AssetName.ProblemOfAsset(name));
            Assert.Equal(CatalogResult.InvalidName, fixture.Account.Create(name, "{}"u8, out _));
            Assert.Equal(CatalogResult.InvalidName, fixture.Account.Delete(name));
        }

        foreach (string name in (string[])["a", "A-b_c", "$x", "größe", new string('é', 127), new string('x', 255), "a\u0001", "_test_"]) Assert.Null(AssetName.ProblemOfAsset(name));
        foreach (string name in (string[])["", ".", "..", "a/b", "a\\b", "a\0", new string('x', 256), ".snap-staging"])
        {
            Assert.NotNull(AssetName.ProblemOfAccount(name));
            Assert.Null(fixture.Catalog.Account(name));
        }

        foreach (string name in (string[])["$G", "a b", "a.b", "a*", ".a", "ADHCTYHJ"]) Assert.Null(AssetName.ProblemOfAccount(name));
        Assert.Equal(["/data"], fixture.Disk.List("/").Select(entry => "/" + entry.Name));
        Assert.Empty(fixture.Disk.List("/data"));
    }

    [Fact]
    public void The_longest_names_are_created_and_deleted()
    {
        var fixture = new CatalogFixture();
        string name = new('x', 255);
        StreamFolder stream = fixture.Fill(name, consumers: 0);
        Assert.Equal(CatalogResult.Ok, stream.CreateConsumer(name, CatalogFixture.ConsumerConfigurationOf(name), out _));
        Assert.Equal(CatalogResult.Ok, stream.DeleteConsumer(name));
        Assert.Equal(CatalogResult.Ok, fixture.Account.Delete(name));
        Assert.All(fixture.Disk.List(Streams), entry => Assert.InRange(entry.Name.Length, 2, 255));
        Assert.Equal("", CatalogFixture.NamesOn(fixture.Disk.Crash(0)));
    }

    [Fact]
    public void One_name_has_one_stream_and_can_be_used_again_before_the_old_files_are_gone()
    {
        var fixture = new CatalogFixture();
        fixture.Fill("S");
        Assert.Equal(CatalogResult.Exists, fixture.Account.Create("S", "{}"u8, out _));
        Assert.Equal(CatalogResult.Exists, new CatalogFixture(fixture.Disk).Account.Create("S", "{}"u8, out _));
        for (int i = 0; i < 3; i++)
        {
            Assert.Equal(CatalogResult.Ok, fixture.Account.Delete("S"));
            Assert.Equal(CatalogResult.NotFound, fixture.Account.Delete("S"));
            StreamFolder stream = fixture.Fill("S", messages: i);
            Assert.Equal((ulong)i, stream.Messages!.State.LastSequence);
            Assert.Equal(CatalogResult.Exists, stream.CreateConsumer("C1", "{}"u8, out _));
            Assert.Equal(CatalogResult.Ok, stream.DeleteConsumer("C1"));
            Assert.Equal(CatalogResult.NotFound, stream.DeleteConsumer("C1"));
            Assert.Equal(CatalogResult.Ok, stream.CreateConsumer("C1", CatalogFixture.ConsumerConfigurationOf("C1"), out ConsumerFolder? consumer));
            Assert.False(consumer!.Open(default(ConsumerSettings)).HasState);
        }

        while (fixture.Catalog.RemoveNext(_ => { }))
        {
        }

        Assert.Equal(["S"], fixture.Disk.List(Streams).Select(entry => entry.Name));
        Assert.Equal(2, fixture.Stream("S").Consumers.Count);
    }

    [Fact]
    public void A_stream_that_was_deleted_serves_nothing_and_takes_nothing()
    {
        var fixture = new CatalogFixture();
        StreamFolder stream = fixture.Fill("S");
        MessageStore messages = stream.Messages!;
        fixture.Account.Delete("S");

        Assert.Equal(StoreResult.Closed, messages.Append(new NewMessage { Subject = "s"u8, TimestampNs = 1 }, out _));
        Assert.Equal(CatalogResult.NotFound, stream.CreateConsumer("C", "{}"u8, out _));
        Assert.Equal(CatalogResult.NotFound, stream.DeleteConsumer("C"));
        Assert.Equal(CatalogResult.NotFound, stream.Save("{}"u8));
        stream.Open(fixture.Reader, CatalogFixture.Now);
        Assert.Null(stream.Messages);
        Assert.False(fixture.Account.TryGet("S", out _));
    }

    [Fact]
    public void Directories_without_content_are_no_stream_and_give_way()
    {
        SimulatedDisk disk = CatalogFixture.NewDisk();
        disk.CreateDirectory(Streams + "/S/msgs");
        disk.CreateDirectory(Streams + "/S/obs");
        disk.Put(Streams + "/S/meta.inf.tmp", "{"u8);
        disk.Put(Streams + "/T/msgs/1.blk", "x"u8);
        CatalogFixture fixture = new CatalogFixture(disk).Open();
        Assert.NotNull(fixture.Stream("S").Failure);

        fixture.Fill("S");
        Assert.Equal(CatalogResult.Exists, fixture.Account.Create("T", CatalogFixture.ConfigurationOf("T"), out _));
        Assert.Equal(["x"], disk.Files.Where(file => file == Streams + "/T/msgs/1.blk").Select(file => Encoding.ASCII.GetString(disk.ContentOf(file)!)));
    }

    [Fact]
    public void Accounts_of_old_servers_are_moved_below_the_directory_once()
    {
        var written = new CatalogFixture();
        written.Fill("S");
        string expected = written.Contents();
        written.Catalog.StopAll(CatalogFixture.Now);
        SimulatedDisk disk = written.Disk;
        disk.Rename(Root + "/ACC", "/data/ACC");
        disk.Put("/data/other/file", "x"u8);
        disk.Put("/data/ACCOUNTS", "x"u8);

        var fixture = new CatalogFixture(disk);
        Assert.Empty(fixture.Catalog.Accounts);
        Assert.Equal(["ACC"], fixture.Catalog.MoveFromFlatLayout("/data", name => name.StartsWith("ACC", StringComparison.Ordinal)));

        SimulatedDisk after = disk.Crash(0);
        Assert.Equal(expected, new CatalogFixture(after).Open().Contents());
        Assert.NotNull(after.ContentOf("/data/other/file"));
        Assert.Empty(new CatalogFixture(disk).Catalog.MoveFromFlatLayout("/data", _ => true));
    }

    [Fact]
    public void The_bytes_of_a_stream_are_those_of_all_its_files()
    {
        var fixture = new CatalogFixture();
        StreamFolder stream = fixture.Fill("S");
        fixture.Fill("T");
        stream.Messages!.Flush();

        Assert.Equal(fixture.Disk.Files.Where(file => file.StartsWith(Streams + "/S/", StringComparison.Ordinal)).Sum(file => fixture.Disk.ContentOf(file)!.Length), stream.BytesOnDisk());
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void A_changed_configuration_is_the_one_that_is_read(string kind)
    {
        var fixture = new CatalogFixture(kind: kind);
        StreamFolder stream = fixture.Fill("S");
        byte[] changed = """{"name":"S","max_msgs":7}"""u8.ToArray();
        Assert.Equal(CatalogResult.Ok, stream.Save(changed));
        byte[] consumer = """{"Name":"C1","ack_policy":"explicit","max_deliver":5}"""u8.ToArray();
        fixture.Consumer("S", "C1").Save(consumer);

        CatalogFixture read = new CatalogFixture(fixture.Disk.Crash(0), kind).Open();
        Assert.Equal(changed, read.Stream("S").Configuration);
        Assert.Equal(7, read.Stream("S").Messages!.Limits.MaxMessages);
        Assert.Equal(consumer, read.Consumer("S", "C1").Configuration);
    }
}
