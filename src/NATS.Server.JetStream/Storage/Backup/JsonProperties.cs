using System.Buffers.Text;
using System.Text.Json;

namespace NATS.Server.JetStream.Storage.Backup;

/// <summary>A property of a JSON object.</summary>
/// <param name="Name">Decoded.</param>
/// <param name="All">Name and value as they stand there.</param>
/// <param name="Value">The value as it stands there.</param>
/// <param name="Text">The value, if it is a string.</param>
internal readonly record struct JsonPart(string Name, ReadOnlyMemory<byte> All, ReadOnlyMemory<byte> Value, string? Text)
{
    public bool TryGetNumber(out long number) => Utf8Parser.TryParse(Value.Span, out number, out int read) && read == Value.Length;

    public bool TryGetNumber(out ulong number) => Utf8Parser.TryParse(Value.Span, out number, out int read) && read == Value.Length;
}

/// <summary>Pure. The properties of a JSON object, each with the bytes that it has.</summary>
internal static class JsonProperties
{
    /// <summary>Splits an object.</summary>
    /// <param name="json">One whole object, with nothing behind it.</param>
    /// <param name="parts">Its properties in order, also such of the same name; slices of the input.</param>
    /// <returns>False when it is anything else.</returns>
    public static bool TryRead(ReadOnlyMemory<byte> json, out List<JsonPart> parts)
    {
        parts = [];
        try
        {
            var reader = new Utf8JsonReader(json.Span);
            if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject) return false;
            while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
            {
                int start = (int)reader.TokenStartIndex;
                string name = reader.GetString()!;
                if (!reader.Read()) return false;
                int value = (int)reader.TokenStartIndex;
                string? text = reader.TokenType == JsonTokenType.String ? reader.GetString() : null;
                reader.Skip();
                int end = (int)reader.BytesConsumed;
                parts.Add(new JsonPart(name, json[start..end], json[value..end], text));
            }

            return reader.TokenType == JsonTokenType.EndObject && reader.CurrentDepth == 0 && !reader.Read();
        }
        catch (JsonException)
        {
            return false;
        }
        catch (InvalidOperationException)
        {
            // A string that is no valid text.
            return false;
        }
    }
}
