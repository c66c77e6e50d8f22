using NATS.Server.JetStream.Storage.Disks;
using NATS.Server.Testing.Disks;

namespace NATS.Server.UnitTests.Storage.Disks;

/// <summary>The simulated disk does what a disk does.</summary>
public sealed class SimulatedDiskConformanceTests : DiskConformance
{
    private readonly SimulatedDisk _disk = new() { CapacityBytes = 1 << 20 };

    public SimulatedDiskConformanceTests()
    {
        _disk.CreateDirectory("/store");
    }

    protected override IDisk Disk => _disk;

    protected override string Root => "/store";
}
