using System.Text;
using NATS.Server.Core.JetStream.Sources;
using NATS.Server.Core.JetStream.Streams;
using NATS.Server.JetStream.Storage;
using Xunit;
using Stream = NATS.Server.JetStream.Streams.Stream;

namespace NATS.Server.UnitTests.JetStream.Sources;

/// <summary>A stream with sources against streams that the test plays.</summary>
public sealed class SourceOriginTests
{
    private static readonly StreamConfig Sourced = new() { Name = "S", Storage = StorageType.File, Sources = [new StreamSource { Name = "O" }], DuplicateWindowNs = 120_000_000_000 };

    [Fact]
    public void Messages_get_new_sequences_and_say_where_they_come_from()
    {
        var origin = new SimulatedOrigin();
        Stream stream = origin.Create(Sourced);
        Assert.Equal("NATS/1.0\r\nNats-Required-Api-Level: 5\r\nNats-Stream-Identity: \r\n\r\n", origin.Requests[0].Headers);
        Assert.DoesNotContain("deliver_policy\":\"by", origin.Requests[0].Payload, StringComparison.Ordinal);
        origin.Accept(identity: "ident");
        origin.Deliver(5, "a", "five", headers: "NATS/1.0\r\nX: y\r\nNats-Stream-Source: Q 1 > > z\r\n\r\n");
        origin.Deliver(9, "a", "nine");
        Assert.Equal((2UL, 9UL), (stream.Store.State.LastSequence, stream.DescribeSources(0)[0].Sequence));
        Assert.Equal("NATS/1.0\r\nX: y\r\nNats-Stream-Source: O 5 > > a ident\r\n\r\n", HeadersOf(stream, 1));
        Assert.Equal("NATS/1.0\r\nNats-Stream-Source: O 9 > > a ident\r\n\r\n", HeadersOf(stream, 2));
    }

    [Fact]
    public void A_source_goes_on_after_a_restart_behind_the_last_message_of_it()
    {
        var origin = new SimulatedOrigin();
        origin.Create(Sourced);
        origin.Accept(identity: "ident");
        origin.Deliver(5, "a", "five");
        var again = new SimulatedOrigin(world: origin.World.Restart());
        again.World.Advance(TimeSpan.FromSeconds(31));
        Assert.Contains("\"opt_start_seq\":6,", again.Requests[^1].Payload, StringComparison.Ordinal);
        Assert.Contains("Nats-Stream-Identity: ident\r\n", again.Requests[^1].Headers, StringComparison.Ordinal);
    }

    [Fact]
    public void A_source_that_is_added_goes_on_behind_what_was_copied_of_it_before()
    {
        var origin = new SimulatedOrigin();
        Stream stream = origin.Create(Sourced);
        origin.Accept();
        origin.Deliver(5, "a", "five");
        NATS.Server.JetStream.Engine.JetStreamAccount.UpdateStream(stream, stream.Config with { Sources = null, Subjects = ["s"] });
        origin.World.RunUntilIdle();
        Assert.Empty(stream.DescribeSources(0));
        NATS.Server.JetStream.Engine.JetStreamAccount.UpdateStream(stream, stream.Config with { Sources = Sourced.Sources });
        origin.World.Advance(TimeSpan.FromSeconds(1));
        Assert.Contains("\"opt_start_seq\":6,", origin.Requests[^1].Payload, StringComparison.Ordinal);
    }

    [Fact]
    public void A_duplicate_is_passed_over_and_a_full_stream_asks_again_later()
    {
        var origin = new SimulatedOrigin();
        Stream stream = origin.Create(Sourced with { MaxMessages = 2, Discard = Core.JetStream.Streams.DiscardPolicy.New });
        origin.Accept();
        origin.Deliver(1, "a", "one", headers: "NATS/1.0\r\nNats-Msg-Id: i\r\n\r\n");
        origin.Deliver(2, "a", "one", headers: "NATS/1.0\r\nNats-Msg-Id: i\r\n\r\n");
        origin.Deliver(3, "a", "three");
        origin.Deliver(4, "a", "four");
        Assert.Equal(2UL, stream.Store.State.Messages);
        origin.World.Advance(TimeSpan.FromSeconds(3));
        Assert.Contains("\"opt_start_seq\":4,", origin.Requests[^1].Payload, StringComparison.Ordinal);
    }

    [Fact]
    public void A_stream_that_was_created_anew_is_read_from_its_start()
    {
        var origin = new SimulatedOrigin();
        Stream stream = origin.Create(Sourced);
        origin.Accept(identity: "first");
        origin.Deliver(5, "a", "five");
        origin.World.Advance(TimeSpan.FromSeconds(13));
        origin.Refuse(400, 10225, "consumer's stream identity does not match: other");
        origin.World.Advance(TimeSpan.FromSeconds(3));
        Assert.Contains("Nats-Stream-Identity: \r\n", origin.Requests[^1].Headers, StringComparison.Ordinal);
        Assert.DoesNotContain("opt_start", origin.Requests[^1].Payload, StringComparison.Ordinal);
        origin.Accept(identity: "second");
        origin.Deliver(1, "a", "one");
        Assert.Equal("NATS/1.0\r\nNats-Stream-Source: O 1 > > a second\r\n\r\n", HeadersOf(stream, 2));
    }

    [Fact]
    public void A_consumer_that_was_there_is_reset_and_has_to_acknowledge_by_flow_control()
    {
        var origin = new SimulatedOrigin();
        Stream stream = origin.Create(Sourced with { Sources = [new StreamSource { Name = "O", Consumer = new StreamConsumerSource { Name = "D", DeliverSubject = "here" } }] });
        Assert.Equal(("$JS.API.CONSUMER.RESET.O.D", ""), (origin.Requests[0].Subject, origin.Requests[0].Payload));
        origin.Accept(consumer: "D", ackPolicy: "explicit");
        Assert.Equal("stream source consumer requires flow control ack policy (10217)", stream.DescribeSources(0)[0].Error.ToString());
    }

    [Theory]
    [InlineData("O", "", "O > >")]
    [InlineData("O", "a.>", "O a.> >")]
    public void A_source_is_tracked_by_stream_and_filter(string name, string filter, string expected) =>
        Assert.Equal(expected, SourceNames.IndexOf(new StreamSource { Name = name, FilterSubject = filter }));

    private static string HeadersOf(Stream stream, ulong sequence)
    {
        Assert.Equal(StoreResult.Ok, stream.Store.Load(sequence, out StoredMessage message));
        return Encoding.UTF8.GetString(message.Headers);
    }
}
