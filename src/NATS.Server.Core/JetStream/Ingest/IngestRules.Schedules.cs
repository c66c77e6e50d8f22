using NATS.Server.Core.JetStream.Errors;
using NATS.Server.Core.JetStream.Json;
using NATS.Server.Core.JetStream.Schedules;
using NATS.Server.Core.Subjects;
using System.Text;

namespace NATS.Server.Core.JetStream.Ingest;

/// <content>Messages that are schedules, and those that end one.</content>
public sealed partial class IngestRules
{
    /// <summary>The value of <c>Nats-Schedule-Next</c> with which a schedule ends.</summary>
    internal static ReadOnlySpan<byte> EndOfSchedule => "purge"u8;

    private bool CheckSchedule(in IngestHeaders headers, IIngestHost host, ref IngestPlan plan)
    {
        if (!headers.Has(IngestHeader.Schedule) && !headers.Has(IngestHeader.ScheduleTimeZone)) return true;
        long nowNs = host.NowNs;
        if (!MessageSchedule.TryRead(headers, _settings.FindTimeZone, nowNs, nowNs, out ScheduledTime? time, out ApiError error))
        {
            plan.Error = _config.AllowMessageSchedules ? error : ApiErrors.MessageSchedulesDisabled;
            return false;
        }

        if (time is not { } next) return true;
        plan.Error = FaultOf(headers, plan.Subject);
        if (plan.Error != default) return false;
        plan.ScheduleNs = MessageSchedule.NonZero(next.TimeNs);

        // Only one schedule per subject: each takes the place of the one before.
        if (!headers.HasValue(IngestHeader.Rollup))
        {
            plan.AppendHeader(IngestHeader.Rollup, "sub"u8);
        }
        else if (RollupOf(headers[IngestHeader.Rollup]) != IngestRollup.Subject)
        {
            plan.Error = ApiErrors.MessageSchedulesRollupInvalid;
            return false;
        }

        return true;
    }

    private ApiError FaultOf(in IngestHeaders headers, ReadOnlySpan<byte> subject)
    {
        if (!_config.AllowMessageSchedules) return ApiErrors.MessageSchedulesDisabled;
        bool hasTtl = headers.HasValue(IngestHeader.ScheduleTtl);
        if (hasTtl && !TimeToLive.TryParse(headers[IngestHeader.ScheduleTtl], out _)) return ApiErrors.MessageSchedulesTTLInvalid;
        ReadOnlySpan<byte> rollup = headers[IngestHeader.ScheduleRollup];
        if (!rollup.IsEmpty && !rollup.SequenceEqual("sub"u8)) return ApiErrors.MessageSchedulesRollupInvalid;
        if (hasTtl && !_config.AllowMessageTtl) return ApiErrors.MessageTTLDisabled;
        ReadOnlySpan<byte> target = headers[IngestHeader.ScheduleTarget];
        if (!Subject.IsValidPublish(target) || target.SequenceEqual(subject)) return ApiErrors.MessageSchedulesTargetInvalid;
        ReadOnlySpan<byte> source = headers[IngestHeader.ScheduleSource];
        bool hasSource = !source.IsEmpty;
        if (hasSource && (source.SequenceEqual(target) || source.SequenceEqual(subject) || !Subject.IsValidPublish(source))) return ApiErrors.MessageSchedulesSourceInvalid;
        if (!IsOfStream(target)) return ApiErrors.MessageSchedulesTargetInvalid;
        return hasSource && !IsOfStream(source) ? ApiErrors.MessageSchedulesSourceInvalid : default;
    }

    // Clients may name a scheduler only to end its schedule.
    private bool CheckScheduler(in IngestHeaders headers, IIngestHost host, IngestStage? stage, ref IngestPlan plan)
    {
        ReadOnlySpan<byte> next = headers[IngestHeader.ScheduleNext];
        ReadOnlySpan<byte> scheduler = headers[IngestHeader.Scheduler];
        if (next.IsEmpty)
        {
            if (scheduler.IsEmpty) return true;
            plan.Error = ApiErrors.MessageSchedulesSchedulerInvalid;
            return false;
        }

        bool isValid = next.SequenceEqual(EndOfSchedule) && !scheduler.SequenceEqual(plan.Subject) && Subject.IsValidPublish(scheduler);
        if (!isValid) plan.Error = ApiErrors.MessageSchedulesSchedulerInvalid;
        else if (!_config.AllowMessageSchedules) plan.Error = ApiErrors.MessageSchedulesDisabled;
        else if (!MayBeSchedule(scheduler, host, stage)) plan.Error = ApiErrors.MessageSchedulesSchedulerInvalid;
        else return true;
        return false;
    }

    // What is not there may have been one.
    private static bool MayBeSchedule(ReadOnlySpan<byte> subject, IIngestHost host, IngestStage? stage)
    {
        if (stage is not null && stage.TryGetSchedule(subject, out bool isSchedule)) return isSchedule;
        return !host.TryLoadLast(subject, out ReadOnlySpan<byte> headers, out _) || new IngestHeaders(headers).HasValue(IngestHeader.Schedule);
    }

    private bool IsOfStream(ReadOnlySpan<byte> subject)
    {
        foreach (byte[] filter in _subjects)
        {
            if (Subject.Collide(filter, subject)) return true;
        }

        return false;
    }

    private void PlanSchedule(in IngestHeaders headers, IIngestHost host, ref IngestPlan plan)
    {
        if (!_config.AllowMessageSchedules || headers.IsEmpty) return;
        if (plan.ScheduleNs == 0 && headers.HasValue(IngestHeader.Schedule))
        {
            long nowNs = host.NowNs;
            if (MessageSchedule.TryRead(headers, _settings.FindTimeZone, nowNs, nowNs, out ScheduledTime? time, out _) && time is { } due) plan.ScheduleNs = MessageSchedule.NonZero(due.TimeNs);
        }

        ReadOnlySpan<byte> next = headers[IngestHeader.ScheduleNext];
        if (next.IsEmpty || next.SequenceEqual(EndOfSchedule) || !headers.HasValue(IngestHeader.Scheduler)) return;
        if (!ZonedTime.TryParse(Encoding.UTF8.GetString(next), out ZonedTime nextTime, out _)) return;
        plan.RepeatedSchedule = headers[IngestHeader.Scheduler];
        plan.NextScheduleNs = nextTime.ToUnixNanoseconds();
    }
}
