using NATS.Server.Core.Config;
using NATS.Server.Core.JetStream.Json;

namespace NATS.Server.Options;

/// <summary>Reads sizes in bytes: numbers, or texts with a unit. Pure.</summary>
internal static class StorageSize
{
    /// <summary>Reads a size.</summary>
    /// <param name="entry">A number, an empty text for 0, or a whole number with one of the letters K, M, G and T, each 1,024 times the one before.</param>
    /// <param name="field">The name that messages use.</param>
    /// <param name="size">Bytes; may be negative.</param>
    public static bool TryRead(ConfigEntry entry, string field, out long size)
    {
        size = 0;
        switch (entry.Content)
        {
            case long number:
                size = number;
                return true;
            case "":
                return true;
            case string text:
                return TryParse(entry, field, text, out size);
            default:
                entry.Fail($"{field} must be int64 or string");
                return false;
        }
    }

    private static bool TryParse(ConfigEntry entry, string field, string text, out long size)
    {
        size = 0;
        if (!GoInteger.TryParse(text[..^1], out var number, out var problem, "ParseInt"))
        {
            entry.Fail($"{field} {problem}");
            return false;
        }

        var shift = ("KMGT".IndexOf(text[^1], StringComparison.Ordinal) + 1) * 10;
        if (shift == 0)
        {
            entry.Fail($"{field} sizes defined as strings must end in K, M, G, T");
            return false;
        }

        var bytes = (Int128)number << shift;
        size = unchecked((long)bytes);
        if (size == bytes) return true;
        entry.Fail(bytes > 0 ? $"{field} value is too big" : $"{field} value is too small");
        return false;
    }
}
