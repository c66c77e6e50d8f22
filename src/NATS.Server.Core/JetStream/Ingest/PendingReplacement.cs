namespace NATS.Server.Core.JetStream.Ingest;

/// <summary>Immutable. A copy of what a message of an atomic batch replaces, until the batch is stored as a whole.</summary>
internal readonly record struct PendingReplacement(IngestRollup Rollup, byte[] Subject, ulong Sequence, byte[] EndedSchedule, byte[] RepeatedSchedule, long NextScheduleNs)
{
    public static PendingReplacement Copy(in IngestReplacement replacement) =>
        new(replacement.Rollup, replacement.Subject.ToArray(), replacement.Sequence, replacement.EndedSchedule.ToArray(), replacement.RepeatedSchedule.ToArray(), replacement.NextScheduleNs);

    public IngestReplacement ToIngest() => new()
    {
        Rollup = Rollup,
        Subject = Subject,
        Sequence = Sequence,
        EndedSchedule = EndedSchedule,
        RepeatedSchedule = RepeatedSchedule,
        NextScheduleNs = NextScheduleNs,
    };
}
