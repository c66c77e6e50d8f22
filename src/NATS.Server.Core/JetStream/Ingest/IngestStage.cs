using NATS.Server.Core.Subjects;

namespace NATS.Server.Core.JetStream.Ingest;

/// <summary>Owned by one batch while it is judged. What the messages of the batch that were judged before would change in the stream.</summary>
public sealed class IngestStage
{
    private readonly HashSet<byte[]> _messageIds = new(ByteStringComparer.Instance);
    private readonly Dictionary<byte[], Subject> _subjects = new(ByteStringComparer.Instance);
    private readonly Dictionary<byte[], ulong> _expected = new(ByteStringComparer.Instance);
    private readonly Dictionary<byte[], CounterState> _counters = new(ByteStringComparer.Instance);

    /// <summary>How many messages were judged.</summary>
    internal ulong Messages { get; private set; }

    /// <summary>Bytes that they take in the store.</summary>
    internal ulong Bytes { get; private set; }

    internal bool AddMessageId(ReadOnlySpan<byte> messageId) => _messageIds.GetAlternateLookup<ReadOnlySpan<byte>>().Add(messageId);

    internal bool Writes(ReadOnlySpan<byte> subject) => _subjects.GetAlternateLookup<ReadOnlySpan<byte>>().ContainsKey(subject);

    internal ulong MessagesOf(ReadOnlySpan<byte> subject) => _subjects.GetAlternateLookup<ReadOnlySpan<byte>>().TryGetValue(subject, out Subject found) ? found.Messages : 0;

    /// <summary>Whether the last message of a subject in the batch is a schedule.</summary>
    /// <returns>False when the batch does not write to the subject.</returns>
    internal bool TryGetSchedule(ReadOnlySpan<byte> subject, out bool isSchedule)
    {
        bool found = _subjects.GetAlternateLookup<ReadOnlySpan<byte>>().TryGetValue(subject, out Subject written);
        isSchedule = written.IsSchedule;
        return found;
    }

    /// <summary>The last sequence of a filter as it was when the batch asked first.</summary>
    internal bool TryGetExpected(ReadOnlySpan<byte> filter, out ulong sequence) => _expected.GetAlternateLookup<ReadOnlySpan<byte>>().TryGetValue(filter, out sequence);

    internal void SetExpected(ReadOnlySpan<byte> filter, ulong sequence) => _expected.GetAlternateLookup<ReadOnlySpan<byte>>()[filter] = sequence;

    internal CounterState? CounterOf(ReadOnlySpan<byte> subject) => _counters.GetAlternateLookup<ReadOnlySpan<byte>>().TryGetValue(subject, out CounterState? state) ? state : null;

    internal void SetCounter(ReadOnlySpan<byte> subject, CounterState state) => _counters.GetAlternateLookup<ReadOnlySpan<byte>>()[subject] = state;

    internal void Add(ReadOnlySpan<byte> subject, ulong bytes, bool isSchedule)
    {
        Messages++;
        Bytes += bytes;
        var lookup = _subjects.GetAlternateLookup<ReadOnlySpan<byte>>();
        lookup[subject] = new Subject(lookup.TryGetValue(subject, out Subject before) ? before.Messages + 1 : 1, isSchedule);
    }

    private readonly record struct Subject(ulong Messages, bool IsSchedule);
}
