using NATS.Server.JetStream.Storage.Disks;
using NATS.Server.Testing.Disks;
using Xunit;

namespace NATS.Server.UnitTests.Storage.Disks;

/// <summary>A disk over another does what a disk does, and leaves the other as it is.</summary>
public sealed class OverlayDiskTests : DiskConformance, IDisposable
{
    private readonly SimulatedDisk _below = new() { CapacityBytes = 1 << 20 };
    private readonly OverlayDisk _disk;

    public OverlayDiskTests()
    {
        _below.CreateDirectory("/store");
        _below.Put("/store/below/a", [1, 2, 3]);
        _below.Put("/store/below/b/c", [4]);
        _disk = new OverlayDisk(_below);
        _disk.CreateDirectory("/store/empty");
    }

    protected override IDisk Disk => _disk;

    protected override string Root => "/store/empty";

    [Fact]
    public void What_is_below_is_seen_until_it_is_changed()
    {
        using IDiskFile file = _disk.Open("/store/below/a", DiskOpen.Existing);
        var read = new byte[3];
        Assert.Equal(3, file.Read(0, read));
        Assert.Equal([1, 2, 3], read);
        file.Write(1, [9]);
        file.Read(0, read);
        Assert.Equal([1, 9, 3], read);
        Assert.Equal([1, 2, 3], _below.ContentOf("/store/below/a"));
    }

    [Fact]
    public void A_file_of_below_is_emptied_deleted_and_renamed_only_here()
    {
        using (IDiskFile file = _disk.Open("/store/below/a", DiskOpen.Empty)) Assert.Equal(0, file.Length);
        _disk.Rename("/store/below/b", "/store/d");
        Assert.True(_disk.FileExists("/store/d/c"));
        Assert.False(_disk.DirectoryExists("/store/below/b"));
        _disk.DeleteFile("/store/below/a");
        Assert.Empty(_disk.List("/store/below"));
        _disk.DeleteDirectory("/store/below");
        Assert.False(_disk.DirectoryExists("/store/below"));
        Assert.Equal(["d", "empty"], _disk.List("/store").Select(entry => entry.Name).Order());
    }

    // After every test: nothing but what was put there, and nobody tried.
    public void Dispose()
    {
        Assert.Equal(["/store/below/a", "/store/below/b/c"], _below.Files);
        Assert.Equal([1, 2, 3], _below.ContentOf("/store/below/a"));
        Assert.Equal(1, _below.Changes);
    }
}
