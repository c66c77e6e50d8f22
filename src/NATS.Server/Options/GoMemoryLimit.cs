using System.Globalization;

namespace NATS.Server.Options;

/// <summary>
/// Reads the environment variable with which the reference's memory is limited: deployments that were made for it set it, and size JetStream by it. Pure.
/// </summary>
internal static class GoMemoryLimit
{
    public const string Variable = "GOMEMLIMIT";

    /// <summary>Bytes; null for none, and for a text that means nothing.</summary>
    /// <param name="text">A whole number with <c>B</c>, <c>KiB</c>, <c>MiB</c>, <c>GiB</c>, <c>TiB</c> or nothing behind it, or <c>off</c>.</param>
    public static long? Parse(string? text)
    {
        if (text is null) return null;
        ReadOnlySpan<char> digits = text.AsSpan().TrimEnd("BKMGTi");
        int shift = text.AsSpan(digits.Length) switch
        {
            "" or "B" => 0,
            "KiB" => 10,
            "MiB" => 20,
            "GiB" => 30,
            "TiB" => 40,
            _ => -1,
        };
        if (shift < 0 || !long.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out long number)) return null;
        Int128 bytes = (Int128)number << shift;
        return bytes < long.MaxValue ? (long)bytes : null;
    }
}
