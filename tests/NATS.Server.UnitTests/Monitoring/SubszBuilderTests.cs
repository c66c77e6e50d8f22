using NATS.Server.Monitoring;
using Xunit;
using static NATS.Server.UnitTests.Monitoring.FakeMonitoredServer;

namespace NATS.Server.UnitTests.Monitoring;

public sealed class SubszBuilderTests
{
    private readonly FakeMonitoredServer _server = new();

    public SubszBuilderTests()
    {
        _server.Accounts.Clear();
        _server.Accounts.Add(new AccountSnapshot
        {
            Name = "$G",
            Sublist = new SublistSnapshot { Subscriptions = 3, CachedSubjects = 2, Inserts = 5, Removes = 2, Matches = 10, CacheHits = 4, MaxFanout = 3, TotalFanout = 4 },
        });
        _server.Accounts.Add(new AccountSnapshot
        {
            Name = "A",
            Sublist = new SublistSnapshot { Subscriptions = 1, CachedSubjects = 2, Inserts = 1, Matches = 6, CacheHits = 4, MaxFanout = 1, TotalFanout = 2 },
        });
        _server.Subscriptions.AddRange(
        [
            Subscription(1, "1", "foo"), Subscription(1, "2", "foo.*", "q"), Subscription(2, "1", "bar.>"), Subscription(3, "1", "foo", account: "A"),
        ]);
    }

    [Fact]
    public void Statistics_are_summed_over_accounts_and_rates_are_of_the_sums()
    {
        Subsz subsz = Build(new SubszOptions());
        Assert.Equal((4U, 4U, 6UL, 2UL, 16UL), (subsz.NumSubscriptions, subsz.NumCache, subsz.NumInserts, subsz.NumRemoves, subsz.NumMatches));
        Assert.Equal((0.5, 3U, 1.5), (subsz.CacheHitRate, subsz.MaxFanout, subsz.AvgFanout));
        Assert.Equal((0, 0L, 1024L), (subsz.Total, subsz.Offset, subsz.Limit));
        Assert.Null(subsz.SubscriptionsList);
    }

    [Fact]
    public void An_account_limits_statistics_and_list()
    {
        Subsz subsz = Build(new SubszOptions { Account = "A", Subscriptions = true });
        Assert.Equal(1U, subsz.NumSubscriptions);
        SubDetail expected = new() { Account = "A", AccountTag = "A", Subject = "foo", Sid = "1", Msgs = 0, Cid = 3 };
        Assert.Equal(expected, Assert.Single(subsz.SubscriptionsList!));
        Assert.Equal(0U, Build(new SubszOptions { Account = "nope", Subscriptions = true }).NumSubscriptions);
    }

    [Theory]
    [InlineData("foo", "foo foo")]
    [InlineData("foo.x", "foo.*")]
    [InlineData("bar.a.b", "bar.>")]
    [InlineData("bar", "")]
    public void A_test_subject_finds_the_subscriptions_that_would_receive_it(string test, string expected)
    {
        Subsz subsz = Build(new SubszOptions { Subscriptions = true, Test = test });
        Assert.Equal(expected, string.Join(' ', (subsz.SubscriptionsList ?? []).Select(x => x.Subject)));
        Assert.Equal(subsz.SubscriptionsList?.Count ?? 0, subsz.Total);
    }

    [Theory]
    [InlineData("foo.*")]
    [InlineData("foo.>")]
    [InlineData("foo..bar")]
    [InlineData(".")]
    public void A_test_subject_must_be_literal(string test) =>
        Assert.Equal("invalid test subject, must be valid publish subject: " + test, new SubszOptions { Test = test }.Validate());

    [Theory]
    [InlineData(0, 2, 2)]
    [InlineData(3, 2, 1)]
    [InlineData(4, 2, 0)]
    [InlineData(long.MaxValue, long.MaxValue, 0)]
    [InlineData(long.MinValue, long.MinValue, 4)]
    public void Pages_are_cut_from_the_list_and_an_empty_one_is_left_out(long offset, long limit, int count)
    {
        Subsz subsz = Build(new SubszOptions { Subscriptions = true, Offset = offset, Limit = limit });
        Assert.Equal(4, subsz.Total);
        Assert.Equal(count, subsz.SubscriptionsList?.Count ?? 0);
        Assert.Equal(count == 0, subsz.SubscriptionsList is null);
    }

    private Subsz Build(SubszOptions options) => SubszBuilder.Build(options, _server, Start);
}
