using NATS.Server.Core.Config;
using NATS.Server.Core.JetStream.Json;

namespace NATS.Server.Core.JetStream.Schedules;

/// <summary>Pure. What the header <c>Nats-Schedule</c> says: when a message is published.</summary>
/// <remarks>
/// <c>@at</c> and a time; <c>@every</c> and a duration; six fields of cron, seconds first; or a name for such fields. Fires at the instants at which
/// nats-server fires, also around changes of the clock. Reference: nats-server scheduler.go and cron.go.
/// </remarks>
public static class Schedule
{
    private const long Second = 1_000_000_000;

    /// <summary>Finds the time at which a schedule publishes next.</summary>
    /// <param name="pattern">The header's value.</param>
    /// <param name="zone">What the header <c>Nats-Schedule-Time-Zone</c> names; null without the header. Only cron may have one.</param>
    /// <param name="afterNs">When it has published last, or when it was received; nanoseconds since 1970.</param>
    /// <param name="nowNs">The time. What was missed before is not made up for: it publishes once.</param>
    /// <param name="next">The time.</param>
    /// <returns>False when the pattern cannot be read, or never comes true within five years.</returns>
    public static bool TryNext(string pattern, TimeZoneInfo? zone, long afterNs, long nowNs, out ScheduledTime next)
    {
        next = default;
        if (pattern.StartsWith("@at ", StringComparison.Ordinal))
        {
            if (zone is not null || !ZonedTime.TryParse(pattern["@at ".Length..], out ZonedTime time, out _)) return false;
            next = new ScheduledTime(time.ToUnixNanoseconds(), Repeats: false);
            return true;
        }

        return pattern.StartsWith("@every ", StringComparison.Ordinal)
            ? zone is null && TryInterval(pattern["@every ".Length..], afterNs, nowNs, out next)
            : TryCron(pattern, zone ?? TimeZoneInfo.Utc, afterNs, nowNs, out next);
    }

    private static bool TryInterval(string text, long afterNs, long nowNs, out ScheduledTime next)
    {
        next = default;
        if (!GoDuration.TryParse(text, out TimeSpan interval, out _) || interval < TimeSpan.FromSeconds(1)) return false;
        long intervalNs = interval.Ticks * TimeSpan.NanosecondsPerTick;
        long timeNs = Add(Round(afterNs), intervalNs);
        if (timeNs < nowNs) timeNs = Add(Round(nowNs), intervalNs);
        next = new ScheduledTime(timeNs, Repeats: true);
        return true;
    }

    private static bool TryCron(string pattern, TimeZoneInfo zone, long afterNs, long nowNs, out ScheduledTime next)
    {
        next = default;
        if (!CronPattern.TryParse(Named(pattern), out CronPattern? cron) || !cron.TryNext(zone, Seconds(afterNs), out long seconds)) return false;
        if (Add(0, seconds, Second) < nowNs && !cron.TryNext(zone, Seconds(Round(nowNs)), out seconds)) return false;
        next = new ScheduledTime(Add(0, seconds, Second), Repeats: true);
        return true;
    }

    private static string Named(string pattern) => pattern switch
    {
        "@yearly" or "@annually" => "0 0 0 1 1 *",
        "@monthly" => "0 0 0 1 * *",
        "@weekly" => "0 0 0 * * 0",
        "@daily" or "@midnight" => "0 0 0 * * *",
        "@hourly" => "0 0 * * * *",
        _ => pattern,
    };

    private static long Seconds(long timeNs) => (long)Math.Floor((decimal)timeNs / Second);

    private static long Round(long timeNs) => Add(0, Seconds(Add(timeNs, Second / 2)), Second);

    private static long Add(long timeNs, long count, long unitNs = 1) => (long)Int128.Clamp(timeNs + ((Int128)count * unitNs), long.MinValue, long.MaxValue);
}
