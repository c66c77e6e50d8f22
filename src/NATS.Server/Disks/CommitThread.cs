using System.Diagnostics;
using Microsoft.Extensions.Logging;
using NATS.Server.JetStream.Storage;
using NATS.Server.JetStream.Storage.Disks;

namespace NATS.Server.Disks;

/// <summary>Thread-safe. Drives the commit queue of a store directory: one thread (<c>nats-commit</c>) that runs rounds while there is somebody who waits.</summary>
internal sealed partial class CommitThread : IDisposable
{
    // A publisher that waits for each acknowledgement is back sooner than a sleeping thread is awake. While work came that soon lately, the thread stays awake
    // for it, and lets others have the processor meanwhile.
    private static readonly TimeSpan Patience = TimeSpan.FromMicroseconds(Environment.ProcessorCount > 1 ? 100 : 0);

    private readonly ManualResetEventSlim _work = new(initialState: false, spinCount: 0);
    private readonly ILogger _logger;
    private readonly Thread _thread;
    private volatile bool _isStopping;

    // Counts up when work came within the patience, down when it did not.
    private int _soon;

    public CommitThread(IDisk disk, ILogger logger)
    {
        _logger = logger;
        Queue = new CommitQueue(disk, _work.Set);
        _thread = new Thread(Run) { IsBackground = true, Name = "nats-commit" };
        _thread.Start();
    }

    /// <summary>Where stores and those who wait for them meet.</summary>
    public CommitQueue Queue { get; }

    /// <summary>Serves all who wait, also those who came during it, and ends the thread. Nobody may enqueue afterwards.</summary>
    public void Dispose()
    {
        if (_isStopping) return;
        _isStopping = true;
        _work.Set();
        _thread.Join();
        _work.Dispose();
    }

    private void Run()
    {
        while (true)
        {
            bool isLast = _isStopping;
            try
            {
                while (Queue.RunRound() > 0)
                {
                    // Until nobody waits.
                }
            }
            catch (Exception problem)
            {
                // All who waited were told that it failed. The stores of others do not stop for it.
                Log.RoundFailed(_logger, problem);
                continue;
            }

            if (isLast) return;
            AwaitWork();
        }
    }

    private void AwaitWork()
    {
        const int MaximumSoon = 8;
        long start = Stopwatch.GetTimestamp();
        if (_soon > 0)
        {
            while (!_work.IsSet && Stopwatch.GetElapsedTime(start) < Patience) Thread.Yield();
        }

        _work.Wait();
        _work.Reset();
        _soon = Math.Clamp(_soon + (Stopwatch.GetElapsedTime(start) < Patience ? 1 : -1), 0, MaximumSoon);
    }

    private static partial class Log
    {
        [LoggerMessage(Level = LogLevel.Error, Message = "Commit of streams failed")]
        public static partial void RoundFailed(ILogger logger, Exception problem);
    }
}
