using System.Text.Json;

namespace NATS.Server.Core.JetStream.Errors;

/// <summary>
/// Immutable. Why a JetStream request or a publish was refused, as the client sees it. <see cref="ApiErrors"/> makes them; clients decide by
/// <see cref="ErrorCode"/>, people read <see cref="Description"/>.
/// </summary>
/// <param name="Code">The coarse kind, in the manner of HTTP: 400, 404, 409, 412, 429, 500 or 503.</param>
/// <param name="ErrorCode">Which error of the catalogue.</param>
/// <param name="Description">The text, its placeholders filled in.</param>
public readonly record struct ApiError(int Code, ApiErrorCode ErrorCode, string Description)
{
    /// <summary>Writes the object <c>{"code":…,"err_code":…,"description":…}</c>; the writer should escape with the encoder of the protocol's JSON.</summary>
    public void Write(Utf8JsonWriter json)
    {
        json.WriteStartObject();
        json.WriteNumber("code"u8, Code);
        json.WriteNumber("err_code"u8, (int)ErrorCode);
        if (Description.Length > 0) json.WriteString("description"u8, Description);
        json.WriteEndObject();
    }

    /// <summary>Writes the properties of an answer that is an error: its <c>type</c> and the <c>error</c>. The caller opens and closes the object.</summary>
    /// <param name="json">Inside an object.</param>
    /// <param name="type">The whole type of the answer, such as <c>io.nats.jetstream.api.v1.stream_create_response</c>.</param>
    public void WriteAnswer(Utf8JsonWriter json, string type)
    {
        json.WriteString("type"u8, type);
        json.WritePropertyName("error"u8);
        Write(json);
    }

    /// <summary>As logs show it: <c>stream not found (10059)</c>.</summary>
    public override string ToString() => $"{Description} ({(int)ErrorCode})";
}
