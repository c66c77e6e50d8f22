using System.Buffers;
using System.Text;
using System.Text.Json;
using NATS.Server.Core.Collections;
using NATS.Server.Core.JetStream.Api;
using NATS.Server.Core.JetStream.Consumers;
using NATS.Server.Core.JetStream.Errors;
using NATS.Server.Core.JetStream.Ingest;
using NATS.Server.Core.JetStream.Json;
using NATS.Server.Core.JetStream.Limits;
using NATS.Server.Core.JetStream.Streams;

namespace NATS.Server.InteropTests.JetStream;

/// <summary>Pure. Reads what answers of the API say, and writes it again with the server's own writers: the same bytes are the proof of them.</summary>
internal static class AnswerRewriter
{
    /// <summary>Writes an answer again.</summary>
    /// <param name="subject">What it answers.</param>
    /// <param name="answer">The answer.</param>
    public static string Rewrite(string subject, byte[] answer)
    {
        using JsonDocument document = JsonDocument.Parse(answer);
        JsonElement root = document.RootElement;
        var output = new ArrayBufferWriter<byte>();
        if (!ApiSubject.TryParse(subject, out ApiSubject api)) WritePubAck(output, root);
        else if (root.TryGetProperty("error", out JsonElement error)) ApiAnswer.WriteError(output, api.Route, ErrorOf(error));
        else if (api.Endpoint == ApiEndpoint.MessageGet) WriteMessage(output, api.Route, root.GetProperty("message"));
        else ApiAnswer.Write(output, api.Route, BodyOf(api.Endpoint, root));
        return Encoding.UTF8.GetString(output.WrittenSpan);
    }

    private static void WritePubAck(IBufferWriter<byte> output, JsonElement root)
    {
        var ack = new PublishAck(TextOf(root, "stream"), TextOf(root, "domain"));
        if (root.TryGetProperty("error", out JsonElement error)) ack.WriteError(ErrorOf(error), output);
        else ack.Write(Unsigned(root, "seq"), output);
    }

    private static void WriteMessage(IBufferWriter<byte> output, ApiRoute route, JsonElement message)
    {
        byte[] headers = message.TryGetProperty("hdrs", out JsonElement given) ? given.GetBytesFromBase64() : [];
        byte[] data = message.TryGetProperty("data", out given) ? given.GetBytesFromBase64() : [];
        ApiAnswer.Write(output, route, new MessageAnswer(Encoding.UTF8.GetBytes(TextOf(message, "subject")), Unsigned(message, "seq"), headers, data, TimeOf(message, "time")));
    }

    private static IAnswerBody BodyOf(ApiEndpoint endpoint, JsonElement root) => endpoint switch
    {
        ApiEndpoint.AccountInfo => AccountOf(root),
        ApiEndpoint.StreamCreate => new StreamCreatedAnswer(StreamOf(root), root.TryGetProperty("did_create", out _)),
        ApiEndpoint.StreamUpdate => StreamOf(root),
        ApiEndpoint.StreamInfo => new StreamInfoAnswer(PageOf(root), StreamOf(root)),
        ApiEndpoint.StreamNames => new NamesAnswer(PageOf(root), TextsOf(root, "streams"), AreConsumers: false),
        ApiEndpoint.ConsumerNames => new NamesAnswer(PageOf(root), TextsOf(root, "consumers"), AreConsumers: true),
        ApiEndpoint.StreamList => new ListAnswer<StreamInfo>(PageOf(root), "streams", [.. root.GetProperty("streams").EnumerateArray().Select(StreamOf)], []),
        ApiEndpoint.ConsumerList => new ListAnswer<ConsumerInfo>(PageOf(root), "consumers", [.. root.GetProperty("consumers").EnumerateArray().Select(ConsumerOf)], []),
        ApiEndpoint.ConsumerCreate or ApiEndpoint.ConsumerInfo => ConsumerOf(root),
        ApiEndpoint.ConsumerReset => new ResetAnswer(ConsumerOf(root), Unsigned(root, "reset_seq")),
        ApiEndpoint.ConsumerPause => new PauseAnswer(ZonedOf(root, "pause_until"), NumberOf(root, "pause_remaining")),
        ApiEndpoint.ConsumerUnpin => EmptyAnswer.Instance,
        ApiEndpoint.StreamPurge => new PurgedAnswer(Unsigned(root, "purged")),
        ApiEndpoint.StreamSnapshot => new SnapshotAnswer(StreamConfigOf(root.GetProperty("config")), StateOf(root.GetProperty("state"))),
        ApiEndpoint.StreamRestore => new RestoreAnswer(TextOf(root, "deliver_subject")),
        ApiEndpoint.AccountPurge => AccountPurgeAnswer.Instance,
        _ => SuccessAnswer.Instance,
    };

    private static StreamInfo StreamOf(JsonElement json) => new()
    {
        Config = StreamConfigOf(json.GetProperty("config")),
        Created = ZonedOf(json, "created"),
        State = StateOf(json.GetProperty("state")),
        Domain = TextOf(json, "domain"),
        Cluster = json.TryGetProperty("cluster", out JsonElement cluster) ? new ClusterInfo(TextOf(cluster, "leader"), TextOf(cluster, "name")) : null,
        Mirror = json.TryGetProperty("mirror", out JsonElement mirror) ? SourceOf(mirror) : null,
        Sources = json.TryGetProperty("sources", out JsonElement sources) ? [.. sources.EnumerateArray().Select(SourceOf)] : [],
        TimestampNs = TimeOf(json, "ts"),
    };

    private static StreamSourceInfo SourceOf(JsonElement json)
    {
        // How another stream is reached is written as it stands in a configuration.
        var config = StreamConfigOf(JsonDocument.Parse($"{{\"mirror\":{{\"external\":{Raw(json, "external")},\"subject_transforms\":{Raw(json, "subject_transforms")}}}}}").RootElement);
        return new StreamSourceInfo
        {
            Name = TextOf(json, "name"),
            External = config.Mirror!.External,
            Lag = Unsigned(json, "lag"),
            Sequence = Unsigned(json, "seq"),
            ActiveNs = NumberOf(json, "active"),
            Error = json.TryGetProperty("error", out JsonElement error) ? ErrorOf(error) : null,
            FilterSubject = TextOf(json, "filter_subject"),
            SubjectTransforms = config.Mirror.SubjectTransforms,
        };
    }

    private static StreamStateInfo StateOf(JsonElement json)
    {
        SubjectTotals? subjects = null;
        if (json.TryGetProperty("subjects", out JsonElement counts))
        {
            subjects = new SubjectTotals(0);
            foreach (JsonProperty count in counts.EnumerateObject()) subjects.Add(Encoding.UTF8.GetBytes(count.Name), count.Value.GetUInt64());
        }

        return new StreamStateInfo
        {
            Messages = Unsigned(json, "messages"),
            Bytes = Unsigned(json, "bytes"),
            FirstSequence = Unsigned(json, "first_seq"),
            FirstTimeNs = TimeOf(json, "first_ts"),
            LastSequence = Unsigned(json, "last_seq"),
            LastTimeNs = TimeOf(json, "last_ts"),
            SubjectCount = NumberOf(json, "num_subjects"),
            Subjects = subjects,
            DeletedCount = Unsigned(json, "num_deleted"),
            Deleted = json.TryGetProperty("deleted", out JsonElement deleted) ? [.. deleted.EnumerateArray().Select(static sequence => sequence.GetUInt64())] : null,
            Consumers = NumberOf(json, "consumer_count"),
        };
    }

    private static ConsumerInfo ConsumerOf(JsonElement json) => new()
    {
        Stream = TextOf(json, "stream_name"),
        Name = TextOf(json, "name"),
        Created = ZonedOf(json, "created"),
        Config = ConsumerConfigOf(json.GetProperty("config")),
        Delivered = SequenceOf(json.GetProperty("delivered")),
        AckFloor = SequenceOf(json.GetProperty("ack_floor")),
        AckPending = NumberOf(json, "num_ack_pending"),
        Redelivered = NumberOf(json, "num_redelivered"),
        Waiting = NumberOf(json, "num_waiting"),
        Pending = Unsigned(json, "num_pending"),
        IsPushBound = json.TryGetProperty("push_bound", out _),
        IsPaused = json.TryGetProperty("paused", out _),
        PauseRemainingNs = NumberOf(json, "pause_remaining"),
        TimestampNs = TimeOf(json, "ts"),
        PriorityGroups = json.TryGetProperty("priority_groups", out JsonElement groups)
            ? [.. groups.EnumerateArray().Select(static group => new PriorityGroupInfo(TextOf(group, "group"), TextOf(group, "pinned_client_id"), TimeOf(group, "pinned_ts")))]
            : [],
    };

    private static SequenceInfo SequenceOf(JsonElement json) => new(Unsigned(json, "consumer_seq"), Unsigned(json, "stream_seq"), TimeOf(json, "last_active"));

    private static AccountInfo AccountOf(JsonElement json)
    {
        JsonElement api = json.GetProperty("api");
        return new AccountInfo
        {
            Usage = UsageOf(json),
            Domain = TextOf(json, "domain"),
            ApiTotal = Unsigned(api, "total"),
            ApiErrors = Unsigned(api, "errors"),
            ApiInflight = Unsigned(api, "inflight"),
            Tiers = json.TryGetProperty("tiers", out JsonElement tiers) ? [.. tiers.EnumerateObject().Select(static tier => KeyValuePair.Create(tier.Name, UsageOf(tier.Value)))] : [],
        };
    }

    private static AccountUsage UsageOf(JsonElement json)
    {
        JsonElement limits = json.GetProperty("limits");
        return new AccountUsage
        {
            Memory = Unsigned(json, "memory"),
            Storage = Unsigned(json, "storage"),
            ReservedMemory = Unsigned(json, "reserved_memory"),
            ReservedStorage = Unsigned(json, "reserved_storage"),
            Streams = NumberOf(json, "streams"),
            Consumers = NumberOf(json, "consumers"),
            Limits = new AccountLimits
            {
                MaxMemory = NumberOf(limits, "max_memory"),
                MaxStorage = NumberOf(limits, "max_storage"),
                MaxStreams = NumberOf(limits, "max_streams"),
                MaxConsumers = NumberOf(limits, "max_consumers"),
                MaxAckPending = NumberOf(limits, "max_ack_pending"),
                MaxMemoryStreamBytes = NumberOf(limits, "memory_max_stream_bytes"),
                MaxStorageStreamBytes = NumberOf(limits, "storage_max_stream_bytes"),
                IsMaxBytesRequired = limits.GetProperty("max_bytes_required").GetBoolean(),
            },
        };
    }

    private static StreamConfig StreamConfigOf(JsonElement json) =>
        StreamConfigJson.TryReadRequest(Encoding.UTF8.GetBytes(json.GetRawText()), isStrict: true, out StreamRequest request, out string? problem) ? request.Config : throw new InvalidOperationException(problem);

    private static ConsumerConfig ConsumerConfigOf(JsonElement json) =>
        ConsumerConfigJson.TryReadRequest(Encoding.UTF8.GetBytes($"{{\"config\":{json.GetRawText()}}}"), isStrict: true, out ConsumerRequest request, out string? problem) ? request.Config : throw new InvalidOperationException(problem);

    private static ApiError ErrorOf(JsonElement json) => new(json.GetProperty("code").GetInt32(), (ApiErrorCode)json.GetProperty("err_code").GetInt32(), TextOf(json, "description"));

    private static Page PageOf(JsonElement json) => new(NumberOf(json, "total"), NumberOf(json, "offset"), NumberOf(json, "limit"));

    private static string TextOf(JsonElement json, string name) => json.TryGetProperty(name, out JsonElement text) ? text.GetString()! : "";

    private static List<string> TextsOf(JsonElement json, string name) =>
        json.GetProperty(name) is { ValueKind: JsonValueKind.Array } texts ? [.. texts.EnumerateArray().Select(static text => text.GetString()!)] : [];

    private static string Raw(JsonElement json, string name) => json.TryGetProperty(name, out JsonElement value) ? value.GetRawText() : "null";

    private static long NumberOf(JsonElement json, string name) => json.TryGetProperty(name, out JsonElement number) ? number.GetInt64() : 0;

    private static ulong Unsigned(JsonElement json, string name) => json.TryGetProperty(name, out JsonElement number) ? number.GetUInt64() : 0;

    private static ZonedTime ZonedOf(JsonElement json, string name) =>
        ZonedTime.TryParse(TextOf(json, name), out ZonedTime time, out string? problem) ? time : throw new InvalidOperationException(problem);

    private static long TimeOf(JsonElement json, string name) =>
        json.TryGetProperty(name, out _) && ZonedOf(json, name) is { IsZero: false } time ? time.ToUnixNanoseconds() : 0;
}
