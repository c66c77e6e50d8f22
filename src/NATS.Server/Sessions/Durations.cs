using System.Globalization;

namespace NATS.Server.Sessions;

/// <summary>Durations as the reference writes them in logs: <c>10s</c>, <c>1m30s</c>, <c>2h0m0s</c>, <c>1.5s</c>, <c>50ms</c>. Pure.</summary>
internal static class Durations
{
    public static string Format(TimeSpan duration)
    {
        if (duration == TimeSpan.Zero) return "0s";
        string sign = duration < TimeSpan.Zero ? "-" : "";
        UInt128 nanoseconds = (UInt128)Int128.Abs((Int128)duration.Ticks * TimeSpan.NanosecondsPerTick);
        if (nanoseconds < 1_000) return $"{sign}{nanoseconds}ns";
        if (nanoseconds < 1_000_000) return $"{sign}{Number(nanoseconds, 3)}µs";
        if (nanoseconds < 1_000_000_000) return $"{sign}{Number(nanoseconds, 6)}ms";
        UInt128 minutes = nanoseconds / 60_000_000_000;
        string seconds = Number(nanoseconds % 60_000_000_000, 9) + "s";
        if (minutes == 0) return sign + seconds;
        return minutes < 60 ? $"{sign}{minutes}m{seconds}" : $"{sign}{minutes / 60}h{minutes % 60}m{seconds}";
    }

    /// <summary>A decimal number with as many of the given decimals as it needs.</summary>
    private static string Number(UInt128 value, int decimals)
    {
        string digits = value.ToString(CultureInfo.InvariantCulture).PadLeft(decimals + 1, '0');
        string fraction = digits[^decimals..].TrimEnd('0');
        return fraction.Length == 0 ? digits[..^decimals] : $"{digits[..^decimals]}.{fraction}";
    }
}
