namespace NATS.Server.Core.JetStream.Ingest;

/// <summary>The headers of a published message that a stream acts on.</summary>
public enum IngestHeader
{
    MessageId,
    ExpectedStream,
    ExpectedLastSequence,
    ExpectedLastMessageId,
    ExpectedLastSubjectSequence,
    ExpectedLastSubjectSequenceSubject,
    Rollup,
    Ttl,
    Increment,
    CounterSources,
    BatchId,
    BatchSequence,
    BatchCommit,
    Schedule,
    ScheduleTimeZone,
    ScheduleTtl,
    ScheduleRollup,
    ScheduleTarget,
    ScheduleSource,
    Scheduler,
    ScheduleNext,
    StreamSource,
    RequiredApiLevel,
    RequestInfo,
}
