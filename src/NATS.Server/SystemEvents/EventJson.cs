using System.Globalization;
using System.Text.Json;
using NATS.Server.Core.Protocol;
using NATS.Server.Monitoring;

namespace NATS.Server.SystemEvents;

/// <summary>What events and answers have in common in their JSON. Pure.</summary>
internal static class EventJson
{
    /// <summary>On one line, as the reference escapes.</summary>
    public static readonly JsonWriterOptions Options = new() { Encoder = GoJsonEncoder.Instance, SkipValidation = true };

    /// <summary>Writes a time in UTC with as many digits of the second as it has.</summary>
    public static void WriteTime(this Utf8JsonWriter json, ReadOnlySpan<byte> name, DateTimeOffset time)
    {
        Span<char> text = stackalloc char[32];
        time.UtcDateTime.TryFormat(text, out int length, "yyyy-MM-ddTHH:mm:ss.FFFFFFFZ", CultureInfo.InvariantCulture);
        json.WriteString(name, text[..length]);
    }

    /// <summary>Writes a text, unless it is empty.</summary>
    public static void WriteUnlessEmpty(this Utf8JsonWriter json, ReadOnlySpan<byte> name, string text)
    {
        if (text.Length > 0) json.WriteString(name, text);
    }

    /// <summary>Writes messages and bytes as an object.</summary>
    public static void WriteTraffic(this Utf8JsonWriter json, ReadOnlySpan<byte> name, long messages, long bytes)
    {
        json.WriteStartObject(name);
        json.WriteNumber("msgs"u8, messages);
        json.WriteNumber("bytes"u8, bytes);
        json.WriteEndObject();
    }

    /// <summary>Writes what clients of a connection or server sent and received, seen from the server: in is what it received.</summary>
    public static void WriteReceived(this Utf8JsonWriter json, ReadOnlySpan<byte> name, TrafficSnapshot traffic) =>
        json.WriteTraffic(name, traffic.InMessages, traffic.InBytes);

    public static void WriteSent(this Utf8JsonWriter json, ReadOnlySpan<byte> name, TrafficSnapshot traffic) =>
        json.WriteTraffic(name, traffic.OutMessages, traffic.OutBytes);
}
