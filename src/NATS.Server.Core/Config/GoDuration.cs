using System.Buffers;
using System.Globalization;
using System.Text;

namespace NATS.Server.Core.Config;

/// <summary>Durations in Go's notation: <c>2m0s</c>, <c>1.5h</c>, <c>100ms</c>. Resolution is that of <see cref="TimeSpan"/>, 100 ns. Thread-safe.</summary>
public static class GoDuration
{
    private const long NanosecondsPerTick = TimeSpan.NanosecondsPerTick;
    private static readonly SearchValues<char> NumberCharacters = SearchValues.Create(".0123456789");

    /// <summary>Parses a signed sequence of decimal numbers with units (ns, us, µs, ms, s, m, h), or a bare 0.</summary>
    /// <param name="text">The text; nothing is trimmed.</param>
    /// <param name="duration">The duration, whose absolute value is at most 2^63 ns (about 292 years); smaller parts than 100 ns are cut off, but never all there is.</param>
    /// <param name="error">Go's message, such as <c>time: missing unit in duration "5"</c>; null on success.</param>
    public static bool TryParse(string text, out TimeSpan duration, out string? error)
    {
        duration = default;
        var rest = text.AsSpan();
        var isNegative = rest.Length > 0 && rest[0] == '-';
        if (rest.Length > 0 && rest[0] is '-' or '+') rest = rest[1..];
        error = null;
        if (rest is "0") return true;

        var invalid = $"time: invalid duration {GoFormat.Quote(text)}";
        if (rest.IsEmpty)
        {
            error = invalid;
            return false;
        }
        var limit = (decimal)long.MaxValue + 1;
        decimal nanoseconds = 0;
        while (!rest.IsEmpty)
        {
            var end = rest.IndexOfAnyExceptInRange('0', '9');
            if (end < 0) end = rest.Length;
            var whole = rest[..end];
            rest = rest[end..];
            var fraction = ReadOnlySpan<char>.Empty;
            if (!rest.IsEmpty && rest[0] == '.')
            {
                rest = rest[1..];
                end = rest.IndexOfAnyExceptInRange('0', '9');
                if (end < 0) end = rest.Length;
                fraction = rest[..end];
                rest = rest[end..];
            }
            // At most 2^63 fits; longer fractions than a decimal holds are below one nanosecond.
            if ((whole.IsEmpty && fraction.IsEmpty) || whole.TrimStart('0').Length > 19)
            {
                error = invalid;
                return false;
            }
            end = rest.IndexOfAny(NumberCharacters);
            if (end < 0) end = rest.Length;
            var unit = rest[..end];
            rest = rest[end..];
            if (UnitOf(unit) is not { } factor)
            {
                error = unit.IsEmpty
                    ? $"time: missing unit in duration {GoFormat.Quote(text)}"
                    : $"time: unknown unit {GoFormat.Quote(unit.ToString())} in duration {GoFormat.Quote(text)}";
                return false;
            }
            var number = whole.IsEmpty ? 0 : decimal.Parse(whole, NumberStyles.None, CultureInfo.InvariantCulture);
            if (!fraction.IsEmpty)
                number += decimal.Parse(fraction[..Math.Min(fraction.Length, 18)], NumberStyles.None, CultureInfo.InvariantCulture) / Power10(Math.Min(fraction.Length, 18));
            // Not multiplied when it is far too large: a decimal would run over.
            if (number > 2 * limit / factor || (nanoseconds += decimal.Truncate(number * factor)) > limit)
            {
                error = invalid;
                return false;
            }
        }
        if (nanoseconds == limit && !isNegative)
        {
            error = invalid;
            return false;
        }
        // Zero means something else to options than very little.
        var ticks = (long)decimal.Truncate((isNegative ? -nanoseconds : nanoseconds) / NanosecondsPerTick);
        if (ticks == 0 && nanoseconds > 0) ticks = isNegative ? -1 : 1;
        duration = TimeSpan.FromTicks(ticks);
        return true;
    }

    /// <summary>Formats as Go does: <c>0s</c>, <c>1.5µs</c>, <c>250ms</c>, <c>2m0s</c>, <c>1h0m0.5s</c>.</summary>
    public static string Format(TimeSpan duration) => Format((Int128)duration.Ticks * NanosecondsPerTick);

    /// <summary>Formats nanoseconds as Go does.</summary>
    public static string FormatNanoseconds(long nanoseconds) => Format((Int128)nanoseconds);

    private static string Format(Int128 nanoseconds)
    {
        if (nanoseconds == 0) return "0s";
        var sign = nanoseconds < 0 ? "-" : "";
        if (nanoseconds < 0) nanoseconds = -nanoseconds;
        if (nanoseconds < 1_000) return $"{sign}{nanoseconds}ns";
        if (nanoseconds < 1_000_000) return $"{sign}{WithFraction(nanoseconds, 1_000)}µs";
        if (nanoseconds < 1_000_000_000) return $"{sign}{WithFraction(nanoseconds, 1_000_000)}ms";

        var text = new StringBuilder(sign);
        var minutes = nanoseconds / 60_000_000_000;
        if (minutes >= 60) text.Append(CultureInfo.InvariantCulture, $"{minutes / 60}h");
        if (minutes > 0) text.Append(CultureInfo.InvariantCulture, $"{minutes % 60}m");
        return text.Append(WithFraction(nanoseconds % 60_000_000_000, 1_000_000_000)).Append('s').ToString();
    }

    private static string WithFraction(Int128 nanoseconds, int unit)
    {
        var fraction = (nanoseconds % unit).ToString(CultureInfo.InvariantCulture).PadLeft(Digits(unit), '0').TrimEnd('0');
        var whole = (nanoseconds / unit).ToString(CultureInfo.InvariantCulture);
        return fraction.Length == 0 ? whole : $"{whole}.{fraction}";
    }

    private static int Digits(int unit) => unit switch { 1_000 => 3, 1_000_000 => 6, _ => 9 };

    private static decimal Power10(int exponent)
    {
        var power = 1m;
        for (var i = 0; i < exponent; i++) power *= 10;
        return power;
    }

    // Nanoseconds per unit; both micro signs are accepted.
    private static decimal? UnitOf(ReadOnlySpan<char> unit) => unit switch
    {
        "ns" => 1,
        "us" or "µs" or "μs" => 1_000,
        "ms" => 1_000_000,
        "s" => 1_000_000_000,
        "m" => 60_000_000_000,
        "h" => 3_600_000_000_000,
        _ => null,
    };
}
