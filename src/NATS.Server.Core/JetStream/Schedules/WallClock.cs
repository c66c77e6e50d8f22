namespace NATS.Server.Core.JetStream.Schedules;

/// <summary>Immutable. An instant, and what a clock in a time zone shows then.</summary>
internal readonly struct WallClock
{
    public const long Minute = 60;
    public const long Hour = 3600;

    // Some years are kept free at both ends, since zones and steps go beyond an instant.
    private const long MarginSeconds = 10L * 366 * 24 * Hour;
    private static readonly long Earliest = (DateTime.MinValue.Ticks - DateTime.UnixEpoch.Ticks) / TimeSpan.TicksPerSecond;
    private static readonly long Latest = (DateTime.MaxValue.Ticks - DateTime.UnixEpoch.Ticks) / TimeSpan.TicksPerSecond;
    private readonly TimeZoneInfo _zone;

    /// <summary>Looks at a clock.</summary>
    /// <param name="zone">Whose clock it is.</param>
    /// <param name="seconds">Since 1970; supported.</param>
    public WallClock(TimeZoneInfo zone, long seconds)
    {
        _zone = zone;
        Seconds = seconds;
        Local = DateTime.UnixEpoch.AddTicks((seconds + OffsetAt(zone, seconds)) * TimeSpan.TicksPerSecond);
    }

    /// <summary>Since 1970.</summary>
    public long Seconds { get; }

    /// <summary>What the clock shows.</summary>
    public DateTime Local { get; }

    /// <summary>Whether clocks can show the instant and some years around it.</summary>
    public static bool IsSupported(long seconds) => seconds > Earliest + MarginSeconds && seconds < Latest - MarginSeconds;

    public bool IsSupported() => IsSupported(Seconds);

    public WallClock Add(long seconds) => new(_zone, Seconds + seconds);

    public WallClock StartOfMinute() => Add(-(((Seconds % Minute) + Minute) % Minute));

    /// <summary>The same time of the next day.</summary>
    public WallClock AddDay() => At(Local.AddDays(1));

    /// <summary>The same day and time of the next month; days that it does not have are of the month after.</summary>
    public WallClock AddMonth() => At(Local.AddDays(1 - Local.Day).AddMonths(1).AddDays(Local.Day - 1));

    /// <summary>An instant at which the clock shows a time.</summary>
    /// <remarks>
    /// Where it never does or does twice, the offset decides that held when a clock at Greenwich showed the time, and then the one that holds at the instant
    /// this gives: so does Go.
    /// </remarks>
    public WallClock At(DateTime local)
    {
        long seconds = (local.Ticks - DateTime.UnixEpoch.Ticks) / TimeSpan.TicksPerSecond;
        long offset = OffsetAt(_zone, seconds);
        if (offset != 0) offset = OffsetAt(_zone, seconds - offset);
        return new WallClock(_zone, seconds - offset);
    }

    private static long OffsetAt(TimeZoneInfo zone, long seconds) =>
        (long)zone.GetUtcOffset(DateTime.UnixEpoch.AddTicks(seconds * TimeSpan.TicksPerSecond)).TotalSeconds;
}
