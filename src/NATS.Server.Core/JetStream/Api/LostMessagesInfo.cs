using System.Text.Json;

namespace NATS.Server.Core.JetStream.Api;

/// <summary>Immutable. Messages that were stored and cannot be read any more.</summary>
/// <param name="Sequences">Which, in order.</param>
/// <param name="Bytes">How much they were, as far as known.</param>
public sealed record LostMessagesInfo(IReadOnlyList<ulong> Sequences, ulong Bytes)
{
    internal void Write(Utf8JsonWriter json)
    {
        json.WriteStartObject("lost"u8);
        json.WriteStartArray("msgs"u8);
        foreach (ulong sequence in Sequences) json.WriteNumberValue(sequence);
        json.WriteEndArray();
        json.WriteNumber("bytes"u8, Bytes);
        json.WriteEndObject();
    }
}
