using NATS.Server.Core.JetStream.Ingest;
using NATS.Server.JetStream.Consumers;
using NATS.Server.JetStream.Ports;

namespace NATS.Server.JetStream.Streams;

/// <summary>
/// Owned by the stream's lock, then by the thread that took it. What was published to a stream since the last flush: who waits for an answer, what is published again, and which consumers have something new. Reused,
/// so that nothing is allocated per message.
/// </summary>
internal sealed class PublishedBatch
{
    // What grew in a burst beyond this is given up after it.
    private const int KeptBytes = 1 << 20;
    private byte[] _bytes = new byte[1024];
    private int _length;
    private Entry[] _entries = new Entry[16];

    private enum EntryKind : byte
    {
        /// <summary>A sequence is acknowledged.</summary>
        Sequence,

        /// <summary>An answer that says that something was stored, and is not true when that fails.</summary>
        Stored,

        /// <summary>An answer that says nothing of that kind.</summary>
        Other,

        /// <summary>A message that is published again, unless storing it fails.</summary>
        Message,

        /// <summary>A message that is not published again after all.</summary>
        Dropped,

        /// <summary>An event for the system account.</summary>
        SystemEvent,
    }

    /// <summary>How many are to be told something.</summary>
    public int Count { get; private set; }

    /// <summary>What messages of it replace, and is taken away once they are on the device. The stream's lock's.</summary>
    public List<PendingReplacement> Replacements { get; } = [];

    /// <summary>The consumers that have something new, each once.</summary>
    public List<Consumer> Consumers { get; } = [];

    /// <summary>How many messages came, whatever became of them.</summary>
    public int Received { get; private set; }

    /// <summary>The bytes of the messages that came.</summary>
    public long ReceivedBytes { get; private set; }

    /// <summary>The last sequence that was appended.</summary>
    public ulong LastSequence { get; set; }

    /// <summary>Some answer is only true once everything is stored that the stream has, also by others.</summary>
    public bool WaitsForStore { get; private set; }

    /// <summary>Nothing was published.</summary>
    public bool IsEmpty => Count == 0 && LastSequence == 0;

    /// <summary>Notes that a message has come.</summary>
    public void NoteReceived(long bytes)
    {
        Received++;
        ReceivedBytes += bytes;
    }

    /// <summary>Notes who waits for the sequence of a message to be acknowledged.</summary>
    public void Add(ReadOnlySpan<byte> reply, ulong sequence) => Add(new Entry(EntryKind.Sequence, reply.Length, 0, 0, sequence), reply, default, default);

    /// <summary>Notes who is told something.</summary>
    /// <param name="reply">Where.</param>
    /// <param name="answer">The whole payload.</param>
    /// <param name="waits">Whether it says that something was stored, and is not true when that fails.</param>
    public void Add(ReadOnlySpan<byte> reply, ReadOnlySpan<byte> answer, bool waits)
    {
        WaitsForStore |= waits;
        Add(new Entry(waits ? EntryKind.Stored : EntryKind.Other, reply.Length, 0, answer.Length, 0), reply, default, answer);
    }

    /// <summary>Notes an answer that says nothing of what was stored, with headers.</summary>
    public void AddRefusal(ReadOnlySpan<byte> reply, ReadOnlySpan<byte> headers, ReadOnlySpan<byte> answer) =>
        Add(new Entry(EntryKind.Other, reply.Length, headers.Length, answer.Length, 0), reply, headers, answer);

    /// <summary>Notes what the system account is told.</summary>
    public void AddSystemEvent(ReadOnlySpan<byte> subject, ReadOnlySpan<byte> payload) =>
        Add(new Entry(EntryKind.SystemEvent, subject.Length, 0, payload.Length, 0), subject, default, payload);

    /// <summary>Notes a message that is published once what was published to the stream is stored.</summary>
    /// <param name="subject">Of the message.</param>
    /// <param name="headers">Of the message.</param>
    /// <param name="payload">Of the message.</param>
    /// <param name="waits">Whether it waits for the store even if nothing was published.</param>
    /// <param name="after">The message of the stream that it repeats; 0 for none.</param>
    public void AddMessage(ReadOnlySpan<byte> subject, ReadOnlySpan<byte> headers, ReadOnlySpan<byte> payload, bool waits = false, ulong after = 0)
    {
        WaitsForStore |= waits;
        Add(new Entry(EntryKind.Message, subject.Length, headers.Length, payload.Length, after), subject, headers, payload);
    }

    /// <summary>Messages above a sequence were taken back: they are not published again.</summary>
    public void DropMessagesAfter(ulong sequence)
    {
        foreach (ref Entry entry in _entries.AsSpan(0, Count))
        {
            if (entry.Kind == EntryKind.Message && entry.Sequence > sequence) entry = entry with { Kind = EntryKind.Dropped };
        }
    }

    /// <summary>Tells everybody.</summary>
    /// <param name="port">The stream's account.</param>
    /// <param name="system">The system account; null without one.</param>
    /// <param name="batch">In which it is published.</param>
    /// <param name="ack">Writes acknowledgements.</param>
    /// <param name="failure">What those are told whose message was not stored after all; null when all were.</param>
    public void Publish(IAccountPort port, IAccountPort? system, MessageBatch batch, PublishAck ack, byte[]? failure)
    {
        Span<byte> text = stackalloc byte[ack.MaxLength];
        int at = 0;
        for (int i = 0; i < Count; i++)
        {
            ref Entry entry = ref _entries[i];
            ReadOnlySpan<byte> subject = _bytes.AsSpan(at, entry.SubjectLength);
            ReadOnlySpan<byte> headers = _bytes.AsSpan(at + entry.SubjectLength, entry.HeadersLength);
            scoped ReadOnlySpan<byte> payload = _bytes.AsSpan(at + entry.SubjectLength + entry.HeadersLength, entry.PayloadLength);
            at += entry.SubjectLength + entry.HeadersLength + entry.PayloadLength;
            if (entry.Kind == EntryKind.SystemEvent)
            {
                system?.Publish(batch, subject, default, headers, payload);
                continue;
            }

            if (entry.Kind == EntryKind.Dropped || (failure is not null && entry.Kind == EntryKind.Message)) continue;
            if (failure is not null && entry.Kind != EntryKind.Other) payload = failure;
            else if (entry.Kind == EntryKind.Sequence) payload = text[..ack.Write(entry.Sequence, text)];
            port.Publish(batch, subject, default, headers, payload);
        }
    }

    /// <summary>Makes it empty, for another use.</summary>
    public void Clear()
    {
        if (_bytes.Length > KeptBytes) (_bytes, _entries) = (new byte[1024], new Entry[16]);
        (_length, Count, LastSequence, WaitsForStore) = (0, 0, 0, false);
        ForgetReceived();
        Consumers.Clear();
        Replacements.Clear();
    }

    /// <summary>What came does not wait any more.</summary>
    public void ForgetReceived() => (Received, ReceivedBytes) = (0, 0);

    private void Add(in Entry entry, ReadOnlySpan<byte> subject, ReadOnlySpan<byte> headers, ReadOnlySpan<byte> payload)
    {
        if (Count == _entries.Length) Array.Resize(ref _entries, Count * 2);
        int length = subject.Length + headers.Length + payload.Length;
        if (_bytes.Length - _length < length) Array.Resize(ref _bytes, Math.Max(_bytes.Length * 2, _length + length));
        subject.CopyTo(_bytes.AsSpan(_length));
        headers.CopyTo(_bytes.AsSpan(_length + subject.Length));
        payload.CopyTo(_bytes.AsSpan(_length + subject.Length + headers.Length));
        _length += length;
        _entries[Count++] = entry;
    }

    private readonly record struct Entry(EntryKind Kind, int SubjectLength, int HeadersLength, int PayloadLength, ulong Sequence);
}
