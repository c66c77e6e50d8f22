namespace NATS.Server.OperatorMode;

/// <summary>The time zones of the machine. Thread-safe.</summary>
internal static class TimeZones
{
    /// <summary>The time zone of a name, or null. Names that could lead out of the folder of time zones are for the caller to refuse.</summary>
    public static TimeZoneInfo? Find(string name) => TimeZoneInfo.TryFindSystemTimeZoneById(name, out TimeZoneInfo? zone) ? zone : null;
}
