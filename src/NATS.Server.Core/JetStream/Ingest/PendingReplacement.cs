namespace NATS.Server.Core.JetStream.Ingest;

/// <summary>Immutable. A copy of what a message replaces, until it may be taken away: when its batch is stored as a whole, or is on the device.</summary>
public readonly record struct PendingReplacement(IngestRollup Rollup, byte[] Subject, ulong Sequence, byte[] EndedSchedule, byte[] RepeatedSchedule, long NextScheduleNs)
{
    /// <summary>Copies it.</summary>
    public static PendingReplacement Copy(in IngestReplacement replacement) =>
        new(replacement.Rollup, replacement.Subject.ToArray(), replacement.Sequence, replacement.EndedSchedule.ToArray(), replacement.RepeatedSchedule.ToArray(), replacement.NextScheduleNs);

    /// <summary>The same again.</summary>
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
