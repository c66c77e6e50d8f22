using System.Text.Json;

namespace NATS.Server.Core.JetStream.Json;

/// <summary>Pure. Properties that are left out when they say nothing, as the reference leaves them out.</summary>
internal static class JsonWriting
{
    public static void WriteTextUnlessEmpty(this Utf8JsonWriter json, ReadOnlySpan<byte> name, string text)
    {
        if (text.Length > 0) json.WriteString(name, text);
    }

    public static void WriteNumberUnlessZero(this Utf8JsonWriter json, ReadOnlySpan<byte> name, long number)
    {
        if (number != 0) json.WriteNumber(name, number);
    }

    public static void WriteFlagIfSet(this Utf8JsonWriter json, ReadOnlySpan<byte> name, bool isSet)
    {
        if (isSet) json.WriteBoolean(name, true);
    }

    public static void WriteTextsUnlessEmpty(this Utf8JsonWriter json, ReadOnlySpan<byte> name, IReadOnlyList<string>? texts) =>
        json.WriteListUnlessEmpty(name, texts, static (writer, text) => writer.WriteStringValue(text));

    public static void WriteListUnlessEmpty<T>(this Utf8JsonWriter json, ReadOnlySpan<byte> name, IReadOnlyList<T>? items, Action<Utf8JsonWriter, T> write)
    {
        if (items is not { Count: > 0 }) return;
        json.WriteStartArray(name);
        foreach (T item in items) write(json, item);
        json.WriteEndArray();
    }

    /// <summary>Writes a time.</summary>
    /// <param name="json">Inside an object.</param>
    /// <param name="name">The property.</param>
    /// <param name="nanoseconds">Since 1970; 0 stands for no time, which is written as the first second of year 1.</param>
    public static void WriteTime(this Utf8JsonWriter json, ReadOnlySpan<byte> name, long nanoseconds)
    {
        if (nanoseconds == 0) json.WriteString(name, "0001-01-01T00:00:00Z"u8);
        else json.WriteString(name, ZonedTime.FromUnixNanoseconds(nanoseconds).ToString());
    }
}
