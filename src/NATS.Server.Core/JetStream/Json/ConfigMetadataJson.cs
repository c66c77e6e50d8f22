using System.Text.Json;

namespace NATS.Server.Core.JetStream.Json;

/// <summary>Pure. The JSON of metadata.</summary>
internal static class ConfigMetadataJson
{
    /// <summary>Reads entries over those that there are.</summary>
    public static ConfigMetadata Read(JsonCursor json, ConfigMetadata metadata)
    {
        if (json.SkipNull()) return ConfigMetadata.Empty;
        if (!json.EnterObject("map[string]string")) return metadata;
        List<KeyValuePair<string, string>> entries = [];
        while (json.NextKey(out string key)) entries.Add(KeyValuePair.Create(key, json.Text("")));
        return metadata.With(entries);
    }

    public static void WriteUnlessEmpty(Utf8JsonWriter json, ConfigMetadata metadata)
    {
        if (metadata.Count == 0) return;
        json.WriteStartObject("metadata"u8);
        foreach ((string key, string value) in metadata.Entries) json.WriteString(key, value);
        json.WriteEndObject();
    }
}
