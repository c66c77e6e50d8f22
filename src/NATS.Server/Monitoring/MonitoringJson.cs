using System.Buffers;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using NATS.Server.Core.Protocol;
using NATS.Server.Monitoring.Explaining;

namespace NATS.Server.Monitoring;

/// <summary>The JSON of monitoring: snake case names, absent instead of null, times as RFC 3339, spans of time as nanoseconds. Thread-safe.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    Converters = [typeof(TimeConverter), typeof(NanosecondsConverter)])]
[JsonSerializable(typeof(Varz))]
[JsonSerializable(typeof(Connz))]
[JsonSerializable(typeof(Subsz))]
[JsonSerializable(typeof(HealthStatus))]
[JsonSerializable(typeof(Accountz))]
[JsonSerializable(typeof(AccountStatz))]
[JsonSerializable(typeof(Routez))]
[JsonSerializable(typeof(Gatewayz))]
[JsonSerializable(typeof(Leafz))]
[JsonSerializable(typeof(IReadOnlyDictionary<string, QueueStatus>))]
[JsonSerializable(typeof(Expvarz))]
[JsonSerializable(typeof(ProfilezStatus))]
[JsonSerializable(typeof(Explanation))]
internal sealed partial class MonitoringJson : JsonSerializerContext
{
    /// <summary>On several lines.</summary>
    internal static readonly JsonWriterOptions Indented = new() { Indented = true, NewLine = "\n", Encoder = GoJsonEncoder.Instance, SkipValidation = true };
    private static readonly JsonWriterOptions Compact = new() { Encoder = GoJsonEncoder.Instance, SkipValidation = true };

    /// <summary>Appends <paramref name="value"/> to <paramref name="output"/>, on several lines or on one.</summary>
    public static void Write<T>(IBufferWriter<byte> output, T value, JsonTypeInfo<T> type, bool indented)
    {
        using var writer = new Utf8JsonWriter(output, indented ? Indented : Compact);
        JsonSerializer.Serialize(writer, value, type);
    }
}

/// <summary>Times in UTC with as many digits of the second as they have.</summary>
internal sealed class TimeConverter : JsonConverter<DateTimeOffset>
{
    public override DateTimeOffset Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) => reader.GetDateTimeOffset();

    public override void Write(Utf8JsonWriter writer, DateTimeOffset value, JsonSerializerOptions options)
    {
        Span<char> text = stackalloc char[32];
        value.UtcDateTime.TryFormat(text, out int length, "yyyy-MM-ddTHH:mm:ss.FFFFFFFZ", CultureInfo.InvariantCulture);
        writer.WriteStringValue(text[..length]);
    }
}

/// <summary>Spans of time as whole nanoseconds.</summary>
internal sealed class NanosecondsConverter : JsonConverter<TimeSpan>
{
    public override TimeSpan Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        TimeSpan.FromTicks(reader.GetInt64() / TimeSpan.NanosecondsPerTick);

    public override void Write(Utf8JsonWriter writer, TimeSpan value, JsonSerializerOptions options) =>
        writer.WriteNumberValue((long)Int128.Clamp((Int128)value.Ticks * TimeSpan.NanosecondsPerTick, long.MinValue, long.MaxValue));
}
