using System.Globalization;
using System.Text;
using NATS.Server.JetStream.Storage;
using NATS.Server.JetStream.Storage.Disks;
using NATS.Server.Testing.Disks;

namespace NATS.Server.Testing.Storage.Crashes;

/// <summary>
/// Owned by one test. Random steps on a store whose disk fails now and then: writes, syncs, renames and all else, once or for a while, or for lack of space. Whatever fails, what a
/// commit has answered <see cref="StoreResult.Ok"/> for is there after every power cut: all messages that the store had, nothing that was removed, no sequence given out again.
/// </summary>
public sealed class FaultRun : IStoreListener
{
    /// <summary>There before the first store is opened, for directories of stores.</summary>
    public const string Root = "/js";

    private const long SecondNs = 1_000_000_000;
    private const int StepsShown = 60;

    private readonly CrashSettings _settings;
    private readonly Random _random;
    private readonly List<string> _log = [];

    // What was stored under a sequence, ever; what the store has now; what was removed.
    private readonly Dictionary<ulong, List<byte[]>> _stored = [];
    private readonly Dictionary<ulong, byte[]> _live = [];
    private readonly HashSet<ulong> _removed = [];

    // What a commit has promised.
    private readonly Dictionary<ulong, byte[]> _promised = [];
    private readonly HashSet<ulong> _gone = [];
    private ulong _promisedLast;

    private SimulatedDisk _disk = new();
    private IMessageStore _store = null!;
    private long _nowNs = 1_700_000_000 * SecondNs;
    private ulong _appended;

    // Of a store that was stopped after a sync had failed, nobody can tell any more what of its files has reached the device: nothing of this is promised again.
    private readonly HashSet<ulong> _doubtful = [];
    private ulong _doubtfulLast;

    private readonly Func<IDisk, IStoreListener?, IMessageStore> _open;

    private FaultRun(CrashSettings settings, Func<IDisk, IStoreListener?, IMessageStore> open)
    {
        _settings = settings;
        _open = open;
        _random = new Random(settings.Seed);
    }

    /// <summary>How many disks were opened and looked at after a power cut.</summary>
    public long Checks { get; private set; }

    /// <summary>How many commits kept what they say although something had failed before.</summary>
    public long Commits { get; private set; }

    /// <summary>How many operations of the disk failed.</summary>
    public long Faults { get; private set; }

    /// <summary>Does everything.</summary>
    /// <param name="settings">Seed, steps and power cuts.</param>
    /// <param name="open">Opens the store that a disk holds, or a new one.</param>
    /// <exception cref="StoreMismatchException">A promise was broken; the text has what is needed to see it again.</exception>
    public static FaultRun Run(CrashSettings settings, Func<IDisk, IStoreListener?, IMessageStore> open)
    {
        var run = new FaultRun(settings, open);
        try
        {
            run.Go();
        }
        catch (Exception problem) when (problem is not StoreMismatchException)
        {
            throw run.Broken(problem.ToString());
        }

        return run;
    }

    void IStoreListener.Removed(ulong sequence, ReadOnlySpan<byte> subject, ulong bytes)
    {
        _live.Remove(sequence);
        _removed.Add(sequence);
    }

    void IStoreListener.Purged(ulong messages, ulong bytes)
    {
    }

    void IStoreListener.MarkerDue(ulong sequence, ReadOnlySpan<byte> subject)
    {
    }

    void IStoreListener.Damaged(string what) => _log.Add("  told: " + what);

    private void Go()
    {
        _disk.CreateDirectory(Root);
        _disk.SyncDirectory("/");
        _store = _open(_disk, this);
        TakeUp();
        for (int step = 0; step < _settings.Steps; step++)
        {
            _nowNs += _random.NextInt64(SecondNs);
            int place = _log.Count;
            _log.Add("");
            _log[place] = string.Create(CultureInfo.InvariantCulture, $"{step}: {Step()}");
        }
    }

    private string Step()
    {
        StreamState state = _store.State;
        switch (_random.Next(1000))
        {
            case < 480:
                return Append();
            case < 640:
                return Commit();
            case < 660:
                return "flush: " + _store.Flush();
            case < 720 when state.Messages > 0:
                return Remove(state);
            case < 730 when state.Messages > 0:
                ulong first = state.FirstSequence + (ulong)_random.Next(20);
                return $"compact {first}: " + Removing(sequence => sequence < first, () => _store.Compact(first, out _));
            case < 735:
                return "purge: " + Removing(_ => true, () => _store.Purge(out _));
            case < 770:
                _store.Maintain(_nowNs += 130 * SecondNs);
                return "maintain";
            case < 850:
                return Fail();
            case < 900:
                return Heal();
            case < 930:
                return LookAround();
            case < 940:
                return Restart();
            case < 950:
                return Crash();
            default:
                return Append();
        }
    }

    private string Append()
    {
        var payload = new byte[_random.Next(8) == 0 ? _random.Next(1200) : _random.Next(60)];
        new Random((int)++_appended).NextBytes(payload);
        ulong next = _store.State.LastSequence + 1;
        if (!_stored.TryGetValue(next, out List<byte[]>? known)) _stored[next] = known = [];
        known.Add(payload);
        StoreResult result = _store.Append(new NewMessage { Subject = Encoding.ASCII.GetBytes($"a.{_random.Next(5)}"), Payload = payload, TimestampNs = _nowNs }, out ulong sequence);
        if (result != StoreResult.Ok) return $"append: {result}";
        if (sequence != next) throw Broken($"append gave sequence {sequence}, not {next}");
        _live[sequence] = payload;
        _removed.Remove(sequence);
        _gone.Remove(sequence);
        _doubtful.Remove(sequence);
        return string.Create(CultureInfo.InvariantCulture, $"append {sequence}, {payload.Length} bytes");
    }

    private string Commit()
    {
        var queue = new CommitQueue(_disk);
        var waiter = new Waiter();
        queue.Enqueue((ICommitParticipant)_store, waiter);
        queue.RunRound();
        if (waiter.Result == StoreResult.Ok) Promise();
        return $"commit: {waiter.Result}";
    }

    // The store has nothing that is not durable.
    private void Promise()
    {
        if (Faults > 0) Commits++;
        foreach ((ulong sequence, byte[] payload) in _live)
        {
            if (!_doubtful.Contains(sequence)) _promised[sequence] = payload;
        }

        _gone.UnionWith(_removed);
        if (_store.State.LastSequence > _doubtfulLast) _promisedLast = Math.Max(_promisedLast, _store.State.LastSequence);
    }

    private string Remove(StreamState state)
    {
        ulong wanted = state.FirstSequence + (ulong)_random.NextInt64((long)(state.LastSequence - state.FirstSequence + 1));
        bool erases = _random.Next(4) == 0;
        StoreResult result = Removing(sequence => sequence == wanted, () => erases ? _store.Erase(wanted, new Random(1)) : _store.Remove(wanted));
        return $"{(erases ? "erase" : "remove")} {wanted}: {result}";
    }

    // Whether it works or not: from now on the messages may be there or not.
    private StoreResult Removing(Func<ulong, bool> which, Func<StoreResult> remove)
    {
        foreach (ulong sequence in _promised.Keys.Where(which).ToArray()) _promised.Remove(sequence);
        StoreResult result = remove();
        foreach (ulong sequence in _live.Keys.Where(which).ToArray())
        {
            if (_store.Load(sequence, out _) == StoreResult.Ok) continue;
            _live.Remove(sequence);
            _removed.Add(sequence);
        }

        return result;
    }

    private string Fail()
    {
        DiskOperations[] kinds = [DiskOperations.Write, DiskOperations.Sync, DiskOperations.SyncDirectory, DiskOperations.Rename, DiskOperations.Create, DiskOperations.Delete, DiskOperations.Truncate, DiskOperations.Changes];
        var fault = new DiskFault
        {
            Kinds = kinds[_random.Next(kinds.Length)],
            PathPart = _random.Next(4) == 0 ? ".blk" : null,
            Skip = _random.Next(4),
            Times = _random.Next(1, 4),
            Error = _random.Next(2) == 0 ? DiskError.Full : DiskError.Device,
            Written = _random.Next(200),
        };
        _disk.Fail(fault);
        Faults++;
        return $"from now on {fault.Times} of {fault.Kinds} {fault.PathPart} fail after {fault.Skip}: {fault.Error}, {fault.Written} bytes written";
    }

    private string Heal()
    {
        if (_random.Next(3) > 0) _disk.Heal();
        return _store.WriteFailure is { } failure ? $"verified: {_store.VerifyAfterFailure()}, after {failure}" : "healed";
    }

    private string Restart()
    {
        _store.Stop(_nowNs);
        bool isDoubtful = _store.WriteFailure is not null;
        _store.Dispose();
        _disk.Heal();
        Reopen(_disk);
        if (isDoubtful)
        {
            _doubtful.UnionWith(_live.Keys.Where(sequence => !_promised.ContainsKey(sequence)));
            _doubtfulLast = _store.State.LastSequence;
            _removed.Clear();
        }

        return $"restart: {_store.State}";
    }

    private string Crash()
    {
        _store.Dispose();
        Reopen(_disk.Crash(_random.Next()));
        _doubtful.Clear();
        _doubtfulLast = 0;
        return $"power cut: {_store.State}";
    }

    private string LookAround()
    {
        for (int i = 0; i < _settings.CutsPerOperation; i++) Look(_disk.Crash(i == 0 ? 0 : _random.Next()));
        return "looked";
    }

    private void Look(SimulatedDisk disk)
    {
        Checks++;
        using IMessageStore store = _open(disk, null);
        try
        {
            Check(store);
        }
        catch (StoreMismatchException problem)
        {
            throw Broken($"{problem.Message}; {store.State}; {string.Join(", ", disk.Files.Select(file => $"{file} {disk.ContentOf(file)!.Length}"))}");
        }
    }

    private void Reopen(SimulatedDisk disk)
    {
        Look(disk.Kill());
        _disk = disk;
        _store = _open(disk, this);
        TakeUp();
    }

    // What is found is what there is; how durable it is, the next commit says.
    private void TakeUp()
    {
        _live.Clear();
        StreamState state = _store.State;
        for (ulong sequence = Math.Max(1, state.FirstSequence); sequence <= state.LastSequence; sequence++)
        {
            if (_store.Load(sequence, out StoredMessage message) == StoreResult.Ok) _live[sequence] = message.Payload.ToArray();
        }

        _removed.RemoveWhere(_live.ContainsKey);
    }

    private void Check(IMessageStore store)
    {
        StreamState state = store.State;
        if (state.LastSequence < _promisedLast) throw new StoreMismatchException($"the last sequence is {state.LastSequence}: what was given out up to {_promisedLast} is given out again");
        foreach ((ulong sequence, byte[] payload) in _promised)
        {
            StoreResult result = store.Load(sequence, out StoredMessage message);
            if (result != StoreResult.Ok) throw new StoreMismatchException($"message {sequence}, which is promised, answers {result}; the store has {state}");
            if (!message.Payload.SequenceEqual(payload)) throw new StoreMismatchException($"message {sequence}, which is promised, is another");
        }

        for (ulong sequence = Math.Max(1, state.FirstSequence); sequence <= state.LastSequence; sequence++)
        {
            if (store.Load(sequence, out StoredMessage message) != StoreResult.Ok) continue;
            if (_gone.Contains(sequence)) throw new StoreMismatchException($"message {sequence}, which was removed for good, is back");
            byte[] payload = message.Payload.ToArray();
            if (!_stored.TryGetValue(sequence, out List<byte[]>? known) || !known.Exists(candidate => candidate.AsSpan().SequenceEqual(payload))) throw new StoreMismatchException($"message {sequence} was never stored so");
        }
    }

    private StoreMismatchException Broken(string what) =>
        new(string.Create(CultureInfo.InvariantCulture, $"seed {_settings.Seed}: {what}\n  {string.Join("\n  ", _log.TakeLast(StepsShown))}"));

    private sealed class Waiter : ICommitWaiter
    {
        public StoreResult Result { get; private set; } = StoreResult.Closed;

        public void Committed(long ticket, StoreResult result) => Result = result;
    }
}
