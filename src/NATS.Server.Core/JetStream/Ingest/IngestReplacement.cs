namespace NATS.Server.Core.JetStream.Ingest;

/// <summary>What a stored message does to the messages before it.</summary>
public readonly ref struct IngestReplacement
{
    /// <summary>Of a message that was stored, or used up a sequence.</summary>
    /// <param name="plan">That of the message.</param>
    /// <param name="sequence">Of the message: only what is before it is replaced.</param>
    public IngestReplacement(in IngestPlan plan, ulong sequence)
    {
        Rollup = plan.Rollup;
        Subject = plan.Subject;
        Sequence = sequence;
        EndedSchedule = plan.EndedSchedule;
        RepeatedSchedule = plan.RepeatedSchedule;
        NextScheduleNs = plan.NextScheduleNs;
    }

    /// <summary>What is purged below <see cref="Sequence"/>.</summary>
    public IngestRollup Rollup { get; init; }

    /// <summary>The subject under which the message is stored.</summary>
    public ReadOnlySpan<byte> Subject { get; init; }

    /// <summary>Of the message.</summary>
    public ulong Sequence { get; init; }

    /// <summary>The subject of a schedule that is purged; empty for none.</summary>
    public ReadOnlySpan<byte> EndedSchedule { get; init; }

    /// <summary>The subject of a schedule that is due again at <see cref="NextScheduleNs"/>; empty for none.</summary>
    public ReadOnlySpan<byte> RepeatedSchedule { get; init; }

    /// <summary>Nanoseconds since 1970.</summary>
    public long NextScheduleNs { get; init; }

    /// <summary>The messages before it are left alone.</summary>
    public bool IsEmpty => Rollup == IngestRollup.None && EndedSchedule.IsEmpty && RepeatedSchedule.IsEmpty;
}
