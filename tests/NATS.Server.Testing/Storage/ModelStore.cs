using System.Text;
using NATS.Server.Core.Protocol;
using NATS.Server.Core.Storage;
using NATS.Server.JetStream.Storage;

namespace NATS.Server.Testing.Storage;

/// <summary>
/// Owned by one test. What a message store has to do, written so that it can be seen to be right: a sorted dictionary of messages, looked through from
/// one end to the other. Stores are compared with it.
/// </summary>
/// <param name="limits">What the stream is configured to.</param>
/// <param name="firstSequence">What an empty store begins with; 0 for 1, which its state does not show before there was a message.</param>
/// <param name="isFile">Bytes are counted as in files, not as in memory.</param>
/// <param name="listener">Told what was removed.</param>
public sealed class ModelStore(StoreLimits limits, ulong firstSequence, bool isFile, IStoreListener listener) : IMessageStore
{
    // A marker that was announced and has not come is announced again after this time.
    private const long MarkerPatienceNs = 2_000_000_000;

    private readonly SortedDictionary<ulong, ModelMessage> _messages = [];
    private readonly Dictionary<string, (ulong Sequence, long TimeNs)> _schedules = new(StringComparer.Ordinal);
    private readonly Dictionary<string, StoredSource> _sources = new(StringComparer.Ordinal);
    private readonly Dictionary<ulong, long> _announced = [];

    private readonly ulong _configuredFirst = firstSequence;

    // The first sequence as long as there are no messages.
    private ulong _firstWhenEmpty = firstSequence;
    private ulong _last = firstSequence > 0 ? firstSequence - 1 : 0;
    private long _lastTimeNs;
    private bool _isClosed;

    public StoreLimits Limits { get; private set; } = limits;

    public LostMessages? Lost => null;

    public string? WriteFailure => null;

    public StreamState State => new()
    {
        Messages = (ulong)_messages.Count,
        Bytes = All.Aggregate(0UL, (sum, message) => sum + BytesOf(message)),
        FirstSequence = First,
        FirstTimeNs = All.FirstOrDefault()?.TimestampNs ?? 0,
        LastSequence = _last,
        LastTimeNs = _lastTimeNs,
        Subjects = All.Select(message => message.Subject).Where(subject => subject.Length > 0).Distinct(StringComparer.Ordinal).Count(),
        Deleted = _messages.Count == 0 ? 0 : _last - First + 1 - (ulong)_messages.Count,
    };

    public IReadOnlyList<StoredSource> Sources => [.. _sources.Values.Where(source => source.Sequence > 0).OrderBy(source => source.Name, StringComparer.Ordinal)];

    /// <summary>The sequences between first and last that have no message.</summary>
    public IEnumerable<ulong> DeletedSequences
    {
        get
        {
            for (ulong sequence = First; _messages.Count > 0 && sequence <= _last; sequence++)
            {
                if (!_messages.ContainsKey(sequence)) yield return sequence;
            }
        }
    }

    /// <summary>When the next message ends by age or by its own time; <see cref="long.MaxValue"/> when none does.</summary>
    public long NextExpirationNs
    {
        get
        {
            long next = Limits.AllowTtl ? All.Select(message => message.ExpiresNs).DefaultIfEmpty(long.MaxValue).Min() : long.MaxValue;
            ModelMessage? oldest = Limits.MaxAgeNs > 0 ? All.FirstOrDefault(message => message.TtlSeconds >= 0) : null;
            return oldest is null ? next : Math.Min(next, oldest.TimestampNs + Limits.MaxAgeNs);
        }
    }

    private IEnumerable<ModelMessage> All => _messages.Values;

    private ulong First => _messages.Count > 0 ? _messages.First().Key : _firstWhenEmpty;

    public StoreResult Append(in NewMessage message, out ulong sequence)
    {
        sequence = 0;
        if (_isClosed) return StoreResult.Closed;
        string subject = Encoding.Latin1.GetString(message.Subject);
        var added = new ModelMessage(_last + 1, message.TimestampNs, subject, message.Headers.ToArray(), message.Payload.ToArray(), message.TtlSeconds);
        if (Limits.Discard == DiscardPolicy.New && !message.SkipsDiscardNew && Refuse(added) is var refusal and not StoreResult.Ok) return refusal;
        if (message.Sequence != 0 && message.Sequence != _last + 1) return StoreResult.WrongSequence;

        sequence = added.Sequence;
        _messages.Add(sequence, added);
        _last = sequence;
        _lastTimeNs = message.TimestampNs;
        NoteSchedule(added, message.ScheduleNs);
        NoteSource(added);
        EnforceSubjectLimit(subject);
        EnforceTotals();
        return StoreResult.Ok;
    }

    public StoreResult Skip(ulong sequence, ulong count, long nowNs, bool advancesTime)
    {
        if (_isClosed) return StoreResult.Closed;
        if (sequence != 0 && sequence != _last + 1) return StoreResult.WrongSequence;
        _last += count;
        if (advancesTime || _lastTimeNs == 0) _lastTimeNs = nowNs;
        _firstWhenEmpty = _last + 1;
        return StoreResult.Ok;
    }

    public StoreResult Load(ulong sequence, out StoredMessage message)
    {
        message = default;
        if (_isClosed) return StoreResult.Closed;
        if (!_messages.TryGetValue(sequence, out ModelMessage? found)) return sequence > _last ? StoreResult.EndOfStream : StoreResult.NotFound;
        message = ToStored(found);
        return StoreResult.Ok;
    }

    public StoreResult SubjectOf(ulong sequence, out ReadOnlyMemory<byte> subject)
    {
        subject = default;
        if (_isClosed) return StoreResult.Closed;
        if (!_messages.TryGetValue(sequence, out ModelMessage? found)) return StoreResult.NotFound;
        subject = Encoding.Latin1.GetBytes(found.Subject);
        return StoreResult.Ok;
    }

    public StoreResult LoadNext(MessageFilter filter, ulong from, out StoredMessage message, out ulong skippedTo)
    {
        skippedTo = _last;
        StoreResult result = Answer(All.FirstOrDefault(candidate => candidate.Sequence >= from && Matches(filter, candidate)), StoreResult.EndOfStream, out message);
        if (result == StoreResult.Ok) skippedTo = message.Sequence;
        return result;
    }

    public StoreResult LoadPrevious(MessageFilter filter, ulong from, out StoredMessage message) =>
        Answer(All.LastOrDefault(candidate => candidate.Sequence <= from && Matches(filter, candidate)), StoreResult.EndOfStream, out message);

    public StoreResult LoadLast(MessageFilter filter, out StoredMessage message)
    {
        // The last of all is the one that was stored last, if it is still there, and no other.
        ModelMessage? last = filter.IsAll ? _messages.GetValueOrDefault(_last) : All.LastOrDefault(candidate => Matches(filter, candidate));
        return Answer(last, StoreResult.NotFound, out message);
    }

    public ulong SequenceAt(long timeNs) => All.FirstOrDefault(message => message.TimestampNs >= timeNs)?.Sequence ?? _last + 1;

    public SubjectState StateOf(MessageFilter filter, ulong from) => StateOf(All.Where(message => message.Sequence >= from && Matches(filter, message)));

    public void VisitSubjects(MessageFilter filter, SubjectVisitor visit)
    {
        foreach (IGrouping<string, ModelMessage> subject in Subjects(filter))
        {
            if (!visit(Encoding.Latin1.GetBytes(subject.Key), StateOf(subject))) return;
        }
    }

    public void VisitTotals(MessageFilter filter, SubjectTotalVisitor visit)
    {
        foreach (IGrouping<string, ModelMessage> subject in Subjects(filter))
        {
            if (!visit(Encoding.Latin1.GetBytes(subject.Key), (ulong)subject.Count())) return;
        }
    }

    public ulong Pending(ulong from, MessageFilter filter, bool lastPerSubject, out ulong validThrough)
    {
        validThrough = _last;
        IEnumerable<ModelMessage> wanted = lastPerSubject ? Subjects(filter).Select(subject => subject.Last()) : All.Where(message => Matches(filter, message));
        return (ulong)wanted.Count(message => message.Sequence >= from);
    }

    public StoreResult LastSequences(MessageFilter filter, ulong upTo, int maximum, List<ulong> sequences)
    {
        sequences.Clear();
        if (_isClosed) return StoreResult.Closed;
        ulong[] found = [.. Subjects(filter)
            .Select(subject => subject.LastOrDefault(message => upTo == 0 || message.Sequence <= upTo)?.Sequence ?? 0)
            .Where(sequence => sequence > 0)
            .Order()];
        if (maximum > 0 && found.Length > maximum) return StoreResult.TooMany;
        sequences.AddRange(found);
        return StoreResult.Ok;
    }

    public StoreResult Remove(ulong sequence)
    {
        if (_isClosed) return StoreResult.Closed;
        if (!_messages.TryGetValue(sequence, out ModelMessage? message)) return StoreResult.NotFound;
        RemoveAndTell(message);
        return StoreResult.Ok;
    }

    public StoreResult Erase(ulong sequence, Random noise) => Remove(sequence);

    public StoreResult Purge(out ulong purged)
    {
        purged = 0;
        if (_isClosed) return StoreResult.Closed;
        purged = RemoveMany([.. All]);
        _firstWhenEmpty = _last + 1;
        return StoreResult.Ok;
    }

    public StoreResult Purge(MessageFilter filter, ulong before, ulong keep, out ulong purged)
    {
        purged = 0;
        if (_isClosed) return StoreResult.Closed;
        if (before > 0 && keep > 0) return StoreResult.Invalid;
        if (before == 1) return StoreResult.Ok;
        if (filter.IsAll && keep == 0) return before == 0 ? Purge(out purged) : Compact(before, out purged);
        ModelMessage[] matching = [.. All.Where(message => Matches(filter, message) && (before == 0 || message.Sequence < before))];
        purged = RemoveMany(keep == 0 ? matching : matching.SkipLast((int)Math.Min(keep, (ulong)matching.Length)));
        return StoreResult.Ok;
    }

    public StoreResult Compact(ulong first, out ulong purged)
    {
        purged = 0;
        if (first == 0) return Purge(out purged);
        if (_isClosed) return StoreResult.Closed;
        purged = RemoveMany([.. All.Where(message => message.Sequence < first)]);
        if (first > _last)
        {
            _last = first - 1;
            _firstWhenEmpty = first;
        }

        return StoreResult.Ok;
    }

    public StoreResult Truncate(ulong last)
    {
        if (_isClosed) return StoreResult.Closed;
        if (last > _last) return StoreResult.EndOfStream;
        RemoveMany([.. All.Where(message => message.Sequence > last)]);
        _last = last;
        if (last == 0) _lastTimeNs = 0;
        else if (_messages.TryGetValue(last, out ModelMessage? message)) _lastTimeNs = message.TimestampNs;
        _firstWhenEmpty = last == 0 ? 0 : last + 1;
        return StoreResult.Ok;
    }

    public StoreResult SyncDeleted(IReadOnlyList<DeletedBlock> deleted)
    {
        if (_isClosed) return StoreResult.Closed;
        foreach (DeletedBlock block in deleted)
        {
            foreach (ModelMessage message in All.Where(message => Contains(block, message.Sequence)).ToArray())
            {
                RemoveAndTell(message);
            }
        }

        return StoreResult.Ok;
    }

    public ReplicatedState ReplicatedState(ulong failed, bool withSources)
    {
        StreamState state = State;
        var replicated = new ReplicatedState
        {
            Messages = state.Messages,
            Bytes = state.Bytes,
            FirstSequence = state.FirstSequence,
            LastSequence = state.LastSequence,
            Failed = failed,
            DeletedCount = state.Deleted,
        };
        replicated.Deleted.AddRange(DeletedSequences.Select(sequence => DeletedBlock.OfRange(sequence, 1)));
        if (withSources) replicated.Sources.AddRange(Sources);
        return replicated;
    }

    public void ApplySources(IReadOnlyList<StoredSource> sources)
    {
        if (sources.Count == 0 || Limits.Sources.Count == 0) return;
        _sources.Clear();
        foreach (StoredSource source in sources)
        {
            _sources[source.Name] = source;
        }
    }

    public long NextScheduleNs => _schedules.Count == 0 ? long.MaxValue : _schedules.Values.Min(static schedule => schedule.TimeNs);

    public void DueSchedules(long nowNs, int maximum, List<StoredSchedule> due) =>
        due.AddRange(_schedules
            .Where(schedule => schedule.Value.TimeNs <= nowNs && _messages.ContainsKey(schedule.Value.Sequence))
            .OrderBy(schedule => schedule.Value.TimeNs)
            .Take(maximum)
            .Select(schedule => new StoredSchedule(Encoding.Latin1.GetBytes(schedule.Key), schedule.Value.TimeNs, schedule.Value.Sequence)));

    public void UpdateSchedule(ReadOnlySpan<byte> subject, long timeNs)
    {
        string name = Encoding.Latin1.GetString(subject);
        if (_schedules.TryGetValue(name, out (ulong Sequence, long TimeNs) schedule)) _schedules[name] = (schedule.Sequence, timeNs);
    }

    public StoreResult Update(StoreLimits limits, long nowNs)
    {
        if (_isClosed) return StoreResult.Closed;
        Limits = limits;
        foreach (string name in _sources.Keys.Except(limits.Sources, StringComparer.Ordinal).ToArray())
        {
            _sources.Remove(name);
        }

        EnforceTotals();
        foreach (string subject in All.Select(message => message.Subject).Distinct(StringComparer.Ordinal).ToArray())
        {
            EnforceSubjectLimit(subject);
        }

        Expire(nowNs);
        return StoreResult.Ok;
    }

    public long Expire(long nowNs)
    {
        if (_isClosed) return long.MaxValue;
        if (Limits.MaxAgeNs > 0)
        {
            // It ends with the first message that is young enough, whatever is behind it.
            foreach (ModelMessage message in All.TakeWhile(message => message.TimestampNs <= nowNs - Limits.MaxAgeNs).Where(message => message.TtlSeconds >= 0).ToArray())
            {
                End(message, nowNs);
            }
        }

        foreach (ModelMessage message in All.Where(message => Limits.AllowTtl && message.ExpiresNs <= nowNs).ToArray())
        {
            End(message, nowNs);
        }

        return NextExpirationNs;
    }

    public long Maintain(long nowNs) => long.MaxValue;

    public StoreResult Flush() => _isClosed ? StoreResult.Closed : StoreResult.Ok;

    public StoreResult VerifyAfterFailure() => Flush();

    public void Stop(long nowNs) => _isClosed = true;

    /// <summary>The store was opened again: nobody remembers which markers were announced, and the first sequence that it is configured to have counts again.</summary>
    public void Reopened()
    {
        _announced.Clear();
        if (_configuredFirst > 1 && First < _configuredFirst) Compact(_configuredFirst, out _);
    }

    public void Delete() => _isClosed = true;

    public void Dispose() => _isClosed = true;

    private static bool Matches(MessageFilter filter, ModelMessage message) => filter.Matches(Encoding.Latin1.GetBytes(message.Subject));

    private static bool Contains(DeletedBlock block, ulong sequence) =>
        block.Set?.Contains(sequence) ?? (sequence >= block.First && sequence - block.First < block.Count);

    private static SubjectState StateOf(IEnumerable<ModelMessage> messages)
    {
        ModelMessage[] found = [.. messages];
        return found.Length == 0 ? default : new SubjectState((ulong)found.Length, found[0].Sequence, found[^1].Sequence);
    }

    private static StoredMessage ToStored(ModelMessage message)
    {
        byte[] bytes = [.. Encoding.Latin1.GetBytes(message.Subject), .. message.Headers, .. message.Payload];
        int payloadAt = message.Subject.Length + message.Headers.Length;
        return new StoredMessage(bytes, 0, message.Subject.Length, message.Headers.Length, payloadAt, message.Payload.Length, message.Sequence, message.TimestampNs);
    }

    private IEnumerable<IGrouping<string, ModelMessage>> Subjects(MessageFilter filter) =>
        All.Where(message => message.Subject.Length > 0 && Matches(filter, message)).GroupBy(message => message.Subject, StringComparer.Ordinal);

    private ulong BytesOf(ModelMessage message) => isFile ? message.BytesInFile : message.BytesInMemory;

    private ModelMessage[] OfSubject(string subject) => [.. All.Where(message => message.Subject == subject)];

    private StoreResult Answer(ModelMessage? found, StoreResult otherwise, out StoredMessage message)
    {
        message = default;
        if (_isClosed) return StoreResult.Closed;
        if (found is null) return otherwise;
        message = ToStored(found);
        return StoreResult.Ok;
    }

    // A message that takes the place of another of its subject may be stored in a full stream.
    private StoreResult Refuse(ModelMessage added)
    {
        ModelMessage[] same = OfSubject(added.Subject);
        bool takesAPlace = added.Subject.Length > 0 && Limits.MaxMessagesPerSubject > 0 && same.Length >= Limits.MaxMessagesPerSubject;
        if (takesAPlace && Limits.DiscardNewPerSubject && !HasHeader(added, "Nats-Rollup"u8)) return StoreResult.MaximumMessagesPerSubject;
        if (Limits.MaxMessages > 0 && _messages.Count >= Limits.MaxMessages && !takesAPlace) return StoreResult.MaximumMessages;
        if (Limits.MaxBytes <= 0 || State.Bytes + BytesOf(added) <= (ulong)Limits.MaxBytes) return StoreResult.Ok;
        return takesAPlace && BytesOf(same[0]) >= BytesOf(added) ? StoreResult.Ok : StoreResult.MaximumBytes;
    }

    private static bool HasHeader(ModelMessage message, ReadOnlySpan<byte> name) => MessageHeaders.TryGet(message.Headers, name, out ReadOnlySpan<byte> value) && !value.IsEmpty;

    private void EnforceSubjectLimit(string subject)
    {
        if (Limits.MaxMessagesPerSubject <= 0 || subject.Length == 0) return;
        foreach (ModelMessage message in OfSubject(subject).SkipLast((int)Math.Min(int.MaxValue, Limits.MaxMessagesPerSubject)))
        {
            RemoveAndTell(message);
        }
    }

    private void EnforceTotals()
    {
        if (Limits.Discard == DiscardPolicy.New) return;
        while (Limits.MaxMessages > 0 && _messages.Count > Limits.MaxMessages)
        {
            RemoveAndTell(All.First());
        }

        while (Limits.MaxBytes > 0 && State.Bytes > (ulong)Limits.MaxBytes)
        {
            RemoveAndTell(All.First());
        }
    }

    private void End(ModelMessage message, long nowNs)
    {
        if (Limits.DeleteMarkerTtlNs >= 1_000_000_000)
        {
            if (_announced.TryGetValue(message.Sequence, out long told) && nowNs - told < MarkerPatienceNs) return;
            if (OfSubject(message.Subject).Length == 1 && !HasHeader(message, "Nats-Marker-Reason"u8))
            {
                _announced[message.Sequence] = nowNs;
                listener.MarkerDue(message.Sequence, Encoding.Latin1.GetBytes(message.Subject));
                return;
            }
        }

        RemoveAndTell(message);
    }

    private void NoteSchedule(ModelMessage message, long timeNs)
    {
        if (!Limits.AllowSchedules) return;
        if (timeNs > 0) _schedules[message.Subject] = (message.Sequence, timeNs);
        else if (!HasHeader(message, "Nats-Scheduler"u8)) _schedules.Remove(message.Subject);
    }

    // <stream> <sequence> <filter> <transform> <original subject> [<identity>]; the name is made of the stream, the filter and the transform.
    private void NoteSource(ModelMessage message)
    {
        if (Limits.Sources.Count == 0 || !MessageHeaders.TryGet(message.Headers, "Nats-Stream-Source"u8, out ReadOnlySpan<byte> value)) return;
        string[] fields = Encoding.Latin1.GetString(value).Split(' ');
        if (fields.Length < 4 || !ulong.TryParse(fields[1], out ulong sequence)) return;
        string name = $"{fields[0]} {fields[2]} {fields[3]}";
        if (Limits.Sources.Contains(name, StringComparer.Ordinal)) _sources[name] = new StoredSource(name, sequence, fields.Length >= 6 ? fields[5] : "");
    }

    private void RemoveAndTell(ModelMessage message)
    {
        Forget(message);
        listener.Removed(message.Sequence, Encoding.Latin1.GetBytes(message.Subject), BytesOf(message));
    }

    private ulong RemoveMany(IEnumerable<ModelMessage> messages)
    {
        ulong count = 0, bytes = 0;
        foreach (ModelMessage message in messages)
        {
            Forget(message);
            count++;
            bytes += BytesOf(message);
        }

        if (count > 0) listener.Purged(count, bytes);
        return count;
    }

    private void Forget(ModelMessage message)
    {
        _messages.Remove(message.Sequence);
        _announced.Remove(message.Sequence);
        _firstWhenEmpty = _last + 1;
    }
}
