using System.Text.Json;

namespace NATS.Server.JetStream.Storage.Inspection;

/// <summary>What of a stream's configuration decides what its index holds. Immutable.</summary>
/// <param name="AllowTtl">Messages may have a time to live.</param>
/// <param name="AllowSchedules">Messages may be schedules.</param>
internal sealed record StreamSettings(bool AllowTtl, bool AllowSchedules)
{
    /// <summary>Reads a configuration; null when there is none that can be read.</summary>
    public static StreamSettings? Read(byte[]? configuration)
    {
        if (configuration is null) return null;
        bool allowsTtl = false;
        bool allowsSchedules = false;
        try
        {
            var reader = new Utf8JsonReader(configuration);
            while (reader.Read())
            {
                if (reader.CurrentDepth != 1 || reader.TokenType != JsonTokenType.PropertyName) continue;
                bool isTtl = reader.ValueTextEquals("allow_msg_ttl"u8);
                bool isSchedules = reader.ValueTextEquals("allow_msg_schedules"u8);
                if (!reader.Read()) return null;
                if (isTtl) allowsTtl = reader.TokenType == JsonTokenType.True;
                if (isSchedules) allowsSchedules = reader.TokenType == JsonTokenType.True;
            }

            return new StreamSettings(allowsTtl, allowsSchedules);
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException)
        {
            return null;
        }
    }
}
