using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace NATS.Server.SystemEvents;

/// <summary>What becomes of a request. Immutable.</summary>
internal sealed record RequestOutcome
{
    /// <summary>No answer: somebody else is meant, or there is nothing to tell.</summary>
    public static readonly RequestOutcome Silent = new();

    /// <summary>It was done, and there is nothing to tell but that.</summary>
    public static readonly RequestOutcome Done = new() { HasEnvelope = true };

    /// <summary>Whether the answer says which server it is from.</summary>
    public bool HasEnvelope { get; private init; }

    /// <summary>Writes the answer's <c>data</c>, or all of an answer without envelope; null without any.</summary>
    public Action<Utf8JsonWriter>? Write { get; private init; }

    /// <summary>0 unless it failed.</summary>
    public int ErrorCode { get; private init; }

    public string Error { get; private init; } = "";

    public bool IsSilent => !HasEnvelope && Write is null;

    /// <summary>An answer with data.</summary>
    public static RequestOutcome Data(Action<Utf8JsonWriter> write) => new() { HasEnvelope = true, Write = write };

    /// <summary>An answer with data.</summary>
    public static RequestOutcome Data<T>(T data, JsonTypeInfo<T> type) => Data(json => JsonSerializer.Serialize(json, data, type));

    /// <summary>An answer that is nothing but this.</summary>
    public static RequestOutcome Whole(Action<Utf8JsonWriter> write) => new() { Write = write };

    /// <summary>The body cannot be read.</summary>
    public static RequestOutcome BadRequest(string error) => new() { HasEnvelope = true, ErrorCode = 400, Error = error };

    /// <summary>It could not be done.</summary>
    public static RequestOutcome Failed(string error) => new() { HasEnvelope = true, ErrorCode = 500, Error = error };

    /// <summary>There would have been data: the reference says then that it is null.</summary>
    public static RequestOutcome FailedWithoutData(string error) => Failed(error) with { Write = static json => json.WriteNullValue() };
}
