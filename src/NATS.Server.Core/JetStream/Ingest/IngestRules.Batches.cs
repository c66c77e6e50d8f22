using NATS.Server.Core.JetStream.Errors;
using NATS.Server.Core.JetStream.Streams;

namespace NATS.Server.Core.JetStream.Ingest;

/// <content>Messages of batches: their checks are others, in another order, and look at the messages before them in the batch too.</content>
public sealed partial class IngestRules
{
    private const int MemoryOverhead = 16;

    /// <summary>Decides about a message of a batch, before any of it is stored.</summary>
    /// <param name="message">The message.</param>
    /// <param name="host">The stream.</param>
    /// <param name="stage">The messages of the batch before it; null when those are in the stream already.</param>
    /// <param name="plan">A new plan: subject, headers and payload as they are to be stored, for <see cref="FinishMember"/>.</param>
    /// <returns><see cref="IngestVerdict.Store"/>, or why not; <see cref="IngestVerdict.Duplicate"/> comes with an error too.</returns>
    public IngestVerdict JudgeMember(in IngestMessage message, IIngestHost host, IngestStage? stage, ref IngestPlan plan)
    {
        Begin(message, host, ref plan);
        if (IsRecordTooLong(plan)) return plan.Refuse(IngestErrors.TooLarge);
        var headers = new IngestHeaders(message.Headers);
        if (headers.Has(IngestHeader.RequestInfo)) plan.RemoveHeader(IngestHeader.RequestInfo);
        if (!plan.Headers.IsEmpty)
        {
            if (plan.Headers.Length > LongestHeaders) return plan.Refuse(ApiErrors.StreamHeaderExceedsMaximum);
            if (!CheckIncrement(headers, isTrusted: false, ref plan) || !CheckStreamName(headers, ref plan) || !CheckTtl(headers, ref plan)) return IngestVerdict.Refuse;
            IngestVerdict known = FindMessageId(headers[IngestHeader.MessageId], host, stage, ref plan);
            if (known != IngestVerdict.Store) return known;
            if (headers.HasValue(IngestHeader.StreamSource)) return plan.Refuse(ApiErrors.MessageSourceHdrNotAllowed);
        }

        if (_config.AllowMessageCounter && !Count(headers, host, stage, ref plan)) return IngestVerdict.Refuse;
        if (!headers.IsEmpty)
        {
            if (!CheckLastSequence(headers, host, stage, ref plan) || !CheckLastOfSubject(headers, host, stage, ref plan)) return IngestVerdict.Refuse;
            if (!CheckSchedule(headers, host, ref plan) || !CheckScheduler(headers, host, stage, ref plan) || !CheckRollup(headers, stage, ref plan)) return IngestVerdict.Refuse;
        }

        ulong bytes = SizeOf(plan);
        stage?.Add(plan.Subject, bytes, plan.ScheduleNs != 0);
        return _config.Discard == DiscardPolicy.New && !CheckLimits(headers, host, stage, bytes, ref plan) ? IngestVerdict.Refuse : IngestVerdict.Store;
    }

    /// <summary>Decides about a message of a batch right before it is stored.</summary>
    /// <param name="message">As <see cref="JudgeMember"/> has left it: not transformed again.</param>
    /// <param name="host">The stream.</param>
    /// <param name="plan">A new plan, or that of <see cref="JudgeMember"/>.</param>
    public IngestVerdict FinishMember(in IngestMessage message, IIngestHost host, ref IngestPlan plan)
    {
        plan.Subject = message.Subject;
        plan.Headers = message.Headers;
        plan.Payload = message.Payload;
        var headers = new IngestHeaders(message.Headers);
        plan.MessageId = headers[IngestHeader.MessageId];
        return CheckLastMessageId(headers, host, ref plan) ? Finish(headers, host, ref plan) : IngestVerdict.Refuse;
    }

    /// <summary>What is wrong with an atomic batch, whatever it is; null when the stream takes them.</summary>
    internal ApiError? AtomicFault => _config.AllowAtomicPublish ? null : ApiErrors.AtomicPublishDisabled;

    /// <summary>What is wrong with a fast batch, whatever it is; null when the stream takes them.</summary>
    internal ApiError? FastFault => _config.AllowBatchPublish ? null : ApiErrors.BatchPublishDisabled;

    /// <summary>Whether publishers are answered.</summary>
    internal bool Answers => !_config.NoAck;

    /// <summary>Whether a message may be taken into a batch at all.</summary>
    internal bool Admits(in IngestMessage message, IIngestHost host, ApiError? fault, out ApiError error)
    {
        error = default;
        if (_config.Sealed) error = ApiErrors.StreamSealed;
        else if (host.IsServerFull) error = ApiErrors.InsufficientResources;
        else if (host.ExceedsAccount(message.Subject, message.Headers.Length, message.Payload.Length, out error)) return false;
        else if (_config.MaxMessageSize > 0 && message.Headers.Length + (long)message.Payload.Length > _config.MaxMessageSize) error = ApiErrors.StreamMessageExceedsMaximum;
        else error = fault ?? default;
        return error == default;
    }

    private bool CheckTtl(in IngestHeaders headers, ref IngestPlan plan)
    {
        if (!headers.HasValue(IngestHeader.Ttl)) return true;
        bool isValid = TimeToLive.TryParse(headers[IngestHeader.Ttl], out long seconds);
        if (isValid && (seconds == 0 || _config.AllowMessageTtl)) return true;
        plan.Error = _config.AllowMessageTtl ? ApiErrors.MessageTTLInvalid : ApiErrors.MessageTTLDisabled;
        return false;
    }

    private static IngestVerdict FindMessageId(ReadOnlySpan<byte> messageId, IIngestHost host, IngestStage? stage, ref IngestPlan plan)
    {
        if (messageId.IsEmpty) return IngestVerdict.Store;
        plan.Error = ApiErrors.AtomicPublishContainsDuplicateMessage;
        if (stage is not null && !stage.AddMessageId(messageId)) return IngestVerdict.Duplicate;
        if (host.TryFindMessageId(messageId, out ulong sequence))
        {
            plan.DuplicateOf = sequence;
            return IngestVerdict.Duplicate;
        }

        plan.Error = default;
        return IngestVerdict.Store;
    }

    private static bool CheckLastSequence(in IngestHeaders headers, IIngestHost host, IngestStage? stage, ref IngestPlan plan)
    {
        if (!headers.HasValue(IngestHeader.ExpectedLastSequence)) return true;
        ulong before = stage?.Messages ?? 0;
        ulong last = host.LastSequence + before;
        if (SequenceOf(headers[IngestHeader.ExpectedLastSequence]) != last) plan.Error = ApiErrors.StreamWrongLastSequence(last);

        // Only the first message of a batch can know the last sequence.
        else if (before > 0) plan.Error = ApiErrors.StreamWrongLastSequenceConstant;
        else return true;
        return false;
    }

    private static bool CheckLastOfSubject(in IngestHeaders headers, IIngestHost host, IngestStage? stage, ref IngestPlan plan)
    {
        if (stage is null || !headers.HasValue(IngestHeader.ExpectedLastSubjectSequence)) return CheckLastOfSubject(headers, host, ref plan);
        ReadOnlySpan<byte> filter = headers[IngestHeader.ExpectedLastSubjectSequenceSubject];
        if (filter.IsEmpty) filter = plan.Subject;
        if (stage.Writes(filter))
        {
            plan.Error = ApiErrors.StreamWrongLastSequenceConstant;
            return false;
        }

        if (!stage.TryGetExpected(filter, out ulong last))
        {
            last = host.LastSequenceOf(filter);
            stage.SetExpected(filter, last);
        }

        if (last == SequenceOf(headers[IngestHeader.ExpectedLastSubjectSequence])) return true;
        plan.Error = ApiErrors.StreamWrongLastSequence(last);
        return false;
    }

    private bool CheckRollup(in IngestHeaders headers, IngestStage? stage, ref IngestPlan plan)
    {
        if (!CheckRollup(headers, isTrusted: false, ref plan)) return false;
        if (stage is null) return true;
        IngestRollup? rollup = headers.HasValue(IngestHeader.Rollup) ? RollupOf(headers[IngestHeader.Rollup]) : plan.ScheduleNs != 0 ? IngestRollup.Subject : null;

        // What came before in the batch cannot be taken the place of.
        if (rollup == IngestRollup.Subject && stage.Writes(plan.Subject)) plan.Error = ApiErrors.StreamRollupFailed("batch rollup sub invalid");
        else if (rollup == IngestRollup.All && stage.Messages > 0) plan.Error = ApiErrors.StreamRollupFailed("batch rollup all invalid");
        else return true;
        return false;
    }

    // With discard new the whole batch has to have room.
    private bool CheckLimits(in IngestHeaders headers, IIngestHost host, IngestStage? stage, ulong bytes, ref IngestPlan plan)
    {
        if (_config.MaxMessages > 0 || _config.MaxBytes > 0)
        {
            host.Totals(out ulong messages, out ulong totalBytes);
            messages += stage?.Messages ?? 1;
            totalBytes += stage?.Bytes ?? bytes;
            if (_config.MaxMessages > 0 && messages > (ulong)_config.MaxMessages) plan.Error = IngestErrors.MaximumMessages;
            else if (_config.MaxBytes > 0 && totalBytes > (ulong)_config.MaxBytes) plan.Error = IngestErrors.MaximumBytes;
            if (plan.Error != default) return false;
        }

        bool isRollup = headers.HasValue(IngestHeader.Rollup) || plan.ScheduleNs != 0;
        if (!_config.DiscardNewPerSubject || _config.MaxMessagesPerSubject <= 0 || isRollup) return true;
        if (host.MessagesOf(plan.Subject) + (stage?.MessagesOf(plan.Subject) ?? 1) <= (ulong)_config.MaxMessagesPerSubject) return true;
        plan.Error = IngestErrors.MaximumMessagesPerSubject;
        return false;
    }

    private ulong SizeOf(in IngestPlan plan)
    {
        int length = plan.Subject.Length + plan.Headers.Length + plan.Payload.Length;
        if (!_hasRecords) return (ulong)(length + MemoryOverhead);
        return (ulong)(length + RecordOverhead + (plan.Headers.IsEmpty ? 0 : HeadersOverhead));
    }
}
