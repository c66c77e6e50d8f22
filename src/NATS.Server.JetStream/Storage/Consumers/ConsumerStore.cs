using NATS.Server.Core.Security;
using NATS.Server.Core.Storage;
using NATS.Server.JetStream.Storage.Assets;
using NATS.Server.JetStream.Storage.Disks;

namespace NATS.Server.JetStream.Storage.Consumers;

/// <summary>
/// Any thread: one lock for the state, which is held for no operation of the disk, and one around those. What a consumer has delivered and what was acknowledged, in files or in memory.
/// </summary>
/// <remarks>
/// <c>o.dat</c> is written at most every 100 ms and not synced, as nats-server does: it survives the end of the process. What was made durable (by the commit queue for those that wait, and
/// every 10 s for the others) is in the twin. A power cut may leave <c>o.dat</c> old or damaged; then the twin counts, since each has a version. So after damage messages are delivered
/// again, and none is skipped.
/// </remarks>
public sealed class ConsumerStore : ICommitParticipant, IDisposable
{
    /// <summary>How long changes are collected.</summary>
    public const long WriteIntervalNs = 100_000_000;

    private const int Page = 4096;

    /// <summary>How old a twin may get.</summary>
    public const long TwinIntervalNs = 10_000_000_000;

    private const long Second = 1_000_000_000;

    // After damage nothing that may still turn up can be newer than what is written from then on.
    private const ulong VersionStep = 1 << 20;

    private readonly Lock _lock = new();
    private readonly Lock _diskLock = new();
    private readonly ConsumerStoreOptions _options;
    private readonly ConsumerProgress _progress;
    private ulong _version;
    private ulong _writtenVersion;
    private ulong _durableVersion;
    private ulong _committingVersion;
    private long _nowNs;
    private long _writtenNs = long.MinValue;
    private long _durableNs = long.MinValue;
    private IDiskFile? _committing;

    // The file of the state was written by this object: it is there.
    private bool _isOurs;
    private bool _isClosed;
    private bool _hasFile;

    private ConsumerStore(ConsumerStoreOptions options)
    {
        _options = options;
        _progress = new ConsumerProgress(options.AckPolicy, options.MaxDeliver > 0 ? (ulong)options.MaxDeliver : 0);
    }

    /// <summary>Whether a state was lost with its twin: the consumer begins as a new one, and has to take care not to begin later than it did then.</summary>
    public bool IsStateLost { get; private set; }

    /// <summary>Why what is in memory could not be written, or null.</summary>
    public string? WriteFailure { get; private set; }

    /// <summary>Whether something was delivered or a start was set, now or before.</summary>
    public bool HasState
    {
        get
        {
            lock (_lock) return _progress.IsStarted || _hasFile;
        }
    }

    /// <summary>A copy of the state.</summary>
    public ConsumerSnapshot State
    {
        get
        {
            lock (_lock) return _progress.ToSnapshot();
        }
    }

    /// <summary>Opens the state of a consumer, or begins one.</summary>
    /// <param name="options">Where and how.</param>
    /// <param name="findings">Gets what was found.</param>
    /// <param name="repairs">False: nothing is written, and the store is closed from the beginning, so that there is only <see cref="State"/> to be looked at.</param>
    public static ConsumerStore Open(ConsumerStoreOptions options, List<StoreFinding> findings, bool repairs = true)
    {
        var store = new ConsumerStore(options);
        if (options.Disk is not null) store.Load(options.Disk, findings, repairs);
        store._isClosed = !repairs;
        return store;
    }

    /// <summary>Sets what is delivered and acknowledged at the beginning, and writes it.</summary>
    public ConsumerStoreResult SetStarting(ulong sequence) => Change(progress => progress.SetStarting(sequence), writes: true);

    /// <summary>Moves what is delivered forward, where nothing before is wanted.</summary>
    public ConsumerStoreResult UpdateStarting(ulong sequence) => Change(progress => progress.UpdateStarting(sequence), writes: false);

    /// <summary>Forgets everything and begins at a sequence, which is written.</summary>
    public ConsumerStoreResult Reset(ulong sequence) => Change(progress => progress.Reset(sequence), writes: true);

    /// <summary>Notes a delivery.</summary>
    /// <param name="consumerSequence">Of the delivery.</param>
    /// <param name="streamSequence">Of the message.</param>
    /// <param name="deliveries">How often it was delivered with this one.</param>
    /// <param name="timeNs">Of the delivery, nanoseconds since 1970.</param>
    public ConsumerStoreResult UpdateDelivered(ulong consumerSequence, ulong streamSequence, ulong deliveries, long timeNs)
    {
        lock (_lock)
        {
            if (_isClosed) return ConsumerStoreResult.Closed;
            ConsumerStoreResult result = _progress.UpdateDelivered(consumerSequence, streamSequence, deliveries, timeNs);
            if (result == ConsumerStoreResult.Ok) _version++;
            return result;
        }
    }

    /// <summary>Notes an acknowledgement. <see cref="ConsumerStoreResult.NotFound"/>: the message is not pending.</summary>
    public ConsumerStoreResult UpdateAcks(ulong consumerSequence, ulong streamSequence)
    {
        lock (_lock)
        {
            if (_isClosed) return ConsumerStoreResult.Closed;
            ConsumerStoreResult result = _progress.UpdateAcks(consumerSequence, streamSequence, out bool hasChanged);
            if (hasChanged) _version++;
            return result;
        }
    }

    /// <summary>Forgets how often messages below a sequence were delivered; 0 does nothing.</summary>
    public void RemoveRedeliveredBelow(ulong sequence)
    {
        lock (_lock)
        {
            if (!_isClosed && _progress.RemoveRedeliveredBelow(sequence)) _version++;
        }
    }

    /// <summary>Takes over a state; one that goes back is <see cref="ConsumerStoreResult.OldUpdate"/>.</summary>
    public ConsumerStoreResult Update(ConsumerSnapshot state) => Update(state, isForced: false);

    /// <summary>Takes over a state whatever there is, and writes it.</summary>
    public ConsumerStoreResult ForceUpdate(ConsumerSnapshot state)
    {
        ConsumerStoreResult result = Update(state, isForced: true);
        return result == ConsumerStoreResult.Ok ? Flush() : result;
    }

    /// <summary>Writes what has changed, if it is time.</summary>
    /// <returns>When to call again; <see cref="long.MaxValue"/> when nothing is left to be written.</returns>
    public long Maintain(long nowNs)
    {
        bool isTwinDue;
        lock (_lock)
        {
            _nowNs = nowNs;
            if (_isClosed || _options.Disk is null || (_version == _writtenVersion && _version == _durableVersion)) return long.MaxValue;
            if (_version != _writtenVersion && nowNs - WriteIntervalNs < _writtenNs) return _writtenNs + WriteIntervalNs;
            isTwinDue = _version != _durableVersion && nowNs - TwinIntervalNs >= _durableNs;
        }

        Write();
        if (isTwinDue) WriteTwin();
        lock (_lock) return _version != _writtenVersion ? nowNs + WriteIntervalNs : _version != _durableVersion ? _durableNs + TwinIntervalNs : long.MaxValue;
    }

    /// <summary>Hands all to the operating system.</summary>
    public ConsumerStoreResult Flush() => Write() ? ConsumerStoreResult.Ok : ConsumerStoreResult.NotWritten;

    /// <summary>The state goes into the twin's place; what is waited for is its content and, after <see cref="EndCommit"/>, its name.</summary>
    public StoreResult BeginCommit(List<DiskSync> files, out long position)
    {
        lock (_diskLock)
        {
            byte[] content;
            lock (_lock)
            {
                position = (long)_version;
                if (_isClosed) return StoreResult.Closed;
                if (_options.Disk is null || _version == _durableVersion || _committing is not null) return StoreResult.Ok;
                _committingVersion = _version;
                content = EncodeLocked();
            }

            try
            {
                _committing = _options.Disk.Open(PathOf(AssetFiles.StateTwin) + AssetFiles.Unfinished, DiskOpen.Empty);
                _committing.Write(0, content);
                files.Add(new DiskSync(_committing));
                return StoreResult.Ok;
            }
            catch (DiskException exception)
            {
                EndCommitLocked();
                WriteFailure = exception.Message;
                return exception.Error == DiskError.Full ? StoreResult.DiskFull : StoreResult.Failed;
            }
        }
    }

    /// <summary>Gives the synced file its name, durably. What could not be made durable is tried again by the next commit.</summary>
    public StoreResult EndCommit(long position, ReadOnlySpan<DiskSync> files)
    {
        lock (_diskLock)
        {
            if (_committing is null) return IsDurable(position) ? StoreResult.Ok : StoreResult.Failed;
            DiskException? failure = null;
            foreach (DiskSync file in files)
            {
                if (ReferenceEquals(file.File, _committing)) failure = file.Failure;
            }

            EndCommitLocked();
            try
            {
                if (failure is not null) throw failure;
                _options.Disk!.Rename(PathOf(AssetFiles.StateTwin) + AssetFiles.Unfinished, PathOf(AssetFiles.StateTwin));
                _options.Disk.SyncDirectory(_options.Directory);
                WriteFailure = null;
                lock (_lock) (_durableVersion, _durableNs) = (_committingVersion, _nowNs);
                return StoreResult.Ok;
            }
            catch (DiskException exception)
            {
                WriteFailure = exception.Message;
                return exception.Error == DiskError.Full ? StoreResult.DiskFull : StoreResult.Failed;
            }
        }
    }

    /// <summary>Whether everything up to a position of <see cref="BeginCommit"/> is durable.</summary>
    public bool IsDurable(long position)
    {
        lock (_lock) return _options.Disk is null || _durableVersion >= (ulong)position;
    }

    /// <summary>Seals the state with another key and writes it durably: the second step of a conversion (<see cref="AssetMetadata.Convert"/>).</summary>
    /// <param name="disk">Where it is.</param>
    /// <param name="options">With the keys that it may be sealed with now.</param>
    /// <param name="key">The new one.</param>
    /// <exception cref="DiskException">It is as it was.</exception>
    public static void Convert(IDisk disk, ConsumerStoreOptions options, AssetKey key)
    {
        using ConsumerStore old = Open(options with { Disk = disk }, [], repairs: false);
        if (!old.HasState) return;
        ConsumerStore converted = new(options with { Key = key, NextKey = null }) { _version = old._version + 1 };
        converted._progress.Update(old.State, isForced: true);
        byte[] content;
        lock (converted._lock) content = converted.EncodeLocked();
        AssetFiles.Replace(disk, options.Directory, (AssetFiles.StateTwin, content), (AssetFiles.State, content));
    }

    /// <summary>Writes everything, durably, and closes. <see cref="Dispose"/> without it closes as a kill would.</summary>
    public void Stop()
    {
        bool isWritten = Write(isSynced: true) && WriteTwin();
        if (!isWritten) WriteFailure ??= "the last state could not be written";
        Dispose();
    }

    public void Dispose()
    {
        lock (_diskLock)
        {
            EndCommitLocked();
            lock (_lock) _isClosed = true;
        }
    }

    private ConsumerStoreResult Change(Action<ConsumerProgress> change, bool writes)
    {
        lock (_lock)
        {
            if (_isClosed) return ConsumerStoreResult.Closed;
            change(_progress);
            _version++;
        }

        return writes ? Flush() : ConsumerStoreResult.Ok;
    }

    private ConsumerStoreResult Update(ConsumerSnapshot state, bool isForced)
    {
        lock (_lock)
        {
            if (_isClosed) return ConsumerStoreResult.Closed;
            ConsumerStoreResult result = _progress.Update(state, isForced);
            if (result == ConsumerStoreResult.Ok) _version++;
            return result;
        }
    }

    private void EndCommitLocked()
    {
        _committing?.Dispose();
        _committing = null;
    }

    private bool Write(bool isSynced = false)
    {
        if (_options.Disk is not { } disk) return true;
        lock (_diskLock)
        {
            ulong version;
            byte[] content;
            lock (_lock)
            {
                if (_isClosed) return false;
                if (_version == _writtenVersion && !isSynced) return true;
                if (_version == 0) return true;
                version = _version;
                content = EncodeLocked();
            }

            try
            {
                string path = PathOf(AssetFiles.State);
                if (isSynced || !TryOverwrite(disk, path, content)) Replace(disk, path, content, isSynced);
                WriteFailure = null;
            }
            catch (DiskException exception)
            {
                WriteFailure = exception.Message;
                return false;
            }

            lock (_lock) (_writtenVersion, _writtenNs, _hasFile) = (version, _nowNs, true);
            return true;
        }
    }

    // A process that dies leaves a write within one page undone or done. A power cut may tear it, and then the twin is taken, which is what is durable. The file does not grow:
    // what was cut off just behind the state would look as if nats-server had written it.
    private bool TryOverwrite(IDisk disk, string path, ReadOnlySpan<byte> content)
    {
        if (!_isOurs || _options.Key is not null || content.Length > Page) return false;
        using IDiskFile file = disk.Open(path, DiskOpen.Existing);
        if (file.Length < content.Length || file.Length > Page) return false;
        Span<byte> whole = stackalloc byte[Page];
        whole.Clear();
        content.CopyTo(whole);
        file.Write(0, whole[..(int)file.Length]);
        return true;
    }

    private void Replace(IDisk disk, string path, ReadOnlySpan<byte> content, bool isSynced)
    {
        using (IDiskFile file = disk.Open(path + AssetFiles.Unfinished, DiskOpen.Empty))
        {
            file.Write(0, content);
            if (_options.Key is null && content.Length < Page) file.Truncate((content.Length + ConsumerStateFile.Room - 1) & ~(ConsumerStateFile.Room - 1));
            if (isSynced) file.Sync();
        }

        disk.Rename(path + AssetFiles.Unfinished, path);
        if (isSynced) disk.SyncDirectory(_options.Directory);
        _isOurs = true;
    }

    private bool WriteTwin()
    {
        // The commit queue has to wait: else it would take what is on its way for durable.
        lock (_diskLock)
        {
            List<DiskSync> files = [];
            if (BeginCommit(files, out long position) != StoreResult.Ok) return false;
            if (files.Count > 0)
            {
                DiskSync[] synced = [.. files];
                _options.Disk!.Sync(synced);
                return EndCommit(position, synced) == StoreResult.Ok;
            }

            return IsDurable(position);
        }
    }

    private byte[] EncodeLocked()
    {
        byte[] plain = ConsumerStateFile.Encode(_progress.ToSnapshot(), _version, (_nowNs + (Second / 2)) / Second, _options.Identity.HashKey);
        if (_options.Key is not { } key) return plain;
        using SealingKey sealing = key.CreateSealingKey();
        byte[] nonce = new byte[sealing.NonceSize];
        _options.Random.NextBytes(nonce);
        byte[] content = new byte[plain.Length + sealing.Overhead];
        sealing.Seal(nonce, plain, content);
        return content;
    }

    private void Load(IDisk disk, List<StoreFinding> findings, bool repairs)
    {
        string path = PathOf(AssetFiles.State);
        byte[]? file = AssetFiles.Read(disk, path, out string? problem);
        byte[]? twinFile = AssetFiles.Read(disk, PathOf(AssetFiles.StateTwin), out string? twinProblem);
        ConsumerSnapshot? state = Decode(file, out ulong version);
        ConsumerSnapshot? twin = Decode(twinFile, out ulong twinVersion);
        bool isForeign = state is not null && version == 0;
        if (twin is null && (twinFile is not null || twinProblem is not null))
            findings.Add(new StoreFinding(StoreFindingKind.Damage, PathOf(AssetFiles.StateTwin), twinProblem ?? "is damaged", IsRepaired: repairs));
        _version = Math.Max(version, twinVersion);
        if (state is null && (file is not null || problem is not null || twinFile is not null || twinProblem is not null))
        {
            _version += VersionStep;
            IsStateLost = twin is null;
            string text = (problem ?? (file is null ? "is missing" : "is damaged"))
                + (twin is null ? ", and there is no twin that is good: the consumer begins anew" : "; its twin was taken: messages may be delivered again");
            findings.Add(new StoreFinding(StoreFindingKind.Loss, path, text, IsRepaired: repairs && twin is not null));
        }
        else if (state is not null && twin is not null && !isForeign && twinVersion > version)
        {
            findings.Add(new StoreFinding(StoreFindingKind.Note, path, "is older than its twin, which was taken", IsRepaired: repairs));
            state = null;
        }

        ConsumerSnapshot? believed = state ?? twin;
        if (believed is null) return;
        _progress.Update(believed, isForced: true);
        _hasFile = true;
        (_writtenVersion, _durableVersion) = (_version, ReferenceEquals(believed, twin) || twinVersion == version ? _version : twinVersion);

        // What was damaged, or written by the other server, has nothing that it could fall back to until this is done.
        if (!repairs) return;
        if (ReferenceEquals(believed, state) && !isForeign && twin is not null) return;
        if (file is not null && state is null && Decode(file, out _) is null) AssetFiles.Repair(disk, _options.Directory, "damaged." + AssetFiles.State, file, damaged: null);
        _version++;
        WriteTwin();
        Write();
    }

    private ConsumerSnapshot? Decode(byte[]? file, out ulong version)
    {
        version = 0;
        if (file is null) return null;
        if (_options.Key is null) return ConsumerStateFile.TryDecode(file, _options.Identity.HashKey, out version);
        foreach (AssetKey? key in (ReadOnlySpan<AssetKey?>)[_options.Key, _options.NextKey])
        {
            if (key is null) continue;
            using SealingKey sealing = key.CreateSealingKey();
            if (file.Length < sealing.Overhead) continue;
            byte[] content = new byte[file.Length - sealing.Overhead];
            if (sealing.TryOpen(file, content)) return ConsumerStateFile.TryDecode(content, _options.Identity.HashKey, out version);
        }

        // Not sealed yet, when a conversion from plaintext was interrupted or is due.
        return ConsumerStateFile.TryDecode(file, _options.Identity.HashKey, out version);
    }

    private string PathOf(string name) => $"{_options.Directory}/{name}";
}
