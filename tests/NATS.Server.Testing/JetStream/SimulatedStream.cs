using System.Buffers;
using System.Text;
using NATS.Server.Core.JetStream.Api;
using NATS.Server.Core.JetStream.Errors;
using NATS.Server.Core.JetStream.Ingest;
using NATS.Server.Core.JetStream.Streams;
using NATS.Server.JetStream.Storage;

namespace NATS.Server.Testing.JetStream;

/// <summary>
/// Owned by one test. The smallest shell there can be around the decisions about published messages: a store in memory, a dedupe window, and a note of all that is sent. Time stands still unless the test moves it.
/// </summary>
public sealed class SimulatedStream : IBatchHost
{
    private static readonly DedupeKey Key = new(new byte[DedupeKey.Length]);
    private readonly StreamConfig _config;
    private readonly IngestRules _rules;
    private readonly PublishAck _ack;
    private readonly MessageStore _store;
    private readonly DedupeWindow _window;
    private readonly IngestScratch _scratch = new();
    private readonly List<PublishedAnswer> _sent = [];
    private readonly BatchPublisher _batches;
    private byte[] _lastMessageId = [];
    private StoredMessage _loaded;

    public SimulatedStream(StreamConfig config, int maxPayload = 1024 * 1024, string domain = "", BatchBudget? budget = null)
    {
        Budget = budget ?? new BatchBudget(new BatchLimits());
        _config = config;
        _rules = new IngestRules(config, new IngestSettings { MaxPayload = maxPayload, FindTimeZone = FindTimeZone });
        _ack = new PublishAck(config.Name, domain);
        _batches = new BatchPublisher(_ack, Budget, _scratch);
        _window = new DedupeWindow(Key, config.DuplicateWindowNs);
        _store = MessageStore.InMemory(new StoreLimits
        {
            MaxMessages = config.MaxMessages,
            MaxBytes = config.MaxBytes,
            MaxAgeNs = config.MaxAgeNs,
            MaxMessagesPerSubject = config.MaxMessagesPerSubject,
            Discard = config.Discard == Core.JetStream.Streams.DiscardPolicy.New ? NATS.Server.JetStream.Storage.DiscardPolicy.New : NATS.Server.JetStream.Storage.DiscardPolicy.Old,
            DiscardNewPerSubject = config.DiscardNewPerSubject,
            AllowTtl = config.AllowMessageTtl,
            DeleteMarkerTtlNs = config.SubjectDeleteMarkerTtlNs,
            AllowSchedules = config.AllowMessageSchedules,
        });
    }

    public long NowNs { get; set; } = 1_800_000_000_000_000_000;

    public Random Random { get; } = new(1);

    public ulong LastSequence => _store.State.LastSequence;

    public ReadOnlySpan<byte> LastMessageId => _lastMessageId;

    public bool IsServerFull { get; set; }

    /// <summary>The open batches.</summary>
    public BatchBudget Budget { get; }

    /// <summary>When a batch is given up if nothing comes.</summary>
    public long NextExpiryNs => _batches.NextExpiryNs;

    /// <summary>The how manieth message the store refuses; 0: none.</summary>
    public int FailingStore { get; set; }

    /// <summary>The account has no room.</summary>
    public bool IsAccountFull { get; set; }

    /// <summary>Somebody wants every message.</summary>
    public bool IsWanted { get; set; }

    /// <summary>Counts from 1.</summary>
    public IMessageStore Store => _store;

    /// <summary>The last plan that was made, in words that outlive it.</summary>
    public string LastPlan { get; private set; } = "";

    public static TimeZoneInfo? FindTimeZone(string name) => TimeZoneInfo.TryFindSystemTimeZoneById(name, out TimeZoneInfo? zone) ? zone : null;

    /// <summary>Publishes a message.</summary>
    /// <param name="subject">A literal subject.</param>
    /// <param name="reply">Where the answer goes; empty for nowhere.</param>
    /// <param name="headers">A header block, or empty.</param>
    /// <param name="payload">One byte per character.</param>
    /// <param name="isTrusted">Not of a client.</param>
    /// <returns>All that was sent.</returns>
    public IReadOnlyList<PublishedAnswer> Publish(string subject, string reply, string headers, string payload, bool isTrusted = false)
    {
        _sent.Clear();
        byte[] headerBytes = Encoding.Latin1.GetBytes(headers);
        byte[] payloadBytes = Encoding.Latin1.GetBytes(payload);
        var message = new IngestMessage { Subject = Encoding.Latin1.GetBytes(subject), Headers = headerBytes, Payload = payloadBytes, IsTrusted = isTrusted };
        byte[] replyBytes = Encoding.Latin1.GetBytes(reply);
        if (FastBatchCommand.IsMeant(replyBytes))
        {
            _batches.PublishFast(message, replyBytes, replyBytes, _rules, this);
            return [.. _sent];
        }

        var plan = new IngestPlan(_scratch);
        switch (_rules.Judge(message, this, ref plan))
        {
            case IngestVerdict.Batch:
                _batches.PublishAtomic(message, replyBytes, _rules, this);
                break;
            case IngestVerdict.Refuse:
                AnswerError(reply, plan.Error);
                break;
            case IngestVerdict.Duplicate:
                ulong original = plan.DuplicateOf;
                Answer(reply, output => _ack.WriteDuplicate(original, output));
                break;
            case IngestVerdict.Skip:
                Replace(new IngestReplacement(plan, Skip(plan)));
                Answer(reply, output => _ack.Write(LastSequence, output));
                break;
            default:
                Keep(reply, plan);
                break;
        }

        return [.. _sent];
    }

    public ulong LastSequenceOf(ReadOnlySpan<byte> filter) => _store.LoadLast(MessageFilter.Of(filter), out StoredMessage last) == StoreResult.Ok ? last.Sequence : 0;

    public bool TryLoadLast(ReadOnlySpan<byte> subject, out ReadOnlySpan<byte> headers, out ReadOnlySpan<byte> payload)
    {
        bool isFound = _store.LoadLast(MessageFilter.Of(subject), out _loaded) == StoreResult.Ok;
        headers = isFound ? _loaded.Headers : default;
        payload = isFound ? _loaded.Payload : default;
        return isFound;
    }

    public bool TryFindMessageId(ReadOnlySpan<byte> messageId, out ulong sequence) => _window.TryFind(messageId, NowNs, out sequence);

    public bool HasInterest(ReadOnlySpan<byte> subject) => IsWanted;

    public bool ExceedsAccount(ReadOnlySpan<byte> subject, int headersLength, int payloadLength, out ApiError error)
    {
        error = ApiErrors.AccountResourcesExceeded;
        return IsAccountFull;
    }

    public void Totals(out ulong messages, out ulong bytes)
    {
        StreamState state = _store.State;
        messages = state.Messages;
        bytes = state.Bytes;
    }

    public ulong MessagesOf(ReadOnlySpan<byte> subject) => _store.StateOf(MessageFilter.Of(subject), 0).Messages;

    public bool TryStore(in IngestPlan plan, out ulong sequence, out ApiError error)
    {
        error = FailingStore > 0 && --FailingStore == 0 ? ApiErrors.InsufficientResources : default;
        sequence = 0;
        if (error == default) error = Append(plan, out sequence);
        return error == default;
    }

    public ulong Skip(in IngestPlan plan)
    {
        _store.Skip(0, 1, NowNs, advancesTime: true);
        Stored(plan, LastSequence);
        return LastSequence;
    }

    public void Replace(in IngestReplacement replacement)
    {
        if (replacement.Rollup == IngestRollup.Subject) _store.Purge(MessageFilter.Of(replacement.Subject), replacement.Sequence, 0, out _);
        else if (replacement.Rollup == IngestRollup.All) _store.Purge(MessageFilter.All, replacement.Sequence, 0, out _);
        if (!replacement.EndedSchedule.IsEmpty) _store.Purge(MessageFilter.Of(replacement.EndedSchedule), 0, 0, out _);
        if (!replacement.RepeatedSchedule.IsEmpty) _store.UpdateSchedule(replacement.RepeatedSchedule, replacement.NextScheduleNs);
    }

    public void TakeBack(ulong lastSequence) => _store.Truncate(lastSequence);

    public void Refused(in IngestMessage message, in ApiError error)
    {
    }

    public void Send(ReadOnlySpan<byte> reply, ReadOnlySpan<byte> payload, bool waits) => _sent.Add(new PublishedAnswer(Encoding.Latin1.GetString(reply), Encoding.Latin1.GetString(payload)));

    public void Abandoned(ReadOnlySpan<byte> batchId, BatchAbandonReason reason) => _sent.Add(new PublishedAnswer("abandoned", $"{Encoding.Latin1.GetString(batchId)} {reason}"));

    /// <summary>Lets time pass: batches for which nothing came are given up.</summary>
    public IReadOnlyList<PublishedAnswer> Expire()
    {
        _sent.Clear();
        _batches.Expire(NowNs, this);
        return [.. _sent];
    }

    private void Keep(string reply, in IngestPlan plan)
    {
        ApiError refusal = Append(plan, out ulong sequence);
        if (refusal != default)
        {
            AnswerError(reply, refusal);
            return;
        }

        Replace(new IngestReplacement(plan, sequence));

        byte[] value = plan.CounterValue.ToArray();
        Answer(reply, output =>
        {
            if (_config.AllowMessageCounter) _ack.WriteCounter(sequence, value, output);
            else _ack.Write(sequence, output);
        });
    }

    private ApiError Append(in IngestPlan plan, out ulong sequence)
    {
        var message = new NewMessage
        {
            Subject = plan.Subject,
            Headers = plan.Headers,
            Payload = plan.Payload,
            TimestampNs = NowNs,
            TtlSeconds = plan.TtlSeconds,
            ScheduleNs = plan.ScheduleNs,
        };
        StoreResult result = _store.Append(message, out sequence);
        if (result != StoreResult.Ok)
        {
            return result switch
            {
                StoreResult.MaximumMessages => IngestErrors.MaximumMessages,
                StoreResult.MaximumBytes => IngestErrors.MaximumBytes,
                StoreResult.MaximumMessagesPerSubject => IngestErrors.MaximumMessagesPerSubject,
                _ => IngestErrors.TooLarge,
            };
        }

        LastPlan = $"ttl={plan.TtlSeconds} schedule={plan.ScheduleNs} rollup={plan.Rollup} ended={Encoding.Latin1.GetString(plan.EndedSchedule)}";
        Stored(plan, sequence);
        if (!plan.RepublishSubject.IsEmpty)
        {
            var block = new ArrayBufferWriter<byte>();
            int omitted = _rules.RepublishesHeadersOnly ? plan.Payload.Length : -1;
            RepublishHeaders.Write(plan.Headers, Encoding.UTF8.GetBytes(_config.Name), plan.Subject, sequence, NowNs, plan.RepublishAfter, omitted, block);
            if (omitted < 0) block.Write(plan.Payload);
            _sent.Add(new PublishedAnswer(Encoding.Latin1.GetString(plan.RepublishSubject), Encoding.Latin1.GetString(block.WrittenSpan)));
        }

        return default;
    }

    private void Stored(in IngestPlan plan, ulong sequence)
    {
        _lastMessageId = plan.MessageId.ToArray();
        _window.Add(plan.MessageId, sequence, NowNs);
    }

    private void AnswerError(string reply, ApiError error) => Answer(reply, output => _ack.WriteError(error, output));

    private void Answer(string reply, Action<IBufferWriter<byte>> write)
    {
        if (reply.Length == 0 || _config.NoAck) return;
        var output = new ArrayBufferWriter<byte>();
        write(output);
        _sent.Add(new PublishedAnswer(reply, Encoding.Latin1.GetString(output.WrittenSpan)));
    }
}
