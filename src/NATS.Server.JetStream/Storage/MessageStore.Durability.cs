using System.Diagnostics.CodeAnalysis;
using NATS.Server.JetStream.Storage.Blocks;
using NATS.Server.JetStream.Storage.Disks;
using NATS.Server.JetStream.Storage.Engine;
using NATS.Server.JetStream.Storage.Recovery;

namespace NATS.Server.JetStream.Storage;

/// <content>Durability: what is in memory goes to the operating system, and from there to the device.</content>
public sealed partial class MessageStore
{
    private const long NanosecondsPerMinute = 60 * NanosecondsPerSecond;

    // As often as the reference writes its index; caches and blocks are looked at more often.
    private const long IndexIntervalNs = 2 * NanosecondsPerMinute;
    private const long TidyIntervalNs = 5 * NanosecondsPerSecond;
    private const long NoSync = long.MaxValue;

    // Subjects that are copied for the index while others wait: a few milliseconds.
    private const int SubjectsAtOnce = 16 << 10;

    // More take too much memory to write while the store works; they are written when it stops.
    private const int MostSubjectsToWrite = 4_000_000;

    // Before the other lock: what changes blocks in ways that their records do not show waits until the index is written.
    private readonly Lock _indexLock = new();

    // Between the other two: one commit at a time, from its beginning to its end. Of two syncs of a file at the same time only one is told what failed, and
    // what one has taken the other would believe to be durable.
    private readonly Lock _commitLock = new();
    private MessageBlock[] _condemned = [];
    private ulong _committing;
    private long _nextIndexNs;
    private long _nextSyncNs = NoSync;
    private long _nextDropNs;

    public LostMessages? Lost { get; private set; }

    public string? WriteFailure
    {
        get
        {
            lock (_lock) return _writer.Failure;
        }
    }

    /// <summary>The last write found no space. Messages are refused until one finds some.</summary>
    public bool IsOutOfSpace
    {
        get
        {
            lock (_lock) return _writer.IsFull;
        }
    }

    public StoreResult Flush()
    {
        StoreNotices notices;
        StoreResult result;
        lock (_lock)
        {
            result = FlushLocked();
            notices = Leave();
        }

        notices.Tell(_listener);
        return result;
    }

    public StoreResult BeginCommit(List<DiskSync> files, out long position)
    {
        bool hasBegun = false;
        _commitLock.Enter();
        try
        {
            StoreResult result = Collect(files, out position);
            hasBegun = true;
            return result;
        }
        finally
        {
            if (!hasBegun) _commitLock.Exit();
        }
    }

    public StoreResult EndCommit(long position, ReadOnlySpan<DiskSync> files)
    {
        StoreNotices notices = default;
        try
        {
            DiskException? failure = null;
            foreach (DiskSync file in files)
            {
                failure ??= file.Failure;
            }

            lock (_lock)
            {
                if (_options is not null) Finish(failure);
                notices = Leave();
            }

            return failure is null ? StoreResult.Ok : StoreResult.Failed;
        }
        finally
        {
            _commitLock.Exit();
            notices.Tell(_listener);
        }
    }

    public StoreResult VerifyAfterFailure()
    {
        lock (_commitLock)
        lock (_lock)
        {
            if (_isClosed) return StoreResult.Closed;
            return _options is null || (!_writer.IsFailed && !_writer.IsFull) ? StoreResult.Ok : _writer.Repair();
        }
    }

    public long Maintain(long nowNs)
    {
        if (_options is null) return long.MaxValue;
        StoreNotices notices;
        lock (_lock)
        {
            if (_isClosed) return long.MaxValue;
            if (_writer.IsFull) FlushLocked();
            if (nowNs >= _nextDropNs)
            {
                _nextDropNs = nowNs + _options.CacheIdleNs;
                foreach (MessageBlock block in _contents.Blocks)
                {
                    block.DropCache();
                }

                _contents.Read.Prune();
            }

            notices = Leave();
        }

        notices.Tell(_listener);
        while (TidyOne())
        {
            // Others come in between.
        }

        SyncNowAndThen(nowNs);

        if (nowNs >= _nextIndexNs)
        {
            if (_nextIndexNs > 0) WriteIndex(isForced: false);
            _nextIndexNs = nowNs + IndexIntervalNs;
        }

        return Math.Min(nowNs + TidyIntervalNs, _nextSyncNs);
    }

    public void Stop(long nowNs)
    {
        if (_options is not null && !_isClosed)
        {
            lock (_lock) ForgetAnnouncements();
            Commit();
            WriteIndex(isForced: true);
        }

        Dispose();
    }

    public void Delete()
    {
        Dispose();
        if (_options is null) return;
        lock (_indexLock) DeleteDirectories(_options);
    }

    private void DeleteDirectories(FileStoreOptions options)
    {
        try
        {
            options.Disk.DeleteDirectory($"{options.Directory}/{StoreFileNames.Prepared}");
            options.Disk.DeleteDirectory($"{options.Directory}/{StoreFileNames.Purged}");
            options.Disk.DeleteDirectory(StoreFileNames.MessagesOf(options.Directory));
        }
        catch (DiskException failure)
        {
            _listener?.Damaged(failure.Message);
        }
    }

    public void Dispose()
    {
        lock (_lock)
        {
            if (_isClosed) return;
            _isClosed = true;
            if (_options is not null) _writer.Close();
            _contents.Blocks.Clear();
            _contents.Read.Clear();
            _contents.Forget();
        }
    }

    // Without space, what was appended and not written is taken out again: who waits for it is told so. Its sequences are used up, as it may have been seen.
    private StoreResult FlushLocked()
    {
        if (_isClosed) return StoreResult.Closed;
        StoreResult result = _writer.Flush();
        if (result != StoreResult.DiskFull) return result;
        for (ulong sequence = _writer.FlushedSequence + 1; sequence <= _contents.LastSequence; sequence++)
        {
            RemoveOne(sequence, isByUser: true);
        }

        _writer.FlushedSequence = _contents.LastSequence;
        return result;
    }

    // The listener is told when the commit is over: it may use the store.
    private StoreResult Collect(List<DiskSync> files, out long position)
    {
        StoreResult result;
        bool areNamesDirty = false;
        lock (_lock)
        {
            position = _writer.Changes;
            result = FlushLocked();
            if (result != StoreResult.Closed && _options is not null)
            {
                _condemned = _writer.Condemned;
                _committing = _contents.LastSequence;
                try
                {
                    areNamesDirty = _writer.CollectDirty(files);
                }
                catch (DiskException failure)
                {
                    result = _writer.Note(failure);
                }
            }
        }

        if (areNamesDirty && !TrySyncNames()) result = StoreResult.Failed;

        // Otherwise what says the last sequence instead of the condemned blocks may not be written, or have no name.
        if (result == StoreResult.Ok) return result;
        _condemned = [];
        _committing = 0;
        return result;
    }

    private void Finish(DiskException? failure)
    {
        _writer.EndSync();
        if (_isClosed) return;
        _writer.Synced(failure);
        if (failure is null)
        {
            _writer.DurableSequence = Math.Max(_writer.DurableSequence, Math.Min(_committing, _contents.LastSequence));
            _writer.DeleteCondemned(_condemned);
        }

        _condemned = [];
    }

    private void Commit()
    {
        List<DiskSync> files = [];
        BeginCommit(files, out long position);
        DiskSync[] synced = [.. files];
        if (synced.Length > 0) _options!.Disk.Sync(synced);
        EndCommit(position, synced);
    }

    private bool TrySyncNames()
    {
        try
        {
            _writer.SyncNames();
            return true;
        }
        catch (DiskException failure)
        {
            lock (_lock) _writer.NamesFailed(failure);
            return false;
        }
    }

    // Written and synced without the lock; what else changes the files of blocks waits for it, and so does the index.
    private bool TidyOne()
    {
        StoreNotices notices;
        bool isMore;
        lock (_indexLock)
        {
            MessageBlock.BlockRewriting? rewriting;
            lock (_lock)
            {
                if (_isClosed) return false;
                isMore = _writer.BeginTidy(out rewriting);
                notices = Leave();
            }

            if (rewriting is not null) isMore = TryRewrite(rewriting);
        }

        notices.Tell(_listener);
        return isMore;
    }

    private bool TryRewrite(MessageBlock.BlockRewriting rewriting)
    {
        DiskException? failure = null;
        try
        {
            rewriting.Write();
        }
        catch (DiskException problem)
        {
            failure = problem;
        }

        lock (_lock)
        {
            if (!_isClosed) return _writer.EndTidy(rewriting, failure);
        }

        rewriting.Discard();
        return false;
    }

    // The relaxed mode. As with nats-server the first time comes after half an interval to a whole one, so that the streams of a server do not sync all at once.
    private void SyncNowAndThen(long nowNs)
    {
        long interval = _options!.SyncIntervalNs;
        if (interval <= 0) return;
        if (_nextSyncNs == NoSync)
        {
            lock (_options.Random) _nextSyncNs = nowNs + (interval / 2) + _options.Random.NextInt64((interval / 2) + 1);
        }
        else if (nowNs >= _nextSyncNs)
        {
            Commit();
            _nextSyncNs = nowNs + interval;
        }
    }

    private void WriteIndex(bool isForced)
    {
        lock (_indexLock)
        {
            try
            {
                TakeIndex(isForced)?.Write(_options!);
            }
            catch (DiskException failure)
            {
                // The next start looks into the blocks instead.
                if (failure.Error != DiskError.Full) _listener?.Damaged($"the index could not be written: {failure.Message}");
            }
            finally
            {
                lock (_lock) _writer.IsIndexInFlight = false;
            }
        }
    }

    // An index that survives a power cut tells of nothing that did not. That a file could not be synced is told once, and nobody else would learn of it.
    private StoreSnapshot? TakeIndex(bool isForced)
    {
        // When the store stops, nobody waits for it any more.
        if (!TryDraftIndex(isForced ? int.MaxValue : SubjectsAtOnce, isForced, out StoreSnapshotDraft? draft, out long changes)) return null;
        lock (_commitLock)
        {
            StoreSnapshot? snapshot;
            DiskSync[] unsynced;
            lock (_lock)
            {
                if (_isClosed || _writer.IsFailed || _writer.Changes != changes) return null;
                snapshot = draft.Finish(_expiry.Wheel, _schedules, _sources.IsEmpty ? null : _sources);
                unsynced = [.. _writer.BeginSync()];
                _writer.IndexTaken();
                _writer.IsIndexInFlight = true;
            }

            if (unsynced.Length > 0) _options!.Disk.Sync(unsynced);
            DiskException? failure = Array.Find(unsynced, file => file.Failure is not null).Failure;
            lock (_lock)
            {
                _writer.EndSync();
                if (failure is null) return snapshot;
                _writer.Synced(failure);
            }

            throw failure;
        }
    }

    // Part by part, with the lock given up between them. An index is of use only if it is as the blocks are: when something changes meanwhile, it is left for the next time.
    private bool TryDraftIndex(int subjectsAtOnce, bool isForced, [NotNullWhen(true)] out StoreSnapshotDraft? draft, out long changes)
    {
        draft = null;
        changes = 0;
        var spin = default(SpinWait);
        while (true)
        {
            lock (_lock)
            {
                if (_isClosed || _writer.IsFailed) return false;
                if (draft is null)
                {
                    if (!isForced && (!_writer.IsIndexOutdated || _contents.Subjects.Count > MostSubjectsToWrite)) return false;
                    if (FlushLocked() != StoreResult.Ok) return false;
                    changes = _writer.Changes;
                    draft = StoreSnapshotDraft.Begin(_contents);
                    if (draft is null) return false;
                }
                else if (_writer.Changes != changes)
                {
                    return false;
                }

                if (draft.Add(subjectsAtOnce)) return true;
            }

            // Those who wait for the lock come first.
            spin.SpinOnce(sleep1Threshold: -1);
        }
    }

    private void Recount()
    {
        _isDamaged = false;
        _writer.NoteChange();
        try
        {
            _contents.Recount();
        }
        catch (DiskException failure)
        {
            _notices.Damaged(failure.Message);
        }
    }

    // What is told once the lock is released.
    private StoreNotices Leave()
    {
        if (_isDamaged) Recount();
        return _notices.Take();
    }
}
