using NATS.Server.JetStream.Consumers;
using NATS.Server.JetStream.Ports;

namespace NATS.Server.JetStream.Streams;

/// <summary>
/// Owned by the stream's lock, then by the thread that took it. What was published to a stream since the last flush: who waits for an answer, and which consumers have something new. Reused, so that
/// nothing is allocated per message.
/// </summary>
internal sealed class PublishedBatch
{
    // What grew in a burst beyond this is given up after it.
    private const int KeptBytes = 1 << 20;
    private byte[] _replies = new byte[1024];
    private int _repliesLength;
    private Answer[] _answers = new Answer[16];

    /// <summary>How many wait for an answer.</summary>
    public int Count { get; private set; }

    /// <summary>The consumers that have something new, each once.</summary>
    public List<Consumer> Consumers { get; } = [];

    /// <summary>The last sequence that was appended.</summary>
    public ulong LastSequence { get; set; }

    /// <summary>Nothing was published.</summary>
    public bool IsEmpty => Count == 0 && LastSequence == 0;

    /// <summary>Notes who waits for the sequence of a message to be acknowledged.</summary>
    public void Add(ReadOnlySpan<byte> reply, ulong sequence) => Add(reply, sequence, null, waits: true);

    /// <summary>Notes who is told something.</summary>
    /// <param name="reply">Where.</param>
    /// <param name="answer">The whole payload.</param>
    /// <param name="waits">Whether it says that something was stored, and is not true when that fails.</param>
    public void Add(ReadOnlySpan<byte> reply, byte[] answer, bool waits) => Add(reply, 0, answer, waits);

    /// <summary>Answers everybody.</summary>
    /// <param name="port">The stream's account.</param>
    /// <param name="batch">In which it is published.</param>
    /// <param name="prefix">What stands before the sequence.</param>
    /// <param name="failure">What those are told whose message was not stored after all; null when all were.</param>
    public void Publish(IAccountPort port, MessageBatch batch, byte[] prefix, byte[]? failure)
    {
        Span<byte> text = stackalloc byte[prefix.Length + 24];
        prefix.CopyTo(text);
        int at = 0;
        for (int i = 0; i < Count; i++)
        {
            ref Answer answer = ref _answers[i];
            ReadOnlySpan<byte> reply = _replies.AsSpan(at, answer.ReplyLength);
            at += answer.ReplyLength;
            if (failure is not null && answer.Waits)
            {
                port.Publish(batch, reply, default, default, failure);
            }
            else if (answer.Payload is { } payload)
            {
                port.Publish(batch, reply, default, default, payload);
            }
            else
            {
                System.Buffers.Text.Utf8Formatter.TryFormat(answer.Sequence, text[prefix.Length..], out int digits);
                text[prefix.Length + digits] = (byte)'}';
                port.Publish(batch, reply, default, default, text[..(prefix.Length + digits + 1)]);
            }
        }
    }

    /// <summary>Makes it empty, for another use.</summary>
    public void Clear()
    {
        Array.Clear(_answers, 0, Count);
        if (_replies.Length > KeptBytes) (_replies, _answers) = (new byte[1024], new Answer[16]);
        (_repliesLength, Count, LastSequence) = (0, 0, 0);
        Consumers.Clear();
    }

    private void Add(ReadOnlySpan<byte> reply, ulong sequence, byte[]? payload, bool waits)
    {
        if (Count == _answers.Length) Array.Resize(ref _answers, Count * 2);
        if (_replies.Length - _repliesLength < reply.Length) Array.Resize(ref _replies, Math.Max(_replies.Length * 2, _repliesLength + reply.Length));
        reply.CopyTo(_replies.AsSpan(_repliesLength));
        _repliesLength += reply.Length;
        _answers[Count++] = new Answer(reply.Length, sequence, payload, waits);
    }

    private readonly record struct Answer(int ReplyLength, ulong Sequence, byte[]? Payload, bool Waits);
}
