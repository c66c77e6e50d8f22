using System.Text.Json;

namespace NATS.Server.JetStream.Storage.Assets;

/// <summary>Pure. What has to be known of a configuration to tell a whole one from a damaged one.</summary>
internal static class AssetJson
{
    /// <summary>Whether it is one whole JSON object.</summary>
    public static bool IsObject(ReadOnlySpan<byte> json) => TryScan(json, out _);

    /// <summary>The name of the stream or consumer; null when there is none, or it is not one whole JSON object.</summary>
    public static string? NameOf(ReadOnlySpan<byte> json) => TryScan(json, out string? name) ? name : null;

    // A stream has "name"; a consumer "Name" since it has names, and "durable_name" if it is durable.
    private static bool TryScan(ReadOnlySpan<byte> json, out string? name)
    {
        name = null;
        try
        {
            var reader = new Utf8JsonReader(json);
            if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject) return false;
            while (reader.Read())
            {
                if (reader.CurrentDepth != 1 || reader.TokenType != JsonTokenType.PropertyName) continue;
                bool isName = reader.ValueTextEquals("name"u8) || reader.ValueTextEquals("Name"u8);
                bool isDurable = reader.ValueTextEquals("durable_name"u8);
                if (!reader.Read()) return false;
                if (reader.TokenType == JsonTokenType.String && (isName || (isDurable && name is null)))
                {
                    if (reader.GetString() is { Length: > 0 } text) name = text;
                }
                else if (reader.TokenType is JsonTokenType.StartObject or JsonTokenType.StartArray)
                {
                    reader.Skip();
                }
            }

            return true;
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException)
        {
            return false; // text that is not UTF-8 throws the latter
        }
    }
}
