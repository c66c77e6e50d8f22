using System.Globalization;
using NATS.Server.Core.Protocol;
using NATS.Server.Sessions;

namespace NATS.Server.Monitoring;

/// <summary>
/// Texts as the reference's runtime writes and reads them: numbers and booleans in queries with their error texts, ages.
/// Pure, thread-safe.
/// </summary>
internal static class GoText
{
    private const string InvalidSyntax = "invalid syntax";
    private const string OutOfRange = "value out of range";

    /// <summary>Reads a boolean in one of its twelve spellings.</summary>
    /// <param name="text">What to read.</param>
    /// <param name="value">False after an error.</param>
    /// <returns>The error text, null when there is none.</returns>
    public static string? ParseBool(ReadOnlySpan<byte> text, out bool value)
    {
        value = text.SequenceEqual("1"u8) || text.SequenceEqual("t"u8) || text.SequenceEqual("T"u8)
            || text.SequenceEqual("true"u8) || text.SequenceEqual("TRUE"u8) || text.SequenceEqual("True"u8);
        bool isFalse = text.SequenceEqual("0"u8) || text.SequenceEqual("f"u8) || text.SequenceEqual("F"u8)
            || text.SequenceEqual("false"u8) || text.SequenceEqual("FALSE"u8) || text.SequenceEqual("False"u8);
        return value || isFalse ? null : Error("ParseBool", text, InvalidSyntax);
    }

    /// <summary>Reads a decimal integer with an optional sign.</summary>
    /// <param name="text">What to read.</param>
    /// <param name="value">0 after an error.</param>
    /// <returns>The error text, null when there is none.</returns>
    public static string? ParseInt(ReadOnlySpan<byte> text, out long value)
    {
        value = 0;
        bool isNegative = text is [(byte)'-', ..];
        ReadOnlySpan<byte> digits = text is [(byte)'-' or (byte)'+', ..] ? text[1..] : text;
        string? reason = ReadDigits(digits, out ulong magnitude);
        ulong limit = isNegative ? 1UL << 63 : long.MaxValue;
        if (reason is null && magnitude > limit) reason = OutOfRange;
        if (reason is not null) return Error("Atoi", text, reason);
        value = isNegative ? unchecked((long)(0 - magnitude)) : (long)magnitude;
        return null;
    }

    /// <summary>Reads a decimal integer without a sign.</summary>
    /// <param name="text">What to read.</param>
    /// <param name="value">0 after an error.</param>
    /// <returns>The error text, null when there is none.</returns>
    public static string? ParseUnsigned(ReadOnlySpan<byte> text, out ulong value)
    {
        string? reason = ReadDigits(text, out value);
        if (reason is null) return null;
        value = 0;
        return Error("ParseUint", text, reason);
    }

    /// <summary>A span of time in whole seconds: <c>3s</c>, <c>1m2s</c>, <c>1d2h3m4s</c>, <c>1y2d3h4m5s</c>.</summary>
    public static string Uptime(TimeSpan span)
    {
        long seconds = span.Ticks / TimeSpan.TicksPerSecond;
        long minutes = seconds / 60;
        long hours = minutes / 60;
        long days = hours / 24;
        long years = days / 365;
        if (years > 0) return string.Create(CultureInfo.InvariantCulture, $"{years}y{days % 365}d{hours % 24}h{minutes % 60}m{seconds % 60}s");
        if (days > 0) return string.Create(CultureInfo.InvariantCulture, $"{days}d{hours % 24}h{minutes % 60}m{seconds % 60}s");
        if (hours > 0) return string.Create(CultureInfo.InvariantCulture, $"{hours}h{minutes % 60}m{seconds % 60}s");
        if (minutes > 0) return string.Create(CultureInfo.InvariantCulture, $"{minutes}m{seconds % 60}s");
        return string.Create(CultureInfo.InvariantCulture, $"{seconds}s");
    }

    /// <summary>A round trip as monitoring shows it: below a millisecond only whole microseconds.</summary>
    public static string RoundTrip(TimeSpan span)
    {
        bool isShort = span > TimeSpan.FromMicroseconds(1) && span < TimeSpan.FromMilliseconds(1);
        return Durations.Format(isShort ? TimeSpan.FromTicks(span.Ticks - (span.Ticks % TimeSpan.TicksPerMicrosecond)) : span);
    }

    // Digits are read up to the first problem: a number that overflows before a bad character is out of range, not malformed.
    private static string? ReadDigits(ReadOnlySpan<byte> digits, out ulong value)
    {
        value = 0;
        if (digits.IsEmpty) return InvalidSyntax;
        foreach (byte digit in digits)
        {
            if (digit is < (byte)'0' or > (byte)'9') return InvalidSyntax;
            UInt128 next = ((UInt128)value * 10) + (uint)(digit - '0');
            if (next > ulong.MaxValue) return OutOfRange;
            value = (ulong)next;
        }

        return null;
    }

    private static string Error(string function, ReadOnlySpan<byte> text, string reason) => $"strconv.{function}: parsing {QuotedText.Quote(text)}: {reason}";
}
