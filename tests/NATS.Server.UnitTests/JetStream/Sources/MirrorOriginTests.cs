using System.Text;
using NATS.Server.Core.JetStream.Streams;
using NATS.Server.JetStream.Storage;
using Xunit;
using Stream = NATS.Server.JetStream.Streams.Stream;

namespace NATS.Server.UnitTests.JetStream.Sources;

/// <summary>A mirror against a stream that the test plays.</summary>
public sealed class MirrorOriginTests
{
    private static readonly StreamConfig Mirror = new() { Name = "M", Storage = StorageType.File, Mirror = new StreamSource { Name = "O" } };

    [Fact]
    public void A_mirror_asks_for_a_consumer_from_the_start()
    {
        var origin = new SimulatedOrigin();
        origin.Create(Mirror);
        Assert.Equal("$JS.API.CONSUMER.CREATE.O", Assert.Single(origin.Requests).Subject);
        Assert.Equal("NATS/1.0\r\nNats-Required-Api-Level: 4\r\n\r\n", origin.Requests[0].Headers);
        Assert.Contains("\"deliver_policy\":\"all\",\"ack_policy\":\"none\"", origin.Requests[0].Payload, StringComparison.Ordinal);
        Assert.Contains("\"name\":\"JS_MIRROR_", origin.Requests[0].Payload, StringComparison.Ordinal);
        Assert.Contains("\"direct\":true,\"sourcing\":true,\"metadata\":{\"_nats.mirror.acc\":\"A\",\"_nats.mirror.stream\":\"M\"}", origin.Requests[0].Payload, StringComparison.Ordinal);
    }

    [Fact]
    public void Messages_keep_their_sequences_and_times_and_gaps_stay_gaps()
    {
        var origin = new SimulatedOrigin();
        Stream stream = origin.Create(Mirror);
        origin.Accept(pending: 3);
        origin.Deliver(1, "a", "one", timeNs: 5, pending: 2);
        origin.Deliver(4, "b", "four", timeNs: 6, headers: "NATS/1.0\r\nX: y\r\nNats-Expected-Stream: O\r\nNats-Batch-Id: q\r\n\r\n", pending: 1);
        Assert.Equal((2UL, 4UL, 2UL), (stream.Store.State.Messages, stream.Store.State.LastSequence, stream.Store.State.Deleted));
        Assert.Equal(StoreResult.Ok, stream.Store.Load(4, out StoredMessage message));
        Assert.Equal((6L, "NATS/1.0\r\nX: y\r\n\r\n"), (message.TimestampNs, Encoding.UTF8.GetString(message.Headers)));
        Assert.Equal(4UL, stream.Readable);
        Assert.Equal(0UL, stream.DescribeMirror(origin.World.Time.GetUtcNow().Ticks)!.Lag);
    }

    [Fact]
    public void A_mirror_without_messages_begins_where_the_other_stream_begins()
    {
        var origin = new SimulatedOrigin();
        Stream stream = origin.Create(Mirror);
        origin.Accept(delivered: 100);
        Assert.Equal((101UL, 100UL), (stream.Store.State.FirstSequence, stream.Store.State.LastSequence));
        origin.Deliver(101, "a", "x");
        Assert.Equal((101UL, 1UL, 0UL), (stream.Store.State.FirstSequence, stream.Store.State.Messages, stream.Store.State.Deleted));
    }

    [Fact]
    public void What_is_missed_is_asked_for_again_from_where_it_was()
    {
        var origin = new SimulatedOrigin();
        Stream stream = origin.Create(Mirror);
        origin.Accept();
        origin.Deliver(1, "a", "one");
        origin.Deliver(3, "a", "three", delivery: 3);
        Assert.Equal(1UL, stream.Store.State.LastSequence);
        origin.World.Advance(TimeSpan.FromSeconds(2.5));
        Assert.Equal(2, origin.Requests.Count);
        Assert.Contains("\"deliver_policy\":\"by_start_sequence\",\"opt_start_seq\":2,", origin.Requests[1].Payload, StringComparison.Ordinal);
        origin.Accept(delivered: 1);
        origin.Deliver(2, "a", "two");
        origin.Deliver(3, "a", "three");
        Assert.Equal((3UL, 3UL), (stream.Store.State.Messages, stream.Store.State.LastSequence));
    }

    [Fact]
    public void A_heartbeat_that_tells_of_more_deliveries_and_silence_make_it_ask_again()
    {
        var origin = new SimulatedOrigin();
        origin.Create(Mirror);
        origin.Accept();
        origin.Deliver(1, "a", "one");
        origin.World.Advance(TimeSpan.FromSeconds(3));
        origin.Control("NATS/1.0 100 Idle Heartbeat\r\nNats-Last-Consumer: 1\r\nNats-Last-Stream: 1\r\n\r\n");
        origin.World.Advance(TimeSpan.FromSeconds(3));
        Assert.Single(origin.Requests);
        origin.Control("NATS/1.0 100 Idle Heartbeat\r\nNats-Last-Consumer: 2\r\nNats-Last-Stream: 2\r\n\r\n");
        origin.World.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(2, origin.Requests.Count);
        origin.Accept(delivered: 1);
        origin.World.Advance(TimeSpan.FromSeconds(9));
        Assert.Equal(2, origin.Requests.Count);
        origin.World.Advance(TimeSpan.FromSeconds(2));
        Assert.Equal(3, origin.Requests.Count);
    }

    [Fact]
    public void A_refusal_is_shown_and_asked_again_later_and_later()
    {
        var origin = new SimulatedOrigin();
        Stream stream = origin.Create(Mirror);
        origin.Refuse(404, 10059, "stream not found");
        Assert.Equal("stream not found (10059)", stream.DescribeMirror(0)!.Error.ToString());
        Assert.Equal(-1, stream.DescribeMirror(0)!.ActiveNs);
        origin.World.Advance(TimeSpan.FromSeconds(11.5));
        Assert.Single(origin.Requests);
        origin.World.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(2, origin.Requests.Count);
        origin.Refuse(404, 10059, "stream not found");
        origin.World.Advance(TimeSpan.FromSeconds(20.5));
        Assert.Equal(2, origin.Requests.Count);
        origin.World.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(3, origin.Requests.Count);
        origin.Accept();
        Assert.Null(stream.DescribeMirror(0)!.Error);
    }

    [Fact]
    public void An_older_server_is_asked_for_less()
    {
        var origin = new SimulatedOrigin();
        origin.Create(Mirror);
        origin.Refuse(412, 10185, "JetStream minimum api level required");
        Assert.Equal(2, origin.Requests.Count);
        Assert.Equal("", origin.Requests[1].Headers);
        Assert.DoesNotContain("sourcing", origin.Requests[1].Payload, StringComparison.Ordinal);
    }

    [Fact]
    public void A_flow_control_message_is_answered_with_how_far_it_is()
    {
        var origin = new SimulatedOrigin();
        origin.Create(Mirror);
        origin.Accept();
        origin.Deliver(1, "a", "one");
        origin.Control("NATS/1.0 100 FlowControl Request\r\n\r\n", "$JS.FC.O.C.x");
        Assert.Equal("NATS/1.0\r\nNats-Last-Consumer: 1\r\nNats-Last-Stream: 1\r\n\r\n", Assert.Single(origin.FlowConfirmations).Headers);
    }

    [Fact]
    public void A_mirror_goes_on_after_a_restart_where_it_was()
    {
        var origin = new SimulatedOrigin();
        origin.Create(Mirror);
        origin.Accept();
        origin.Deliver(1, "a", "one");
        origin.Deliver(2, "a", "two");
        var again = new SimulatedOrigin(world: origin.World.Restart());
        again.World.Advance(TimeSpan.FromSeconds(31));
        Assert.Contains("\"opt_start_seq\":3,", again.Requests[^1].Payload, StringComparison.Ordinal);
    }

    [Fact]
    public void Transforms_and_prefixes_of_another_account_are_used()
    {
        var origin = new SimulatedOrigin();
        Stream stream = origin.Create(Mirror with
        {
            Mirror = new StreamSource
            {
                Name = "O",
                External = new ExternalStream { ApiPrefix = "prefix", DeliverPrefix = "deliver.here" },
                SubjectTransforms = [new SubjectTransformConfig { Source = "a.*", Destination = "b.$1" }],
                StartSequence = 7,
            },
        });
        Assert.StartsWith("prefix.CONSUMER.CREATE.O.JS_MIRROR_", origin.Requests[0].Subject, StringComparison.Ordinal);
        Assert.EndsWith(".a.*", origin.Requests[0].Subject, StringComparison.Ordinal);
        Assert.Contains("\"opt_start_seq\":7,", origin.Requests[0].Payload, StringComparison.Ordinal);
        origin.Accept(delivered: 6);
        Assert.StartsWith("deliver.here.M.", origin.Target, StringComparison.Ordinal);
        origin.Deliver(7, "a.x", "hi");
        Assert.Equal(StoreResult.Ok, stream.Store.Load(7, out StoredMessage message));
        Assert.Equal("b.x", Encoding.UTF8.GetString(message.Subject));
    }

    [Fact]
    public void A_promoted_mirror_deletes_its_consumer_and_takes_no_more()
    {
        var origin = new SimulatedOrigin();
        Stream stream = origin.Create(Mirror);
        origin.Accept();
        origin.Deliver(1, "a", "one");
        Assert.Null(NATS.Server.JetStream.Engine.JetStreamAccount.UpdateStream(stream, stream.Config with { Mirror = null, Subjects = ["m"] }));
        origin.World.RunUntilIdle();
        Assert.Equal("$JS.API.CONSUMER.DELETE.O.C", origin.Requests[^1].Subject);
        origin.Deliver(2, "a", "two");
        origin.World.Publish(("m", "", "mine"));
        origin.World.RunUntilIdle();
        Assert.Equal(StoreResult.Ok, stream.Store.Load(2, out StoredMessage message));
        Assert.Equal("mine", Encoding.UTF8.GetString(message.Payload));
        Assert.Null(stream.DescribeMirror(0));
    }
}
