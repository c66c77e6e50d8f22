using NATS.Server.Host.Top;
using Xunit;

namespace NATS.Server.UnitTests.Host.Top;

public sealed class TopRatesTests
{
    private const string Restarted = "2026-11-22T12:00:01Z";

    [Fact]
    public void Rates_are_per_second_of_the_servers_clock()
    {
        TopSample before = TopSamples.Read(TopSamples.Server(0), TopSamples.Connections(0, more: TopSamples.Details), TopSamples.JetStream(0));
        string details = TopSamples.Details.Replace("\"msgs\": 40", "\"msgs\": 50", StringComparison.Ordinal);
        TopSample now = TopSamples.Read(TopSamples.Server(2, inMessages: 1500), TopSamples.Connections(4, inMessages: 108, more: details), TopSamples.JetStream(0.5, last: 600, delivered: 310));

        var rates = TopRates.Between(before, now);

        Assert.Equal(new TopTraffic(250, 25_000, 500, 50_000), rates.Server);
        ConnectionSample connection = now.Connections!.Items[0];
        Assert.Equal(new TopTraffic(2, 0, 0, 0), rates.Of(connection));
        Assert.Equal((2.5, 0.0), (rates.Of(connection, connection.Details[0]), rates.Of(connection, connection.Details[1])));
        StreamSample stream = now.JetStream!.Streams![0];
        Assert.Equal(new StreamRates(200, 0), rates.Of(stream));
        Assert.Equal(new ConsumerRates(20, 0), rates.Of(stream, stream.Consumers[0]));
        Assert.Equal(0, rates.ApiRequests);
    }

    [Fact]
    public void Of_the_first_sample_nothing_is_known()
    {
        TopSample sample = TopSamples.Read(TopSamples.Server(0), TopSamples.Connections(0), TopSamples.JetStream(0));

        var rates = TopRates.Between(null, sample);

        Assert.Null(rates.Server);
        Assert.Null(rates.ApiRequests);
        Assert.Null(rates.Of(sample.Connections!.Items[0]));
        Assert.Null(rates.Of(sample.JetStream!.Streams![0]));
    }

    [Fact]
    public void After_a_restart_nothing_is_known()
    {
        TopSample before = TopSamples.Read(TopSamples.Server(0), TopSamples.Connections(0));
        TopSample now = TopSamples.Read(TopSamples.Server(2, inMessages: 9000, start: Restarted), TopSamples.Connections(2, inMessages: 9000));

        var rates = TopRates.Between(before, now);

        Assert.Null(rates.Server);
        Assert.Null(rates.Of(now.Connections!.Items[0]));
    }

    [Theory]
    [InlineData(2, 999, "NSERVER")] // a counter that went back
    [InlineData(0, 1500, "NSERVER")] // no time passed
    [InlineData(-1, 1500, "NSERVER")] // a clock that was set
    [InlineData(2, 1500, "NOTHER")] // another server at the same address
    public void What_cannot_be_told_is_not_told(double second, long inMessages, string id)
    {
        TopSample before = TopSamples.Read(TopSamples.Server(0));

        Assert.Null(TopRates.Between(before, TopSamples.Read(TopSamples.Server(second, inMessages, id))).Server);
    }

    [Fact]
    public void A_stream_that_was_made_again_has_no_rate()
    {
        TopSample before = TopSamples.Read(TopSamples.Server(0), null, TopSamples.JetStream(0));
        TopSample now = TopSamples.Read(TopSamples.Server(2), null, TopSamples.JetStream(2, last: 600, created: "2026-11-22T12:00:01Z"));

        var rates = TopRates.Between(before, now);

        Assert.Null(rates.Of(now.JetStream!.Streams![0]));
        Assert.NotNull(rates.Of(now.JetStream.Streams[1]));
    }

    [Fact]
    public void A_sample_right_after_another_is_compared_with_an_earlier_one()
    {
        var series = new TopSeries(TimeSpan.FromSeconds(1));
        Assert.Null(series.Add(TopSamples.Read(TopSamples.Server(0))).Server);
        Assert.Equal(100, series.Add(TopSamples.Read(TopSamples.Server(1, inMessages: 1100))).Server!.Value.InMessages);

        // Ten messages in ten milliseconds are no thousand in a second.
        Assert.Equal(110 / 1.01, series.Add(TopSamples.Read(TopSamples.Server(1.01, inMessages: 1110))).Server!.Value.InMessages, 6);
        Assert.Single(series.History.Items);
    }

    [Fact]
    public void A_history_has_an_end()
    {
        TopHistory history = TopHistory.Empty;
        for (int i = 0; i < TopHistory.Maximum + 5; i++) history = history.With(new TopTraffic(i, 0, 0, 0));

        Assert.Equal(TopHistory.Maximum, history.Items.Count);
        Assert.Equal(5, history.Items[0]!.Value.InMessages);
    }
}
