using System.Buffers;
using System.Text;
using NATS.Server.Core.JetStream.Json;
using NATS.Server.Core.JetStream.Schedules;
using NATS.Server.Core.Protocol;

namespace NATS.Server.Core.JetStream.Ingest;

/// <summary>Pure. The headers of the message that a schedule publishes when it is due.</summary>
public static class ScheduledMessage
{
    private const long Second = 1_000_000_000;

    /// <summary>Writes the header block: that of the content, without what is meant for the schedule, and who published it.</summary>
    /// <param name="schedule">The header block of the schedule.</param>
    /// <param name="subject">Of the schedule.</param>
    /// <param name="content">The header block of the message whose content is published: of the schedule or of its source; empty for none.</param>
    /// <param name="dueNs">When the schedule was due, nanoseconds since 1970.</param>
    /// <param name="nowNs">The time.</param>
    /// <param name="findTimeZone">By its name, which is harmless as a path.</param>
    /// <param name="output">Gets the block.</param>
    /// <returns>False when the message is no schedule: it never publishes.</returns>
    public static bool TryWrite(
        ReadOnlySpan<byte> schedule, ReadOnlySpan<byte> subject, ReadOnlySpan<byte> content, long dueNs, long nowNs, Func<string, TimeZoneInfo?> findTimeZone, IBufferWriter<byte> output)
    {
        var headers = new IngestHeaders(schedule);
        if (!MessageSchedule.TryRead(headers, findTimeZone, dueNs, nowNs, out ScheduledTime? time, out _) || time is not { } next) return false;
        ReadOnlySpan<byte> ttl = headers[IngestHeader.ScheduleTtl];
        if (!headers.HasValue(IngestHeader.ScheduleTarget) || (!ttl.IsEmpty && !TimeToLive.TryParse(ttl, out _))) return false;
        byte[] block = Remove(content, "Nats-Schedule"u8, isPrefix: true);
        block = Remove(block, "Nats-Expected-"u8, isPrefix: true);
        foreach (IngestHeader header in (ReadOnlySpan<IngestHeader>)[IngestHeader.MessageId, IngestHeader.Ttl, IngestHeader.Rollup]) block = Remove(block, IngestHeaders.KeyOf(header), isPrefix: false);
        block = Append(block, IngestHeader.Scheduler, subject);
        block = Append(block, IngestHeader.ScheduleNext, next.Repeats ? Encoding.ASCII.GetBytes(ZonedTimeOf(next.TimeNs, headers, findTimeZone).ToString()) : IngestRules.EndOfSchedule);
        if (!ttl.IsEmpty) block = Append(block, IngestHeader.Ttl, ttl);
        if (headers.HasValue(IngestHeader.ScheduleRollup)) block = Append(block, IngestHeader.Rollup, headers[IngestHeader.ScheduleRollup]);
        output.Write(block);
        return true;
    }

    // As the clocks of the schedule's time zone show it.
    private static ZonedTime ZonedTimeOf(long timeNs, in IngestHeaders headers, Func<string, TimeZoneInfo?> findTimeZone)
    {
        ZonedTime time = ZonedTime.FromUnixNanoseconds(timeNs);
        if (MessageSchedule.ZoneOf(headers[IngestHeader.ScheduleTimeZone], findTimeZone) is not { } zone) return time;
        return time with { OffsetSeconds = (int)zone.GetUtcOffset(DateTime.UnixEpoch.AddTicks(timeNs / Second * TimeSpan.TicksPerSecond)).TotalSeconds };
    }

    private static byte[] Remove(ReadOnlySpan<byte> block, ReadOnlySpan<byte> key, bool isPrefix)
    {
        var output = new ArrayBufferWriter<byte>(Math.Max(1, block.Length));
        bool isLeft = isPrefix ? MessageHeaders.RemovePrefixed(block, key, output) : MessageHeaders.Remove(block, key, output);
        return isLeft ? output.WrittenSpan.ToArray() : [];
    }

    private static byte[] Append(ReadOnlySpan<byte> block, IngestHeader header, ReadOnlySpan<byte> value)
    {
        var output = new ArrayBufferWriter<byte>();
        MessageHeaders.Append(block, IngestHeaders.KeyOf(header), value, output);
        return output.WrittenSpan.ToArray();
    }
}
