using System.Globalization;

namespace NATS.Server.Sessions;

/// <summary>Durations as the reference writes them in logs: <c>10s</c>, <c>1m30s</c>, <c>2h0m0s</c>, <c>1.5s</c>, <c>50ms</c>. Pure.</summary>
internal static class Durations
{
    public static string Format(TimeSpan duration)
    {
        if (duration == TimeSpan.Zero) return "0s";
        if (duration < TimeSpan.Zero) return "-" + Format(duration.Negate());
        if (duration < TimeSpan.FromSeconds(1))
        {
            double ms = duration.TotalMilliseconds;
            return ms >= 1 ? Number(ms) + "ms" : Number(ms * 1000) + "µs";
        }

        long hours = (long)duration.TotalHours;
        string seconds = Number((duration - TimeSpan.FromMinutes((long)duration.TotalMinutes)).TotalSeconds) + "s";
        if (hours > 0) return $"{hours}h{duration.Minutes}m{seconds}";
        return duration.Minutes > 0 ? $"{duration.Minutes}m{seconds}" : seconds;
    }

    private static string Number(double value) => value.ToString("0.#########", CultureInfo.InvariantCulture);
}
