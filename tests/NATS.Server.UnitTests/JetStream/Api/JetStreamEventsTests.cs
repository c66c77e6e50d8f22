using System.Buffers;
using System.Text;
using NATS.Server.Core.JetStream.Api;
using NATS.Server.Core.JetStream.Json;
using Xunit;

namespace NATS.Server.UnitTests.JetStream.Api;

/// <summary>What JetStream publishes about itself.</summary>
public sealed class JetStreamEventsTests
{
    private static readonly DeliveryFact Delivery = new("S", "C", 1, 2, 3);
    private static readonly ReadOnlyMemory<byte> Client = Encoding.UTF8.GetBytes("""{"start":"x","acc":"A","jwt":"secret","rtt":1200,"alts":["B"],"tags":["a>"]}""");

    public static TheoryData<string, string, string> Events => new()
    {
        { "stream", "$JS.EVENT.ADVISORY.STREAM.UPDATED.S", """{"type":"io.nats.jetstream.advisory.v1.stream_action",HEAD,"stream":"S","action":"modify","domain":"hub"}""" },
        { "consumer", "$JS.EVENT.ADVISORY.CONSUMER.CREATED.S.C", """{"type":"io.nats.jetstream.advisory.v1.consumer_action",HEAD,"stream":"S","consumer":"C","action":"create","domain":"hub"}""" },
        { "pause", "$JS.EVENT.ADVISORY.CONSUMER.PAUSE.S.C", """{"type":"io.nats.jetstream.advisory.v1.consumer_pause",HEAD,"stream":"S","consumer":"C","paused":true,"pause_until":"1970-01-01T00:00:01Z","domain":"hub"}""" },
        { "resume", "$JS.EVENT.ADVISORY.CONSUMER.PAUSE.S.C", """{"type":"io.nats.jetstream.advisory.v1.consumer_pause",HEAD,"stream":"S","consumer":"C","paused":false,"pause_until":"0001-01-01T00:00:00Z","domain":"hub"}""" },
        { "ack", "$JS.EVENT.METRIC.CONSUMER.ACK.S.C", """{"type":"io.nats.jetstream.metric.v1.consumer_ack",HEAD,"stream":"S","consumer":"C","consumer_seq":1,"stream_seq":2,"ack_time":9,"deliveries":3,"domain":"hub"}""" },
        { "max", "$JS.EVENT.ADVISORY.CONSUMER.MAX_DELIVERIES.S.C", """{"type":"io.nats.jetstream.advisory.v1.max_deliver",HEAD,"stream":"S","consumer":"C","stream_seq":2,"deliveries":3,"domain":"hub"}""" },
        { "nak", "$JS.EVENT.ADVISORY.CONSUMER.MSG_NAKED.S.C", """{"type":"io.nats.jetstream.advisory.v1.nak",HEAD,"stream":"S","consumer":"C","consumer_seq":1,"stream_seq":2,"deliveries":3,"domain":"hub"}""" },
        { "term", "$JS.EVENT.ADVISORY.CONSUMER.MSG_TERMINATED.S.C", """{"type":"io.nats.jetstream.advisory.v1.terminated",HEAD,"stream":"S","consumer":"C","consumer_seq":1,"stream_seq":2,"deliveries":3,"reason":"why","domain":"hub"}""" },
        { "pinned", "$JS.EVENT.ADVISORY.CONSUMER.PINNED.S.C", """{"type":"io.nats.jetstream.advisory.v1.consumer_group_pinned",HEAD,"account":"A","stream":"S","consumer":"C","domain":"hub","group":"g","pinned_id":"p"}""" },
        { "unpinned", "$JS.EVENT.ADVISORY.CONSUMER.UNPINNED.S.C", """{"type":"io.nats.jetstream.advisory.v1.consumer_group_unpinned",HEAD,"account":"A","stream":"S","consumer":"C","domain":"hub","group":"g","reason":"admin"}""" },
        { "batch", "$JS.EVENT.ADVISORY.STREAM.BATCH_ABANDONED.S", """{"type":"io.nats.jetstream.advisory.v1.stream_batch_abandoned",HEAD,"account":"A","stream":"S","domain":"hub","batch":"b","reason":"incomplete"}""" },
        { "backup", "$JS.EVENT.ADVISORY.STREAM.SNAPSHOT_CREATE.S", """{"type":"io.nats.jetstream.advisory.v1.snapshot_create",HEAD,"stream":"S","state":{"messages":0,"bytes":0,"first_seq":0,"first_ts":"0001-01-01T00:00:00Z","last_seq":0,"last_ts":"0001-01-01T00:00:00Z","consumer_count":0},"client":{"start":"x","acc":"A","rtt":1200,"tags":["a\u003e"]},"domain":"hub"}""" },
        { "backed up", "$JS.EVENT.ADVISORY.STREAM.SNAPSHOT_COMPLETE.S", """{"type":"io.nats.jetstream.advisory.v1.snapshot_complete",HEAD,"stream":"S","start":"1970-01-01T00:00:01Z","end":"1970-01-01T00:00:02Z","client":null,"domain":"hub","error":"e"}""" },
        { "restore", "$JS.EVENT.ADVISORY.STREAM.RESTORE_CREATE.S", """{"type":"io.nats.jetstream.advisory.v1.restore_create",HEAD,"stream":"S","client":null,"domain":"hub"}""" },
        { "restored", "$JS.EVENT.ADVISORY.STREAM.RESTORE_COMPLETE.S", """{"type":"io.nats.jetstream.advisory.v1.restore_complete",HEAD,"stream":"S","start":"1970-01-01T00:00:01Z","end":"1970-01-01T00:00:02Z","bytes":7,"client":null,"domain":"hub"}""" },
        { "audit", "$JS.EVENT.ADVISORY.API", """{"type":"io.nats.jetstream.advisory.v1.api_audit",HEAD,"server":"N","client":{"start":"x","acc":"A","rtt":1200,"tags":["a\u003e"]},"subject":"$JS.API.INFO","request":"r","response":"{\"a\":1}","domain":"hub"}""" },
        { "limit", "$JS.EVENT.ADVISORY.API.LIMIT_REACHED", """{"type":"io.nats.jetstream.advisory.v1.api_limit_reached",HEAD,"server":"N","domain":"hub","dropped":4}""" },
        { "full", "$JS.EVENT.ADVISORY.SERVER.OUT_OF_STORAGE", """{"type":"io.nats.jetstream.advisory.v1.server_out_of_space",HEAD,"server":"N","server_id":"I","stream":"S","cluster":"","domain":"hub"}""" },
    };

    [Theory]
    [MemberData(nameof(Events))]
    public void Events_look_as_the_reference_writes_them(string which, string subject, string expected)
    {
        IJetStreamEvent happened = which switch
        {
            "stream" => new StreamActionEvent("S", AssetAction.Modify),
            "consumer" => new ConsumerActionEvent("S", "C", AssetAction.Create),
            "pause" => new ConsumerPauseEvent("S", "C", true, new ZonedTime(1, 0)),
            "resume" => new ConsumerPauseEvent("S", "C", false, null),
            "ack" => new AckMetricEvent(Delivery, 9),
            "max" => new MaxDeliverEvent(Delivery),
            "nak" => new NakEvent(Delivery),
            "term" => new TerminatedEvent(Delivery, "why"),
            "pinned" => new ConsumerPinnedEvent("A", "S", "C", "g", "p"),
            "unpinned" => new ConsumerUnpinnedEvent("A", "S", "C", "g", "admin"),
            "batch" => new BatchAbandonedEvent("A", "S", "b", BatchAbandonReason.Incomplete),
            "backup" => new SnapshotCreateEvent("S", new StreamStateInfo(), Client),
            "backed up" => new SnapshotCompleteEvent("S", 1_000_000_000, 2_000_000_000, default, "e"),
            "restore" => new RestoreCreateEvent("S", Encoding.UTF8.GetBytes("no object")),
            "restored" => new RestoreCompleteEvent("S", 1_000_000_000, 2_000_000_000, 7, Encoding.UTF8.GetBytes("[]")),
            "audit" => new ApiAuditEvent("N", Client, "$JS.API.INFO", Encoding.UTF8.GetBytes("r"), Encoding.UTF8.GetBytes("""{"a":1}""")),
            "limit" => new ApiLimitReachedEvent("N", 4),
            _ => new OutOfStorageEvent("N", "I", "S", ""),
        };
        var output = new ArrayBufferWriter<byte>();
        JetStreamEvents.Write(output, new EventHead("ID", 3_000_000_000, "hub"), happened);
        Assert.Equal(expected.Replace("HEAD", "\"id\":\"ID\",\"timestamp\":\"1970-01-01T00:00:03Z\"", StringComparison.Ordinal), Encoding.UTF8.GetString(output.WrittenSpan));
        Assert.Equal(subject, happened.Subject);
    }
}
