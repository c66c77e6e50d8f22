using NATS.Server.Disks;
using NATS.Server.JetStream.Storage.Disks;
using NATS.Server.Testing;
using NATS.Server.Testing.Disks;

namespace NATS.Server.ServerTests.Disks;

/// <summary>The real disk does what the simulated one does.</summary>
public sealed class SystemDiskConformanceTests : DiskConformance, IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly SystemDisk _disk = new();

    protected override IDisk Disk => _disk;

    protected override string Root => _folder.Path;

    public void Dispose()
    {
        _disk.Dispose();
        _folder.Dispose();
    }
}
