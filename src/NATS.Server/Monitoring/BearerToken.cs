using System.Buffers.Text;
using System.Text.Json;

namespace NATS.Server.Monitoring;

/// <summary>Recognizes tokens that must not be shown. Pure, thread-safe.</summary>
internal static class BearerToken
{
    /// <summary>Whether a user's JWT is good without a signature of its owner: whoever has it can log in. Also true of what only claims to be one.</summary>
    public static bool IsBearer(string token)
    {
        string[] parts = token.Split('.');
        if (parts.Length != 3 || !Base64Url.IsValid(parts[1])) return false;
        try
        {
            using JsonDocument document = JsonDocument.Parse(Base64Url.DecodeFromChars(parts[1]));
            return document.RootElement.ValueKind == JsonValueKind.Object
                && document.RootElement.TryGetProperty("nats"u8, out JsonElement nats) && nats.ValueKind == JsonValueKind.Object
                && nats.TryGetProperty("bearer_token"u8, out JsonElement bearer) && bearer.ValueKind == JsonValueKind.True;
        }
        catch (JsonException)
        {
            return false;
        }
    }
}
