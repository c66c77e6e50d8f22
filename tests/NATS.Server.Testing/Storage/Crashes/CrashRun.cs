using System.Globalization;
using System.Text;
using NATS.Server.JetStream.Storage;
using NATS.Server.JetStream.Storage.Disks;
using NATS.Server.Testing.Disks;

namespace NATS.Server.Testing.Storage.Crashes;

/// <summary>
/// Owned by one test. One run of a random workload through a store and a commit queue. Before every operation that changes the disk, the power is cut and the process killed on
/// copies of the disk, which are opened and held against what was promised; opening them is cut as well.
/// </summary>
public sealed class CrashRun : ICommitWaiter
{
    /// <summary>There before the first store is opened, for directories of stores.</summary>
    public const string Root = "/js";

    private const long SecondNs = 1_000_000_000;
    private const int RecoveryCutsEvery = 11;
    private static readonly string[] Subjects = ["a", "b", "a.b", "a.c", "b.x", "c.1", "c.2", "c.3"];
    private static readonly string[] Filters = ["a", "a.*", "b.>", "c.*", "c.2", "none"];

    private readonly CrashSettings _settings;
    private readonly Random _random;
    private readonly List<CrashExpectation.Promise> _promises = [];
    private readonly StringBuilder _log = new();
    private SimulatedDisk _disk = new();
    private CommitQueue _queue = null!;
    private IMessageStore _store = null!;
    private CrashExpectation _expectation = null!;
    private RecordingStoreListener _told = new();
    private long _nowNs = 1_700_000_000 * SecondNs;
    private ulong _appended;
    private int _generation;
    private StoreResult _refusal;

    private CrashRun(CrashSettings settings)
    {
        _settings = settings;
        _random = new Random(settings.Seed);
    }

    /// <summary>How many stores were opened and checked.</summary>
    public long Checks { get; private set; }

    /// <summary>How many messages were acknowledged.</summary>
    public long Acknowledged { get; private set; }

    /// <summary>Does everything.</summary>
    /// <exception cref="StoreMismatchException">A promise was broken; the text has what is needed to see it again.</exception>
    public static CrashRun Run(CrashSettings settings)
    {
        var run = new CrashRun(settings);
        run.Go();
        return run;
    }

    void ICommitWaiter.Committed(long ticket, StoreResult result)
    {
        // Not thrown here: it may be told because of what is thrown already.
        if (result != StoreResult.Ok) _refusal = result;
        if (result != StoreResult.Ok || ticket >> 32 != _generation) return;
        _expectation.Acknowledged(_promises[(int)(ticket & int.MaxValue)]);
        Acknowledged = Math.Max(Acknowledged, _expectation.AcknowledgedMessages);
    }

    private void Go()
    {
        // The directory above the store's own is somebody else's.
        _disk.CreateDirectory(Root);
        _disk.SyncDirectory("/");
        Begin(_disk, new ModelStore(_settings.Limits, 0, isFile: true, _told));
        for (int step = 0; step < _settings.Steps; step++)
        {
            _nowNs += _random.NextInt64(SecondNs);
            string name = Step();
            _log.Append(CultureInfo.InvariantCulture, $"{step}: {name}\n");
            CompareStates(name);
        }

        _disk.Before = null;
        _store.Dispose();
    }

    private void Begin(SimulatedDisk disk, ModelStore model, CrashExpectation? killed = null)
    {
        _disk = disk;
        IDisk seen = _settings.Wrap?.Invoke(disk) ?? disk;
        _generation++;
        _promises.Clear();
        _expectation = new CrashExpectation(model, killed);
        disk.Before = OnOperation;
        _queue = new CommitQueue(seen);
        _store = _settings.Open(seen, _settings.Limits, _nowNs);
    }

    private string Step()
    {
        StreamState state = _expectation.Model.State;
        int drawn = _random.Next(1000);
        if (drawn < _settings.CrashesPerMille) return GoOnAfterACrash();
        switch (drawn)
        {
            case < 520:
                return Append();
            case < 620:
                Enqueue();
                return "commit asked for";
            case < 740:
                Enqueue();
                return Commit();
            case < 770:
                _store.Flush();
                _expectation.Flushed();
                return "flush";
            case < 850 when state.Messages > 0:
                return Remove(state);
            case < 860:
                return PurgeBySubject();
            case < 866:
                return Compact(state);
            case < 869:
                return PurgeAll(state);
            case < 872 when state.LastSequence > 0:
                return Truncate(state);
            case < 882:
                return Skip();
            case < 900:
                return Restart();
            case < 950:
                _store.Maintain(_nowNs += 130 * SecondNs);
                return "maintain";
            default:
                return Append();
        }
    }

    private string Append()
    {
        string subject = Subjects[_random.Next(Subjects.Length)];
        var payload = new byte[_random.Next(8) == 0 ? _random.Next(1200) : _random.Next(60)];
        new Random((int)++_appended).NextBytes(payload);
        byte[] headers = _random.Next(4) == 0 ? Encoding.ASCII.GetBytes($"NATS/1.0\r\nKey: {new string('v', _random.Next(30))}\r\n\r\n") : [];
        var message = new NewMessage { Subject = Encoding.ASCII.GetBytes(subject), Headers = headers, Payload = payload, TimestampNs = _nowNs };
        ulong next = _expectation.Model.State.LastSequence + 1;
        _expectation.Appending(next, _nowNs, subject, headers, payload);
        Expect("append", _expectation.Model.Append(message, out _), _store.Append(message, out ulong sequence));
        if (sequence != next) throw Broken($"append gave sequence {sequence}, not {next}");
        return $"append {sequence} '{subject}' {headers.Length}+{payload.Length}";
    }

    private void Enqueue()
    {
        _promises.Add(_expectation.Now);
        _queue.Enqueue((ICommitParticipant)_store, this, ((long)_generation << 32) | (long)(_promises.Count - 1));
    }

    private string Commit()
    {
        while (_queue.RunRound() > 0)
        {
            if (_refusal != StoreResult.Ok) throw Broken($"a commit answered {_refusal}");
            _expectation.Flushed();
        }

        return "commit";
    }

    private string Remove(StreamState state)
    {
        ulong sequence = state.FirstSequence + (ulong)_random.NextInt64((long)(state.LastSequence - state.FirstSequence + 1));
        if (_expectation.Model.Load(sequence, out _) == StoreResult.Ok) _expectation.Removing([sequence]);
        if (_random.Next(4) == 0)
        {
            Expect("erase", _expectation.Model.Erase(sequence, _random), _store.Erase(sequence, new Random(1)));
            return $"erase {sequence}";
        }

        Expect("remove", _expectation.Model.Remove(sequence), _store.Remove(sequence));
        return $"remove {sequence}";
    }

    private string PurgeBySubject()
    {
        string subjects = Filters[_random.Next(Filters.Length)];
        MessageFilter filter = MessageFilter.Of(Encoding.ASCII.GetBytes(subjects));
        ulong keep = _random.Next(2) == 0 ? (ulong)_random.Next(4) : 0;
        Removing(() => _expectation.Model.Purge(filter, 0, keep, out _));
        Expect("purge", StoreResult.Ok, _store.Purge(filter, 0, keep, out _));
        return $"purge {subjects} keep {keep}";
    }

    private string Compact(StreamState state)
    {
        ulong first = state.FirstSequence + (ulong)_random.Next(1 + (int)Math.Min(40, state.Messages));
        Removing(() => _expectation.Model.Compact(first, out _));
        Expect("compact", StoreResult.Ok, _store.Compact(first, out _));
        return $"compact {first}";
    }

    private string PurgeAll(StreamState state)
    {
        Removing(() => _expectation.Model.Purge(out _));
        Expect("purge", StoreResult.Ok, _store.Purge(out _));
        return $"purge all of {state.Messages}";
    }

    private string Truncate(StreamState state)
    {
        ulong last = state.LastSequence - Math.Min(state.LastSequence - Math.Max(1, state.FirstSequence), (ulong)_random.Next(4));
        if (_expectation.Model.Load(last, out _) != StoreResult.Ok) return "no truncation";

        // What is truncated may be there until it is committed, and may be given out again at once.
        _expectation.Truncating(last);
        Expect("truncate", _expectation.Model.Truncate(last), _store.Truncate(last));
        Enqueue();
        return $"truncate after {last}, " + Commit();
    }

    private string Skip()
    {
        ulong count = (ulong)_random.Next(1, 4);
        Expect("skip", _expectation.Model.Skip(0, count, _nowNs, true), _store.Skip(0, count, _nowNs, true));
        return $"skip {count}";
    }

    private string Restart()
    {
        Commit();
        _store.Stop(_nowNs);
        _store.Dispose();
        _expectation.Flushed();
        _expectation.Acknowledged(_expectation.Now);
        _store = _settings.Open(_settings.Wrap?.Invoke(_disk) ?? _disk, _settings.Limits, _nowNs);
        return "restart";
    }

    private string GoOnAfterACrash()
    {
        bool isKill = _random.Next(2) == 0;
        SimulatedDisk next = isKill ? _disk.Kill() : _disk.Crash(_random.Next());
        _disk.Before = null;
        _store.Dispose();
        ModelStore model;
        using (IMessageStore found = _settings.Open(next, _settings.Limits, _nowNs))
        {
            _expectation.Check(found, isKill);
            _told = new RecordingStoreListener();
            model = ModelOf(found);
        }

        Begin(next, model, isKill ? _expectation : null);
        return isKill ? "kill" : "power cut";
    }

    // What survived is what there is from now on, acknowledged or not.
    private ModelStore ModelOf(IMessageStore store)
    {
        StreamState state = store.State;
        var model = new ModelStore(_settings.Limits, state.FirstSequence, isFile: true, _told);
        for (ulong sequence = state.FirstSequence; sequence != 0 && sequence <= state.LastSequence; sequence++)
        {
            if (store.Load(sequence, out StoredMessage message) != StoreResult.Ok)
            {
                model.Skip(0, 1, _nowNs, false);
                continue;
            }

            model.Append(
                new NewMessage { Subject = message.Subject, Headers = message.Headers, Payload = message.Payload, TimestampNs = message.TimestampNs, SkipsDiscardNew = true },
                out _);
        }

        return model;
    }

    private void Removing(Func<StoreResult> remove)
    {
        List<ulong> before = Live();
        Expect("removal", StoreResult.Ok, remove());
        _expectation.Removing(before.Except(Live()));
    }

    private List<ulong> Live()
    {
        StreamState state = _expectation.Model.State;
        List<ulong> live = [];
        for (ulong sequence = state.FirstSequence; sequence <= state.LastSequence; sequence++)
        {
            if (_expectation.Model.Load(sequence, out _) == StoreResult.Ok) live.Add(sequence);
        }

        return live;
    }

    private void OnOperation(in DiskOperation operation)
    {
        if (!operation.IsChange) return;
        string what = operation.ToString();
        for (int i = 0; i < _settings.CutsPerOperation; i++)
        {
            // 0 loses everything that was not synced, the others what chance wants.
            int seed = i == 0 ? 0 : HashCode.Combine(_settings.Seed, operation.Number, i) & int.MaxValue;
            Look(_disk.Crash(seed), false, $"power cut {seed} before {what}");
        }

        SimulatedDisk killed = _disk.Kill();
        if (operation.Kind == DiskOperations.Write && operation.Data.Length > 1 && killed.FileExists(operation.Path))
        {
            // A kill may come in the middle of a write.
            using IDiskFile file = killed.Open(operation.Path, DiskOpen.Existing);
            file.Write(operation.Offset, operation.Data[..(int)(operation.Number * 7919 % operation.Data.Length)]);
        }

        Look(killed, true, $"kill before {what}");
    }

    private void Look(SimulatedDisk disk, bool isKill, string when)
    {
        Checks++;
        try
        {
            int cuts = 0;
            if (Checks % RecoveryCutsEvery == 0)
            {
                disk.Before = (in DiskOperation operation) =>
                {
                    // Also what is done when it is opened may be cut short.
                    if (operation.IsChange && !isKill) CheckOpened(disk.Crash(HashCode.Combine(_settings.Seed, cuts++) & int.MaxValue), false);
                    else if (operation.IsChange) CheckOpened(disk.Kill(), true);
                };
            }

            CheckOpened(disk, isKill);
        }
        catch (Exception problem)
        {
            throw Broken(string.Create(CultureInfo.InvariantCulture, $"{when}: {problem.Message} ({problem.GetType().Name} {problem.StackTrace?.Split('\n')[0].Trim()})"), problem);
        }
    }

    private void CheckOpened(SimulatedDisk disk, bool isKill)
    {
        using (IMessageStore store = _settings.Open(disk, _settings.Limits, _nowNs))
        {
            _expectation.Check(store, isKill);
            if (Checks % 5 == 0) CheckGoesOn(store, disk);
        }
    }

    // A store that was opened takes messages, and keeps them.
    private void CheckGoesOn(IMessageStore store, SimulatedDisk disk)
    {
        disk.Before = null;
        ulong last = store.State.LastSequence;
        StoreResult result = store.Append(new NewMessage { Subject = "z"u8, Payload = "after"u8, TimestampNs = _nowNs }, out ulong sequence);
        if (result != StoreResult.Ok || sequence != last + 1) throw new StoreMismatchException($"the next message is answered by {result} and gets sequence {sequence} after {last}");
        var queue = new CommitQueue(disk);
        queue.Enqueue((ICommitParticipant)store, null);
        queue.RunRound();
        using IMessageStore again = _settings.Open(disk.Crash(0), _settings.Limits, _nowNs);
        if (again.Load(sequence, out StoredMessage message) != StoreResult.Ok || !message.Payload.SequenceEqual("after"u8))
            throw new StoreMismatchException($"message {sequence}, stored after the crash, is gone after another: {again.State}, before it {store.State}");
    }

    private void Expect(string what, StoreResult expected, StoreResult actual)
    {
        if (expected != actual) throw Broken($"{what}: {actual} instead of {expected}");
    }

    private void CompareStates(string name)
    {
        StreamState expected = _expectation.Model.State, actual = _store.State;
        if (expected.Messages != actual.Messages || expected.LastSequence != actual.LastSequence || (expected.Messages > 0 && expected.FirstSequence != actual.FirstSequence))
            throw Broken($"after {name}: expected {expected}, but it is {actual}");
    }

    private StoreMismatchException Broken(string what, Exception? inner = null)
    {
        string[] steps = _log.ToString().Split('\n', StringSplitOptions.RemoveEmptyEntries);
        return new StoreMismatchException(
            string.Create(CultureInfo.InvariantCulture, $"seed {_settings.Seed}, after {steps.Length} steps: {what}\n  {string.Join("\n  ", steps.TakeLast(25))}"), inner);
    }
}
