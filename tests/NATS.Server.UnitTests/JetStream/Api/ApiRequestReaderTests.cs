using System.Text;
using NATS.Server.Core.JetStream.Api;
using NATS.Server.Core.JetStream.Json;
using Xunit;

namespace NATS.Server.UnitTests.JetStream.Api;

/// <summary>The payloads of requests to the JetStream API.</summary>
public sealed class ApiRequestReaderTests
{
    [Theory]
    [InlineData("", true)]
    [InlineData("{}", true)]
    [InlineData(" { \n} ", true)]
    [InlineData("{}x", false)]
    [InlineData(" ", false)]
    [InlineData("null", false)]
    [InlineData("[]", false)]
    [InlineData("{\"a\":1}", false)]
    [InlineData("{", false)]
    public void Some_requests_say_nothing(string text, bool isEmpty) => Assert.Equal(isEmpty, ApiRequestReader.IsEmpty(Bytes(text).Span));

    [Theory]
    [InlineData(" \t\r\n{", true)]
    [InlineData("[", true)]
    [InlineData("", false)]
    [InlineData("  ", false)]
    [InlineData("\"{\"", false)]
    public void Objects_and_arrays_are_known_by_their_start(string text, bool isOne) => Assert.Equal(isOne, ApiRequestReader.IsObjectOrArray(Bytes(text).Span));

    [Fact]
    public void Pages_never_begin_before_the_first()
    {
        Assert.True(ApiRequestReader.TryReadStreamPage(Bytes("""{"offset":-3,"subject":"a.>"}"""), isStrict: true, areNames: true, out PageRequest request, out _));
        Assert.Equal(new PageRequest { Subject = "a.>" }, request);
        Assert.False(ApiRequestReader.TryReadStreamPage(Bytes("""{"offset":"x"}"""), isStrict: true, areNames: false, out _, out string? problem));
        Assert.Equal("json: cannot unmarshal string into Go struct field JSApiStreamListRequest.offset of type int", problem);
        Assert.False(ApiRequestReader.TryReadConsumerPage(Bytes("""{"subject":"x"}"""), isStrict: true, out _, out problem));
        Assert.Equal("json: unknown field \"subject\"", problem);
    }

    [Fact]
    public void Requests_are_read_field_by_field()
    {
        Assert.True(ApiRequestReader.TryReadStreamInfo(Bytes("""{"offset":3,"deleted_details":true,"subjects_filter":"a"}"""), isStrict: true, out StreamInfoRequest info, out _));
        Assert.Equal(new StreamInfoRequest { Offset = 3, DeletedDetails = true, SubjectsFilter = "a" }, info);
        Assert.True(ApiRequestReader.TryReadPurge(Bytes("""{"seq":3,"filter":"a","keep":2}"""), isStrict: true, out PurgeRequest purge, out _));
        Assert.Equal(new PurgeRequest { Sequence = 3, Filter = "a", Keep = 2 }, purge);
        Assert.True(ApiRequestReader.TryReadMessageDelete(Bytes("""{"seq":3,"no_erase":true}"""), isStrict: true, out MessageDeleteRequest delete, out _));
        Assert.Equal(new MessageDeleteRequest { Sequence = 3, NoErase = true }, delete);
        Assert.True(ApiRequestReader.TryReadSnapshot(Bytes("""{"deliver_subject":"d","no_consumers":true,"chunk_size":1,"window_size":2,"jsck":true}"""), isStrict: true, out SnapshotRequest snapshot, out _));
        Assert.Equal(new SnapshotRequest { DeliverSubject = "d", NoConsumers = true, ChunkSize = 1, WindowSize = 2, ChecksMessages = true }, snapshot);
        Assert.True(ApiRequestReader.TryReadMessageGet(
            Bytes("""{"seq":1,"last_by_subj":"a","next_by_subj":"b","batch":2,"max_bytes":3,"start_time":"1970-01-01T00:00:01Z","multi_last":["c"],"up_to_seq":4,"up_to_time":"1970-01-01T00:00:02Z","no_hdr":true}"""),
            isStrict: true,
            out MessageGetRequest get,
            out _));
        Assert.Equal(
            new MessageGetRequest { Sequence = 1, LastBySubject = "a", NextBySubject = "b", Batch = 2, MaxBytes = 3, StartTime = new ZonedTime(1, 0), MultiLast = ["c"], UpToSequence = 4, UpToTime = new ZonedTime(2, 0), NoHeaders = true },
            get);
        Assert.True(ApiRequestReader.TryReadReset(Bytes("""{"seq":5,"foo":1}"""), out ulong sequence, out _));
        Assert.Equal(5ul, sequence);
        Assert.True(ApiRequestReader.TryReadReset(Bytes(""), out sequence, out _));
        Assert.Equal(0ul, sequence);
        Assert.True(ApiRequestReader.TryReadDirectGet(Bytes("""{"seq":5,"foo":1}"""), out get, out _));
        Assert.Equal(5ul, get.Sequence);
    }

    [Fact]
    public void A_restore_may_say_everything_that_a_snapshot_answered()
    {
        const string State = """{"messages":1,"bytes":2,"first_seq":3,"first_ts":"1970-01-01T00:00:01Z","last_seq":4,"last_ts":"0001-01-01T00:00:00Z","num_subjects":5,"subjects":{"a":1},"num_deleted":6,"deleted":[1,2],"lost":{"msgs":[1],"bytes":2},"consumer_count":7}""";
        Assert.True(ApiRequestReader.TryReadRestore(Bytes($$"""{"config":{"name":"S","subjects":["a"]},"state":{{State}}}"""), isStrict: true, out RestoreRequest request, out _));
        Assert.Equal("S", request.Config.Name);
        Assert.Equal(new StreamStateInfo { Messages = 1, Bytes = 2, FirstSequence = 3, FirstTimeNs = 1_000_000_000, LastSequence = 4, SubjectCount = 5, DeletedCount = 6, Consumers = 7 }, request.State);
        Assert.False(ApiRequestReader.TryReadRestore(Bytes("""{"state":{"foo":1}}"""), isStrict: true, out _, out string? problem));
        Assert.Equal("json: unknown field \"foo\"", problem);
        Assert.False(ApiRequestReader.TryReadRestore(Bytes("""{"state":{"deleted":["x"]}}"""), isStrict: true, out _, out _));
    }

    [Fact]
    public void Pauses_end_at_a_time_or_at_once()
    {
        Assert.True(ApiRequestReader.TryReadPause(Bytes("""{"pause_until":"2030-01-01T00:00:00+01:00"}"""), isStrict: true, out ZonedTime? until, out _));
        Assert.Equal("2029-12-31T23:00:00Z", until?.ToUtc().ToString());
        Assert.True(ApiRequestReader.TryReadPause(Bytes("""{"pause_until":"0001-01-01T00:00:00Z"}"""), isStrict: true, out until, out _));
        Assert.Null(until);
        Assert.False(ApiRequestReader.TryReadPause(Bytes("""{"pause_until":1}"""), isStrict: true, out _, out string? problem));
        Assert.Equal("json: cannot unmarshal number into Go struct field JSApiConsumerPauseRequest.pause_until of type time.Time", problem);
    }

    [Fact]
    public void Letting_go_of_a_pin_needs_a_group()
    {
        Assert.True(ApiRequestReader.TryReadUnpin(Bytes("""{"group":"a","foo":1}"""), out string group, out _));
        Assert.Equal("a", group);
        Assert.False(ApiRequestReader.TryReadUnpin(Bytes("{}"), out _, out string? problem));
        Assert.Equal("consumer group not specified", problem);
        Assert.False(ApiRequestReader.TryReadUnpin(Bytes(""), out _, out problem));
        Assert.Equal("unexpected end of JSON input", problem);
    }

    private static ReadOnlyMemory<byte> Bytes(string text) => Encoding.UTF8.GetBytes(text);
}
