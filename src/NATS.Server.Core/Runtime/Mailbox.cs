namespace NATS.Server.Core.Runtime;

/// <summary>
/// Any thread, except where said. State that many threads send work to and that one at a time touches, without a thread of its own: the thread that finds it idle may
/// enter and work right there; else the work waits, and an executor does it in batches.
/// </summary>
/// <typeparam name="T">A piece of work.</typeparam>
/// <remarks>
/// Pieces that one thread posts are done in their order, also when it enters afterwards: it can enter only when nothing waits. The memory that one owner wrote is seen by the
/// next. <see cref="Perform"/> and <see cref="EndBatch"/> must not throw.
/// </remarks>
public abstract class Mailbox<T> : IWorkItem
{
    // Nobody inside and nothing waits; somebody inside, or the executor about to be; and the same with something waiting that it has not seen.
    private const int Idle = 0;
    private const int Owned = 1;
    private const int OwnedWithWork = 2;

    // A list that grew in a burst beyond this is given up after it.
    private const int KeptCapacity = 1024;

    private readonly IExecutor _executor;
    private readonly int _capacity;
    private readonly int _batch;
    private readonly Lock _lock = new();
    private List<T> _waiting = [];
    private List<T> _taken = [];
    private int _state;
    private int _signals;

    /// <summary>Makes an idle mailbox.</summary>
    /// <param name="executor">Runs what waits.</param>
    /// <param name="capacity">How much may wait.</param>
    /// <param name="batch">After how many batches others get their turn on the executor's thread.</param>
    protected Mailbox(IExecutor executor, int capacity, int batch = 4)
    {
        _executor = executor;
        _capacity = capacity;
        _batch = batch;
    }

    /// <summary>How many pieces wait.</summary>
    public int Waiting
    {
        get
        {
            lock (_lock) return _waiting.Count;
        }
    }

    /// <summary>Sends a piece of work.</summary>
    /// <returns>False when as many wait as may: it will not be done.</returns>
    public bool TryPost(in T item)
    {
        lock (_lock)
        {
            if (_waiting.Count >= _capacity) return false;
            _waiting.Add(item);
        }

        Awaken();
        return true;
    }

    /// <summary>Tells the owner that something is to be looked at. Costs no space, whoever tells it how often.</summary>
    /// <param name="flags">Bits whose meaning the owner knows.</param>
    public void Signal(int flags)
    {
        if ((Interlocked.Or(ref _signals, flags) & flags) != flags) Awaken();
    }

    /// <summary>Makes the caller the owner, if nobody is and nothing waits. <see cref="Exit"/> ends it, by the same thread, soon.</summary>
    public bool TryEnter() => Interlocked.CompareExchange(ref _state, Owned, Idle) == Idle;

    /// <summary>Ends what <see cref="TryEnter"/> began. What came meanwhile is left to the executor.</summary>
    public void Exit()
    {
        if (Interlocked.CompareExchange(ref _state, Idle, Owned) != Owned) _executor.Post(this);
    }

    /// <summary>For the executor: does what waits.</summary>
    public void Run()
    {
        for (int round = 0; round < _batch; round++)
        {
            Interlocked.Exchange(ref _state, Owned);
            RunBatch();
            if (Interlocked.CompareExchange(ref _state, Idle, Owned) == Owned) return;
        }

        _executor.Post(this);
    }

    /// <summary>Does one piece of work. Only the owner.</summary>
    protected abstract void Perform(ref T item);

    /// <summary>After all that had come was done. Only the owner.</summary>
    /// <param name="signals">What was told since the last time.</param>
    protected abstract void EndBatch(int signals);

    private void RunBatch()
    {
        lock (_lock) (_waiting, _taken) = (_taken, _waiting);
        foreach (ref T item in System.Runtime.InteropServices.CollectionsMarshal.AsSpan(_taken))
        {
            Perform(ref item);
        }

        if (_taken.Capacity > KeptCapacity) _taken = [];
        else _taken.Clear();
        EndBatch(Interlocked.Exchange(ref _signals, 0));
    }

    private void Awaken()
    {
        while (true)
        {
            switch (Volatile.Read(ref _state))
            {
                case Idle:
                    if (Interlocked.CompareExchange(ref _state, OwnedWithWork, Idle) != Idle) continue;
                    _executor.Post(this);
                    return;
                case Owned:
                    if (Interlocked.CompareExchange(ref _state, OwnedWithWork, Owned) != Owned) continue;
                    return;
                default:
                    return;
            }
        }
    }
}
