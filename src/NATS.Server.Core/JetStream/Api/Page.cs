using System.Text.Json;

namespace NATS.Server.Core.JetStream.Api;

/// <summary>Immutable. Which part of a list an answer has.</summary>
/// <param name="Total">How many there are on all pages.</param>
/// <param name="Offset">How many stand before the page.</param>
/// <param name="Limit">How many a page has at most.</param>
public readonly record struct Page(long Total, long Offset, long Limit)
{
    /// <summary>How many names an answer has at most.</summary>
    public const int NamesLimit = 1024;

    /// <summary>How many streams or consumers an answer describes at most.</summary>
    public const int ListLimit = 256;

    internal void Write(Utf8JsonWriter json)
    {
        json.WriteNumber("total"u8, Total);
        json.WriteNumber("offset"u8, Offset);
        json.WriteNumber("limit"u8, Limit);
    }
}
