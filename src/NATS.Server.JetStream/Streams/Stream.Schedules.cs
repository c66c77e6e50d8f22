using System.Buffers;
using NATS.Server.Core.JetStream.Ingest;
using NATS.Server.Core.Storage;
using NATS.Server.JetStream.Storage;

namespace NATS.Server.JetStream.Streams;

/// <content>Messages that are schedules: what they publish when they are due.</content>
internal sealed partial class Stream
{
    private const int MostSchedules = 256;

    // By the executor, without the lock; each message is published by itself.
    private void PublishSchedules(long nowNs)
    {
        if (!Config.AllowMessageSchedules) return;
        List<StoredSchedule> due = [];
        Store.DueSchedules(nowNs, MostSchedules, due);
        due.Sort(static (first, second) => first.Sequence.CompareTo(second.Sequence));
        foreach (StoredSchedule schedule in due)
        {
            if (!TryPublish(schedule, nowNs, out bool isSchedule)) Store.UpdateSchedule(schedule.Subject, isSchedule ? nowNs + SoonNs : long.MaxValue);
        }
    }

    // A message that repeats says when it is due next, one that does not ends its schedule: both with the message that is published.
    private bool TryPublish(in StoredSchedule schedule, long nowNs, out bool isSchedule)
    {
        isSchedule = false;
        if (Store.Load(schedule.Sequence, out StoredMessage message) != StoreResult.Ok) return false;
        var headers = new IngestHeaders(message.Headers);
        StoredMessage content = message;
        ReadOnlySpan<byte> source = headers[IngestHeader.ScheduleSource];
        if (!source.IsEmpty && Store.LoadLast(MessageFilter.Of(source), out StoredMessage last) == StoreResult.Ok) content = last;
        var block = new ArrayBufferWriter<byte>();
        isSchedule = ScheduledMessage.TryWrite(message.Headers, message.Subject, content.Headers, schedule.TimeNs, nowNs, _services.Ingest.FindTimeZone, block);
        return isSchedule && ReceiveTrusted(headers[IngestHeader.ScheduleTarget], block.WrittenSpan, content.Payload) is null;
    }
}
