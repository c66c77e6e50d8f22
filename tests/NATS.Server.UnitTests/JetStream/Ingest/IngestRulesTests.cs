using System.Text;
using NATS.Server.Core.JetStream.Streams;
using NATS.Server.JetStream.Storage;
using NATS.Server.Testing.JetStream;
using Xunit;
using DiscardPolicy = NATS.Server.Core.JetStream.Streams.DiscardPolicy;

namespace NATS.Server.UnitTests.JetStream.Ingest;

/// <summary>What becomes of published messages; that it is the same as with the reference is proved by scripts that both do.</summary>
public sealed class IngestRulesTests
{
    private static readonly StreamConfig Plain = new()
    {
        Name = "S",
        Subjects = ["s.>"],
        Storage = StorageType.File,
        MaxMessageSize = -1,
        MaxMessages = -1,
        MaxBytes = -1,
        MaxMessagesPerSubject = -1,
        DuplicateWindowNs = 120_000_000_000,
    };

    [Fact]
    public void A_message_without_headers_is_stored_as_it_is()
    {
        var stream = new SimulatedStream(Plain);
        Assert.Equal("""{"stream":"S","seq":1}""", Publish(stream, "", "x"));
        Assert.Equal("s.a\n\nx", Stored(stream, 1));
    }

    [Fact]
    public void The_answer_names_the_domain_unless_it_is_an_error()
    {
        var stream = new SimulatedStream(Plain, domain: "HUB");
        Assert.Equal("""{"stream":"S","domain":"HUB","seq":1}""", Publish(stream, "Nats-Msg-Id: a"));
        Assert.Equal("""{"stream":"S","domain":"HUB","seq":1,"duplicate": true}""", Publish(stream, "Nats-Msg-Id: a"));
        Assert.Equal("""{"error":{"code":400,"err_code":10060,"description":"expected stream does not match"},"stream":"S","seq":0}""", Publish(stream, "Nats-Expected-Stream: T"));
    }

    [Fact]
    public void A_message_id_is_forgotten_when_its_time_is_over()
    {
        var stream = new SimulatedStream(Plain);
        Publish(stream, "Nats-Msg-Id: a");
        stream.NowNs += 119_000_000_000;
        Assert.Contains("duplicate", Publish(stream, "Nats-Msg-Id: a"), StringComparison.Ordinal);
        stream.NowNs += 2_000_000_000;
        Assert.Equal("""{"stream":"S","seq":2}""", Publish(stream, "Nats-Msg-Id: a"));
    }

    [Fact]
    public void A_mirror_does_not_look_for_duplicates()
    {
        var stream = new SimulatedStream(Plain with { Mirror = new StreamSource { Name = "T" } });
        Trusted(stream, "Nats-Msg-Id: a");
        Assert.Equal("""{"stream":"S","seq":2}""", Trusted(stream, "Nats-Msg-Id: a"));
    }

    [Fact]
    public void What_clients_may_not_say_the_server_may()
    {
        var stream = new SimulatedStream(Plain with { AllowMessageSchedules = true, AllowRollup = true });
        const string Headers = "Nats-Stream-Source: T 1 > > s.a\r\nNats-Scheduler: s.b\r\nNats-Schedule-Next: 2030-01-01T00:00:00Z\r\nNats-TTL: 60";
        Assert.StartsWith("{\"error\"", Publish(stream, Headers), StringComparison.Ordinal);
        Assert.Equal("""{"stream":"S","seq":1}""", Trusted(stream, Headers));
    }

    [Fact]
    public void A_message_that_ends_a_schedule_removes_it()
    {
        var stream = new SimulatedStream(Plain with { AllowMessageSchedules = true, AllowRollup = true });
        Publish(stream, "Nats-Schedule: @at 2099-01-01T00:00:00Z\r\nNats-Schedule-Target: s.t", subject: "s.plan");
        Assert.Equal("ttl=0 schedule=4070908800000000000 rollup=Subject ended=", stream.LastPlan);
        Assert.Equal("""{"stream":"S","seq":2}""", Publish(stream, "Nats-Schedule-Next: purge\r\nNats-Scheduler: s.plan", subject: "s.t"));
        Assert.Equal("none", Stored(stream, 1));
    }

    [Fact]
    public void A_schedule_that_repeats_is_due_when_its_message_says()
    {
        var stream = new SimulatedStream(Plain with { AllowMessageSchedules = true, AllowRollup = true });
        Publish(stream, "Nats-Schedule: @every 1h\r\nNats-Schedule-Target: s.t", subject: "s.plan");
        Trusted(stream, "Nats-Scheduler: s.plan\r\nNats-Schedule-Next: 2099-01-01T00:00:00Z", subject: "s.t");
        List<NATS.Server.Core.Storage.StoredSchedule> due = [];
        stream.Store.DueSchedules(4_070_908_799_999_999_999, 10, due);
        Assert.Empty(due);
        stream.Store.DueSchedules(4_070_908_800_000_000_000, 10, due);
        Assert.Single(due);
    }

    [Fact]
    public void The_time_to_live_reaches_that_of_delete_markers()
    {
        var stream = new SimulatedStream(Plain with { AllowMessageTtl = true, SubjectDeleteMarkerTtlNs = 60_000_000_000, AllowRollup = true });
        Publish(stream, "Nats-TTL: 5\r\nX: y");
        Assert.StartsWith("ttl=60 ", stream.LastPlan, StringComparison.Ordinal);
        Assert.Equal("s.a\nNATS/1.0\r\nX: y\r\nNats-TTL: 60\r\n\r\n\n", Stored(stream, 1));
        Publish(stream, "Nats-TTL: never");
        Assert.StartsWith("ttl=-1 ", stream.LastPlan, StringComparison.Ordinal);
    }

    [Fact]
    public void What_a_service_import_added_is_not_stored()
    {
        var stream = new SimulatedStream(Plain);
        Publish(stream, "Nats-Request-Info: {}\r\nX: y\r\nNats-Request-Info: {}");
        Publish(stream, "Nats-Request-Info: {}");
        Assert.Equal("s.a\nNATS/1.0\r\nX: y\r\n\r\n\n", Stored(stream, 1));
        Assert.Equal("s.a\n\n", Stored(stream, 2));
    }

    [Fact]
    public void Without_interest_a_message_only_takes_a_sequence()
    {
        var stream = new SimulatedStream(Plain with { Retention = RetentionPolicy.Interest });
        Assert.Equal("""{"stream":"S","seq":1}""", Publish(stream, "Nats-Msg-Id: a", "x"));
        Assert.Equal("none", Stored(stream, 1));
        Assert.Contains("duplicate", Publish(stream, "Nats-Msg-Id: a", "x"), StringComparison.Ordinal);
        stream.IsWanted = true;
        Publish(stream, "", "y");
        Assert.Equal("s.a\n\ny", Stored(stream, 2));
    }

    [Theory]
    [InlineData("")]
    [InlineData("X: y")]
    public void Without_room_messages_are_refused(string headers)
    {
        var stream = new SimulatedStream(Plain) { IsAccountFull = true };
        Assert.Contains("\"err_code\":10002", Publish(stream, headers), StringComparison.Ordinal);
        stream.IsServerFull = true;
        Assert.Contains("\"err_code\":10023", Publish(stream, headers), StringComparison.Ordinal);
        Assert.Equal(0UL, stream.LastSequence);
    }

    [Fact]
    public void A_sealed_stream_takes_nothing()
    {
        var stream = new SimulatedStream(Plain with { Sealed = true });
        Assert.Contains("\"err_code\":10109", Publish(stream, ""), StringComparison.Ordinal);
        Assert.Contains("\"err_code\":10109", Publish(stream, "Nats-Expected-Stream: T"), StringComparison.Ordinal);
    }

    [Fact]
    public void No_record_is_longer_than_files_can_hold()
    {
        string payload = new('x', (32 * 1024 * 1024) - 33);
        Assert.Equal("""{"stream":"S","seq":1}""", Publish(new SimulatedStream(Plain), "", payload));
        Assert.Contains("message too large", Publish(new SimulatedStream(Plain), "X: y", payload), StringComparison.Ordinal);
    }

    [Fact]
    public void A_full_stream_says_what_is_full()
    {
        var stream = new SimulatedStream(Plain with { MaxMessages = 1, Discard = DiscardPolicy.New });
        Publish(stream, "");
        Assert.Equal("""{"error":{"code":503,"err_code":10077,"description":"maximum messages exceeded"},"stream":"S","seq":0}""", Publish(stream, ""));
    }

    [Fact]
    public void Counters_that_are_summed_up_keep_what_each_source_had()
    {
        var stream = new SimulatedStream(Plain with { AllowMessageCounter = true });
        Trusted(stream, "Nats-Incr: 5\r\nNats-Stream-Source: EU 1 > > s.x", """{"val":"5"}""");
        Assert.Equal("s.a\nNATS/1.0\r\nNats-Incr: 5\r\nNats-Stream-Source: EU 1 > > s.x\r\nNats-Counter-Sources: {\"EU\":{\"s.x\":\"5\"}}\r\n\r\n\n{\"val\":\"5\"}", Stored(stream, 1));
        Trusted(stream, "Nats-Incr: 1\r\nNats-Stream-Source: EU 3 > > s.x", """{"val":"9"}""");
        Assert.Equal("s.a\nNATS/1.0\r\nNats-Incr: 4\r\nNats-Stream-Source: EU 3 > > s.x\r\nNats-Counter-Sources: {\"EU\":{\"s.x\":\"9\"}}\r\n\r\n\n{\"val\":\"9\"}", Stored(stream, 2));
        Trusted(stream, "Nats-Incr: 1\r\nNats-Stream-Source: US 1", """{ "VAL" : "100" }""");
        Assert.EndsWith("{\"val\":\"109\"}", Stored(stream, 3), StringComparison.Ordinal);
        Assert.Contains("""Nats-Counter-Sources: {"EU":{"s.x":"9"},"US":{"s.a":"100"}}""", Stored(stream, 3), StringComparison.Ordinal);
        Assert.Equal("""{"stream":"S","seq":4,"val":"110"}""", Publish(stream, "Nats-Incr: 1"));
        Assert.Contains("""Nats-Counter-Sources: {"EU":{"s.x":"9"},"US":{"s.a":"100"}}""", Stored(stream, 4), StringComparison.Ordinal);
        Assert.Contains("\"err_code\":10172", Trusted(stream, "Nats-Incr: 1\r\nNats-Stream-Source: US 2", "nonsense"), StringComparison.Ordinal);
    }

    [Fact]
    public void Republished_headers_say_where_the_message_is()
    {
        var stream = new SimulatedStream(Plain with { Republish = new RepublishConfig { Source = "s.*", Destination = "again.$1", HeadersOnly = true } }) { NowNs = 1_700_000_000_120_000_000 };
        stream.Publish("s.a", "", "", "hello");
        IReadOnlyList<PublishedAnswer> sent = stream.Publish("s.a", "", "NATS/1.0\r\nX: y\r\n\r\n", "hello");
        Assert.Equal(
            "NATS/1.0\r\nX: y\r\nNats-Stream: S\r\nNats-Subject: s.a\r\nNats-Sequence: 2\r\nNats-Time-Stamp: 2023-11-14T22:13:20.12Z\r\nNats-Last-Sequence: 1\r\nNats-Msg-Size: 5\r\n\r\n", sent.Single().Text);
        Assert.Equal("again.a", sent[0].Subject);
    }

    [Fact]
    public void A_subject_that_became_invalid_is_not_republished()
    {
        var stream = new SimulatedStream(Plain with { Republish = new RepublishConfig { Source = "s.*", Destination = "again.{{split(1,-)}}.x" } });
        Assert.DoesNotContain(stream.Publish("s.-", "", "", "hello"), static sent => sent.Subject.Contains("..", StringComparison.Ordinal));
        Assert.Equal(1UL, stream.LastSequence);
    }

    internal static string Publish(SimulatedStream stream, string headers, string payload = "", string subject = "s.a") =>
        stream.Publish(subject, "r", headers.Length == 0 ? "" : $"NATS/1.0\r\n{headers}\r\n\r\n", payload)[^1].Text;

    private static string Trusted(SimulatedStream stream, string headers, string payload = "", string subject = "s.a") =>
        stream.Publish(subject, "r", $"NATS/1.0\r\n{headers}\r\n\r\n", payload, isTrusted: true)[^1].Text;

    private static string Stored(SimulatedStream stream, ulong sequence) =>
        stream.Store.Load(sequence, out StoredMessage message) == StoreResult.Ok
            ? $"{Encoding.Latin1.GetString(message.Subject)}\n{Encoding.Latin1.GetString(message.Headers)}\n{Encoding.Latin1.GetString(message.Payload)}"
            : "none";
}
