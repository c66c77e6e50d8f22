using System.Text;
using NATS.Server.Core.JetStream.Errors;
using NATS.Server.Core.JetStream.Schedules;

namespace NATS.Server.Core.JetStream.Ingest;

/// <summary>Pure. The headers that make a message a schedule.</summary>
public static class MessageSchedule
{
    private const int LongestPattern = 4096;
    private const int LongestZone = 64;

    /// <summary>Reads when a schedule publishes next.</summary>
    /// <param name="headers">Of the message.</param>
    /// <param name="findTimeZone">By its name, which is harmless as a path.</param>
    /// <param name="afterNs">When it has published last, or when it was received; nanoseconds since 1970.</param>
    /// <param name="nowNs">The time.</param>
    /// <param name="time">Null when the message is no schedule.</param>
    /// <param name="error">Why it cannot be read.</param>
    /// <returns>False when it cannot be read.</returns>
    public static bool TryRead(in IngestHeaders headers, Func<string, TimeZoneInfo?> findTimeZone, long afterNs, long nowNs, out ScheduledTime? time, out ApiError error)
    {
        time = null;
        error = default;
        TimeZoneInfo? zone = null;
        if (headers.Has(IngestHeader.ScheduleTimeZone) && (zone = ZoneOf(headers[IngestHeader.ScheduleTimeZone], findTimeZone)) is null)
        {
            error = ApiErrors.MessageSchedulesTimeZoneInvalid;
            return false;
        }

        ReadOnlySpan<byte> pattern = headers[IngestHeader.Schedule];
        if (pattern.IsEmpty) return true;
        if (pattern.Length > LongestPattern || !Schedule.TryNext(Encoding.UTF8.GetString(pattern), zone, afterNs, nowNs, out ScheduledTime next))
        {
            error = ApiErrors.MessageSchedulesPatternInvalid;
            return false;
        }

        time = next;
        return true;
    }

    /// <summary>When a stored message is due; 0 when it is no schedule, or none that can be read.</summary>
    /// <param name="block">Its header block.</param>
    /// <param name="timestampNs">When it was stored, nanoseconds since 1970.</param>
    /// <param name="nowNs">The time.</param>
    /// <param name="findTimeZone">By its name, which is harmless as a path.</param>
    public static long DueNs(ReadOnlySpan<byte> block, long timestampNs, long nowNs, Func<string, TimeZoneInfo?> findTimeZone)
    {
        if (block.IndexOf(IngestHeaders.KeyOf(IngestHeader.Schedule)) < 0) return 0;
        return TryRead(new IngestHeaders(block), findTimeZone, timestampNs, nowNs, out ScheduledTime? time, out _) && time is { } next ? NonZero(next.TimeNs) : 0;
    }

    // 0 says that a message is no schedule; the instant itself is as well a nanosecond later.
    internal static long NonZero(long timeNs) => timeNs == 0 ? 1 : timeNs;

    // Names are paths for whoever looks them up, so only harmless ones get there.
    internal static TimeZoneInfo? ZoneOf(ReadOnlySpan<byte> name, Func<string, TimeZoneInfo?> find)
    {
        if (name.SequenceEqual("UTC"u8)) return TimeZoneInfo.Utc;
        if (name.SequenceEqual("Local"u8)) return TimeZoneInfo.Local;
        if (name.IsEmpty || name.Length > LongestZone || !char.IsAsciiLetter((char)name[0])) return null;
        foreach (byte letter in name)
        {
            if (!char.IsAsciiLetterOrDigit((char)letter) && letter is not ((byte)'/' or (byte)'_' or (byte)'-' or (byte)'+')) return null;
        }

        return find(Encoding.ASCII.GetString(name));
    }
}
