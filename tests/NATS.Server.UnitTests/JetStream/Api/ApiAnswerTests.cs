using System.Buffers;
using System.Text;
using NATS.Server.Core.JetStream.Api;
using NATS.Server.Core.JetStream.Consumers;
using NATS.Server.Core.JetStream.Errors;
using NATS.Server.Core.JetStream.Json;
using NATS.Server.Core.JetStream.Limits;
using NATS.Server.Core.JetStream.Streams;
using Xunit;

namespace NATS.Server.UnitTests.JetStream.Api;

/// <summary>Answers of the JetStream API, as the reference writes them.</summary>
public sealed class ApiAnswerTests
{
    private const long SomeTime = 1_763_804_195_440_752_252;
    private const string SomeText = "2025-11-22T09:36:35.440752252Z";

    [Theory]
    [InlineData("STREAM.INFO.S", """{"type":"io.nats.jetstream.api.v1.stream_info_response","error":{"code":404,"err_code":10059,"description":"stream not found"},"total":0,"offset":0,"limit":0}""")]
    [InlineData("STREAM.NAMES", """{"type":"io.nats.jetstream.api.v1.stream_names_response","error":{"code":404,"err_code":10059,"description":"stream not found"},"total":0,"offset":0,"limit":0,"streams":null}""")]
    [InlineData("CONSUMER.NAMES.X", """{"type":"io.nats.jetstream.api.v1.consumer_names_response","error":{"code":404,"err_code":10059,"description":"stream not found"},"total":0,"offset":0,"limit":0,"consumers":[]}""")]
    [InlineData("CONSUMER.PAUSE.S.C", """{"type":"io.nats.jetstream.api.v1.consumer_pause_response","error":{"code":404,"err_code":10059,"description":"stream not found"},"paused":false,"pause_until":"0001-01-01T00:00:00Z"}""")]
    [InlineData("STREAM.PEER.EVACUATE.S", """{"type":"io.nats.jetstream.api.v1.stream_evacuate_peer_response","error":{"code":404,"err_code":10059,"description":"stream not found"}}""")]
    public void An_error_says_what_its_endpoint_always_says(string subject, string expected)
    {
        Assert.True(ApiSubject.TryParse("$JS.API." + subject, out ApiSubject read));
        var output = new ArrayBufferWriter<byte>();
        ApiAnswer.WriteError(output, read.Route, ApiErrors.StreamNotFound);
        Assert.Equal(expected, Encoding.UTF8.GetString(output.WrittenSpan));
    }

    [Fact]
    public void A_stream_is_shown_with_its_state()
    {
        var subjects = new SubjectTotals(1);
        subjects.Add("s.0"u8, 1);
        subjects.Add("s.>x"u8, 2);
        subjects.Add([(byte)'s', 0xFF, 0xE2, 0x82], 3);
        var info = new StreamInfo
        {
            Config = new StreamConfig { Name = "S", Replicas = 1, Storage = StorageType.Memory },
            Created = ZonedTime.FromUnixNanoseconds(SomeTime),
            Domain = "hub",
            Cluster = new ClusterInfo("REF"),
            TimestampNs = SomeTime,
            State = new StreamStateInfo
            {
                Messages = 4, Bytes = 136, FirstSequence = 1, FirstTimeNs = SomeTime, LastSequence = 5, SubjectCount = 3, Subjects = subjects,
                DeletedCount = 1, Deleted = [2], Lost = new LostMessagesInfo([3], 7), Consumers = 9,
            },
            Mirror = new StreamSourceInfo { Name = "M", External = new ExternalStream { ApiPrefix = "a" }, Lag = 1, Error = ApiErrors.StreamNotFound },
            Sources = [new StreamSourceInfo { Name = "O", ActiveNs = 5, FilterSubject = "f", SubjectTransforms = [new SubjectTransformConfig { Source = "a", Destination = "b" }] }],
            Alternates = [new StreamAlternate("S", "hub", "C")],
        };
        string text = Write("STREAM.INFO.S", new StreamInfoAnswer(new Page(3, 1, SubjectTotals.PageSize), info));
        Assert.StartsWith("""{"type":"io.nats.jetstream.api.v1.stream_info_response","total":3,"offset":1,"limit":100000,"config":{"name":"S",""", text, StringComparison.Ordinal);
        Assert.EndsWith(
            $$$""","created":"{{{SomeText}}}","state":{"messages":4,"bytes":136,"first_seq":1,"first_ts":"{{{SomeText}}}","last_seq":5,"last_ts":"0001-01-01T00:00:00Z","num_subjects":3"""
            + ""","subjects":{"s.\u003ex":2,"s\ufffd\ufffd\ufffd":3},"num_deleted":1,"deleted":[2],"lost":{"msgs":[3],"bytes":7},"consumer_count":9},"domain":"hub","cluster":{"leader":"REF"}"""
            + ""","mirror":{"name":"M","external":{"api":"a","deliver":""},"lag":1,"active":-1,"error":{"code":404,"err_code":10059,"description":"stream not found"}}"""
            + ""","sources":[{"name":"O","lag":0,"active":5,"filter_subject":"f","subject_transforms":[{"src":"a","dest":"b"}]}],"alternates":[{"name":"S","domain":"hub","cluster":"C"}]"""
            + $$$""","ts":"{{{SomeText}}}"}""",
            text,
            StringComparison.Ordinal);
        Assert.Equal((3L, 2), (subjects.Total, subjects.Count));
    }

    [Fact]
    public void A_consumer_is_shown()
    {
        var info = new ConsumerInfo
        {
            Stream = "S", Name = "C", Created = ZonedTime.FromUnixNanoseconds(SomeTime), Config = new ConsumerConfig { Name = "C" }, Delivered = new SequenceInfo(1, 2, SomeTime),
            AckFloor = new SequenceInfo(3, 4), AckPending = 5, Redelivered = 6, Waiting = 7, Pending = 8, IsPushBound = true, IsPaused = true, PauseRemainingNs = 9,
            TimestampNs = SomeTime, PriorityGroups = [new PriorityGroupInfo("a"), new PriorityGroupInfo("b", "P", SomeTime)],
        };
        Assert.Equal(
            $$$"""{"type":"io.nats.jetstream.api.v1.consumer_reset_response","stream_name":"S","name":"C","created":"{{{SomeText}}}","config":"""
            + """{"name":"C","deliver_policy":"all","ack_policy":"none","replay_policy":"instant","num_replicas":0},"delivered":"""
            + $$$"""{"consumer_seq":1,"stream_seq":2,"last_active":"{{{SomeText}}}"},"ack_floor":{"consumer_seq":3,"stream_seq":4},"num_ack_pending":5,"num_redelivered":6,"num_waiting":7"""
            + $$$""","num_pending":8,"push_bound":true,"paused":true,"pause_remaining":9,"ts":"{{{SomeText}}}","priority_groups":"""
            + $$$"""[{"group":"a","pinned_ts":"0001-01-01T00:00:00Z"},{"group":"b","pinned_client_id":"P","pinned_ts":"{{{SomeText}}}"}],"reset_seq":11}""",
            Write("CONSUMER.RESET.S.C", new ResetAnswer(info, 11)));
    }

    [Fact]
    public void An_account_is_shown_with_its_tiers()
    {
        var info = new AccountInfo
        {
            Usage = new AccountUsage { Memory = 1, Storage = 2, ReservedMemory = 3, ReservedStorage = 4, Streams = 5, Consumers = 6, Limits = AccountUsage.NoLimits },
            Domain = "hub", ApiTotal = 7, ApiErrors = 8, ApiInflight = 9,
            Tiers = [KeyValuePair.Create("R1", new AccountUsage { Limits = new AccountLimits { MaxMemory = 10, IsMaxBytesRequired = true } })],
        };
        Assert.Equal(
            """{"type":"io.nats.jetstream.api.v1.account_info_response","memory":1,"storage":2,"reserved_memory":3,"reserved_storage":4,"streams":5,"consumers":6,"limits":"""
            + """{"max_memory":0,"max_storage":0,"max_streams":0,"max_consumers":0,"max_ack_pending":0,"memory_max_stream_bytes":0,"storage_max_stream_bytes":0,"max_bytes_required":false}"""
            + ""","domain":"hub","api":{"level":5,"total":7,"errors":8,"inflight":9},"tiers":{"R1":{"memory":0,"storage":0,"reserved_memory":0,"reserved_storage":0,"streams":0,"consumers":0,"limits":"""
            + """{"max_memory":10,"max_storage":-1,"max_streams":-1,"max_consumers":-1,"max_ack_pending":-1,"memory_max_stream_bytes":-1,"storage_max_stream_bytes":-1,"max_bytes_required":true}}}}""",
            Write("INFO", info));
    }

    [Fact]
    public void Lists_show_pages_and_what_cannot_be_shown()
    {
        Assert.Equal("""{"type":"io.nats.jetstream.api.v1.stream_names_response","total":0,"offset":0,"limit":1024,"streams":null}""", Write("STREAM.NAMES", new NamesAnswer(new Page(0, 0, Page.NamesLimit), [], AreConsumers: false)));
        Assert.Equal("""{"type":"io.nats.jetstream.api.v1.stream_names_response","total":3,"offset":1,"limit":1024,"streams":["a","b"]}""", Write("STREAM.NAMES", new NamesAnswer(new Page(3, 1, Page.NamesLimit), ["a", "b"], AreConsumers: false)));
        Assert.Equal("""{"type":"io.nats.jetstream.api.v1.consumer_names_response","total":0,"offset":0,"limit":1024,"consumers":[]}""", Write("CONSUMER.NAMES.S", new NamesAnswer(new Page(0, 0, Page.NamesLimit), [], AreConsumers: true)));
        Assert.Equal(
            """{"type":"io.nats.jetstream.api.v1.stream_list_response","total":1,"offset":0,"limit":256,"streams":[],"missing":["X"],"offline":{"X":"why"}}""",
            Write("STREAM.LIST", new ListAnswer<StreamInfo>(new Page(1, 0, Page.ListLimit), "streams", [], [KeyValuePair.Create("X", "why")])));
    }

    [Fact]
    public void A_message_is_shown_in_base64()
    {
        var output = new ArrayBufferWriter<byte>();
        Assert.True(ApiSubject.TryParse("$JS.API.STREAM.MSG.GET.S", out ApiSubject read));
        ApiAnswer.Write(output, read.Route, new MessageAnswer("s.>"u8, 7, [0xFB, 0xFF], "x"u8, SomeTime));
        Assert.Equal(
            $$$"""{"type":"io.nats.jetstream.api.v1.stream_msg_get_response","message":{"subject":"s.\u003e","seq":7,"hdrs":"+/8=","data":"eA==","time":"{{{SomeText}}}"}}""",
            Encoding.UTF8.GetString(output.WrittenSpan));
        output.ResetWrittenCount();
        ApiAnswer.Write(output, read.Route, new MessageAnswer("s"u8, 7, [], [], SomeTime));
        Assert.DoesNotContain("data", Encoding.UTF8.GetString(output.WrittenSpan), StringComparison.Ordinal);
    }

    [Fact]
    public void Short_answers_say_what_was_done()
    {
        Assert.Equal("""{"type":"io.nats.jetstream.api.v1.stream_delete_response","success":true}""", Write("STREAM.DELETE.S", SuccessAnswer.Instance));
        Assert.Equal("""{"type":"io.nats.jetstream.api.v1.stream_purge_response","success":true,"purged":3}""", Write("STREAM.PURGE.S", new PurgedAnswer(3)));
        Assert.Equal("""{"type":"io.nats.jetstream.api.v1.consumer_unpin_response"}""", Write("CONSUMER.UNPIN.S.C", EmptyAnswer.Instance));
        Assert.Equal("""{"type":"io.nats.jetstream.api.v1.stream_restore_response","deliver_subject":"d"}""", Write("STREAM.RESTORE.S", new RestoreAnswer("d")));
        Assert.Equal("""{"type":"io.nats.jetstream.api.v1.account_purge_response","initiated":true}""", Write("ACCOUNT.PURGE.A", AccountPurgeAnswer.Instance));
        Assert.Equal($$$"""{"type":"io.nats.jetstream.api.v1.consumer_pause_response","paused":true,"pause_until":"{{{SomeText}}}","pause_remaining":5}""", Write("CONSUMER.PAUSE.S.C", new PauseAnswer(ZonedTime.FromUnixNanoseconds(SomeTime) with { OffsetSeconds = 3600 }, 5)));
    }

    private static string Write<T>(string subject, T body)
        where T : IAnswerBody
    {
        Assert.True(ApiSubject.TryParse("$JS.API." + subject, out ApiSubject read));
        var output = new ArrayBufferWriter<byte>();
        ApiAnswer.Write(output, read.Route, body);
        return Encoding.UTF8.GetString(output.WrittenSpan);
    }
}
