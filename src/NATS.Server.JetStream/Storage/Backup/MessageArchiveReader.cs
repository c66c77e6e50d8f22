using System.Buffers;
using System.Globalization;
using System.Text;
using NATS.Server.Core.Config;
using NATS.Server.Core.Storage;
using NATS.Server.Core.Subjects;

namespace NATS.Server.JetStream.Storage.Backup;

/// <summary>Owned by a restore. Reads the archive that nats-server makes since 2.15: the state, the consumers, the messages, and a mark at the end.</summary>
/// <remarks>An entry is taken in one piece; of one that has not arrived as a whole, memory is taken for what has.</remarks>
internal sealed class MessageArchiveReader : IArchiveReader
{
    private const int LongestState = 1 << 20;

    // A consumer with more than a million pending messages is below it.
    private const int LongestConsumer = 256 << 20;
    private const int SmallestBuffer = 4096;

    // So much is looked at to find out how long an entry is.
    private const int HeadStep = 1024;

    private readonly RestoreTarget _target;
    private readonly RestoreOptions _options;
    private byte[] _buffer = [];
    private int _length;
    private int _needed;
    private Part _part;
    private BackupState _state;
    private int _consumers;
    private ulong _last;

    /// <summary>Expects the archive from behind its magic on.</summary>
    public MessageArchiveReader(RestoreTarget target, RestoreOptions options)
    {
        _target = target;
        _options = options;
    }

    private enum Part
    {
        State,
        Consumers,
        Messages,
        Ended,
    }

    public RestoreFailure? Take(ReadOnlySpan<byte> data)
    {
        while (!data.IsEmpty)
        {
            if (_length == 0)
            {
                if (Read(data, out int read) is { } failure) return failure;
                data = data[read..];
                if (read > 0) continue;
            }

            // What an entry lacks is copied behind what there is of it; if its length is not known yet, perhaps a little more.
            int taken = Math.Min(data.Length, _needed > _length ? _needed - _length : HeadStep);
            Append(data[..taken]);
            if (Read(_buffer.AsSpan(0, _length), out int used) is { } wrong) return wrong;
            if (used == 0)
            {
                data = data[taken..];
                continue;
            }

            data = data[(taken - (_length - used))..];
            _length = 0;
        }

        return null;
    }

    public RestoreFailure? End()
    {
        if (_part != Part.Ended || _length > 0) return RestoreFailure.CutOff;
        return _last < _state.LastSequence ? _target.Skip(_last + 1, _state.LastSequence - _last, _state.LastTimeNs) : null;
    }

    public void Dispose()
    {
        if (_buffer.Length > 0) ArrayPool<byte>.Shared.Return(_buffer);
        _buffer = [];
    }

    // Takes an entry if all of it is there; else says how many bytes are needed, 0 if that is not known.
    private RestoreFailure? Read(ReadOnlySpan<byte> input, out int read)
    {
        read = 0;
        _needed = 0;
        RecordStatus status = BackupArchive.ReadEntry(input, out BackupEntry entry);
        if (status == RecordStatus.Short) return null;
        if (status != RecordStatus.Good) return RestoreFailure.OfArchive("archive: invalid archive stream");
        if (Check(entry) is { } refusal) return refusal;
        int length = entry.Length + (int)(entry.HeadersLength + entry.PayloadLength);
        if (length > input.Length)
        {
            _needed = length;
            return null;
        }

        read = length;
        return Take(entry, input[entry.Length..length]);
    }

    // Before memory is taken for it. All lengths are far below 2^31 afterwards.
    private RestoreFailure? Check(in BackupEntry entry)
    {
        long length = entry.HeadersLength + entry.PayloadLength;
        switch (_part)
        {
            case Part.State:
                if (!entry.Name.SequenceEqual("state.json"u8)) return RestoreFailure.OfArchive("expected state.json first");
                return length > LongestState ? RestoreFailure.OfArchive("error in state.json: it is too long") : null;
            case Part.Consumers:
                if (!entry.Name.StartsWith("consumers/"u8)) return RestoreFailure.OfArchive($"expected consumer, found {GoFormat.Quote(Encoding.UTF8.GetString(entry.Name))}");
                return length > LongestConsumer ? RestoreFailure.OfArchive($"consumer {GoFormat.Quote(NameOf(entry))} is too long") : null;
            case Part.Messages:
                return CheckMessage(entry);
            default:
                return RestoreFailure.OfArchive("unexpected content after the end of the backup");
        }
    }

    private RestoreFailure? CheckMessage(in BackupEntry entry)
    {
        ulong sequence = entry.Sequence;
        if (sequence == 0)
        {
            bool isEnd = entry.Name.IsEmpty && entry.TimestampNs == 0 && entry.HeadersLength == 0 && entry.PayloadLength == 0;
            return isEnd ? null : RestoreFailure.OfArchive("expected message sequence");
        }

        // The numbers of an entry are below 2^63 together.
        long length = entry.HeadersLength + entry.PayloadLength;
        if (length > _options.MaximumPayload) return OfMessage(sequence, "exceeds maximum payload size");
        if (_options.MaximumMessageSize >= 0 && length > _options.MaximumMessageSize) return OfMessage(sequence, "exceeds maximum message size");
        if (length > MessageRecord.MaximumLength) return OfMessage(sequence, "is longer than any message can be");
        if (sequence <= _last) return OfMessage(sequence, "out of order");
        if (sequence >= BackupState.SequenceLimit) return OfMessage(sequence, "is out of range");
        return entry.Name.Length > ushort.MaxValue || !Subject.IsValidLiteral(entry.Name) ? OfMessage(sequence, "has an invalid subject") : null;
    }

    private RestoreFailure? Take(in BackupEntry entry, ReadOnlySpan<byte> content)
    {
        switch (_part)
        {
            case Part.State:
                return TakeState(content);
            case Part.Consumers:
                return TakeConsumer(entry, content);
            default:
                if (entry.Sequence > 0) return TakeMessage(entry, content);
                _part = Part.Ended;
                return null;
        }
    }

    private RestoreFailure? TakeState(ReadOnlySpan<byte> content)
    {
        if (BackupState.Decode(content.ToArray(), out _state) is { } problem) return RestoreFailure.OfArchive($"error in state.json: {problem}");
        _part = _state.Consumers > 0 ? Part.Consumers : Part.Messages;
        _last = Math.Max(_state.FirstSequence, 1) - 1;
        return _target.Begin(_state.FirstSequence, _state.LastTimeNs, _state.Bytes, created: null);
    }

    private RestoreFailure? TakeConsumer(in BackupEntry entry, ReadOnlySpan<byte> content)
    {
        if (ConsumerEntry.Decode(content.ToArray(), NameOf(entry), out BackupConsumer? consumer) is { } problem) return RestoreFailure.OfArchive(problem);
        if (++_consumers == _state.Consumers) _part = Part.Messages;
        return _target.Add(consumer!, created: null);
    }

    private RestoreFailure? TakeMessage(in BackupEntry entry, ReadOnlySpan<byte> content)
    {
        ulong skipped = entry.Sequence - _last - 1;
        if (skipped > 0 && _target.Skip(_last + 1, skipped) is { } failure) return failure;
        _last = entry.Sequence;
        int headers = (int)entry.HeadersLength;
        return _target.Append(entry.Sequence, entry.TimestampNs, entry.Name, content[..headers], content[headers..]);
    }

    private void Append(ReadOnlySpan<byte> data)
    {
        int length = _length + data.Length;
        if (_buffer.Length < length)
        {
            byte[] grown = ArrayPool<byte>.Shared.Rent(Math.Max(SmallestBuffer, (int)Math.Min(2L * length, Math.Max(_needed, length + HeadStep))));
            _buffer.AsSpan(0, _length).CopyTo(grown);
            if (_buffer.Length > 0) ArrayPool<byte>.Shared.Return(_buffer);
            _buffer = grown;
        }

        data.CopyTo(_buffer.AsSpan(_length));
        _length = length;
    }

    private static string NameOf(in BackupEntry entry) => Encoding.UTF8.GetString(entry.Name[ConsumerEntry.Prefix.Length..]);

    private static RestoreFailure OfMessage(ulong sequence, string what) =>
        RestoreFailure.OfArchive(string.Create(CultureInfo.InvariantCulture, $"message sequence {sequence} {what}"));
}
