namespace NATS.Server.Auth;

/// <summary>
/// Checks credentials on pool threads, a few at a time and in the order of arrival, so that a storm of logins leaves the processor to the clients that are
/// connected. Thread-safe; one lock, under which nothing is called. As many can wait as there are connections, one each.
/// </summary>
/// <param name="width">How many checks may run at a time.</param>
internal sealed class LoginLane(int width) : IThreadPoolWorkItem
{
    /// <summary>After so many checks a thread goes back to the pool, which may have others waiting.</summary>
    private const int ChecksPerTurn = 16;

    private readonly Lock _gate = new();
    private readonly Queue<IThreadPoolWorkItem> _waiting = new();
    private int _running;

    /// <summary>How many checks wait, and how many are run.</summary>
    public (int Waiting, int Running) Load
    {
        get
        {
            lock (_gate) return (_waiting.Count, _running);
        }
    }

    /// <summary>Runs the check when its turn comes. It must not throw.</summary>
    public void Enqueue(IThreadPoolWorkItem check)
    {
        lock (_gate)
        {
            _waiting.Enqueue(check);
            if (_running == width) return;
            _running++;
        }

        ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
    }

    void IThreadPoolWorkItem.Execute()
    {
        for (int i = 0; i < ChecksPerTurn; i++)
        {
            IThreadPoolWorkItem? check;
            lock (_gate)
            {
                if (!_waiting.TryDequeue(out check))
                {
                    _running--;
                    return;
                }
            }

            check.Execute();
        }

        ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
    }
}

/// <summary>Where checks run that are too slow for an event loop. Thread-safe.</summary>
internal sealed class LoginLanes
{
    // Half of the processors, as the event loops have: hashes, which take a thousand times as long, do not stand in the way of signatures.
    private readonly LoginLane _signatures = new(Math.Max(1, Environment.ProcessorCount / 2));
    private readonly LoginLane _hashes = new(Math.Max(1, Environment.ProcessorCount / 2));

    /// <summary>The lanes by name, and what is in them.</summary>
    public IEnumerable<(string Name, int Waiting, int Running)> Describe()
    {
        (int waiting, int running) = _signatures.Load;
        yield return ("Login signatures", waiting, running);
        (waiting, running) = _hashes.Load;
        yield return ("Login passwords", waiting, running);
    }

    /// <summary>Lets a login that waited for others go on where checks of this cost run, when its turn comes.</summary>
    public Task EnterAsync(CheckCost cost)
    {
        var turn = new Turn();
        Enqueue(cost, turn);
        return turn.Task;
    }

    /// <summary>Runs a check of this cost.</summary>
    public void Enqueue(CheckCost cost, IThreadPoolWorkItem check)
    {
        switch (cost)
        {
            case CheckCost.Signature or CheckCost.Exchange:
                _signatures.Enqueue(check);
                break;
            case CheckCost.Hash:
                _hashes.Enqueue(check);
                break;
            default:
                ThreadPool.UnsafeQueueUserWorkItem(check, preferLocal: false);
                break;
        }
    }

    /// <summary>Completes on the lane's thread, which so runs what was waiting for it.</summary>
    private sealed class Turn : TaskCompletionSource, IThreadPoolWorkItem
    {
        public void Execute() => SetResult();
    }
}
