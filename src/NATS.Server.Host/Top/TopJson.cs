using System.Text.Json;

namespace NATS.Server.Host.Top;

/// <summary>Fields of an object that may be missing or of another type. Pure.</summary>
internal static class TopJson
{
    public static string Text(this JsonElement json, string name) => Find(json, name).Text();

    /// <summary>What a string says. Names are whatever clients send: one that is no text is none.</summary>
    public static string Text(this JsonElement json)
    {
        try
        {
            return json.ValueKind == JsonValueKind.String ? json.GetString()! : "";
        }
        catch (InvalidOperationException)
        {
            return "";
        }
    }

    public static long Integer(this JsonElement json, string name) => Find(json, name) is { ValueKind: JsonValueKind.Number } found && found.TryGetInt64(out long value) ? value : 0;

    public static ulong Sequence(this JsonElement json, string name) => Find(json, name) is { ValueKind: JsonValueKind.Number } found && found.TryGetUInt64(out ulong value) ? value : 0;

    /// <summary>A number that can be counted with: never infinite.</summary>
    public static double Number(this JsonElement json, string name) =>
        Find(json, name) is { ValueKind: JsonValueKind.Number } found && found.TryGetDouble(out double value) && double.IsFinite(value) ? value : 0;

    /// <summary>A time, the earliest there is when there is none.</summary>
    public static DateTimeOffset Time(this JsonElement json, string name) =>
        Find(json, name) is { ValueKind: JsonValueKind.String } found && found.TryGetDateTimeOffset(out DateTimeOffset value) ? value : default;

    /// <summary>The elements of an array that are worth looking at.</summary>
    public static IEnumerable<JsonElement> Items(this JsonElement json, string name) => Find(json, name) is { ValueKind: JsonValueKind.Array } found ? found.EnumerateArray() : [];

    /// <summary>An object, without fields when there is none.</summary>
    public static JsonElement Object(this JsonElement json, string name) => Find(json, name);

    private static JsonElement Find(JsonElement json, string name) => json.ValueKind == JsonValueKind.Object && json.TryGetProperty(name, out JsonElement found) ? found : default;
}
