using System.Runtime.Versioning;
using NATS.Server.Disks;
using NATS.Server.JetStream.Storage.Disks;
using NATS.Server.Testing;
using Xunit;

namespace NATS.Server.ServerTests.Disks;

/// <summary>What only a real disk has: modes, errors of the system, syncs by several threads.</summary>
public sealed class SystemDiskTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly SystemDisk _disk = new();

    [Fact]
    [UnsupportedOSPlatform("windows")]
    public void Files_and_directories_are_for_their_owner_only()
    {
        _disk.CreateDirectory(_folder.Path + "/d/e");
        _disk.Open(_folder.Path + "/d/e/a", DiskOpen.OrCreate).Dispose();

        const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        Assert.Equal(OwnerOnly, File.GetUnixFileMode(_folder.Path + "/d/e/a"));
        Assert.Equal(OwnerOnly | UnixFileMode.UserExecute, File.GetUnixFileMode(_folder.Path + "/d/e"));
        Assert.Equal(OwnerOnly | UnixFileMode.UserExecute, File.GetUnixFileMode(_folder.Path + "/d"));
    }

    [Fact]
    public void Hidden_files_are_listed_too()
    {
        _disk.Open(_folder.Path + "/.a", DiskOpen.OrCreate).Dispose();

        Assert.Equal([new DiskEntry(".a", false, 0)], _disk.List(_folder.Path));
    }

    [Fact]
    public void A_full_device_is_told_from_a_broken_one()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "needs /dev/full");
        using IDiskFile full = _disk.Open("/dev/full", DiskOpen.Existing);
        DiskException problem = Assert.Throws<DiskException>(() => full.Write(0, [1]));

        Assert.Equal(DiskError.Full, problem.Error);
        Assert.StartsWith("write /dev/full: ", problem.Message, StringComparison.Ordinal);
        Assert.Contains("space", problem.Message, StringComparison.OrdinalIgnoreCase);
    }

    [Fact]
    public void What_is_not_permitted_is_denied()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "needs /proc");

        // Nobody may create files there, not even root.
        DiskException problem = Assert.Throws<DiskException>(() => _disk.CreateDirectory("/sys/nats"));

        Assert.Equal(DiskError.Denied, problem.Error);
        Assert.StartsWith("create directory /sys/nats: ", problem.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_file_that_cannot_be_synced_fails_alone()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "needs /dev/full");

        // fdatasync of a character device answers EINVAL.
        DiskSync[] files = [new(Created("a")), new(_disk.Open("/dev/full", DiskOpen.Existing)), new(Created("b"))];
        _disk.Sync(files);

        Assert.Equal([true, false, true], files.Select(file => file.Failure is null));
        Assert.Equal(DiskError.Device, files[1].Failure!.Error);
        Assert.StartsWith("sync /dev/full: ", files[1].Failure!.Message, StringComparison.Ordinal);
        Close(files);
    }

    [Fact]
    public void A_file_that_was_closed_fails_alone()
    {
        DiskSync[] files = [.. Enumerable.Range(0, 40).Select(i => new DiskSync(Created("f" + i)))];
        _disk.Sync(files);
        files[17].File.Dispose();
        _disk.Sync(files);

        Assert.Equal(17, Array.FindIndex(files, file => file.Failure is not null));
        Assert.Single(files, file => file.Failure is not null);
        Close(files);
    }

    [Fact]
    public async Task Many_threads_may_sync_many_files_at_once()
    {
        Task[] syncs = [.. Enumerable.Range(0, 4).Select(task => Task.Run(() =>
        {
            for (int round = 0; round < 5; round++)
            {
                DiskSync[] files = [.. Enumerable.Range(0, 2 + (round * 10)).Select(i => new DiskSync(Created($"{task}-{round}-{i}")))];
                _disk.Sync(files);
                Assert.All(files, file => Assert.Null(file.Failure));
                Close(files);
            }
        }))];
        await Task.WhenAll(syncs);
    }

    [Fact]
    public void Syncing_goes_on_without_helpers_after_the_disposal()
    {
        _disk.Dispose();
        DiskSync[] files = [.. Enumerable.Range(0, 5).Select(i => new DiskSync(Created("f" + i)))];
        _disk.Sync(files);

        Assert.All(files, file => Assert.Null(file.Failure));
        Close(files);
    }

    [Fact]
    public void Space_of_what_is_not_there_yet_is_that_of_the_directory_above()
    {
        Assert.Equal(_disk.SpaceOf(_folder.Path).TotalBytes, _disk.SpaceOf(_folder.Path + "/x/y").TotalBytes);
    }

    public void Dispose()
    {
        _disk.Dispose();
        _folder.Dispose();
    }

    private static void Close(DiskSync[] files)
    {
        foreach (DiskSync file in files) file.File.Dispose();
    }

    private IDiskFile Created(string name)
    {
        IDiskFile file = _disk.Open(_folder.Path + "/" + name, DiskOpen.Empty);
        file.Write(0, [1, 2, 3]);
        return file;
    }
}
