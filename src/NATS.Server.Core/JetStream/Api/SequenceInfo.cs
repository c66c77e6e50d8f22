using System.Text.Json;
using NATS.Server.Core.JetStream.Json;

namespace NATS.Server.Core.JetStream.Api;

/// <summary>Immutable. How far a consumer is.</summary>
/// <param name="Consumer">The number of the delivery.</param>
/// <param name="Stream">The sequence of the message.</param>
/// <param name="LastActiveNs">When it last went on, nanoseconds since 1970; 0: never.</param>
public readonly record struct SequenceInfo(ulong Consumer, ulong Stream, long LastActiveNs = 0)
{
    internal void Write(Utf8JsonWriter json, ReadOnlySpan<byte> name)
    {
        json.WriteStartObject(name);
        json.WriteNumber("consumer_seq"u8, Consumer);
        json.WriteNumber("stream_seq"u8, Stream);
        if (LastActiveNs != 0) json.WriteTime("last_active"u8, LastActiveNs);
        json.WriteEndObject();
    }
}
