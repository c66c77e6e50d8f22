using System.Text;
using System.Text.Json;

namespace NATS.Server.Core.JetStream.Api;

/// <summary>Pure. Who sent a request, as events tell it.</summary>
internal static class RequesterJson
{
    /// <summary>Writes the object of a request's header <c>Nats-Request-Info</c>, without what is nobody's business: the token of the user, and other servers.</summary>
    /// <returns>False, and nothing is written, when it is no object.</returns>
    public static bool TryWrite(Utf8JsonWriter json, ReadOnlyMemory<byte> client)
    {
        if (!TryParse(client, out JsonDocument? document)) return false;
        using (document)
        {
            json.WriteStartObject();
            foreach (JsonProperty property in document.RootElement.EnumerateObject())
            {
                if (property.NameEquals("jwt"u8) || property.NameEquals("alts"u8)) continue;
                json.WritePropertyName(property.Name);
                WriteValue(json, property.Value);
            }

            json.WriteEndObject();
        }

        return true;
    }

    // Texts are escaped anew, so that they look as everywhere; numbers keep their digits.
    private static void WriteValue(Utf8JsonWriter json, JsonElement value)
    {
        switch (value.ValueKind)
        {
            case JsonValueKind.String:
                json.WriteStringValue(value.GetString());
                break;
            case JsonValueKind.Array:
                json.WriteStartArray();
                foreach (JsonElement element in value.EnumerateArray()) WriteValue(json, element);
                json.WriteEndArray();
                break;
            default:
                json.WriteRawValue(Encoding.UTF8.GetBytes(value.GetRawText()), skipInputValidation: true);
                break;
        }
    }

    private static bool TryParse(ReadOnlyMemory<byte> client, [System.Diagnostics.CodeAnalysis.NotNullWhen(true)] out JsonDocument? document)
    {
        document = null;
        if (client.IsEmpty) return false;
        try
        {
            document = JsonDocument.Parse(client);
        }
        catch (JsonException)
        {
            return false;
        }

        if (document.RootElement.ValueKind == JsonValueKind.Object) return true;
        document.Dispose();
        document = null;
        return false;
    }
}
