using System.Buffers;
using System.Text;
using NATS.Server.Core.JetStream;
using NATS.Server.Core.JetStream.Api;
using NATS.Server.Core.Protocol;
using NATS.Server.Core.Subjects;
using NATS.Server.JetStream.Ports;
using NATS.Server.JetStream.Storage;

namespace NATS.Server.JetStream.Streams;

/// <summary>
/// Any thread. Gives messages of a stream to those who ask the stream itself. One message that is in memory is given by the thread that brings the request; what takes longer is left to the executor.
/// </summary>
/// <remarks>A mirror may answer for the stream that it mirrors too: whoever answers is a member of one queue group. Reference: nats-server stream.go processDirectGetRequest.</remarks>
internal sealed class DirectGet
{
    // So many requests may wait for the executor; more are told to come later.
    private const int MaximumWaiting = 1024;
    private const int LocalLength = 768;

    private readonly Lock _lock = new();
    private readonly Stream _stream;
    private readonly JetStreamServices _services;
    private readonly List<object> _own = [];
    private readonly List<object> _mirrored = [];
    private bool _answersForMirrored;
    private bool _isClosed;
    private int _waiting;

    public DirectGet(Stream stream, JetStreamServices services)
    {
        _stream = stream;
        _services = services;
        StreamName = Encoding.UTF8.GetBytes(stream.Name);
    }

    /// <summary>As messages show it.</summary>
    public byte[] StreamName { get; }

    /// <summary>Whether it answers for the name of another stream.</summary>
    public bool AnswersForMirrored => Volatile.Read(ref _answersForMirrored);

    private static ReadOnlySpan<byte> Queue => "_zzz_"u8;

    /// <summary>Begins or ends to answer for the stream's own name.</summary>
    public void Answer(bool isAllowed) => Change(_own, isAllowed ? _stream.Name : null);

    /// <summary>Begins to answer for the name of another stream, or ends it.</summary>
    public void AnswerFor(string? mirrored)
    {
        Change(_mirrored, mirrored);
        Volatile.Write(ref _answersForMirrored, mirrored is not null);
    }

    /// <summary>Ends for good.</summary>
    public void Close()
    {
        lock (_lock) _isClosed = true;
        Answer(isAllowed: false);
        AnswerFor(null);
    }

    /// <summary>Sends a header block without more.</summary>
    public void Send(MessageBatch batch, ReadOnlySpan<byte> reply, ReadOnlySpan<byte> status) => _stream.Port.Publish(batch, reply, default, status, default);

    /// <summary>Sends a message that was asked for alone, or says why there is none.</summary>
    public void Send(MessageBatch batch, ReadOnlySpan<byte> reply, StoreResult result, in StoredMessage message, bool noHeaders)
    {
        if (result != StoreResult.Ok)
        {
            Send(batch, reply, DirectGetStatus.NotFound);
            return;
        }

        if (noHeaders)
        {
            _stream.Port.Publish(batch, reply, default, default, message.Payload);
            return;
        }

        int length = DirectGetHeaders.MaximumLength(message.Headers.Length, StreamName.Length, message.Subject.Length);
        byte[]? rented = length > LocalLength ? ArrayPool<byte>.Shared.Rent(length) : null;
        Span<byte> headers = rented ?? stackalloc byte[LocalLength];
        int written = DirectGetHeaders.Write(headers, message.Headers, StreamName, message.Subject, message.Sequence, message.TimestampNs);
        _stream.Port.Publish(batch, reply, default, headers[..written], message.Payload);
        if (rented is not null) ArrayPool<byte>.Shared.Return(rented);
    }

    /// <summary>A request that waited is done.</summary>
    public void Done() => Interlocked.Decrement(ref _waiting);

    private void Change(List<object> subscriptions, string? name)
    {
        lock (_lock)
        {
            if (name is null || _isClosed)
            {
                foreach (object subscription in subscriptions) _stream.Port.Unsubscribe(subscription);
                subscriptions.Clear();
                return;
            }

            if (subscriptions.Count > 0) return;
            byte[] subject = Encoding.UTF8.GetBytes($"$JS.API.DIRECT.GET.{name}");
            subscriptions.Add(_stream.Port.Subscribe(subject, new RequestTarget(this), Queue));
            subscriptions.Add(_stream.Port.Subscribe([.. subject, .. ".>"u8], new SubjectTarget(this, subject.Length + 1), Queue));
        }
    }

    // What a request says by its payload.
    private void Receive(MessageBatch batch, in InboundMessage message)
    {
        if (message.Payload.IsEmpty)
        {
            Send(batch, message.Reply, DirectGetStatus.EmptyRequest);
        }
        else if (!ApiRequestReader.TryReadDirectGet(message.Payload.ToArray(), out MessageGetRequest request, out _))
        {
            Send(batch, message.Reply, DirectGetStatus.MalformedRequest);
        }
        else if (DirectGetStatus.Judge(request) is { IsEmpty: false } refusal)
        {
            Send(batch, message.Reply, refusal);
        }
        else if (request is { Batch: 0, MultiLast: null or { Count: 0 } } && TryAnswerAtHand(batch, message.Reply, request))
        {
            return;
        }
        else
        {
            Leave(batch, message.Reply, request);
        }
    }

    // What a request says by its subject: the last message of what follows the stream's name.
    private void Receive(MessageBatch batch, in InboundMessage message, ReadOnlySpan<byte> subject)
    {
        bool noHeaders = false;
        if (!message.Payload.IsEmpty)
        {
            if (!ApiRequestReader.TryReadDirectGet(message.Payload.ToArray(), out MessageGetRequest request, out _))
            {
                Send(batch, message.Reply, DirectGetStatus.MalformedRequest);
                return;
            }

            if (!DirectGetStatus.SaysOnlyHowToAnswer(request))
            {
                Send(batch, message.Reply, DirectGetStatus.BadRequest);
                return;
            }

            noHeaders = request.NoHeaders;
        }

        if (TryAnswerLastAtHand(batch, message.Reply, subject, noHeaders)) return;
        Leave(batch, message.Reply, new MessageGetRequest { LastBySubject = Encoding.UTF8.GetString(subject), NoHeaders = noHeaders });
    }

    private bool TryAnswerAtHand(MessageBatch batch, ReadOnlySpan<byte> reply, MessageGetRequest request)
    {
        if (request.LastBySubject.Length > 0) return TryAnswerLastAtHand(batch, reply, Encoding.UTF8.GetBytes(request.LastBySubject), request.NoHeaders);
        if (request.NextBySubject.Length > 0 || request.StartTime is not null) return false;
        _stream.Settle();
        if (!_stream.Store.TryLoadAtHand(request.Sequence, out StoreResult result, out StoredMessage message)) return false;
        Send(batch, reply, result, message, request.NoHeaders);
        return true;
    }

    private bool TryAnswerLastAtHand(MessageBatch batch, ReadOnlySpan<byte> reply, ReadOnlySpan<byte> subject, bool noHeaders)
    {
        if (!Subject.IsLiteral(subject)) return false;
        _stream.Settle();
        if (!_stream.Store.TryLoadLastAtHand(subject, out StoreResult result, out StoredMessage message)) return false;
        Send(batch, reply, result, message, noHeaders);
        return true;
    }

    private void Leave(MessageBatch batch, ReadOnlySpan<byte> reply, MessageGetRequest request)
    {
        if (Interlocked.Increment(ref _waiting) > MaximumWaiting)
        {
            Done();
            Send(batch, reply, DirectGetStatus.TooManyRequests);
            return;
        }

        _services.Executor.Post(new DirectGetRun(this, _stream, _services, request, reply.ToArray()));
    }

    private bool IsRefused(MessageBatch batch, in InboundMessage message)
    {
        if (message.Reply.IsEmpty) return true;
        if (message.Headers.IsEmpty || !MessageHeaders.TryGet(message.Headers, "Nats-Required-Api-Level"u8, out ReadOnlySpan<byte> level) || ApiLevel.Supports(level)) return false;
        Send(batch, message.Reply, DirectGetStatus.RequiredApiLevel);
        return true;
    }

    private sealed class RequestTarget(DirectGet owner) : IMessageTarget
    {
        public bool Receive(MessageBatch batch, in InboundMessage message, IMessageSender sender)
        {
            if (!owner.IsRefused(batch, message)) owner.Receive(batch, message);
            return true;
        }
    }

    private sealed class SubjectTarget(DirectGet owner, int prefixLength) : IMessageTarget
    {
        public bool Receive(MessageBatch batch, in InboundMessage message, IMessageSender sender)
        {
            if (!owner.IsRefused(batch, message)) owner.Receive(batch, message, message.Subject[prefixLength..]);
            return true;
        }
    }
}
