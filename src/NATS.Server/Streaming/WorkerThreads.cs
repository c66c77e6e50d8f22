using NATS.Server.Core.Runtime;
using NATS.Server.Disks;

namespace NATS.Server.Streaming;

/// <summary>Thread-safe. JetStream's own threads (<c>nats-jetstream</c>): what may wait for a disk never runs on the threads that serve sockets.</summary>
internal sealed class WorkerThreads : IExecutor, IDisposable
{
    private readonly SleepingQueue<IWorkItem> _work = new();
    private readonly Thread[] _threads;
    private readonly Action<Exception> _onFault;
    private bool _isStopping;

    /// <summary>Starts threads.</summary>
    /// <param name="count">How many.</param>
    /// <param name="onFault">Told of what work has thrown, which is a defect.</param>
    public WorkerThreads(int count, Action<Exception> onFault)
    {
        _onFault = onFault;
        _threads = [.. Enumerable.Range(0, count).Select(i => new Thread(Run) { IsBackground = true, Name = "nats-jetstream" })];
        foreach (Thread thread in _threads) thread.Start();
    }

    /// <summary>Work that waits for a thread.</summary>
    public int Waiting => _work.Count;

    public void Post(IWorkItem work) => _work.Add(work);

    /// <summary>Does what was posted, and ends the threads.</summary>
    public void Dispose()
    {
        if (_isStopping) return;
        _isStopping = true;
        _work.Complete();
        foreach (Thread thread in _threads) thread.Join();
    }

    private void Run()
    {
        while (_work.TryTake(Timeout.InfiniteTimeSpan, out IWorkItem? work))
        {
            try
            {
                work.Run();
            }
            catch (Exception problem)
            {
                _onFault(problem);
            }
        }
    }
}
