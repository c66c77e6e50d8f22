using System.Text.Json.Serialization;

namespace NATS.Server.Monitoring;

/// <summary>Whether the server works, as served on <c>/healthz</c>. Immutable; its properties in snake case are the JSON fields.</summary>
public sealed record HealthStatus
{
    /// <summary><c>ok</c>, <c>error</c> or <c>unavailable</c>.</summary>
    public required string Status { get; init; }

    /// <summary>The HTTP status that says the same. Not part of the HTTP body.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public int StatusCode { get; init; }

    /// <summary>What is wrong; null when nothing is, or when details were asked for.</summary>
    public string? Error { get; init; }

    /// <summary>All that is wrong, when details were asked for.</summary>
    public IReadOnlyList<HealthzError>? Errors { get; init; }
}

/// <summary>One problem in <see cref="HealthStatus"/>. Immutable.</summary>
public sealed record HealthzError
{
    public required HealthzErrorType Type { get; init; }

    public string? Account { get; init; }

    public string? Stream { get; init; }

    public string? Consumer { get; init; }

    public string? Error { get; init; }
}

/// <summary>What a problem is about.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<HealthzErrorType>))]
public enum HealthzErrorType
{
    [JsonStringEnumMemberName("CONNECTION")]
    Connection,

    [JsonStringEnumMemberName("BAD_REQUEST")]
    BadRequest,

    [JsonStringEnumMemberName("JETSTREAM")]
    JetStream,

    [JsonStringEnumMemberName("ACCOUNT")]
    Account,

    [JsonStringEnumMemberName("STREAM")]
    Stream,

    [JsonStringEnumMemberName("CONSUMER")]
    Consumer,
}

/// <summary>What a health check looks at. Immutable.</summary>
public sealed record HealthzOptions
{
    /// <summary>JetStream: only whether it is enabled.</summary>
    public bool JsEnabledOnly { get; init; }

    /// <summary>JetStream: only the server, not accounts, streams and consumers.</summary>
    public bool JsServerOnly { get; init; }

    /// <summary>JetStream: only the meta layer.</summary>
    public bool JsMetaOnly { get; init; }

    /// <summary>Only this account; empty for all.</summary>
    public string Account { get; init; } = "";

    /// <summary>Only this stream; needs <see cref="Account"/>.</summary>
    public string Stream { get; init; } = "";

    /// <summary>Only this consumer; needs <see cref="Stream"/>.</summary>
    public string Consumer { get; init; } = "";

    /// <summary>Whether to list every problem.</summary>
    public bool Details { get; init; }
}
