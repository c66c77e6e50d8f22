using System.Text.Json;
using NATS.Server.Core.Protocol;
using NATS.Server.Monitoring;
using NATS.Server.Options;
using NATS.Server.Sessions;

namespace NATS.Server.SystemEvents;

/// <summary>Says in the server's events and answers which server they are from, and in which order and when they were made. Thread-safe.</summary>
internal sealed class ServerStamp(ServerContext server)
{
    // What a server with JetStream can do: JetStream itself, snapshots of streams in binary, replication in the accounts of the assets.
    private const int JetStreamFlags = 7;

    private long _sequence;

    /// <summary>Writes the field <c>server</c>.</summary>
    public void Write(Utf8JsonWriter json)
    {
        json.WritePropertyName("server"u8);
        WriteValue(json);
    }

    /// <summary>Writes the object alone.</summary>
    public void WriteValue(Utf8JsonWriter json)
    {
        ServerInfo info = server.Info;
        ServerOptions options = server.Options;
        json.WriteStartObject();
        json.WriteString("name"u8, info.ServerName);
        json.WriteString("host"u8, info.Host);
        json.WriteString("id"u8, info.ServerId);
        json.WriteUnlessEmpty("domain"u8, info.Domain);
        json.WriteString("ver"u8, ServerVersion.Compatible);
        if (options.Tags.Count > 0)
        {
            json.WriteStartArray("tags"u8);
            foreach (string tag in options.Tags) json.WriteStringValue(tag);
            json.WriteEndArray();
        }

        if (options.Metadata.Count > 0)
        {
            json.WriteStartObject("metadata"u8);
            foreach ((string key, string value) in options.Metadata.OrderBy(static pair => pair.Key, StringComparer.Ordinal)) json.WriteString(key, value);
            json.WriteEndObject();
        }

        json.WriteStartObject("feature_flags"u8);
        foreach ((string flag, bool isOn) in VarzBuilder.MergeFlags(options.FeatureFlags)) json.WriteBoolean(flag, isOn);
        json.WriteEndObject();
        json.WriteBoolean("jetstream"u8, info.JetStream);
        json.WriteNumber("flags"u8, info.JetStream ? JetStreamFlags : 0);
        json.WriteNumber("seq"u8, Interlocked.Increment(ref _sequence));
        json.WriteTime("time"u8, server.Clock.UtcNow);
        json.WriteEndObject();
    }
}
