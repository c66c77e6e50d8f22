using NATS.Server.JetStream.Storage.Disks;

namespace NATS.Server.Disks;

/// <summary>Thread-safe. Syncs several files at once: the caller and up to seven threads (<c>nats-sync</c>) that end when nothing comes for a while.</summary>
/// <remarks>Syncs that run at the same time share the commits of the file system's journal; one after the other each waits for its own.</remarks>
internal sealed class SyncWorkers : IDisposable
{
    private const int MaximumThreads = 7;
    private static readonly TimeSpan IdleTime = TimeSpan.FromSeconds(30);

    private readonly SleepingQueue<Round> _rounds = new();
    private readonly Lock _lock = new();
    private int _threads;
    private bool _isDisposed;

    /// <summary>Syncs one file and notes how it went.</summary>
    public static void Sync(ref DiskSync file)
    {
        try
        {
            file.File.Sync();
            file.Failure = null;
        }
        catch (DiskException problem)
        {
            file.Failure = problem;
        }
        catch (ObjectDisposedException problem)
        {
            file.Failure = new DiskException(DiskError.Device, file.File.Path, $"sync {file.File.Path}: the file was closed", problem);
        }
    }

    /// <summary>Syncs all files and returns when all are done.</summary>
    public void Sync(Span<DiskSync> files)
    {
        var round = new Round(files.ToArray());
        Call(Math.Min(MaximumThreads, files.Length - 1), round);
        round.Work();
        round.Wait();
        round.Files.CopyTo(files);
    }

    public void Dispose()
    {
        lock (_lock)
        {
            if (_isDisposed) return;
            _isDisposed = true;
            _rounds.Complete();
        }
    }

    // Whoever comes too late, or not at all, leaves the work to the others.
    private void Call(int helpers, Round round)
    {
        lock (_lock)
        {
            if (_isDisposed) return;
            for (; _threads < helpers; _threads++) new Thread(Run) { IsBackground = true, Name = "nats-sync" }.Start();
            for (int i = 0; i < helpers; i++) _rounds.Add(round);
        }
    }

    private void Run()
    {
        while (true)
        {
            while (_rounds.TryTake(IdleTime, out Round? round)) round.Work();
            lock (_lock)
            {
                if (!_rounds.IsEmpty) continue;
                _threads--;
                return;
            }
        }
    }

    private sealed class Round(DiskSync[] files)
    {
        private readonly ManualResetEventSlim _done = new(initialState: false, spinCount: 0);
        private int _next = -1;
        private int _left = files.Length;

        public DiskSync[] Files => files;

        public void Work()
        {
            for (int i = Interlocked.Increment(ref _next); i < files.Length; i = Interlocked.Increment(ref _next))
            {
                Sync(ref files[i]);
                if (Interlocked.Decrement(ref _left) == 0) _done.Set();
            }
        }

        public void Wait() => _done.Wait();
    }
}
