using NATS.Server.JetStream.Storage.Disks;
using NATS.Server.JetStream.Storage.Recovery;
using Xunit;

namespace NATS.Server.UnitTests.Storage.Recovery;

public sealed class RecoveryPlanTests
{
    [Fact]
    public void Blocks_come_in_the_order_of_their_numbers()
    {
        RecoveryPlan plan = PlanOf("10.blk", "9.blk", "2.blk", "2.key", "10.guard", "index.db", "thw.db");
        Assert.Equal([new RecoveryBlock(2, 48, 48, 0), new RecoveryBlock(9, 48, 0, 0), new RecoveryBlock(10, 48, 0, 3)], plan.Blocks);
        Assert.Empty(plan.Leftovers);
        Assert.Equal(10U, plan.HighestNumber);
    }

    [Fact]
    public void What_was_cut_short_or_is_from_old_servers_is_left_over()
    {
        RecoveryPlan plan = PlanOf("1.blk", "1.idx", "1.fss", "1.blk.tmp", "index.db.tmp", "1.new", "notes.txt");
        Assert.Equal(["1.blk.tmp", "1.fss", "1.idx", "1.new", "index.db.tmp"], plan.Leftovers.Order(StringComparer.Ordinal));
    }

    [Fact]
    public void A_key_or_guard_without_a_block_is_left_over_but_its_number_is_not_used_again()
    {
        RecoveryPlan plan = PlanOf("3.blk", "4.key", "5.guard");
        Assert.Equal(["4.key", "5.guard"], plan.Leftovers);
        Assert.Equal((5U, 3L), (plan.HighestNumber, plan.RecordsBeyond));
    }

    [Theory]
    [InlineData("0.blk")]
    [InlineData("01.blk")]
    [InlineData("-1.blk")]
    [InlineData("+1.blk")]
    [InlineData(" 1.blk")]
    [InlineData("4294967296.blk")]
    [InlineData("a.blk")]
    [InlineData(".blk")]
    public void Names_that_nobody_writes_are_no_blocks(string name)
    {
        RecoveryPlan plan = PlanOf(name);
        Assert.Empty(plan.Blocks);
        Assert.Empty(plan.Leftovers);
    }

    [Fact]
    public void An_empty_directory_makes_an_empty_plan()
    {
        RecoveryPlan plan = PlanOf();
        Assert.Empty(plan.Blocks);
        Assert.Equal(0U, plan.HighestNumber);
    }

    private static RecoveryPlan PlanOf(params string[] names) => RecoveryPlan.Of([.. names.Select(name => new DiskEntry(name, false, 48))]);
}
