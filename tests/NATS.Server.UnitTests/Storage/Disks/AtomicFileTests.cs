using NATS.Server.JetStream.Storage.Disks;
using NATS.Server.Testing.Disks;
using Xunit;

namespace NATS.Server.UnitTests.Storage.Disks;

/// <summary>A file that is written whole is never anything between.</summary>
public sealed class AtomicFileTests
{
    private const int Seeds = 30;
    private static readonly byte[] Old = [.. Enumerable.Repeat((byte)1, 1500)];
    private static readonly byte[] New = [.. Enumerable.Repeat((byte)2, 1700)];

    [Fact]
    public void A_power_cut_at_any_operation_leaves_the_old_content_or_the_new()
    {
        var disk = new SimulatedDisk();
        disk.Put("/d/a", Old);
        int looks = 0;
        disk.Before = (in DiskOperation _) => looks += Look(disk, mayBeOld: true);
        AtomicFile.Write(disk, "/d/a", New);

        Assert.Equal(5 * Seeds, looks);
        Look(disk, mayBeOld: false);
    }

    [Fact]
    public void A_failure_of_any_operation_before_the_last_leaves_the_old_content_and_no_remains()
    {
        for (int i = 0; i < 4; i++)
        {
            var disk = new SimulatedDisk();
            disk.Put("/d/a", Old);
            disk.Fail(new DiskFault { Skip = i, Error = DiskError.Full, Written = 100 });

            Assert.Equal(DiskError.Full, Assert.Throws<DiskException>(() => AtomicFile.Write(disk, "/d/a", New)).Error);
            Assert.Equal(["/d/a"], disk.Files);
            Assert.All(Enumerable.Range(0, Seeds), seed => Assert.Equal(Old, disk.Crash(seed).ContentOf("/d/a")));
        }
    }

    [Fact]
    public void A_failure_to_clean_up_does_not_hide_the_first()
    {
        var disk = new SimulatedDisk();
        disk.Put("/d/a", Old);
        disk.Fail(new DiskFault { Kinds = DiskOperations.Write, Error = DiskError.Full });
        disk.Fail(new DiskFault { Kinds = DiskOperations.Delete, Error = DiskError.Denied });

        Assert.Equal(DiskError.Full, Assert.Throws<DiskException>(() => AtomicFile.Write(disk, "/d/a", New)).Error);
        AtomicFile.Write(disk, "/d/a", New);
        Assert.Equal(["/d/a"], disk.Files);
    }

    [Fact]
    public void Files_at_the_root_of_the_disk_are_written_too()
    {
        var disk = new SimulatedDisk();
        AtomicFile.Write(disk, "/a", New);

        Assert.Equal(New, disk.Crash(0).ContentOf("/a"));
    }

    [Fact]
    public void Reading_tells_what_is_not_there_or_too_long_from_what_cannot_be_read()
    {
        var disk = new SimulatedDisk();
        disk.Put("/d/a", [1, 2, 3]);
        disk.Put("/d/empty", []);

        Assert.True(AtomicFile.TryRead(disk, "/d/a", 3, out byte[]? content));
        Assert.Equal([1, 2, 3], content);
        Assert.True(AtomicFile.TryRead(disk, "/d/empty", 3, out content));
        Assert.Empty(content);
        Assert.False(AtomicFile.TryRead(disk, "/d/a", 2, out _));
        Assert.False(AtomicFile.TryRead(disk, "/d/b", 2, out _));
        Assert.False(AtomicFile.TryRead(disk, "/none/b", 2, out _));
        disk.Fail(new DiskFault { Kinds = DiskOperations.Read });
        Assert.Throws<DiskException>(() => AtomicFile.TryRead(disk, "/d/a", 3, out _));
    }

    private static int Look(SimulatedDisk disk, bool mayBeOld)
    {
        for (int seed = 0; seed < Seeds; seed++)
        {
            byte[]? content = disk.Crash(seed).ContentOf("/d/a");
            if (!mayBeOld || !Old.AsSpan().SequenceEqual(content)) Assert.Equal(New, content);
        }

        return Seeds;
    }
}
