using System.Text.Json;

namespace NATS.Server.Host.Top;

/// <summary>
/// Reads what the monitoring port of a server answers, of any version: what is missing or of another type is zero or empty. Pure, thread-safe.
/// </summary>
internal static class TopSampleReader
{
    /// <summary>Reads the answers to one question.</summary>
    /// <param name="view">What was asked for.</param>
    /// <param name="server">The answer of <c>/varz</c>.</param>
    /// <param name="connections">That of <c>/connz</c>; null when it was not asked.</param>
    /// <param name="jetStream">That of <c>/jsz</c>; null when it was not asked.</param>
    /// <exception cref="JsonException">An answer is no JSON object.</exception>
    public static TopSample Read(TopView view, byte[] server, byte[]? connections, byte[]? jetStream) => new()
    {
        Server = Parse(server, "/varz", ServerOf),
        Connections = connections is { } page ? Parse(page, "/connz", ConnectionsOf) : null,
        JetStream = jetStream is { } streams ? Parse(streams, "/jsz", json => JetStreamOf(json, view == TopView.Streams)) : null,
    };

    private static T Parse<T>(byte[] text, string endpoint, Func<JsonElement, T> read)
    {
        JsonDocument document;
        try
        {
            document = JsonDocument.Parse(text);
        }
        catch (JsonException problem)
        {
            throw new JsonException($"{endpoint} did not answer with JSON", problem);
        }

        using (document)
        {
            return document.RootElement.ValueKind == JsonValueKind.Object ? read(document.RootElement) : throw new JsonException($"{endpoint} did not answer with an object");
        }
    }

    private static ServerSample ServerOf(JsonElement json) => new()
    {
        Id = json.Text("server_id"),
        Name = json.Text("server_name"),
        Version = json.Text("version"),
        Uptime = json.Text("uptime"),
        Start = json.Time("start"),
        Now = json.Time("now"),
        Cpu = json.Number("cpu"),
        Memory = json.Integer("mem"),
        Cores = (int)Math.Clamp(json.Integer("cores"), 0, int.MaxValue),
        Connections = json.Integer("connections"),
        MaxConnections = json.Integer("max_connections"),
        TotalConnections = json.Integer("total_connections"),
        Routes = json.Integer("routes"),
        LeafNodes = json.Integer("leafnodes"),
        Subscriptions = json.Integer("subscriptions"),
        SlowConsumers = json.Integer("slow_consumers"),
        StaleConnections = json.Integer("stale_connections"),
        StalledClients = json.Integer("stalled_clients"),
        Traffic = TrafficOf(json),
    };

    private static TopTraffic TrafficOf(JsonElement json) => new(json.Integer("in_msgs"), json.Integer("in_bytes"), json.Integer("out_msgs"), json.Integer("out_bytes"));

    private static ConnectionsSample ConnectionsOf(JsonElement json) => new()
    {
        Now = json.Time("now"),
        Total = json.Integer("total"),
        Items = [.. json.Items("connections").Select(ConnectionOf)],
    };

    private static ConnectionSample ConnectionOf(JsonElement json) => new()
    {
        Cid = json.Sequence("cid"),
        Ip = json.Text("ip"),
        Port = json.Integer("port"),
        Name = json.Text("name"),
        Account = json.Text("account"),
        Language = json.Text("lang"),
        Version = json.Text("version"),
        Uptime = json.Text("uptime"),
        Idle = json.Text("idle"),
        RoundTrip = json.Text("rtt"),
        Start = json.Time("start"),
        LastActivity = json.Time("last_activity"),
        Subscriptions = json.Integer("subscriptions"),
        PendingBytes = json.Integer("pending_bytes"),
        Traffic = TrafficOf(json),
        Subjects = [.. json.Items("subscriptions_list").Select(static item => item.Text())],
        Details = [.. json.Items("subscriptions_list_detail").Select(SubscriptionOf)],
    };

    private static SubscriptionSample SubscriptionOf(JsonElement json) => new()
    {
        Subject = json.Text("subject"),
        Queue = json.Text("qgroup"),
        Sid = json.Text("sid"),
        Messages = json.Integer("msgs"),
        Maximum = json.Integer("max"),
    };

    private static JetStreamSample JetStreamOf(JsonElement json, bool withStreams)
    {
        JsonElement config = json.Object("config");
        JsonElement api = json.Object("api");
        return new JetStreamSample
        {
            IsDisabled = json.TryGetProperty("disabled", out JsonElement disabled) && disabled.ValueKind == JsonValueKind.True,
            Now = json.Time("now"),
            Memory = json.Integer("memory"),
            MaxMemory = config.Integer("max_memory"),
            Storage = json.Integer("storage"),
            MaxStorage = config.Integer("max_storage"),
            StreamCount = json.Integer("streams"),
            ConsumerCount = json.Integer("consumers"),
            Messages = json.Integer("messages"),
            Bytes = json.Integer("bytes"),
            ApiRequests = api.Integer("total"),
            ApiErrors = api.Integer("errors"),
            Streams = withStreams ? [.. json.Items("account_details").SelectMany(static account => account.Items("stream_detail").Select(stream => StreamOf(account.Text("name"), stream)))] : null,
        };
    }

    private static StreamSample StreamOf(string account, JsonElement json)
    {
        JsonElement state = json.Object("state");
        return new StreamSample
        {
            Account = account,
            Name = json.Text("name"),
            Created = json.Time("created"),
            Messages = state.Integer("messages"),
            Bytes = state.Integer("bytes"),
            FirstSequence = state.Sequence("first_seq"),
            LastSequence = state.Sequence("last_seq"),
            Subjects = state.Integer("num_subjects"),
            Consumers = [.. json.Items("consumer_detail").Select(ConsumerOf)],
        };
    }

    private static ConsumerSample ConsumerOf(JsonElement json) => new()
    {
        Name = json.Text("name"),
        Created = json.Time("created"),
        Delivered = json.Object("delivered").Sequence("consumer_seq"),
        Acknowledged = json.Object("ack_floor").Sequence("consumer_seq"),
        Pending = json.Integer("num_pending"),
        AckPending = json.Integer("num_ack_pending"),
        Redelivered = json.Integer("num_redelivered"),
        Waiting = json.Integer("num_waiting"),
    };
}
