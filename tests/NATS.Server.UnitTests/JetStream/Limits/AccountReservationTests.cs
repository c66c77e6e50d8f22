using NATS.Server.Core.JetStream.Errors;
using NATS.Server.Core.JetStream.Limits;
using Xunit;

namespace NATS.Server.UnitTests.JetStream.Limits;

public sealed class AccountReservationTests
{
    private static readonly ServerLimits Server = new() { MaxMemory = 1000, MaxStorage = 2000 };

    [Theory]
    [InlineData(-1, -1, null)]
    [InlineData(1000, 2000, null)]
    [InlineData(1001, 0, ApiErrorCode.MemoryResourcesExceeded)]
    [InlineData(0, 2001, ApiErrorCode.StorageResourcesExceeded)]
    [InlineData(long.MaxValue, 0, ApiErrorCode.MemoryResourcesExceeded)]
    public void One_account_is_promised_no_more_than_there_is(long memory, long storage, ApiErrorCode? expected) =>
        Assert.Equal(expected, AccountReservation.Check(Server, Tiers(memory, storage), [])?.ErrorCode);

    [Fact]
    public void Promises_of_accounts_and_of_their_tiers_add_up()
    {
        var tiers = new AccountTiers(new Dictionary<string, AccountLimits> { ["R1"] = new() { MaxMemory = 400 }, ["R3"] = new() { MaxMemory = 400 } });
        Assert.Null(AccountReservation.Check(Server, tiers, [Tiers(200, -1)]));
        Assert.Equal(ApiErrorCode.MemoryResourcesExceeded, AccountReservation.Check(Server, tiers, [Tiers(201, -1)])?.ErrorCode);
        Assert.Equal(ApiErrorCode.StorageResourcesExceeded, AccountReservation.Check(Server, Tiers(-1, 1500), [Tiers(-1, 501)])?.ErrorCode);
    }

    [Fact]
    public void What_streams_have_reserved_is_not_there()
    {
        Assert.Null(AccountReservation.Check(Server with { ReservedMemory = 400 }, Tiers(600, -1), []));
        Assert.Equal(ApiErrorCode.MemoryResourcesExceeded, AccountReservation.Check(Server with { ReservedMemory = 401 }, Tiers(600, -1), [])?.ErrorCode);
        Assert.Equal(ApiErrorCode.StorageResourcesExceeded, AccountReservation.Check(Server with { ReservedStorage = 1401 }, Tiers(-1, 600), [])?.ErrorCode);
    }

    [Fact]
    public void A_change_needs_room_for_what_is_more()
    {
        AccountTiers before = Tiers(600, 600);
        AccountTiers[] all = [before, Tiers(300, 300)];
        Assert.Null(AccountReservation.CheckChange(Server, before, Tiers(700, 600), all));
        Assert.Equal(ApiErrorCode.MemoryResourcesExceeded, AccountReservation.CheckChange(Server, before, Tiers(701, 600), all)?.ErrorCode);
        Assert.Null(AccountReservation.CheckChange(Server, before, Tiers(5, -1), all));
        Assert.Null(AccountReservation.CheckChange(Server, before, AccountTiers.Unlimited, all));
    }

    [Fact]
    public void The_same_limits_are_equal()
    {
        Assert.Equal(Tiers(1, 2), Tiers(1, 2));
        Assert.Equal(Tiers(1, 2).GetHashCode(), Tiers(1, 2).GetHashCode());
        Assert.NotEqual(Tiers(1, 2), Tiers(1, 3));
        Assert.NotEqual(Tiers(1, 2), new AccountTiers(new Dictionary<string, AccountLimits> { ["R1"] = new() { MaxMemory = 1, MaxStorage = 2 } }));
    }

    private static AccountTiers Tiers(long memory, long storage) => new(new AccountLimits { MaxMemory = memory, MaxStorage = storage });
}
