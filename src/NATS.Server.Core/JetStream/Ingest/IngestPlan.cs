using NATS.Server.Core.JetStream.Errors;
using NATS.Server.Core.Protocol;

namespace NATS.Server.Core.JetStream.Ingest;

/// <summary>What a stream has to do with a message: filled by <see cref="IngestRules"/>. Its spans are those of the message, or of the scratch until that is used again.</summary>
public ref struct IngestPlan
{
    private readonly IngestScratch _scratch;

    public IngestPlan(IngestScratch scratch) => _scratch = scratch;

    /// <summary>The subject under which it is stored.</summary>
    public ReadOnlySpan<byte> Subject { get; internal set; }

    /// <summary>The header block with which it is stored, or empty.</summary>
    public ReadOnlySpan<byte> Headers { get; internal set; }

    /// <summary>The payload with which it is stored.</summary>
    public ReadOnlySpan<byte> Payload { get; internal set; }

    /// <summary>Goes into the dedupe window once the message has a sequence, and is the stream's last message id then; may be empty.</summary>
    public ReadOnlySpan<byte> MessageId { get; internal set; }

    /// <summary>How long the message lives, in seconds; 0: as long as the stream's limits let it; less: whatever its age.</summary>
    public long TtlSeconds { get; internal set; }

    /// <summary>When the message, a schedule, is due, nanoseconds since 1970; 0 for messages that are none.</summary>
    public long ScheduleNs { get; internal set; }

    /// <summary>What is purged once the message is stored; the message itself stays.</summary>
    public IngestRollup Rollup { get; internal set; }

    /// <summary>The subject of the schedule that ends with this message: it is purged once the message is stored. Empty for none.</summary>
    public ReadOnlySpan<byte> EndedSchedule { get; internal set; }

    /// <summary>The subject of the schedule that made this message and repeats, with <see cref="NextScheduleNs"/>. Empty for none.</summary>
    public ReadOnlySpan<byte> RepeatedSchedule { get; internal set; }

    /// <summary>When that schedule is due next, nanoseconds since 1970.</summary>
    public long NextScheduleNs { get; internal set; }

    /// <summary>What the counter says with this message, in digits: for the answer. Empty for messages that are none.</summary>
    public ReadOnlySpan<byte> CounterValue { get; internal set; }

    /// <summary>Where the message is published again; empty for nowhere.</summary>
    public ReadOnlySpan<byte> RepublishSubject { get; internal set; }

    /// <summary>The last sequence of its subject before it; only set together with <see cref="RepublishSubject"/>.</summary>
    public ulong RepublishAfter { get; internal set; }

    /// <summary>The message that had the id first.</summary>
    public ulong DuplicateOf { get; internal set; }

    /// <summary>Why the message is refused.</summary>
    public ApiError Error { get; internal set; }

    /// <summary>It is the last sequence of a subject, not that of the stream, that is not as the message expects.</summary>
    public bool IsRefusedBySubject { get; internal set; }

    internal readonly IngestScratch Scratch => _scratch;

    internal IngestVerdict Refuse(in ApiError error)
    {
        Error = error;
        return IngestVerdict.Refuse;
    }

    internal void SetHeader(IngestHeader header, scoped ReadOnlySpan<byte> value)
    {
        var output = _scratch.NextHeaders();
        MessageHeaders.Set(Headers, IngestHeaders.KeyOf(header), value, output);
        Headers = output.WrittenSpan;
    }

    internal void AppendHeader(IngestHeader header, scoped ReadOnlySpan<byte> value)
    {
        var output = _scratch.NextHeaders();
        MessageHeaders.Append(Headers, IngestHeaders.KeyOf(header), value, output);
        Headers = output.WrittenSpan;
    }

    internal void RemoveHeader(IngestHeader header)
    {
        var output = _scratch.NextHeaders();
        Headers = MessageHeaders.Remove(Headers, IngestHeaders.KeyOf(header), output) ? output.WrittenSpan : default;
    }

    internal void RemoveStatus()
    {
        var output = _scratch.NextHeaders();
        Headers = MessageHeaders.RemoveStatus(Headers, output) ? output.WrittenSpan : default;
    }
}
