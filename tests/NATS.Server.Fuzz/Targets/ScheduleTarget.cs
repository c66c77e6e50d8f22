using System.Text;
using NATS.Server.Core.JetStream.Schedules;

namespace NATS.Server.Fuzz.Targets;

/// <summary>Patterns of schedules: what repeats is not due before now, and a time that was found is found again from just before it.</summary>
internal sealed class ScheduleTarget : IFuzzTarget
{
    private const long Now = 1_800_000_000_000_000_000;
    private const long Second = 1_000_000_000;

    public string Name => "schedules";

    public long BaseAllocation => 64 * 1024;

    public int AllocationPerByte => 512;

    public string? Run(byte[] input, Random random)
    {
        string pattern = Encoding.Latin1.GetString(input);
        TimeZoneInfo? zone = random.Next(2) == 0 ? null : TimeZoneInfo.Utc;
        long after = random.Next(2) == 0 ? Now : Now - (random.NextInt64(1000) * 24 * 3600 * Second);
        if (!Schedule.TryNext(pattern, zone, after, Now, out ScheduledTime next) || !next.Repeats) return null;
        if (next.TimeNs < Now) return "a schedule is due in the past";
        if (pattern.StartsWith("@every", StringComparison.Ordinal)) return null;
        return Schedule.TryNext(pattern, zone, next.TimeNs - 1, Now, out ScheduledTime again) && again == next ? null : "a time is found only once";
    }
}
