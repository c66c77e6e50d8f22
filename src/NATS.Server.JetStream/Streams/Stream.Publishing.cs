using NATS.Server.Core.JetStream.Errors;
using NATS.Server.Core.JetStream.Ingest;
using NATS.Server.Core.JetStream.Streams;
using NATS.Server.Core.Protocol;
using NATS.Server.JetStream.Consumers;
using NATS.Server.JetStream.Ports;
using NATS.Server.JetStream.Storage;

namespace NATS.Server.JetStream.Streams;

/// <content>What is published to the stream: appended by the publisher's thread, flushed once per batch, acknowledged when it is as safe as promised.</content>
internal sealed partial class Stream
{
    private const long NanosecondsPerSecond = 1_000_000_000;

    // What is due later is looked at once a year.
    private const long LongestWaitSeconds = 365L * 24 * 3600;
    private readonly Stack<PublishedBatch> _spares = new();

    // Batches on their way to the device, in their order; the lock's.
    private readonly Queue<PublishedBatch> _committing = new();
    private PublishedBatch _published = new();
    private MessageBatch? _registeredIn;
    private long _registeredNumber;
    private ulong _readable;

    public ulong Readable => Volatile.Read(ref _readable);

    /// <summary>An answer waits for the device.</summary>
    public bool IsDurable => _services.IsDurable && Config.Storage == StorageType.File && Config.PersistMode != PersistMode.Async;

    /// <summary>Takes a message that was published to one of the stream's subjects.</summary>
    public bool Receive(MessageBatch batch, in InboundMessage message, IMessageSender sender)
    {
        lock (_lock)
        {
            if (_isClosed) return false;
            _publishNowNs = batch.NowNs;
            if (TryReceive(message)) Publish(new IngestMessage { Subject = message.Subject, Headers = message.Headers, Payload = message.Payload }, message.Reply);
            ComeBackAtEnd(batch);
        }

        return true;
    }

    /// <summary>Takes a message that is not of a client: of the server itself, or copied from another stream. Any thread that holds no lock of a stream.</summary>
    /// <returns>The error; null when it was stored, or was not to be.</returns>
    internal ApiError? ReceiveTrusted(ReadOnlySpan<byte> subject, ReadOnlySpan<byte> headers, ReadOnlySpan<byte> payload)
    {
        MessageBatch batch = _services.Batches.Rent();
        ApiError? error;
        lock (_lock)
        {
            _publishNowNs = batch.NowNs;
            error = _isClosed ? ApiErrors.StreamNotFound : PublishTrusted(new IngestMessage { Subject = subject, Headers = headers, Payload = payload, IsTrusted = true });
        }

        batch.AtEnd(this);
        _services.Batches.Return(batch);
        return error;
    }

    private ApiError? PublishTrusted(in IngestMessage message)
    {
        var plan = new IngestPlan(_scratch);
        switch (_rules.Judge(message, this, ref plan))
        {
            case IngestVerdict.Store:
                StoreResult result = KeepAndReplace(plan, out _);
                return result == StoreResult.Ok ? null : RefusalOf(result);
            case IngestVerdict.Skip:
                Replace(new IngestReplacement(plan, Skip(plan)));
                return null;
            case IngestVerdict.Refuse:
                return plan.Error;
            default:
                return null;
        }
    }

    /// <summary>Flushes what was published, then answers; or leaves both to the commit.</summary>
    public void OnBatchEnd(MessageBatch batch)
    {
        PublishedBatch published;
        bool isDurable = IsDurable;
        lock (_lock)
        {
            published = _published;
            if (published.IsEmpty)
            {
                Release(published);
                published.ForgetReceived();
                return;
            }

            _published = _spares.TryPop(out PublishedBatch? spare) ? spare : new PublishedBatch();
            isDurable &= published.LastSequence != 0 || published.WaitsForStore;
            if (isDurable) _committing.Enqueue(published);
        }

        if (isDurable)
        {
            _services.Commits.Enqueue(Store, this);
            return;
        }

        Finish(published, batch, published.LastSequence == 0 && !published.WaitsForStore ? StoreResult.Ok : Store.Flush());
    }

    /// <summary>What was published before is on the device, or never will be.</summary>
    public void Committed(long ticket, StoreResult result)
    {
        PublishedBatch published;
        bool replaces;
        lock (_lock)
        {
            published = _committing.Dequeue();
            replaces = published.Replacements.Count > 0;
        }

        if (replaces && result == StoreResult.Ok) _services.Executor.Post(new ReplacementRun(this, published));
        else Finish(published, result);
    }

    /// <summary>
    /// Takes away what messages that are on the device now replace; they are acknowledged when that is there too. When the stream has ended meanwhile nobody is told anything: they are stored, and what they replace
    /// may be there as well. By the executor.
    /// </summary>
    public void TakeAway(PublishedBatch published)
    {
        lock (_lock)
        {
            if (_isClosed) return;
            foreach (PendingReplacement replacement in published.Replacements) TakeAway(replacement.ToIngest());
            published.Replacements.Clear();
            _committing.Enqueue(published);
        }

        _services.Commits.Enqueue(Store, this);
    }

    private void Finish(PublishedBatch published, StoreResult result)
    {
        MessageBatch batch = _services.Batches.Rent();
        Finish(published, batch, result);
        _services.Batches.Return(batch);
    }

    // With the lock held. Decides, stores, and notes what is to be answered.
    private void Publish(in IngestMessage message, ReadOnlySpan<byte> reply)
    {
        if (IsOfFastBatch(message, reply) || TryPublishPlain(message, reply)) return;
        var plan = new IngestPlan(_scratch);
        CarryOut(_rules.Judge(message, this, ref plan), message, plan, reply);
    }

    private void CarryOut(IngestVerdict verdict, in IngestMessage message, in IngestPlan plan, ReadOnlySpan<byte> reply)
    {
        bool answers = !reply.IsEmpty && !_config.NoAck;
        switch (verdict)
        {
            case IngestVerdict.Store:
                StoreResult result = KeepAndReplace(plan, out ulong sequence);
                if (_traced is { } traced && result != StoreResult.Ok) traced.Error = RefusalOf(result).Description;
                if (!answers) break;
                if (result != StoreResult.Ok) Answer(reply, RefusalOf(result));
                else if (plan.CounterValue.IsEmpty) _published.Add(reply, sequence);
                else AnswerCounter(reply, sequence, plan.CounterValue);
                break;
            case IngestVerdict.Skip:
                ulong skipped = Skip(plan);
                Replace(new IngestReplacement(plan, skipped));
                if (answers) _published.Add(reply, skipped);
                break;
            case IngestVerdict.Duplicate:
                if (answers) AnswerDuplicate(reply, plan.DuplicateOf);
                break;
            case IngestVerdict.Refuse:
                if (answers) Answer(reply, plan.Error);
                break;
            case IngestVerdict.Batch:
                _batches.PublishAtomic(message, reply, _rules, this);
                ArmBefore(_batches.NextExpiryNs);
                break;
        }
    }

    // The usual way: a message without headers to a stream that makes nothing of it. What is not usual is left to the rules, which say what is wrong.
    private bool TryPublishPlain(in IngestMessage message, ReadOnlySpan<byte> reply)
    {
        if (!message.Headers.IsEmpty || !_rules.IsPlain(message.Subject.Length + message.Payload.Length)) return false;
        IIngestHost host = this;
        if (host.IsServerFull || host.ExceedsAccount(message.Subject, 0, message.Payload.Length, out _)) return false;
        var stored = new NewMessage { Subject = message.Subject, Payload = message.Payload, TimestampNs = _publishNowNs };
        if (Store.Append(stored, out ulong sequence) != StoreResult.Ok) return false;
        _consumers.Touch(message.Subject, _published);
        _published.LastSequence = sequence;
        SetLastMessageId(default);
        if (!reply.IsEmpty && !_config.NoAck) _published.Add(reply, sequence);
        return true;
    }

    // What a message of a fast batch is, its reply says.
    private bool IsOfFastBatch(in IngestMessage message, ReadOnlySpan<byte> reply)
    {
        ReadOnlySpan<byte> command = FastBatchCommandOf(message, reply);
        if (command.IsEmpty) return false;
        _batches.PublishFast(message, reply, command, _rules, this);
        ArmBefore(_batches.NextExpiryNs);
        return true;
    }

    private static ReadOnlySpan<byte> FastBatchCommandOf(in IngestMessage message, ReadOnlySpan<byte> reply)
    {
        if (FastBatchCommand.IsMeant(reply)) return reply;
        if (message.Headers.IsEmpty || !reply.StartsWith("_R_."u8)) return default;
        ReadOnlySpan<byte> command = FastBatchCommand.ReplyOf(reply, new IngestHeaders(message.Headers)[IngestHeader.RequestInfo]);
        return FastBatchCommand.IsMeant(command) ? command : default;
    }

    private StoreResult KeepAndReplace(in IngestPlan plan, out ulong sequence)
    {
        StoreResult result = Keep(plan, out sequence);
        if (result == StoreResult.Ok) Replace(new IngestReplacement(plan, sequence));
        return result;
    }

    // Stores what was decided. What it replaces is left to the caller.
    private StoreResult Keep(in IngestPlan plan, out ulong sequence)
    {
        var stored = new NewMessage
        {
            Subject = plan.Subject,
            Headers = plan.Headers,
            Payload = plan.Payload,
            TimestampNs = _publishNowNs,
            TtlSeconds = plan.TtlSeconds,
            ScheduleNs = plan.ScheduleNs,
        };
        StoreResult result = Store.Append(stored, out sequence);
        if (result != StoreResult.Ok)
        {
            NoteSpace(result);
            return result;
        }

        if (_config.Retention != RetentionPolicy.Interest) _consumers.Touch(plan.Subject, _published);
        Note(plan, sequence);
        if (!plan.RepublishSubject.IsEmpty) Republish(plan, sequence);
        if (plan.TtlSeconds > 0) ArmBefore(_publishNowNs + (Math.Min(plan.TtlSeconds, LongestWaitSeconds) * NanosecondsPerSecond));
        if (plan.ScheduleNs != 0) ArmBefore(plan.ScheduleNs);
        return StoreResult.Ok;
    }

    // Nobody wants it: it only takes a sequence.
    private ulong Skip(in IngestPlan plan)
    {
        Store.Skip(0, 1, _publishNowNs, advancesTime: true);
        ulong sequence = Store.State.LastSequence;
        Note(plan, sequence);
        return sequence;
    }

    private void Note(in IngestPlan plan, ulong sequence)
    {
        _published.LastSequence = sequence;
        SetLastMessageId(plan.MessageId);
        _window.Add(plan.MessageId, sequence, _publishNowNs);
    }

    // Where acknowledgements wait for the device, what is replaced stays until then: when the power goes, of what was written lately anything may be left, such as that something is gone and not what replaces it.
    private void Replace(in IngestReplacement replacement)
    {
        if (!replacement.RepeatedSchedule.IsEmpty)
        {
            Store.UpdateSchedule(replacement.RepeatedSchedule, replacement.NextScheduleNs);
            ArmBefore(replacement.NextScheduleNs);
        }

        if (replacement.Rollup == IngestRollup.None && replacement.EndedSchedule.IsEmpty) return;
        if (IsDurable)
        {
            // What is over is not due again meanwhile.
            if (!replacement.EndedSchedule.IsEmpty) Store.UpdateSchedule(replacement.EndedSchedule, long.MaxValue);
            _published.Replacements.Add(PendingReplacement.Copy(replacement));
            return;
        }

        // A file without messages is deleted at once: what replaces them has to be in another before.
        Store.Flush();
        TakeAway(replacement);
    }

    private void TakeAway(in IngestReplacement replacement)
    {
        if (replacement.Rollup == IngestRollup.Subject)
        {
            PurgeAndTell(MessageFilter.Of(replacement.Subject), replacement.Sequence, 0, out _);
        }
        else if (replacement.Rollup == IngestRollup.All)
        {
            // Purging everything below a sequence would drop blocks without looking whether what is above is safe.
            ulong kept = Store.StateOf(MessageFilter.All, replacement.Sequence).Messages;
            PurgeAndTell(MessageFilter.All, 0, kept, out _);
        }

        // A schedule of the subject that came meanwhile is another one.
        if (!replacement.EndedSchedule.IsEmpty) PurgeAndTell(MessageFilter.Of(replacement.EndedSchedule), replacement.Sequence, 0, out _);
    }

    private void Republish(in IngestPlan plan, ulong sequence)
    {
        _text.ResetWrittenCount();
        int omitted = _rules.RepublishesHeadersOnly ? plan.Payload.Length : -1;
        RepublishHeaders.Write(plan.Headers, _nameBytes, plan.Subject, sequence, _publishNowNs, plan.RepublishAfter, omitted, _text);
        _published.AddMessage(plan.RepublishSubject, _text.WrittenSpan, omitted < 0 ? plan.Payload : default, after: sequence);
    }

    private void Finish(PublishedBatch published, MessageBatch batch, StoreResult result)
    {
        if (result == StoreResult.Ok && published.LastSequence != 0)
        {
            Advance(published.LastSequence);
            CountBytes();
            foreach (Consumer consumer in published.Consumers) consumer.OnMessages(batch);
        }

        if (result != StoreResult.Ok || published.LastSequence != 0) NoteSpace(result);
        published.Publish(Port, _owner.SystemPort, batch, _ack, result == StoreResult.Ok ? null : TextOf(RefusalOf(result)));
        RearmIfIdle(batch.NowNs);
        lock (_lock)
        {
            foreach (Consumer consumer in published.Consumers)
            {
                if (ReferenceEquals(consumer.TouchedIn, published)) consumer.TouchedIn = null;
            }

            Release(published);
            published.Clear();
            if (_spares.Count < 8) _spares.Push(published);
        }
    }

    // Batches of several threads may finish in any order.
    private void Advance(ulong sequence)
    {
        ulong known = Volatile.Read(ref _readable);
        while (sequence > known)
        {
            ulong before = Interlocked.CompareExchange(ref _readable, sequence, known);
            if (before == known) return;
            known = before;
        }
    }
}
