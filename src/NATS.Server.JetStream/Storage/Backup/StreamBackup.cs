using System.Buffers;
using System.Globalization;
using System.Text;
using NATS.Server.Core.Compression;
using NATS.Server.Core.Storage;

namespace NATS.Server.JetStream.Storage.Backup;

/// <summary>
/// Owned by one user at a time; the store goes on to be used by others. A stream as one compressed archive, which is made while it is read: what nats-server sends for a
/// backup.
/// </summary>
/// <remarks>
/// It holds the messages up to the sequence that was the last when the backup was begun, but for those that were removed before it came to them. It needs memory for a block of the compressed
/// stream and what the store needs to read one message after the other, whatever the size of the stream. A message that turns out to be damaged ends it:
/// once that is known, and the message told to be lost, the next backup is without it.
/// </remarks>
public sealed class StreamBackup : IDisposable
{
    // As much of a message is handed to the compression at once.
    private const int Slice = 256 << 10;

    private readonly IMessageStore _store;
    private readonly IReadOnlyList<BackupConsumer> _consumers;
    private readonly long _nowNs;
    private readonly LostMessages? _lost;
    private readonly ArrayBufferWriter<byte> _output = new();
    private readonly ArrayBufferWriter<byte> _head = new();
    private readonly S2Writer _compressed;
    private ReadOnlyMemory<byte> _content;
    private ReadOnlyMemory<byte> _nextContent;
    private int _read;
    private int _nextConsumer = -1;
    private ulong _next;
    private bool _isEnded;

    /// <summary>Begins a backup; nothing is read yet.</summary>
    /// <param name="store">What is backed up.</param>
    /// <param name="consumers">As they are now; none for a backup without them.</param>
    /// <param name="nowNs">Nanoseconds since 1970.</param>
    public StreamBackup(IMessageStore store, IReadOnlyList<BackupConsumer> consumers, long nowNs)
    {
        _store = store;
        _consumers = consumers;
        _nowNs = nowNs;
        _lost = store.Lost;
        State = store.State;
        _next = Math.Max(State.FirstSequence, 1);
        _compressed = new S2Writer(_output);
        _compressed.Write(BackupArchive.Magic);
    }

    /// <summary>What the stream had when the backup was begun.</summary>
    public StreamState State { get; }

    /// <summary>Why the backup ended before its end, or null. What was read of it by then is not a backup.</summary>
    public string? Failure { get; private set; }

    /// <summary>Reads all messages, so that damaged ones are known before a backup is begun (<c>jsck</c>).</summary>
    /// <returns>What is wrong, or null.</returns>
    public static string? Check(IMessageStore store)
    {
        LostMessages? lost = store.Lost;
        ulong last = store.State.LastSequence;
        for (ulong next = 1; next <= last;)
        {
            StoreResult result = store.LoadNext(MessageFilter.All, next, out StoredMessage message, out _);
            if (result == StoreResult.EndOfStream) break;
            if (result != StoreResult.Ok) return string.Create(CultureInfo.InvariantCulture, $"snapshot check failed: {TextOf(result)}");
            next = message.Sequence + 1;
        }

        int bad = (store.Lost?.Sequences.Count ?? 0) - (lost?.Sequences.Count ?? 0);
        return bad > 0 ? string.Create(CultureInfo.InvariantCulture, $"snapshot check detected {bad} bad messages") : null;
    }

    /// <summary>Reads on.</summary>
    /// <param name="destination">Filled, except at the end.</param>
    /// <returns>How much was read; less than there is room for at the end, and when <see cref="Failure"/> says why there is no more.</returns>
    public int Read(Span<byte> destination)
    {
        int total = 0;
        while (total < destination.Length)
        {
            ReadOnlySpan<byte> made = _output.WrittenSpan[_read..];
            if (made.IsEmpty)
            {
                _output.ResetWrittenCount();
                _read = 0;
                if (_isEnded || Failure is not null) break;
                Produce();
                continue;
            }

            int taken = Math.Min(made.Length, destination.Length - total);
            made[..taken].CopyTo(destination[total..]);
            _read += taken;
            total += taken;
        }

        return total;
    }

    public void Dispose() => _compressed.Dispose();

    private static string TextOf(StoreResult result) => result == StoreResult.Closed ? "store is closed" : "the disk could not be read";

    // One step: a part of what the entry holds that was begun, or the next entry.
    private void Produce()
    {
        if (_content.IsEmpty) (_content, _nextContent) = (_nextContent, default);
        if (!_content.IsEmpty)
        {
            int taken = Math.Min(_content.Length, Slice);
            _compressed.Write(_content.Span[..taken]);
            _content = _content[taken..];
        }
        else if (_nextConsumer < 0)
        {
            Begin(Encoding.ASCII.GetBytes(BackupState.EntryName), _nowNs, BackupState.Encode(State, _consumers.Count));
            _nextConsumer = 0;
        }
        else if (_nextConsumer < _consumers.Count)
        {
            BackupConsumer consumer = _consumers[_nextConsumer++];
            Begin(Encoding.UTF8.GetBytes(ConsumerEntry.Prefix + consumer.Name), _nowNs, ConsumerEntry.Encode(consumer, State.LastSequence));
        }
        else
        {
            NextMessage();
        }
    }

    private void Begin(ReadOnlySpan<byte> name, long timestampNs, ReadOnlyMemory<byte> payload, ReadOnlyMemory<byte> headers = default, ulong sequence = 0)
    {
        _head.ResetWrittenCount();
        BackupArchive.WriteEntry(_head, new BackupEntry
        {
            Name = name,
            TimestampNs = timestampNs,
            Sequence = sequence,
            HeadersLength = headers.Length,
            PayloadLength = payload.Length,
        });
        _compressed.Write(_head.WrittenSpan);
        (_content, _nextContent) = (headers, payload);
    }

    private void NextMessage()
    {
        if (_next > State.LastSequence)
        {
            End();
            return;
        }

        StoreResult result = _store.LoadNext(MessageFilter.All, _next, out StoredMessage message, out _);
        if (!ReferenceEquals(_store.Lost, _lost))
        {
            Failure = string.Create(CultureInfo.InvariantCulture, $"couldn't load next message after seq {_next}: a message is damaged");
        }
        else if (result is not (StoreResult.Ok or StoreResult.EndOfStream))
        {
            Failure = string.Create(CultureInfo.InvariantCulture, $"couldn't load next message after seq {_next}: {TextOf(result)}");
        }
        else if (result == StoreResult.EndOfStream || message.Sequence > State.LastSequence)
        {
            End();
        }
        else
        {
            _next = message.Sequence + 1;
            Begin(message.Subject, message.TimestampNs, message.PayloadMemory, message.HeadersMemory, message.Sequence);
        }
    }

    private void End()
    {
        Begin([], 0, default);
        _compressed.Flush();
        _isEnded = true;
    }
}
