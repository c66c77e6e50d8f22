using NATS.Server.Disks;
using Xunit;

namespace NATS.Server.UnitTests.Disks;

/// <summary>When a file system is synced as a whole.</summary>
public sealed class SyncChoiceTests
{
    private readonly SyncChoice _choice = new();

    [Fact]
    public void Few_files_are_synced_by_themselves()
    {
        _choice.Measured(wholly: false, 100, TimeSpan.FromMilliseconds(100));

        Assert.False(_choice.Wholly(SyncChoice.MinimumWhole - 1, isPossible: true));
        Assert.False(_choice.Wholly(1000, isPossible: false));
        Assert.True(_choice.Wholly(SyncChoice.MinimumWhole, isPossible: true));
    }

    [Fact]
    public void The_first_time_tells_what_files_cost_by_themselves()
    {
        Assert.False(_choice.Wholly(100, isPossible: true));
        _choice.Measured(wholly: false, 100, TimeSpan.FromMilliseconds(100));
        Assert.True(_choice.Wholly(100, isPossible: true));
    }

    [Fact]
    public void A_whole_that_costs_more_is_given_up_for_longer_each_time_until_it_is_cheap_again()
    {
        _choice.Measured(wholly: false, 100, TimeSpan.FromMilliseconds(100));
        Assert.Equal(0, RoundsUntilWhole());
        _choice.Measured(wholly: true, 100, TimeSpan.FromMilliseconds(101));
        Assert.Equal(63, RoundsUntilWhole());
        _choice.Measured(wholly: true, 100, TimeSpan.FromSeconds(2));
        Assert.Equal(127, RoundsUntilWhole());
        _choice.Measured(wholly: true, 100, TimeSpan.FromMilliseconds(20));
        Assert.Equal(0, RoundsUntilWhole());
        _choice.Measured(wholly: true, 100, TimeSpan.FromSeconds(2));
        Assert.Equal(63, RoundsUntilWhole());
    }

    private int RoundsUntilWhole()
    {
        int rounds = 0;
        for (; !_choice.Wholly(100, isPossible: true); rounds++) _choice.Measured(wholly: false, 100, TimeSpan.FromMilliseconds(100));
        return rounds;
    }
}
