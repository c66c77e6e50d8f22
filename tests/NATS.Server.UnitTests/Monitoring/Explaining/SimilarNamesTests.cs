using NATS.Server.Monitoring.Explaining;
using Xunit;

namespace NATS.Server.UnitTests.Monitoring.Explaining;

public sealed class SimilarNamesTests
{
    [Fact]
    public void A_sentence_names_the_most_similar_first_and_each_once() =>
        Assert.Equal("Streams: ORDERS, orders_eu, billing, other.", SimilarNames.Sentence("Streams", "orders", ["billing", "other", "orders_eu", "ORDERS", "", "billing"]));

    [Fact]
    public void At_most_twenty_names_are_told_and_how_many_more_there_are()
    {
        string sentence = SimilarNames.Sentence("Users", "x", [.. Enumerable.Range(10, 30).Select(static number => $"u{number}")])!;
        Assert.StartsWith("Users: u10, u11, ", sentence, StringComparison.Ordinal);
        Assert.EndsWith("u29, and 10 more.", sentence, StringComparison.Ordinal);
        Assert.Null(SimilarNames.Sentence("Users", "u", []));
    }
}
