using System.Text.Json;
using System.Text.Json.Serialization;

namespace NATS.Server.Monitoring;

/// <summary>One account in <see cref="Accountz"/>. Immutable; its properties in snake case are the JSON fields. What is empty is null.</summary>
public sealed record AccountInfo
{
    public required string AccountName { get; init; }

    /// <summary>When the account was last declared: by a configuration or by a token.</summary>
    public required DateTimeOffset UpdateTime { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public bool IsSystem { get; init; }

    /// <summary>Whether the account's token is out of date, or was taken away.</summary>
    public required bool Expired { get; init; }

    /// <summary>Whether all imports of the token could be made.</summary>
    public required bool Complete { get; init; }

    [JsonPropertyName("jetstream_enabled")]
    public required bool JetStreamEnabled { get; init; }

    public required int LeafnodeConnections { get; init; }

    public required int ClientConnections { get; init; }

    public required uint Subscriptions { get; init; }

    /// <summary>Destinations by the subject that is mapped.</summary>
    public IReadOnlyDictionary<string, IReadOnlyList<AccountMapping>>? Mappings { get; init; }

    public IReadOnlyList<AccountExport>? Exports { get; init; }

    public IReadOnlyList<AccountImport>? Imports { get; init; }

    /// <summary>The account's token.</summary>
    public string? Jwt { get; init; }

    /// <summary>Who signed the token.</summary>
    public string? IssuerKey { get; init; }

    public string? NameTag { get; init; }

    /// <summary>The tags in the token.</summary>
    public IReadOnlyList<string>? Tags { get; init; }

    /// <summary>What the token says.</summary>
    public JsonElement? DecodedJwt { get; init; }

    /// <summary>What is wrong with the token.</summary>
    public IReadOnlyList<AccountIssue>? ValidationResultJwt { get; init; }

    /// <summary>Users whose tokens of that time and earlier are void.</summary>
    public IReadOnlyDictionary<string, DateTimeOffset>? RevokedUser { get; init; }

    public SublistStatistics? SublistStats { get; init; }

    /// <summary>Requests to the account's services that wait for answers, by the subject that the answer goes to; the oldest <see cref="MaxResponses"/> at most.</summary>
    public IReadOnlyDictionary<string, AccountResponse>? Responses { get; init; }

    /// <summary>Waiting requests that are shown.</summary>
    public const int MaxResponses = 1024;
}

/// <summary>A destination of a subject mapping. Immutable.</summary>
public sealed record AccountMapping
{
    public required string Subject { get; init; }

    /// <summary>In percent, with those of the destinations before it in the same cluster.</summary>
    public required int Weight { get; init; }

    public string? Cluster { get; init; }
}

/// <summary>A stream or service that an account exports. Immutable.</summary>
public sealed record AccountExport
{
    public required string Subject { get; init; }

    /// <summary><c>stream</c> or <c>service</c>.</summary>
    public required string Type { get; init; }

    /// <summary>Whether importers need a token.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public bool TokenReq { get; init; }

    /// <summary>Of services: <c>Singleton</c>, <c>Streamed</c> or <c>Chunked</c>.</summary>
    public string? ResponseType { get; init; }

    public AccountLatency? ServiceLatency { get; init; }

    /// <summary>Who may import it; null when everybody may, or whoever has a token.</summary>
    public IReadOnlyList<string>? ApprovedAccounts { get; init; }

    /// <summary>Accounts whose import tokens of that time and earlier are void.</summary>
    public IReadOnlyDictionary<string, DateTimeOffset>? RevokedActivations { get; init; }
}

/// <summary>A stream or service that an account imports. Immutable.</summary>
public sealed record AccountImport
{
    /// <summary>The subject in the exporting account.</summary>
    public required string Subject { get; init; }

    /// <summary>The exporting account.</summary>
    public required string Account { get; init; }

    /// <summary>Of services the same as <see cref="LocalSubject"/>, for readers that know only the older name.</summary>
    public string? To { get; init; }

    /// <summary>The subject in the importing account.</summary>
    public required string LocalSubject { get; init; }

    /// <summary><c>stream</c> or <c>service</c>.</summary>
    public required string Type { get; init; }

    public required bool Invalid { get; init; }

    /// <summary>Of services: whether the exporter is told who asks.</summary>
    public required bool Share { get; init; }

    public required bool Tracking { get; init; }

    public AccountLatency? Latency { get; init; }
}

/// <summary>A request to a service of an account that waits for its answer. Immutable.</summary>
public sealed record AccountResponse
{
    /// <summary>The kind of import, a number here as in the reference: services are 2.</summary>
    public const int Service = 2;

    /// <summary>Where the requester waits, in its account.</summary>
    public required string Subject { get; init; }

    /// <summary>The requester's account.</summary>
    public required string Account { get; init; }

    /// <summary>The same as <see cref="LocalSubject"/>.</summary>
    public required string To { get; init; }

    /// <summary>Where the answer goes, in the exporting account.</summary>
    public required string LocalSubject { get; init; }

    public int Type { get; init; } = Service;

    public required bool Invalid { get; init; }

    public required bool Share { get; init; }

    /// <summary>Whether the time until the answer is measured.</summary>
    public required bool Tracking { get; init; }

    /// <summary>The headers that asked for the measurement.</summary>
    public JsonElement? TrackingHeader { get; init; }

    public AccountLatency? Latency { get; init; }
}

/// <summary>How latency is measured. Immutable.</summary>
public sealed record AccountLatency
{
    /// <summary>In percent; 0 for requests whose headers ask for it, in JSON <c>"headers"</c>.</summary>
    [JsonConverter(typeof(SamplingConverter))]
    public required int Sampling { get; init; }

    /// <summary>Where measurements are published.</summary>
    public required string Results { get; init; }
}

/// <summary>Something wrong in a token. Immutable.</summary>
public sealed record AccountIssue
{
    public required string Description { get; init; }

    public required bool Blocking { get; init; }

    /// <summary>Whether the time is what is wrong.</summary>
    public required bool TimeCheck { get; init; }
}

/// <summary>The state of a subscription index. Immutable.</summary>
public sealed record SublistStatistics
{
    public uint NumSubscriptions { get; init; }

    /// <summary>Subjects whose matches are cached.</summary>
    public uint NumCache { get; init; }

    public ulong NumInserts { get; init; }

    public ulong NumRemoves { get; init; }

    public ulong NumMatches { get; init; }

    /// <summary>Part of the matches that a cache answered, 0 to 1.</summary>
    public double CacheHitRate { get; init; }

    public uint MaxFanout { get; init; }

    /// <summary>Subscriptions per cached subject.</summary>
    public double AvgFanout { get; init; }
}

/// <summary>Sampling: percent, or that headers decide.</summary>
internal sealed class SamplingConverter : JsonConverter<int>
{
    private const string Headers = "headers";

    public override int Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        reader.TokenType == JsonTokenType.String ? 0 : reader.GetInt32();

    public override void Write(Utf8JsonWriter writer, int value, JsonSerializerOptions options)
    {
        if (value == 0) writer.WriteStringValue(Headers);
        else writer.WriteNumberValue(value);
    }
}
