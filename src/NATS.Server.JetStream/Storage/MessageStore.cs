using NATS.Server.Core.Collections;
using NATS.Server.Core.Storage;
using NATS.Server.JetStream.Storage.Blocks;
using NATS.Server.JetStream.Storage.Disks;
using NATS.Server.JetStream.Storage.Engine;

namespace NATS.Server.JetStream.Storage;

/// <summary>Any thread: one lock inside. The messages of a stream, in files or in memory.</summary>
/// <remarks>
/// What is in files and in memory is the same list of blocks; the one writes them out, the other does not. This part stores; the others read, remove,
/// expire and bring to disk.
/// </remarks>
public sealed partial class MessageStore : IMessageStore, ICommitParticipant
{
    private const ulong SequenceBits = (1UL << 62) - 1;

    private readonly Lock _lock = new();
    private IStoreListener? _listener;
    private readonly StoreContents _contents;
    private readonly StoreQueries _queries;
    private readonly BlockWriter _writer;
    private readonly FileStoreOptions? _options;
    private readonly MessageExpiry _expiry = new();
    private readonly SourceProgress _sources = new();
    private readonly ScheduleReader? _scheduleReader;
    private MessageSchedules? _schedules;
    private StoreNotices _notices;
    private bool _isClosed;
    private bool _isDamaged;

    private MessageStore(StoreContents contents, BlockWriter writer, StoreLimits limits, IStoreListener? listener, ScheduleReader? scheduleReader, FileStoreOptions? options = null)
    {
        _options = options;
        _contents = contents;
        _writer = writer;
        _queries = new StoreQueries(contents);
        _listener = listener;
        _scheduleReader = scheduleReader;
        Limits = limits;
        if (limits.AllowTtl) _expiry.Wheel = new HashWheel();
        if (limits.AllowSchedules) _schedules = new MessageSchedules();
        _sources.Configure(limits.Sources);
    }

    public StoreLimits Limits { get; private set; }

    public StreamState State
    {
        get
        {
            lock (_lock) return _contents.State;
        }
    }

    /// <summary>The store was opened by its index, or had nothing that an index could tell; else its blocks were looked through.</summary>
    internal bool IsByIndex { get; private set; } = true;

    /// <summary>Creates a store that is lost with the process.</summary>
    /// <param name="limits">What the stream is configured to.</param>
    /// <param name="listener">Told what was removed.</param>
    /// <param name="firstSequence">The sequence of the first message; 0 for 1, which the state does not show before there was one.</param>
    /// <param name="scheduleReader">Reads when a stored message is due, where schedules are allowed later than it was stored; null where they never are.</param>
    public static MessageStore InMemory(StoreLimits limits, IStoreListener? listener = null, ulong firstSequence = 0, ScheduleReader? scheduleReader = null)
    {
        var contents = new StoreContents { IsInMemory = true };
        contents.BeginWith(firstSequence);
        return new MessageStore(contents, new BlockWriter(contents), limits, listener, scheduleReader);
    }

    /// <summary>Takes up a store whose directory was read. What is over the limits goes without a word: it had gone before.</summary>
    /// <param name="options">Where it is.</param>
    /// <param name="settings">Of its blocks.</param>
    /// <param name="recovered">What was found; the store's own from now on.</param>
    /// <param name="limits">What the stream is configured to.</param>
    /// <param name="listener">Told what is removed, or found damaged, later on.</param>
    /// <param name="scheduleReader">Reads when a stored message is due; null where messages are never schedules.</param>
    internal static MessageStore Opened(
        FileStoreOptions options,
        BlockSettings settings,
        RecoveredStore recovered,
        StoreLimits limits,
        IStoreListener? listener,
        ScheduleReader? scheduleReader = null)
    {
        var writer = new BlockWriter(recovered.Contents, settings, options) { NextIndex = recovered.NextIndex, FlushedSequence = recovered.Contents.LastSequence, DurableSequence = recovered.Contents.LastSequence };
        var store = new MessageStore(recovered.Contents, writer, limits, listener, scheduleReader, options) { Lost = recovered.Lost };
        settings.Damaged = store.Damaged;
        settings.LostFound = store.AddLost;
        writer.Compression = limits.Compression;
        lock (store._lock) store.TakeUp(recovered);
        return store;
    }

    /// <summary>Tells somebody what is removed from now on: of a store that was filled before it had an owner. Before it is shared.</summary>
    internal void Listen(IStoreListener listener) => _listener = listener;

    public StoreResult Append(in NewMessage message, out ulong sequence)
    {
        StoreNotices notices;
        StoreResult result;
        lock (_lock)
        {
            result = AppendLocked(message, out sequence);
            notices = Leave();
        }

        notices.Tell(_listener);
        return result;
    }

    public StoreResult Skip(ulong sequence, ulong count, long nowNs, bool advancesTime)
    {
        lock (_lock)
        {
            if (_isClosed) return StoreResult.Closed;
            if (sequence != 0 && sequence != _contents.LastSequence + 1) return StoreResult.WrongSequence;
            if (count == 0 || count > SequenceBits - _contents.LastSequence) return StoreResult.Invalid;
            bool takesTime = advancesTime || _contents.LastTimeNs == 0;
            long timeNs = takesTime ? nowNs : _contents.LastTimeNs;
            ulong last = _contents.LastSequence + count;
            StoreResult result = _writer.Skip(last, count, timeNs);
            if (result != StoreResult.Ok) return result;
            _contents.LastSequence = last;
            _contents.LastTimeNs = timeNs;
            if (_contents.Messages == 0) _contents.FindFirst();
            return StoreResult.Ok;
        }
    }

    public void ApplySources(IReadOnlyList<StoredSource> sources)
    {
        lock (_lock) _sources.Apply(sources, Limits.Sources);
    }

    private StoreResult AppendLocked(in NewMessage message, out ulong sequence)
    {
        sequence = 0;
        if (_isClosed) return StoreResult.Closed;
        long bytes = _contents.SizeOf(message.Subject.Length, message.Headers.Length, message.Payload.Length);
        if (!message.SkipsDiscardNew && Limits.Discard == DiscardPolicy.New && !IsRoomFor(message, bytes, out StoreResult refusal)) return refusal;
        ulong next = _contents.LastSequence + 1;
        if (message.Sequence != 0 && message.Sequence != next) return StoreResult.WrongSequence;
        long length = MessageRecord.LengthOf(message.Subject.Length, message.Headers.Length, message.Payload.Length);
        if (length > MessageRecord.MaximumLength || message.Subject.Length > ushort.MaxValue || next > SequenceBits) return StoreResult.TooLarge;

        StoreResult result = _writer.Append(next, message, (int)length, out MessageBlock? block);
        if (result != StoreResult.Ok) return result;
        sequence = next;
        ulong ofSubject = _contents.Added(next, message.TimestampNs, message.Subject, bytes, block!.Index);
        NoteExtras(next, message, block);
        if (Limits.MaxMessagesPerSubject > 0 && ofSubject > (ulong)Limits.MaxMessagesPerSubject) EnforceSubjectLimit(message.Subject, ofSubject);
        EnforceTotals();
        return StoreResult.Ok;
    }

    private void NoteExtras(ulong sequence, in NewMessage message, MessageBlock block)
    {
        if (message.TtlSeconds > 0)
        {
            block.Expiring++;
            _expiry.Add(sequence, message.TimestampNs, message.TtlSeconds);
        }

        if (_schedules is not null)
        {
            if (message.ScheduleNs != 0) block.Scheduled++;
            _schedules.Stored(sequence, message.Subject, message.Headers, message.ScheduleNs);
        }

        _sources.Note(message.Headers);
    }

    private bool IsRoomFor(in NewMessage message, long bytes, out StoreResult refusal)
    {
        // A message that takes the place of another of its subject may be stored where the stream is full.
        bool takesAPlace = Limits.MaxMessagesPerSubject > 0 && !message.Subject.IsEmpty
            && _contents.Subjects.CountOf(message.Subject) >= (ulong)Limits.MaxMessagesPerSubject;
        refusal = StoreResult.Ok;
        if (takesAPlace && Limits.DiscardNewPerSubject && !MessageTtl.IsRollup(message.Headers)) refusal = StoreResult.MaximumMessagesPerSubject;
        else if (Limits.MaxMessages > 0 && _contents.Messages >= (ulong)Limits.MaxMessages && !takesAPlace) refusal = StoreResult.MaximumMessages;
        else if (Limits.MaxBytes > 0 && _contents.Bytes + (ulong)bytes > (ulong)Limits.MaxBytes && !(takesAPlace && FirstIsAsLarge(message.Subject, bytes))) refusal = StoreResult.MaximumBytes;
        return refusal == StoreResult.Ok;
    }

    private bool FirstIsAsLarge(ReadOnlySpan<byte> subject, long bytes)
    {
        try
        {
            ulong first = _contents.FirstOf(subject);
            return first > 0 && _contents.Load(first, out StoredMessage message) == StoreResult.Ok && _contents.SizeOf(message) >= bytes;
        }
        catch (DiskException failure)
        {
            Unreadable(failure);
            return false;
        }
    }

    private void EnforceSubjectLimit(ReadOnlySpan<byte> subject, ulong messages)
    {
        try
        {
            for (; messages > (ulong)Limits.MaxMessagesPerSubject; messages--)
            {
                ulong first = _contents.FirstOf(subject);
                if (first == 0 || !RemoveOne(first, isByUser: false)) return;
            }
        }
        catch (DiskException failure)
        {
            // What was stored is stored; what is too many goes with the next message.
            Unreadable(failure);
        }
    }

    private void TakeUp(RecoveredStore recovered)
    {
        IsByIndex = recovered.IsIndexCurrent || _contents.Blocks.Count == 0;
        if (!recovered.IsIndexCurrent) TakeUpUncounted();
        if (Limits.AllowTtl) _expiry.Wheel = recovered.Expiries ?? new HashWheel();
        foreach (StoredSchedule schedule in recovered.Schedules)
        {
            _schedules?.Add(schedule.Sequence, schedule.Subject, schedule.TimeNs);
        }

        _sources.Apply(recovered.Sources, Limits.Sources);
        _sources.Configure(Limits.Sources);
        bool hasExtras = Limits.AllowTtl || Limits.AllowSchedules || Limits.Sources.Count > 0;
        if (hasExtras && recovered.ExtrasFrom <= _contents.LastSequence) ScanExtras(recovered.ExtrasFrom, Limits.AllowTtl, Limits.AllowSchedules, Limits.Sources.Count > 0);
        if (Limits.MaxMessagesPerSubject > 0) EnforceSubjectLimits();
        EnforceTotals();
        _notices.Take();
    }

    // The index on disk is not what the store is. For the next one: how many have deadlines is not known, and none may be overlooked.
    private void TakeUpUncounted()
    {
        _writer.MarkIndexOutdated();
        foreach (MessageBlock block in _contents.Blocks)
        {
            if (Limits.AllowTtl) block.Expiring = block.Messages;
            if (Limits.AllowSchedules) block.Scheduled = block.Messages;
        }
    }

    private void AddLost(IReadOnlyList<ulong> sequences) => Lost = new LostMessages([.. (Lost?.Sequences ?? []).Union(sequences).Order()], 0);

    // Called within the call of a block, under the lock.
    private void Damaged(MessageBlock block, string what)
    {
        _isDamaged = true;
        _notices.Damaged(what);
    }

    private void EnforceTotals()
    {
        if (Limits.Discard == DiscardPolicy.New) return;
        try
        {
            EnforceTotalsOrThrow();
        }
        catch (DiskException failure)
        {
            Unreadable(failure);
        }
    }

    private void EnforceTotalsOrThrow()
    {
        while ((Limits.MaxMessages > 0 && _contents.Messages > (ulong)Limits.MaxMessages) || (Limits.MaxBytes > 0 && _contents.Bytes > (ulong)Limits.MaxBytes))
        {
            if (_contents.Messages == 0 || !RemoveOne(_contents.FirstSequence, isByUser: false)) return;
        }
    }
}
