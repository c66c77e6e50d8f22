using System.Collections.Concurrent;
using NATS.Server.JetStream.Storage.Assets;
using NATS.Server.JetStream.Storage.Catalog;
using NATS.Server.JetStream.Storage.Disks;
using NATS.Server.Testing;
using NATS.Server.Testing.Disks;
using NATS.Server.Testing.Storage;
using Xunit;

namespace NATS.Server.UnitTests.Storage.Catalog;

/// <summary>Many streams are opened by many threads, and whoever needs one does not wait for the others.</summary>
public sealed class CatalogOpeningTests
{
    private const int Count = 60;

    [Theory]
    [InlineData("plain")]
    [InlineData("chacha")]
    public void Streams_and_their_consumers_are_opened_by_several_threads_and_each_once(string kind)
    {
        (SimulatedDisk disk, string expected) = Write(kind);
        var read = new CatalogFixture(disk, kind, inParallel: static (count, action) => Parallel.For(0, count, new ParallelOptions { MaxDegreeOfParallelism = 8 }, action))
        {
            Reader = new JsonCatalogReader { BlockSize = 4000 },
        };
        Thread[] others = [.. Enumerable.Range(0, 3).Select(seed => new Thread(() =>
        {
            foreach (StreamFolder stream in read.Account.Streams.OrderBy(stream => stream.Name.GetHashCode(StringComparison.Ordinal) ^ seed)) stream.Open(read.Reader, CatalogFixture.Now);
        }))];
        foreach (Thread other in others) other.Start();
        read.Open();
        foreach (Thread other in others) other.Join();

        Assert.Equal(expected, read.Contents());
        Assert.Equal(Count, read.Reader.OpenedStreams.Count);
        Assert.Equal(Count, read.Reader.OpenedStreams.Distinct().Count());
        read.Catalog.StopAll(CatalogFixture.Now);
    }

    [Fact]
    public void Listing_reads_no_file()
    {
        (SimulatedDisk disk, _) = Write("plain");
        List<string> operations = [];
        disk.Before = (in DiskOperation operation) => operations.Add($"{operation.Kind} {operation.Path}");

        var read = new CatalogFixture(disk);

        Assert.Equal(Count, read.Account.Streams.Count);
        Assert.Equal([$"List {CatalogFixture.Root}", $"List {CatalogFixture.Root}/ACC", $"List {CatalogFixture.Streams}"], operations);
    }

    [Fact]
    public void A_stream_that_is_needed_is_opened_before_its_turn_while_another_takes_long()
    {
        (SimulatedDisk disk, _) = Write("plain");
        using var isSlow = new ManualResetEventSlim();
        using var mayEnd = new ManualResetEventSlim();
        var reader = new JsonCatalogReader
        {
            BlockSize = 4000,
            Reading = stream =>
            {
                if (stream.Name != "S00") return;
                isSlow.Set();
                Assert.True(mayEnd.Wait(TimeSpan.FromSeconds(30)));
            },
        };
        var read = new CatalogFixture(disk) { Reader = reader };
        var all = new Thread(() => read.Open());
        all.Start();
        Assert.True(isSlow.Wait(TimeSpan.FromSeconds(30)));

        read.Stream("S33").Open(reader, CatalogFixture.Now);
        Assert.Equal(["S33"], reader.OpenedStreams.Select(stream => stream.Name));
        Assert.Equal(CatalogResult.Ok, read.Account.Create("NEW", CatalogFixture.ConfigurationOf("NEW"), out _));
        Assert.Equal(CatalogResult.Ok, read.Account.Delete("S44"));

        mayEnd.Set();
        all.Join();
        Assert.All(read.Account.Streams.Where(stream => stream.Name != "NEW"), stream => Assert.NotNull(stream.Messages));
        Assert.False(read.Account.TryGet("S44", out _));
    }

    [Fact]
    public void Streams_that_nobody_uses_keep_no_file_open_and_store_again()
    {
        var fixture = new CatalogFixture();
        for (int i = 0; i < 20; i++) fixture.Fill($"S{i:00}");
        string expected = fixture.Contents();
        Commit(fixture);
        Assert.InRange(fixture.Disk.OpenFiles, 20, 40);

        for (int round = 1; round <= 3; round++)
        {
            foreach (StreamFolder stream in fixture.Account.Streams) stream.Messages!.Maintain(CatalogFixture.Now + (round * 60_000_000_000));
        }

        Assert.Equal(0, fixture.Disk.OpenFiles);
        Assert.Equal(expected, fixture.Contents());
        foreach (StreamFolder stream in fixture.Account.Streams) CatalogFixture.Append(stream, "s.9", "once more");
        expected = fixture.Contents();
        Commit(fixture);
        Assert.Equal(expected, new CatalogFixture(fixture.Disk.Crash(0)).Open().Contents());

        static void Commit(CatalogFixture fixture)
        {
            foreach (StreamFolder stream in fixture.Account.Streams)
            {
                List<DiskSync> files = [];
                stream.Messages!.BeginCommit(files, out long position);
                DiskSync[] synced = [.. files];
                fixture.Disk.Sync(synced);
                stream.Messages.EndCommit(position, synced);
                foreach (ConsumerFolder consumer in stream.Consumers)
                {
                    files.Clear();
                    consumer.State!.BeginCommit(files, out position);
                    synced = [.. files];
                    fixture.Disk.Sync(synced);
                    consumer.State.EndCommit(position, synced);
                }
            }
        }
    }

    [Fact]
    public void Streams_are_created_and_deleted_by_several_threads()
    {
        var fixture = new CatalogFixture();
        var failures = new ConcurrentQueue<Exception>();
        Thread[] threads = [.. Enumerable.Range(0, 4).Select(number => new Thread(() =>
        {
            try
            {
                for (int i = 0; i < 20; i++)
                {
                    fixture.Fill($"T{number}-{i}", messages: 1, consumers: 1);
                    if (i % 2 == 0) Assert.Equal(CatalogResult.Ok, fixture.Account.Delete($"T{number}-{i}"));
                    fixture.Account.Create("SAME", CatalogFixture.ConfigurationOf("SAME"), out _);
                    fixture.Account.Delete("SAME");
                }
            }
            catch (Exception problem)
            {
                failures.Enqueue(problem);
            }
        }))];
        foreach (Thread thread in threads) thread.Start();
        while (threads.Any(thread => thread.IsAlive)) fixture.Catalog.RemoveNext(_ => { });
        while (fixture.Catalog.RemoveNext(_ => { }))
        {
        }

        Assert.Empty(failures);
        fixture.Account.Delete("SAME");
        Assert.Equal(40, fixture.Account.Streams.Count);
        string expected = fixture.Contents();
        fixture.Catalog.StopAll(CatalogFixture.Now);
        CatalogFixture read = new CatalogFixture(fixture.Disk.Crash(0)).Open();
        Assert.Equal(expected, read.Contents());
    }

    private static (SimulatedDisk Disk, string Contents) Write(string kind)
    {
        var fixture = new CatalogFixture(kind: kind);
        for (int i = 0; i < Count; i++) fixture.Fill($"S{i:00}", messages: i % 7, consumers: i % 3);
        string contents = fixture.Contents();
        fixture.Catalog.StopAll(CatalogFixture.Now);
        return (fixture.Disk, contents);
    }
}
