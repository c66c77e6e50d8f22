using System.Globalization;
using System.Text.Json;
using NATS.Server.Core.Protocol;
using NATS.Server.Monitoring;
using NATS.Server.Options;
using NATS.Server.Sessions;

namespace NATS.Server.SystemEvents;

/// <summary>Says in the server's events and answers which server they are from, and in which order and when they were made. Thread-safe.</summary>
internal sealed class ServerStamp(ServerContext server)
{
    private long _sequence;

    /// <summary>Writes the field <c>server</c>.</summary>
    public void Write(Utf8JsonWriter writer)
    {
        ServerInfo info = server.Info;
        ServerOptions options = server.Options;
        writer.WriteStartObject("server"u8);
        writer.WriteString("name"u8, info.ServerName);
        writer.WriteString("host"u8, info.Host);
        writer.WriteString("id"u8, info.ServerId);
        writer.WriteString("ver"u8, ServerVersion.Compatible);
        if (options.Tags.Count > 0)
        {
            writer.WriteStartArray("tags"u8);
            foreach (string tag in options.Tags) writer.WriteStringValue(tag);
            writer.WriteEndArray();
        }

        if (options.Metadata.Count > 0)
        {
            writer.WriteStartObject("metadata"u8);
            foreach ((string key, string value) in options.Metadata.OrderBy(static pair => pair.Key, StringComparer.Ordinal)) writer.WriteString(key, value);
            writer.WriteEndObject();
        }

        writer.WriteStartObject("feature_flags"u8);
        foreach ((string flag, bool isOn) in VarzBuilder.MergeFlags(options.FeatureFlags)) writer.WriteBoolean(flag, isOn);
        writer.WriteEndObject();
        writer.WriteBoolean("jetstream"u8, false);
        writer.WriteNumber("flags"u8, 0);
        writer.WriteNumber("seq"u8, Interlocked.Increment(ref _sequence));
        writer.WriteString("time"u8, server.Clock.UtcNow.UtcDateTime.ToString("yyyy-MM-ddTHH:mm:ss.FFFFFFFZ", CultureInfo.InvariantCulture));
        writer.WriteEndObject();
    }
}
