using System.Buffers;
using System.Text;
using NATS.Server.Core.JetStream.Api;
using NATS.Server.Core.Runtime;
using NATS.Server.JetStream.Ports;
using NATS.Server.JetStream.Storage;

namespace NATS.Server.JetStream.Streams;

/// <summary>
/// One executor thread at a time. A request for messages that takes longer: by a wildcard, for many messages, or for what is not in memory. What is sent is what the stream held when it began: a batch that was
/// published as one is seen whole or not at all. After some messages others get their turn.
/// </summary>
internal sealed class DirectGetRun : IWorkItem
{
    private const int MaximumRun = 256;
    private const long MaximumRunBytes = 1 << 20;
    private const int MaximumLasts = 1024;

    private readonly DirectGet _owner;
    private readonly Stream _stream;
    private readonly JetStreamServices _services;
    private readonly MessageGetRequest _request;
    private readonly byte[] _reply;
    private readonly MessageFilter _filter;
    private readonly long _maximumBytes;
    private List<ulong>? _lasts;
    private StoredMessage[] _loaded = [];
    private int _at;
    private ulong _next;
    private ulong _end;
    private ulong _pending;
    private ulong _last;
    private long _sent;
    private long _bytes;
    private bool _hasBegun;

    public DirectGetRun(DirectGet owner, Stream stream, JetStreamServices services, MessageGetRequest request, byte[] reply)
    {
        _owner = owner;
        _stream = stream;
        _services = services;
        _request = request;
        _reply = reply;
        _filter = MessageFilter.Of(Encoding.UTF8.GetBytes(request.LastBySubject.Length > 0 ? request.LastBySubject : request.NextBySubject));
        _maximumBytes = request.MaxBytes == 0 ? services.MaxPendingBytes : request.MaxBytes;
    }

    private bool IsMulti => _request.MultiLast is { Count: > 0 };

    public void Run()
    {
        MessageBatch batch = _services.Batches.Rent();
        bool isDone;
        if (_request.Batch == 0 && !IsMulti)
        {
            AnswerOne(batch);
            isDone = true;
        }
        else
        {
            isDone = (!_hasBegun && !TryBegin(batch)) || (IsMulti ? SendLasts(batch) : SendNexts(batch));
        }

        _services.Batches.Return(batch);
        if (isDone) _owner.Done();
        else _services.Executor.Post(this);
    }

    private void AnswerOne(MessageBatch batch)
    {
        _stream.Settle();
        MessageStore store = _stream.Store;
        StoredMessage message;
        StoreResult result;
        ulong from = _request.StartTime is { } time ? store.SequenceAt(time.ToUnixNanoseconds()) : _request.Sequence;
        if (_request.NextBySubject.Length > 0) result = store.LoadNext(_filter, from, out message, out _);
        else if (from > 0) result = store.Load(from, out message);
        else result = store.LoadLast(_filter, out message);
        _owner.Send(batch, _reply, result, message, _request.NoHeaders);
    }

    // False when there is nothing to send, which is said then.
    private bool TryBegin(MessageBatch batch)
    {
        _hasBegun = true;
        return IsMulti ? TryFindLasts(batch) : _stream.Isolated(CountNexts);
    }

    private bool CountNexts(MessageStore store)
    {
        _end = store.State.LastSequence;
        _next = _request.StartTime is { } time ? store.SequenceAt(time.ToUnixNanoseconds()) : _request.Sequence;
        _pending = store.Pending(_next, _filter, lastPerSubject: false, out _);
        return true;
    }

    private bool SendNexts(MessageBatch batch)
    {
        MessageStore store = _stream.Store;
        long runBytes = 0;
        for (int run = 0; _sent < _request.Batch; run++)
        {
            if (run == MaximumRun || runBytes > MaximumRunBytes) return false;
            if (store.LoadNext(_filter, _next, out StoredMessage message, out _) != StoreResult.Ok || message.Sequence > _end)
            {
                if (_sent > 0) break;
                _owner.Send(batch, _reply, DirectGetStatus.NotFound);
                return true;
            }

            _next = message.Sequence + 1;
            if (!_request.NoHeaders && _pending > 0) _pending--;
            Send(batch, message, _request.NoHeaders);
            runBytes += message.Payload.Length + message.Headers.Length;
            if (_bytes >= _maximumBytes) break;
        }

        SendEnd(batch, upTo: 0);
        return true;
    }

    private bool TryFindLasts(MessageBatch batch)
    {
        MessageStore store = _stream.Store;
        if (_request.UpToTime is { } time)
        {
            _end = store.SequenceAt(time.ToUnixNanoseconds());
            if (_end <= store.State.FirstSequence)
            {
                _owner.Send(batch, _reply, DirectGetStatus.NoResults);
                return false;
            }

            _end--;
        }
        else
        {
            _end = _request.UpToSequence;
        }

        MessageFilter filter = MessageFilter.OfAny([.. _request.MultiLast!.Select(Encoding.UTF8.GetBytes)]);
        _lasts = [];
        StoreResult result = _stream.Isolated(held => Find(held, filter));

        // What was found may be gone before it is read. Then it is read while nobody publishes, so that it is one state of the stream again.
        if (result == StoreResult.Ok && !TryLoad(store)) result = _stream.Isolated(held => Find(held, filter) is var found && found == StoreResult.Ok && !TryLoad(held) ? StoreResult.NotFound : found);
        if (result == StoreResult.Ok && _lasts.Count > 0)
        {
            _pending = (ulong)_lasts.Count;
            return true;
        }

        _owner.Send(batch, _reply, result switch
        {
            StoreResult.Ok => DirectGetStatus.NoResults,
            StoreResult.TooMany => DirectGetStatus.TooManyResults,
            StoreResult.NotFound => DirectGetStatus.NotFound,
            _ => Encoding.UTF8.GetBytes($"NATS/1.0 500 {(result == StoreResult.Closed ? "store is closed" : "messages could not be read")}\r\n\r\n"),
        });
        return false;
    }

    private StoreResult Find(MessageStore store, MessageFilter filter)
    {
        if (_end == 0) _end = store.State.LastSequence;
        return store.LastSequences(filter, _end, MaximumLasts, _lasts!);
    }

    private bool TryLoad(MessageStore store)
    {
        _loaded = new StoredMessage[_lasts!.Count];
        for (int i = 0; i < _loaded.Length; i++)
        {
            if (_lasts[i] >= _request.Sequence && store.Load(_lasts[i], out _loaded[i]) != StoreResult.Ok) return false;
        }

        return true;
    }

    private bool SendLasts(MessageBatch batch)
    {
        long runBytes = 0;
        for (int run = 0; _at < _loaded.Length; run++)
        {
            if (run == MaximumRun || runBytes > MaximumRunBytes) return false;
            StoredMessage message = _loaded[_at];
            _loaded[_at++] = default;
            if (_pending > 0) _pending--;
            if (_lasts![_at - 1] < _request.Sequence) continue;
            Send(batch, message, noHeaders: false);
            runBytes += message.Payload.Length + message.Headers.Length;
            if (_bytes >= _maximumBytes || (_request.Batch > 0 && _sent >= _request.Batch)) break;
        }

        SendEnd(batch, _end);
        return true;
    }

    private void Send(MessageBatch batch, in StoredMessage message, bool noHeaders)
    {
        if (noHeaders)
        {
            _stream.Port.Publish(batch, _reply, default, default, message.Payload);
        }
        else
        {
            byte[] headers = ArrayPool<byte>.Shared.Rent(DirectGetHeaders.MaximumLength(message.Headers.Length, _owner.StreamName.Length, message.Subject.Length));
            int length = DirectGetHeaders.Write(headers, message.Headers, _owner.StreamName, message.Subject, message.Sequence, message.TimestampNs, _pending, _last);
            _stream.Port.Publish(batch, _reply, default, headers.AsSpan(0, length), message.Payload);
            ArrayPool<byte>.Shared.Return(headers);
        }

        _last = message.Sequence;
        _sent++;
        _bytes += message.Subject.Length + message.Headers.Length + message.Payload.Length;
    }

    private void SendEnd(MessageBatch batch, ulong upTo)
    {
        Span<byte> headers = stackalloc byte[256];
        int length = DirectGetHeaders.WriteEnd(headers, _pending, _last, upTo);
        _owner.Send(batch, _reply, headers[..length]);
    }
}
