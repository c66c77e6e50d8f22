using System.Runtime.ExceptionServices;
using System.Runtime.InteropServices;
using NATS.Server.JetStream.Storage.Disks;

namespace NATS.Server.JetStream.Storage;

/// <summary>Thread-safe. Brings what many wait for, in many stores, to the device together.</summary>
/// <remarks>
/// A round takes all who wait at its beginning, lets their stores flush, syncs all files at once and tells everybody. Who comes while it runs waits for the
/// next: what was flushed before a sync began is all that a sync promises. So the price of a sync is shared by all that came during the one before it, and
/// nobody waits for anything but syncs. The number of waits is bounded by those who enqueue, each of which has something unacknowledged in flight.
/// Who may not block enqueues, and a thread runs the rounds (<see cref="RunRound"/>); who may block calls <see cref="Commit(ICommitParticipant)"/> and runs one itself.
/// </remarks>
public sealed class CommitQueue
{
    // Lists that grew in a burst beyond this are given up after it.
    private const int KeptCapacity = 1 << 16;

    private readonly IDisk _disk;
    private readonly Action? _wake;
    private readonly Lock _lock = new();

    // One round at a time; before the other lock, and held while files are synced.
    private readonly Lock _round = new();
    private readonly Stack<Caller> _callers = new();
    private readonly Dictionary<ICommitParticipant, int> _places = new(ReferenceEqualityComparer.Instance);
    private readonly List<Participation> _participations = [];
    private List<Wait> _waiting = [];
    private List<Wait> _served = [];
    private List<DiskSync> _files = [];

    /// <summary>Makes a queue in which nobody waits.</summary>
    /// <param name="disk">Where the files of all stores are.</param>
    /// <param name="wake">Called, by the thread that enqueues and outside of all locks, when there is work after there was none.</param>
    public CommitQueue(IDisk disk, Action? wake = null)
    {
        _disk = disk;
        _wake = wake;
    }

    /// <summary>How many rounds there were with something to do.</summary>
    public long Rounds { get; private set; }

    /// <summary>How many waits were served.</summary>
    public long Served { get; private set; }

    /// <summary>How many wait for the next round.</summary>
    public int Waiting
    {
        get
        {
            lock (_lock) return _waiting.Count;
        }
    }

    public bool IsEmpty
    {
        get
        {
            lock (_lock) return _waiting.Count == 0;
        }
    }

    /// <summary>Asks for everything that a store has now to be made durable.</summary>
    /// <param name="store">Whose changes; they are in the store already.</param>
    /// <param name="waiter">Told when it is done; null when nobody wants to know.</param>
    /// <param name="ticket">Handed back to the waiter.</param>
    public void Enqueue(ICommitParticipant store, ICommitWaiter? waiter, long ticket = 0)
    {
        bool wasEmpty;
        lock (_lock)
        {
            wasEmpty = _waiting.Count == 0;
            _waiting.Add(new Wait(store, waiter, ticket));
        }

        if (wasEmpty) _wake?.Invoke();
    }

    /// <summary>
    /// Makes everything durable that a store has now, and returns when it is. Blocks for a sync, or two when one is under way; the caller does the work itself, for all who wait: that is sooner than another
    /// thread is awake. Not for threads that others wait for.
    /// </summary>
    /// <returns><see cref="StoreResult.Ok"/>; else nothing may be acknowledged.</returns>
    public StoreResult Commit(ICommitParticipant store)
    {
        Caller? caller;
        lock (_lock)
        {
            if (!_callers.TryPop(out caller)) caller = new Caller();
            _waiting.Add(new Wait(store, caller, 0));
        }

        StoreResult result;
        lock (_round)
        {
            // Another may have served this one with a round of its own.
            if (!caller.IsServed) RunRoundLocked();
            result = caller.Take();
        }

        lock (_lock) _callers.Push(caller);
        return result;
    }

    /// <summary>Serves all who wait now. Whatever happens, each is told. An exception of a store, which is a defect, comes after that, and was told to its own waits only.</summary>
    /// <returns>How many there were.</returns>
    public int RunRound()
    {
        lock (_round) return RunRoundLocked();
    }

    private int RunRoundLocked()
    {
        List<Wait> waits;
        lock (_lock)
        {
            waits = _waiting;
            if (waits.Count == 0) return 0;
            _waiting = _served;
        }

        int count = waits.Count;
        try
        {
            Commit(waits);
        }
        finally
        {
            Tell(waits);
            Rounds++;
            Served += count;
            _served = Emptied(waits);
            _files = Emptied(_files);
            _places.Clear();
            _participations.Clear();
        }

        return count;
    }

    private void Commit(List<Wait> waits)
    {
        foreach (Wait wait in waits)
        {
            if (_places.TryAdd(wait.Store, _participations.Count)) _participations.Add(new Participation(wait.Store));
        }

        // What breaks in one store is no reason that the others do not finish: it is told at the end.
        Exception? broken = null;
        Span<Participation> stores = CollectionsMarshal.AsSpan(_participations);
        foreach (ref Participation store in stores)
        {
            store.FirstFile = _files.Count;
            try
            {
                store.Begun = store.Store.BeginCommit(_files, out store.Position);
                store.HasBegun = true;
            }
            catch (Exception problem)
            {
                broken ??= problem;
                _files.RemoveRange(store.FirstFile, _files.Count - store.FirstFile);
            }

            store.Files = _files.Count - store.FirstFile;
        }

        Span<DiskSync> files = CollectionsMarshal.AsSpan(_files);
        if (files.Length > 0) _disk.Sync(files);
        foreach (ref Participation store in stores)
        {
            if (!store.HasBegun) continue;
            ReadOnlySpan<DiskSync> own = files.Slice(store.FirstFile, store.Files);
            try
            {
                StoreResult ended = store.Store.EndCommit(store.Position, own);

                // A store that overlooks a failure is not believed.
                if (ended == StoreResult.Ok && HasFailure(own)) ended = StoreResult.Failed;
                store.Result = store.Begun == StoreResult.Ok ? ended : store.Begun;
            }
            catch (Exception problem)
            {
                broken ??= problem;
            }
        }

        if (broken is not null) ExceptionDispatchInfo.Throw(broken);
    }

    private void Tell(List<Wait> waits)
    {
        foreach (Wait wait in waits)
        {
            StoreResult result = _places.TryGetValue(wait.Store, out int place) ? _participations[place].Result : StoreResult.Failed;
            wait.Waiter?.Committed(wait.Ticket, result);
        }
    }

    private static bool HasFailure(ReadOnlySpan<DiskSync> files)
    {
        foreach (DiskSync file in files)
        {
            if (file.Failure is not null) return true;
        }

        return false;
    }

    private static List<T> Emptied<T>(List<T> list)
    {
        if (list.Capacity > KeptCapacity) return [];
        list.Clear();
        return list;
    }

    // Under the lock of the rounds.
    private sealed class Caller : ICommitWaiter
    {
        private StoreResult _result;

        public bool IsServed { get; private set; }

        public void Committed(long ticket, StoreResult result)
        {
            _result = result;
            IsServed = true;
        }

        public StoreResult Take()
        {
            IsServed = false;
            return _result;
        }
    }

    private readonly record struct Wait(ICommitParticipant Store, ICommitWaiter? Waiter, long Ticket);

    private struct Participation(ICommitParticipant store)
    {
        public readonly ICommitParticipant Store = store;
        public long Position;
        public int FirstFile;
        public int Files;
        public bool HasBegun;
        public StoreResult Begun;

        // Until the very end nothing is known to be good.
        public StoreResult Result = StoreResult.Failed;
    }
}
