using System.Text.Json;
using NATS.Server.Host.Top;
using Xunit;

namespace NATS.Server.UnitTests.Host.Top;

public sealed class TopSampleReaderTests
{
    [Fact]
    public void Every_part_is_read()
    {
        TopSample sample = TopSamples.Read(TopSamples.Server(0), TopSamples.Connections(0, more: TopSamples.Details), TopSamples.JetStream(0));

        Assert.Equal(("NSERVER", "east-1", 12.5, 71L), (sample.Server.Id, sample.Server.Name, sample.Server.Cpu, sample.Server.Subscriptions));
        Assert.Equal(new TopTraffic(1000, 100_000, 2000, 200_000), sample.Server.Traffic);
        ConnectionSample connection = sample.Connections!.Items[0];
        Assert.Equal((7L, 5UL, "orders", 2048L), (sample.Connections.Total, connection.Cid, connection.Name, connection.PendingBytes));
        Assert.Equal(("orders.>", "workers", "1", 40L), (connection.Details[0].Subject, connection.Details[0].Queue, connection.Details[0].Sid, connection.Details[0].Messages));
        StreamSample stream = sample.JetStream!.Streams![0];
        Assert.Equal(("$G", "ORDERS", 500UL, 12L), (stream.Account, stream.Name, stream.LastSequence, stream.Subjects));
        ConsumerSample consumer = Assert.Single(stream.Consumers);
        Assert.Equal((300UL, 250UL, 210L, 50L, 4L, 1L), (consumer.Delivered, consumer.Acknowledged, consumer.Pending, consumer.AckPending, consumer.Redelivered, consumer.Waiting));
    }

    [Theory]
    [InlineData("{}")]
    [InlineData("""{"server_id":1,"cpu":"much","in_msgs":1.5,"now":"yesterday","mem":1e400,"connections":{},"account_details":{}}""")]
    [InlineData("""{"connections":[1,null,"x",[]],"account_details":[1,{"stream_detail":[2,{"state":3,"consumer_detail":[4]}]}]}""")]
    [InlineData("""{"server_name":"\ud800","connections":[{"name":"\udfff","subscriptions_list":["\ud800",7]}]}""")]
    public void What_is_missing_or_of_another_type_is_empty(string answer)
    {
        TopSample sample = TopSamples.Read(answer, answer, answer);

        Assert.Equal(("", "", 0.0), (sample.Server.Id, sample.Server.Name, sample.Server.Cpu));
        Assert.All(sample.Connections!.Items, connection => Assert.Equal(("", 0UL), (connection.Name, connection.Cid)));
        Assert.All(sample.JetStream!.Streams!, stream => Assert.Equal("", stream.Name));
    }

    [Theory]
    [InlineData("", "/varz did not answer with JSON")]
    [InlineData("<html>", "/varz did not answer with JSON")]
    [InlineData("[]", "/varz did not answer with an object")]
    public void Another_kind_of_answer_is_an_error_that_says_whose(string answer, string expected)
    {
        JsonException problem = Assert.Throws<JsonException>(() => TopSamples.Read(answer));

        Assert.Equal(expected, problem.Message);
    }

    [Fact]
    public void Every_prefix_of_an_answer_is_an_error_and_nothing_worse()
    {
        string answer = TopSamples.JetStream(0);
        for (int length = 0; length < answer.TrimEnd().Length; length++) Assert.Throws<JsonException>(() => TopSamples.Read("{}", null, answer[..length]));
    }
}
