using System.Buffers;
using System.Buffers.Text;
using System.Text;
using NATS.Server.Core.JetStream.Api;
using NATS.Server.Core.JetStream.Consumers;
using NATS.Server.Core.JetStream.Errors;
using NATS.Server.Core.JetStream.Sources;
using NATS.Server.Core.JetStream.Streams;
using NATS.Server.Core.Protocol;
using NATS.Server.Core.Runtime;
using NATS.Server.Core.Subjects;
using NATS.Server.JetStream.Ports;

namespace NATS.Server.JetStream.Streams.Sources;

/// <summary>
/// Any thread may send it something; one at a time owns it. Another stream from which messages are copied: asks for a consumer there by the API, over the account's subjects, so that it may be in another account or
/// domain, and takes what it delivers, on the thread that delivers it. What it copied is known from the store, so nothing of it is kept besides.
/// </summary>
/// <remarks>Reference: nats-server stream.go setupMirrorConsumer, trySetupSourceConsumer, processInboundMirrorMsg, processInboundSourceMsg.</remarks>
internal abstract class StreamOrigin : Mailbox<OriginWork>
{
    private const int MaximumWaiting = 1 << 17;
    private const int SignalDeadline = 1;
    private const int SignalStop = 2;
    private const int SignalSeen = 4;
    private const int UniqueLength = 8;
    private const long HealthNs = 10_000_000_000;
    private const long BetweenRequestsNs = 2_000_000_000;
    private const long AnswerNs = 30_000_000_000;
    private const long ResetAnswerNs = 5_000_000_000;
    private const long BackOffNs = 10_000_000_000;
    private const long LongestBackOffNs = 120_000_000_000;
    private const int JitterNs = 100_000_000;

    private readonly Lock _shownLock = new();
    private readonly SubjectTransform?[] _transforms;
    private readonly ArrayBufferWriter<byte> _subject = new(256);
    private readonly ArrayBufferWriter<byte> _firstHeaders = new(512);
    private readonly ArrayBufferWriter<byte> _secondHeaders = new(512);
    private readonly Deadline _deadline;
    private readonly int _firstLevel;
    private object? _answers;
    private object? _delivery;
    private byte[] _consumer = [];
    private MessageBatch? _rented;
    private OriginPhase _phase = OriginPhase.Waiting;
    private SourceRequest? _request;
    private ApiError? _error;
    private bool _deletesConsumer;
    private bool _isStopped;
    private bool _acksByFlow;
    private int _attempt;
    private int _level;
    private int _fails;
    private long _requestedNs;
    private long _heardNs;
    private ulong _lag;
    private ulong _streamSequence;

    /// <summary>Prepares; nothing is asked for yet.</summary>
    /// <param name="services">The world.</param>
    /// <param name="stream">Gets the messages.</param>
    /// <param name="source">The other stream.</param>
    /// <param name="level">The level of the API that the other server is asked to have first.</param>
    protected StreamOrigin(JetStreamServices services, Stream stream, StreamSource source, int level)
        : base(services.Executor, MaximumWaiting)
    {
        Services = services;
        Stream = stream;
        Source = source;
        _firstLevel = level;
        _level = level;
        _transforms = [.. (source.SubjectTransforms ?? []).Select(static config =>
            SubjectTransform.TryCreate(config.Source, config.Destination, isStrict: false, out SubjectTransform? transform, out _) ? transform : null)];
        _deadline = new Deadline(() => Signal(SignalDeadline));
    }

    private enum OriginPhase
    {
        Waiting,
        Asking,
        Following,
        Stopped,
    }

    public StreamSource Source { get; }

    protected JetStreamServices Services { get; }

    protected Stream Stream { get; }

    /// <summary>The last message of the other stream that was taken; changed by the owner.</summary>
    protected ulong StreamSequence
    {
        get => Volatile.Read(ref _streamSequence);
        set => Volatile.Write(ref _streamSequence, value);
    }

    /// <summary>The last delivery of the consumer that was taken; the owner's.</summary>
    protected ulong DeliverySequence { get; set; }

    /// <summary>Whether the information about it says how far it is: of a mirror the stream itself says that.</summary>
    protected abstract bool ShowsSequence { get; }

    /// <summary>Tells mirrors from sources in subjects.</summary>
    protected abstract char Kind { get; }

    /// <summary>Begins. Once.</summary>
    public void Start() => Services.Deadlines.Set(_deadline, Services.NowNs);

    /// <summary>Ends. Nothing more is copied when what is under way is done.</summary>
    /// <param name="deletesConsumer">The consumer is deleted, unless it was there before.</param>
    public void Stop(bool deletesConsumer)
    {
        _deletesConsumer = deletesConsumer;
        Volatile.Write(ref _isStopped, true);
        Signal(SignalStop);
    }

    /// <summary>As the information about the stream shows it. Any thread.</summary>
    public StreamSourceInfo Describe(long nowNs)
    {
        long heardNs = Volatile.Read(ref _heardNs);
        ApiError? error;
        lock (_shownLock) error = _error;
        return new StreamSourceInfo
        {
            Name = Source.Name,
            External = Source.External,
            Lag = Volatile.Read(ref _lag),
            Sequence = ShowsSequence ? StreamSequence : 0,
            ActiveNs = heardNs == 0 ? -1 : Math.Max(0, nowNs - heardNs),
            Error = error,
            FilterSubject = Source.FilterSubject,
            SubjectTransforms = Source.SubjectTransforms,
        };
    }

    protected override void Perform(ref OriginWork item)
    {
        MessageBatch batch = _rented ??= Services.Batches.Rent();
        if (item.Kind == OriginWorkKind.Answer) TakeAnswer(batch, item.Attempt, item.Headers, item.Payload);
        else Take(batch, item.Attempt, item.Subject, item.Reply, item.Headers, item.Payload);
    }

    protected override void EndBatch(int signals)
    {
        MessageBatch batch = _rented ??= Services.Batches.Rent();
        if ((signals & SignalStop) != 0) End(batch);
        else if (_phase != OriginPhase.Stopped) Look(batch, signals);
        _rented = null;
        Services.Batches.Return(batch);
    }

    /// <summary>Makes the request for the consumer. The owner.</summary>
    protected abstract SourceRequest MakeRequest(string deliverSubject);

    /// <summary>Which stream of the name is meant; null when it does not matter.</summary>
    protected virtual string? Identity => null;

    /// <summary>The consumer is there. The owner.</summary>
    /// <returns>Why it is of no use; null when it is.</returns>
    protected abstract ApiError? Begin(SourceAnswer answer, string identity);

    /// <summary>The consumer can not be had. The owner.</summary>
    /// <returns>True when another request would be another matter.</returns>
    protected abstract bool OnRefused(ApiError error);

    /// <summary>Takes a message. The owner.</summary>
    protected abstract void TakeMessage(MessageBatch batch, in AckReply reply, ReadOnlySpan<byte> subject, ReadOnlySpan<byte> headers, ReadOnlySpan<byte> payload);

    /// <summary>The error that says that the consumer does not acknowledge as it has to.</summary>
    protected abstract ApiError WrongAcknowledgements { get; }

    /// <summary>The error for anything that is wrong here.</summary>
    protected abstract ApiError SetupFailed(string reason);

    /// <summary>Says how much is still to come after a message. The owner.</summary>
    protected void SetLag(ulong pending) => Volatile.Write(ref _lag, pending == 0 ? 0 : pending - 1);

    /// <summary>Begins again where it was, with another consumer. The owner.</summary>
    protected void Retry()
    {
        OriginLog.Retrying(Services.Log, Source.Name, Stream.Port.Name, Stream.Name);
        Forget();
        _phase = OriginPhase.Waiting;
        _level = _firstLevel;
        long waitNs = Math.Max(0, BetweenRequestsNs - (Services.NowNs - _requestedNs)) + Math.Min(_fails * BackOffNs, LongestBackOffNs);
        Due(Services.NowNs + waitNs + JitterNs + Services.Random.Next(JitterNs));
    }

    /// <summary>The subject under which a message is stored. The owner; valid until the next.</summary>
    protected ReadOnlySpan<byte> Transformed(ReadOnlySpan<byte> subject)
    {
        foreach (SubjectTransform? transform in _transforms)
        {
            if (transform is null) continue;
            _subject.ResetWrittenCount();
            if (transform.TryTransform(subject, _subject, Services.Random)) return _subject.WrittenSpan;
        }

        return subject;
    }

    /// <summary>The header block of a message without what was meant for the other stream. The owner; valid until the next.</summary>
    protected ReadOnlySpan<byte> Cleaned(ReadOnlySpan<byte> headers)
    {
        if (headers.IndexOf("Nats-"u8) < 0) return headers;
        if (headers.IndexOf("Nats-Expected-"u8) >= 0) headers = RemovePrefixed(headers, "Nats-Expected-"u8);
        return headers.IndexOf("Nats-Batch-"u8) >= 0 ? RemovePrefixed(headers, "Nats-Batch-"u8) : headers;
    }

    /// <summary>Adds a header in the place of one that may be there. The owner; valid until the next.</summary>
    protected ReadOnlySpan<byte> WithHeader(ReadOnlySpan<byte> headers, ReadOnlySpan<byte> key, ReadOnlySpan<byte> value)
    {
        if (headers.IndexOf(key) >= 0)
        {
            ArrayBufferWriter<byte> without = Other(headers);
            headers = MessageHeaders.Remove(headers, key, without) ? without.WrittenSpan : default;
        }

        ArrayBufferWriter<byte> output = Other(headers);
        MessageHeaders.Append(headers, key, value, output);
        return output.WrittenSpan;
    }

    private ReadOnlySpan<byte> RemovePrefixed(ReadOnlySpan<byte> headers, ReadOnlySpan<byte> prefix)
    {
        ArrayBufferWriter<byte> output = Other(headers);
        return MessageHeaders.RemovePrefixed(headers, prefix, output) ? output.WrittenSpan : default;
    }

    // The buffer that a block does not lie in.
    private ArrayBufferWriter<byte> Other(ReadOnlySpan<byte> headers)
    {
        ArrayBufferWriter<byte> other = headers.Overlaps(_firstHeaders.WrittenSpan) ? _secondHeaders : _firstHeaders;
        other.ResetWrittenCount();
        return other;
    }

    // Owner. What the time, or a sign of life, makes necessary.
    private void Look(MessageBatch batch, int signals)
    {
        long nowNs = Services.NowNs;
        if ((signals & SignalSeen) != 0 && _phase == OriginPhase.Waiting && _fails > 0)
        {
            _fails = 0;
            Retry();
        }

        if ((signals & SignalDeadline) == 0) return;
        switch (_phase)
        {
            case OriginPhase.Waiting:
                Ask(batch, nowNs);
                break;
            case OriginPhase.Asking:
                Fail(null);
                if (Source.Consumer is { } given) _delivery = Stream.Port.Subscribe(Encoding.UTF8.GetBytes(given.DeliverSubject), new DeliveryTarget(this, _attempt));
                break;
            case OriginPhase.Following when nowNs - Volatile.Read(ref _heardNs) > HealthNs:
                Retry();
                break;
            case OriginPhase.Following:
                Due(Volatile.Read(ref _heardNs) + HealthNs + 1);
                break;
        }
    }

    private void Ask(MessageBatch batch, long nowNs)
    {
        Forget();
        _requestedNs = nowNs;
        SourceRequest request = MakeRequest(Source.Consumer?.DeliverSubject ?? SourceRequest.DeliveryOf(Source, Kind, Unique()));
        if (_level == 0) request = request with { IsSourcing = false, ConsumerName = $"{request.ConsumerName}_{Unique()}" };
        _request = request;
        SetError(null);
        _phase = OriginPhase.Asking;
        _attempt++;
        byte[] reply = Encoding.ASCII.GetBytes("$JSC.R." + Unique());
        _answers = Stream.Port.Subscribe(reply, new AnswerTarget(this, _attempt));
        bool resets = Source.Consumer is not null;
        Due(nowNs + (resets ? ResetAnswerNs : AnswerNs));
        byte[] headers = resets && Identity is null ? [] : SourceRequest.Headers(_level, _level >= _firstLevel ? Identity : null);
        Stream.Port.Publish(batch, Encoding.UTF8.GetBytes(request.Subject), reply, headers, request.ToPayload());
    }

    private void TakeAnswer(MessageBatch batch, int attempt, byte[] headers, byte[] payload)
    {
        if (attempt != _attempt || _phase != OriginPhase.Asking) return;
        if (!SourceAnswer.TryRead(payload, out SourceAnswer answer)) return;
        if (answer.Error is { } error)
        {
            Refused(batch, error);
            return;
        }

        if (!answer.HasConsumer)
        {
            Fail(SetupFailed("invalid consumer create response"));
            return;
        }

        if (Source.Consumer is not null && answer.AckPolicy != AckPolicy.FlowControl)
        {
            Fail(WrongAcknowledgements);
            return;
        }

        MessageHeaders.TryGet(headers, "Nats-Stream-Identity"u8, out ReadOnlySpan<byte> identity);
        if (Begin(answer, Encoding.UTF8.GetString(identity)) is { } failure)
        {
            Fail(failure);
            return;
        }

        UnsubscribeAnswers();
        SetError(null);
        _fails = 0;
        _consumer = Encoding.UTF8.GetBytes(answer.ConsumerName);
        _acksByFlow = answer.AckPolicy == AckPolicy.FlowControl;
        DeliverySequence = 0;
        _phase = OriginPhase.Following;
        Volatile.Write(ref _heardNs, Services.NowNs);
        if (answer.Pending == 0) Volatile.Write(ref _lag, 0);
        Due(Services.NowNs + HealthNs + 1);
        string deliverSubject = Source.Consumer?.DeliverSubject ?? (answer.DeliverSubject.Length > 0 ? answer.DeliverSubject : _request!.DeliverSubject);
        _delivery = Stream.Port.Subscribe(Encoding.UTF8.GetBytes(deliverSubject), new DeliveryTarget(this, _attempt));
    }

    private void Refused(MessageBatch batch, in ApiError error)
    {
        bool isOlder = error.ErrorCode is ApiErrorCode.RequiredApiLevel or ApiErrorCode.InvalidJSON;
        if (isOlder && _level > 0 && Source.Consumer is null)
        {
            // The other server is older: it is asked for less.
            _level = _level > 4 ? 4 : 0;
            Ask(batch, Services.NowNs);
            return;
        }

        if (OnRefused(error)) Retry();
        else Fail(error);
    }

    private void Fail(in ApiError? error)
    {
        SetError(error);
        _fails++;
        Retry();
    }

    private void Take(MessageBatch batch, int attempt, ReadOnlySpan<byte> subject, ReadOnlySpan<byte> reply, ReadOnlySpan<byte> headers, ReadOnlySpan<byte> payload)
    {
        if (attempt != _attempt || _phase != OriginPhase.Following || Volatile.Read(ref _isStopped)) return;
        if (payload.IsEmpty && headers.StartsWith("NATS/1.0 100 "u8))
        {
            TakeControl(batch, reply, headers);
            return;
        }

        if (!AckReply.ConsumerOf(reply).SequenceEqual(_consumer) || !AckReply.TryParse(reply, out AckReply ack) || ack.Deliveries > 1) return;
        TakeMessage(batch, ack, subject, headers, payload);
    }

    private void TakeControl(MessageBatch batch, ReadOnlySpan<byte> reply, ReadOnlySpan<byte> headers)
    {
        if (!reply.IsEmpty)
        {
            byte[] answer = Encoding.ASCII.GetBytes($"NATS/1.0\r\nNats-Last-Consumer: {DeliverySequence}\r\nNats-Last-Stream: {StreamSequence}\r\n\r\n");

            // Where it acknowledges, what it says has to be as safe as anything that the stream acknowledges.
            if (_acksByFlow) Stream.TellWhenStored(batch, reply, answer);
            else Stream.Port.Publish(batch, reply, default, answer, default);
        }
        else if (MessageHeaders.TryGet(headers, "Nats-Last-Consumer"u8, out ReadOnlySpan<byte> last) && Utf8Parser.TryParse(last, out ulong delivered, out _) && delivered > 0 && delivered != DeliverySequence)
        {
            Retry();
        }
        else if (MessageHeaders.TryGet(headers, "Nats-Consumer-Stalled"u8, out ReadOnlySpan<byte> stalled) && !stalled.IsEmpty)
        {
            Stream.Port.Publish(batch, stalled, default, default, default);
        }
    }

    private void End(MessageBatch batch)
    {
        if (_phase == OriginPhase.Stopped) return;
        string consumer = _phase == OriginPhase.Following ? Encoding.UTF8.GetString(_consumer) : _request?.ConsumerName ?? "";
        Forget();
        _phase = OriginPhase.Stopped;
        Services.Deadlines.Set(_deadline, long.MaxValue);
        if (!_deletesConsumer || Source.Consumer is not null || consumer.Length == 0) return;
        Stream.Port.Publish(batch, Encoding.UTF8.GetBytes(SourceRequest.DeleteSubject(Source, consumer)), default, default, default);
    }

    // Owner. What was asked for and what was subscribed to is of no interest any more.
    private void Forget()
    {
        UnsubscribeAnswers();
        if (_delivery is { } delivery) Stream.Port.Unsubscribe(delivery);
        _delivery = null;
    }

    private void UnsubscribeAnswers()
    {
        if (_answers is { } answers) Stream.Port.Unsubscribe(answers);
        _answers = null;
    }

    private void SetError(in ApiError? error)
    {
        lock (_shownLock) _error = error;
    }

    private void Due(long dueNs) => Services.Deadlines.Set(_deadline, dueNs);

    private string Unique()
    {
        const string Digits = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
        Span<char> text = stackalloc char[UniqueLength];
        foreach (ref char letter in text) letter = Digits[Services.Random.Next(Digits.Length)];
        return new string(text);
    }

    private sealed class DeliveryTarget(StreamOrigin owner, int attempt) : IMessageTarget
    {
        public bool Receive(MessageBatch batch, in InboundMessage message, IMessageSender sender)
        {
            if (Volatile.Read(ref owner._isStopped)) return false;
            Volatile.Write(ref owner._heardNs, batch.NowNs);
            if (owner.TryEnter())
            {
                bool follows = owner._phase == OriginPhase.Following;
                if (follows) owner.Take(batch, attempt, message.Subject, message.Reply, message.Headers, message.Payload);
                owner.Exit();
                if (!follows) owner.Signal(SignalSeen);
                return true;
            }

            return owner.TryPost(new OriginWork(OriginWorkKind.Message, attempt, message.Subject.ToArray(), message.Reply.ToArray(), message.Headers.ToArray(), message.Payload.ToArray()));
        }
    }

    private sealed class AnswerTarget(StreamOrigin owner, int attempt) : IMessageTarget
    {
        public bool Receive(MessageBatch batch, in InboundMessage message, IMessageSender sender) =>
            owner.TryPost(new OriginWork(OriginWorkKind.Answer, attempt, [], [], message.Headers.ToArray(), message.Payload.ToArray()));
    }
}
