using NATS.Server.JetStream.Storage.Recovery;
using NATS.Server.Testing.Disks;
using Xunit;

namespace NATS.Server.UnitTests.Storage.Recovery;

/// <summary>The steps of a purge of the reference, cut short after each.</summary>
public sealed class PurgeRecoveryTests
{
    private static readonly byte[] Marker = new byte[30];

    [Fact]
    public void Without_a_purge_nothing_happens()
    {
        SimulatedDisk disk = DiskOf(("msgs/1.blk", 100), ("obs/C/o.dat", 5));
        PurgeRecovery.Finish(disk, "/store");
        Assert.Equal(["/store/msgs/1.blk", "/store/obs/C/o.dat"], disk.Files);
    }

    [Fact]
    public void A_purge_that_had_only_begun_is_taken_back()
    {
        SimulatedDisk disk = DiskOf(("msgs/1.blk", 100), ("msgs/2.blk", 30), ("__new_msgs__/2.key", 72));
        PurgeRecovery.Finish(disk, "/store");
        Assert.Equal(["/store/msgs/1.blk"], disk.Files);
    }

    [Fact]
    public void A_block_with_more_than_the_marker_gets_its_key_back()
    {
        SimulatedDisk disk = DiskOf(("msgs/1.blk", 100), ("msgs/2.blk", 300), ("__new_msgs__/2.key", 72));
        PurgeRecovery.Finish(disk, "/store");
        Assert.Equal(["/store/msgs/1.blk", "/store/msgs/2.blk", "/store/msgs/2.key"], disk.Files);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_purge_with_its_block_prepared_is_brought_to_its_end(bool wereMovedAway)
    {
        SimulatedDisk disk = DiskOf((wereMovedAway ? "__msgs__/1.blk" : "msgs/1.blk", 100), ("__new_msgs__/2.blk", 30), ("__new_msgs__/2.key", 72));
        PurgeRecovery.Finish(disk, "/store");
        Assert.Equal(["/store/msgs/2.blk", "/store/msgs/2.key"], disk.Files);
        Assert.Equal(Marker, disk.SyncedContentOf("/store/msgs/2.blk"));
    }

    [Fact]
    public void What_was_moved_away_is_deleted()
    {
        SimulatedDisk disk = DiskOf(("msgs/2.blk", 30), ("__msgs__/1.blk", 100));
        PurgeRecovery.Finish(disk, "/store");
        Assert.Equal(["/store/msgs/2.blk"], disk.Files);
    }

    [Fact]
    public void A_power_cut_at_any_step_leaves_one_of_both()
    {
        for (int cut = 0; cut < 40; cut++)
        {
            SimulatedDisk disk = DiskOf(("msgs/1.blk", 100), ("__new_msgs__/2.blk", 30), ("__msgs__/0.blk", 1));
            SimulatedDisk? crashed = null;
            long changes = cut;
            disk.Before = (in operation) =>
            {
                if (operation.IsChange && changes-- == 0) crashed = disk.Crash(cut + 2);
            };
            PurgeRecovery.Finish(disk, "/store");
            if (crashed is null) return;
            PurgeRecovery.Finish(crashed, "/store");
            Assert.Equal(["/store/msgs/2.blk"], crashed.Files);
        }

        Assert.Fail("it has more steps than expected");
    }

    private static SimulatedDisk DiskOf(params (string Name, int Length)[] files)
    {
        var disk = new SimulatedDisk();
        foreach ((string name, int length) in files) disk.Put("/store/" + name, new byte[length]);
        return disk;
    }
}
