using System.Globalization;

namespace NATS.Server.Core.Jwt;

/// <summary>The times of day at which a user may be connected. Pure.</summary>
public static class ConnectTimes
{
    /// <summary>Reads <c>hh:mm:ss</c>; the hour may have one digit.</summary>
    public static bool TryParse(string text, out TimeSpan time)
    {
        time = default;
        int colon = text.IndexOf(':');
        if (colon is not (1 or 2) || text.Length != colon + 6 || text[colon + 3] != ':') return false;
        if (!Digits(text.AsSpan(0, colon), 23, out int hour) || !Digits(text.AsSpan(colon + 1, 2), 59, out int minute)) return false;
        if (!Digits(text.AsSpan(colon + 4, 2), 59, out int second)) return false;
        time = new TimeSpan(hour, minute, second);
        return true;
    }

    /// <summary>Whether a user may be connected now, and for how long.</summary>
    /// <param name="rights">Of the user.</param>
    /// <param name="now">Any offset.</param>
    /// <param name="localZone">The server's, for users without one of their own.</param>
    /// <param name="findTimeZone">The time zone of an IANA name; null when there is none.</param>
    /// <param name="left">Until the end of the range that lasts longest; null without ranges.</param>
    public static bool AreNow(UserRights rights, DateTimeOffset now, TimeZoneInfo localZone, Func<string, TimeZoneInfo?> findTimeZone, out TimeSpan? left)
    {
        left = null;
        if (rights.Times.Count == 0) return true;
        TimeZoneInfo? zone = rights.TimeZone.Length == 0 ? localZone : TimeZoneName.Find(rights.TimeZone, findTimeZone);
        if (zone is null) return false;
        DateTime today = TimeZoneInfo.ConvertTime(now, zone).Date;
        foreach (TimeRange range in rights.Times)
        {
            if (!TryParse(range.Start, out TimeSpan start) || !TryParse(range.End, out TimeSpan end)) return false;
            if (RemainingAt(now, zone, today + start, today + end) is { } remaining && (left is null || remaining > left)) left = remaining;
        }

        return left is not null;
    }

    private static TimeSpan? RemainingAt(DateTimeOffset now, TimeZoneInfo zone, DateTime start, DateTime end)
    {
        DateTimeOffset from = At(start, zone);
        DateTimeOffset until = At(end, zone);
        if (from < now && until > now) return until - now;
        if (start <= end) return null;

        // The range crosses midnight: now is in the morning of one that began yesterday, or in the evening of one that ends tomorrow.
        if (until > now) return until - now;
        until = At(end.AddDays(1), zone);
        return from < now && until > now ? until - now : null;
    }

    // A time of day that daylight saving skips is taken as if it had not begun.
    private static DateTimeOffset At(DateTime local, TimeZoneInfo zone)
    {
        TimeSpan offset = zone.IsInvalidTime(local) ? zone.GetUtcOffset(local.AddHours(-1)) : zone.GetUtcOffset(local);
        return new DateTimeOffset(DateTime.SpecifyKind(local, DateTimeKind.Unspecified), offset);
    }

    private static bool Digits(ReadOnlySpan<char> text, int most, out int number) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out number) && number <= most;
}
