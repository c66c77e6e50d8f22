using NATS.Server.Monitoring.Explaining;
using Xunit;

namespace NATS.Server.UnitTests.Monitoring.Explaining;

public sealed class NearbyNamesTests
{
    [Fact]
    public void Names_that_differ_in_case_come_first_then_those_that_begin_alike() =>
        Assert.Equal(["ORDERS", "orders_eu", "other", "billing"], NearbyNames.Of("orders", ["billing", "other", "orders_eu", "ORDERS", "", "billing"]));

    [Fact]
    public void At_most_twenty_names_are_told_and_how_many_more_there_are()
    {
        string sentence = NearbyNames.Sentence("Users", "u", [.. Enumerable.Range(10, 30).Select(static number => $"u{number}")])!;
        Assert.StartsWith("Users: u10, u11, ", sentence, StringComparison.Ordinal);
        Assert.EndsWith("u29, and 10 more.", sentence, StringComparison.Ordinal);
        Assert.Null(NearbyNames.Sentence("Users", "u", []));
    }
}
