using System.Text;
using NATS.Server.Core.JetStream.Errors;
using NATS.Server.Core.JetStream.Streams;
using NATS.Server.Core.Protocol;
using NATS.Server.Core.Subjects;

namespace NATS.Server.Core.JetStream.Ingest;

/// <summary>
/// Immutable, thread-safe; made once of a stream's configuration. What a message that is published to the stream has to satisfy and what is made of it, in the reference's order of checks: which error a message
/// with several faults gets is part of the protocol.
/// </summary>
/// <remarks>
/// Asks the stream only what the headers of the message need. A message without headers costs a few nanoseconds; nothing is allocated for what is usual in headers. What the store refuses (limits with discard new) is not asked here but told
/// by the store when it appends. Reference: nats-server stream.go processJetStreamMsg and jetstream_batching.go.
/// </remarks>
public sealed partial class IngestRules
{
    private const int LongestHeaders = ushort.MaxValue;

    // What the file format allows a record to be, and what it adds to subject, headers and payload.
    private const int LongestRecord = 32 * 1024 * 1024;
    private const int RecordOverhead = 30;
    private const int HeadersOverhead = 4;
    private readonly StreamConfig _config;
    private readonly IngestSettings _settings;
    private readonly byte[] _name;
    private readonly byte[][] _subjects;
    private readonly SubjectTransform? _transform;
    private readonly SubjectTransform? _republish;
    private readonly bool _hasRecords;
    private readonly bool _allowsRollup;
    private readonly bool _isPlain;
    private readonly int _plainLimit;

    /// <summary>Takes over a configuration.</summary>
    /// <param name="config">As it was checked; its transforms are valid.</param>
    /// <param name="settings">Of the server.</param>
    public IngestRules(StreamConfig config, IngestSettings settings)
    {
        _config = config;
        _settings = settings;
        _name = Encoding.UTF8.GetBytes(config.Name);
        _subjects = [.. (config.Subjects ?? []).Select(Encoding.UTF8.GetBytes)];
        _transform = config.SubjectTransform is { } transform ? Create(transform.Source, transform.Destination) : null;
        _republish = config.Republish is { } republish ? Create(republish.Source, republish.Destination) : null;
        _hasRecords = config.Storage == StorageType.File;
        _allowsRollup = config.AllowRollup && !config.DenyPurge;
        _isPlain = !config.Sealed && !config.AllowMessageCounter && _transform is null && _republish is null && config.Retention != RetentionPolicy.Interest;

        // Subject and payload together: within it neither the size of a message nor that of a record can be exceeded.
        _plainLimit = config.MaxMessageSize > 0 ? Math.Min(config.MaxMessageSize, LongestRecord - RecordOverhead) : LongestRecord - RecordOverhead;
    }

    /// <summary>Whether messages are published again with their headers only.</summary>
    public bool RepublishesHeadersOnly => _config.Republish is { HeadersOnly: true };

    /// <summary>Whether a message without headers is stored as it is if there is room for it: then there is nothing else to judge, and no plan to make.</summary>
    /// <param name="length">Bytes of its subject and its payload together.</param>
    public bool IsPlain(int length) => _isPlain && length <= _plainLimit;

    /// <summary>Decides about a message that is no part of a batch.</summary>
    /// <param name="message">The message.</param>
    /// <param name="host">The stream.</param>
    /// <param name="plan">A new plan: what to do, as far as the verdict is <see cref="IngestVerdict.Store"/> or <see cref="IngestVerdict.Skip"/>.</param>
    public IngestVerdict Judge(in IngestMessage message, IIngestHost host, ref IngestPlan plan)
    {
        if (!message.Headers.IsEmpty || !IsPlain(message.Subject.Length + message.Payload.Length)) return JudgeFully(message, host, ref plan);
        plan.Subject = message.Subject;
        plan.Payload = message.Payload;
        if (host.IsServerFull) return plan.Refuse(ApiErrors.InsufficientResources);
        return host.ExceedsAccount(message.Subject, 0, message.Payload.Length, out ApiError error) ? plan.Refuse(error) : IngestVerdict.Store;
    }

    private static SubjectTransform? Create(string source, string destination)
    {
        SubjectTransform.TryCreate(source, destination, isStrict: false, out SubjectTransform? transform, out _);
        return transform;
    }

    private IngestVerdict JudgeFully(in IngestMessage message, IIngestHost host, ref IngestPlan plan)
    {
        var headers = new IngestHeaders(message.Headers);
        if (headers.HasValue(IngestHeader.BatchId) && !message.IsTrusted) return IngestVerdict.Batch;
        Begin(message, host, ref plan);
        if (IsRecordTooLong(plan)) return plan.Refuse(IngestErrors.TooLarge);
        if (_config.Sealed) return plan.Refuse(ApiErrors.StreamSealed);
        if (_config.MaxMessageSize > 0 && plan.Headers.Length + (long)plan.Payload.Length > _config.MaxMessageSize) return plan.Refuse(ApiErrors.StreamMessageExceedsMaximum);
        if (plan.Headers.Length > LongestHeaders) return plan.Refuse(ApiErrors.StreamHeaderExceedsMaximum);
        if (headers.Has(IngestHeader.RequestInfo)) plan.RemoveHeader(IngestHeader.RequestInfo);
        bool trusted = message.IsTrusted;
        if (!headers.IsEmpty)
        {
            if (!CheckIncrement(headers, trusted, ref plan) || !CheckStreamName(headers, ref plan)) return IngestVerdict.Refuse;
            if (!trusted && !_config.AllowMessageTtl && AsksForTtl(headers)) return plan.Refuse(ApiErrors.MessageTTLDisabled);
            if (!CheckLastOfSubject(headers, host, ref plan) || !CheckLastSequence(headers, host, ref plan)) return IngestVerdict.Refuse;
            if (!trusted && (!CheckSchedule(headers, host, ref plan) || !CheckScheduler(headers, host, null, ref plan))) return IngestVerdict.Refuse;
            if (!trusted && headers.HasValue(IngestHeader.StreamSource)) return plan.Refuse(ApiErrors.MessageSourceHdrNotAllowed);
            plan.MessageId = headers[IngestHeader.MessageId];
            if (!plan.MessageId.IsEmpty && _config.Mirror is null && host.TryFindMessageId(plan.MessageId, out ulong sequence))
            {
                plan.DuplicateOf = sequence;
                return IngestVerdict.Duplicate;
            }

            if (!CheckLastMessageId(headers, host, ref plan) || !CheckRollup(headers, trusted, ref plan)) return IngestVerdict.Refuse;
        }

        if (_config.AllowMessageCounter && !Count(headers, host, null, ref plan)) return IngestVerdict.Refuse;
        return Finish(headers, host, ref plan);
    }

    private void Begin(in IngestMessage message, IIngestHost host, ref IngestPlan plan)
    {
        plan.Subject = message.Subject;
        plan.Headers = message.Headers;
        plan.Payload = message.Payload;
        if (!plan.Headers.IsEmpty && HasStatus(plan.Headers)) plan.RemoveStatus();
        if (_transform is null) return;
        var output = IngestScratch.Cleared(plan.Scratch.Subject);
        if (_transform.TryTransform(message.Subject, output, host.Random)) plan.Subject = output.WrittenSpan;
    }

    // What is the same for messages of batches, which were checked before.
    private IngestVerdict Finish(in IngestHeaders headers, IIngestHost host, ref IngestPlan plan)
    {
        if (host.IsServerFull) return plan.Refuse(ApiErrors.InsufficientResources);
        PlanRollup(headers, ref plan);
        if (_config.Retention == RetentionPolicy.Interest && !host.HasInterest(plan.Subject)) return IngestVerdict.Skip;
        if (_republish is not null) PlanRepublish(host, ref plan);
        if (host.ExceedsAccount(plan.Subject, plan.Headers.Length, plan.Payload.Length, out ApiError error)) return plan.Refuse(error);
        if (headers.HasValue(IngestHeader.Ttl) && !PlanTtl(headers, ref plan)) return plan.Refuse(ApiErrors.MessageTTLInvalid);
        PlanSchedule(headers, host, ref plan);
        return IngestVerdict.Store;
    }

    private void PlanRollup(in IngestHeaders headers, ref IngestPlan plan)
    {
        // A schedule brings its rollup with it.
        if (!_allowsRollup || headers.IsEmpty) return;
        if (headers.HasValue(IngestHeader.Rollup)) plan.Rollup = RollupOf(headers[IngestHeader.Rollup]) ?? IngestRollup.None;
        else if (plan.ScheduleNs != 0) plan.Rollup = IngestRollup.Subject;
        if (headers[IngestHeader.ScheduleNext].SequenceEqual(EndOfSchedule)) plan.EndedSchedule = headers[IngestHeader.Scheduler];
    }

    private void PlanRepublish(IIngestHost host, ref IngestPlan plan)
    {
        var output = IngestScratch.Cleared(plan.Scratch.Republish);
        if (!_republish!.TryTransform(plan.Subject, output, host.Random) || !Subject.IsValidPublish(output.WrittenSpan)) return;
        plan.RepublishSubject = output.WrittenSpan;
        plan.RepublishAfter = host.LastSequenceOf(plan.Subject);
    }

    private bool PlanTtl(in IngestHeaders headers, ref IngestPlan plan)
    {
        if (!TimeToLive.TryParse(headers[IngestHeader.Ttl], out long seconds)) return false;

        // A message that ends before the marker of its subject would bring back what was deleted. With one message per subject there is nothing to bring back.
        long least = _config.SubjectDeleteMarkerTtlNs / Second;
        if (seconds > 0 && seconds < least && _config.MaxMessagesPerSubject != 1)
        {
            seconds = least;
            Span<byte> digits = stackalloc byte[20];
            seconds.TryFormat(digits, out int length, default, System.Globalization.CultureInfo.InvariantCulture);
            plan.RemoveHeader(IngestHeader.Ttl);
            plan.AppendHeader(IngestHeader.Ttl, digits[..length]);
        }

        plan.TtlSeconds = seconds;
        return true;
    }

    private bool IsRecordTooLong(in IngestPlan plan)
    {
        if (!_hasRecords) return false;
        long length = (long)RecordOverhead + plan.Subject.Length + plan.Headers.Length + plan.Payload.Length;
        return length + (plan.Headers.IsEmpty ? 0 : HeadersOverhead) > LongestRecord;
    }

    private static bool HasStatus(ReadOnlySpan<byte> block) => block.StartsWith(MessageHeaders.Version) && block.Length > MessageHeaders.Version.Length && block[MessageHeaders.Version.Length] != '\r';
}
