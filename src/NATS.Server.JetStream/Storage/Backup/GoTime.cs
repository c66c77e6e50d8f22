using System.Globalization;

namespace NATS.Server.JetStream.Storage.Backup;

/// <summary>Pure. Times as Go writes them into JSON.</summary>
internal static class GoTime
{
    private const long Second = 1_000_000_000;

    /// <summary>RFC 3339 in UTC with as many digits as are needed, up to nanoseconds.</summary>
    /// <param name="timeNs">Nanoseconds since 1970; 0 for no time.</param>
    public static string Format(long timeNs)
    {
        if (timeNs == 0) return "0001-01-01T00:00:00Z";
        (long seconds, long fraction) = Math.DivRem(timeNs, Second);
        if (fraction < 0) (seconds, fraction) = (seconds - 1, fraction + Second);
        string whole = DateTime.UnixEpoch.AddSeconds(seconds).ToString("yyyy-MM-ddTHH:mm:ss", CultureInfo.InvariantCulture);
        string digits = fraction == 0 ? "" : "." + fraction.ToString("D9", CultureInfo.InvariantCulture).TrimEnd('0');
        return whole + digits + "Z";
    }

    /// <summary>Reads what <see cref="Format"/> writes, and the same in other zones.</summary>
    /// <param name="text">RFC 3339.</param>
    /// <param name="timeNs">Nanoseconds since 1970; 0 for the time that stands for none.</param>
    /// <returns>False when it is no time between the years 1678 and 2262.</returns>
    public static bool TryParse(string text, out long timeNs)
    {
        timeNs = 0;
        int dot = text.IndexOf('.', StringComparison.Ordinal);
        int end = dot < 0 ? -1 : text.AsSpan(dot + 1).IndexOfAnyExceptInRange('0', '9');
        long fraction = 0;
        if (dot >= 0)
        {
            if (end is < 1 or > 9) return false;
            string digits = text.Substring(dot + 1, end).PadRight(9, '0');
            fraction = long.Parse(digits, NumberStyles.None, CultureInfo.InvariantCulture);
            text = text[..dot] + text[(dot + 1 + end)..];
        }

        if (!DateTimeOffset.TryParseExact(text, "yyyy-MM-ddTHH:mm:ssK", CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out DateTimeOffset time)) return false;
        if (time.Year == 1) return true;
        if (time.Year is < 1678 or > 2261) return false;
        timeNs = (time.ToUnixTimeSeconds() * Second) + fraction;
        return true;
    }
}
