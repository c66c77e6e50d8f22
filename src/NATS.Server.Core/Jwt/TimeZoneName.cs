namespace NATS.Server.Core.Jwt;

/// <summary>Names of time zones in tokens. Pure.</summary>
internal static class TimeZoneName
{
    private const int MaxLength = 64;

    /// <summary>The time zone, or null. Names are paths for whoever looks them up, so only harmless ones reach the delegate.</summary>
    public static TimeZoneInfo? Find(string name, Func<string, TimeZoneInfo?> find)
    {
        if (name is "" or "UTC") return TimeZoneInfo.Utc;
        if (name == "Local") return TimeZoneInfo.Local;
        bool isHarmless = name.Length <= MaxLength && char.IsAsciiLetter(name[0]) && name.All(static c => char.IsAsciiLetterOrDigit(c) || c is '/' or '_' or '-' or '+');
        return isHarmless ? find(name) : null;
    }
}
