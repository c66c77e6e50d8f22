using System.Net;

namespace NATS.Server.Bench.Load;

/// <summary>Workers that log in until they are stopped. The caller's thread.</summary>
internal sealed class LoginStorm : IDisposable
{
    private readonly CancellationTokenSource _stop = new();
    private readonly List<LoginWorker> _workers = [];
    private readonly List<Thread> _threads = [];

    public LoginStorm(IPEndPoint server, int workers)
    {
        for (var i = 0; i < workers; i++)
        {
            var worker = new LoginWorker(server);
            var thread = new Thread(() => worker.Run(_stop.Token)) { IsBackground = true, Name = "logins" };
            _workers.Add(worker);
            _threads.Add(thread);
            thread.Start();
        }
    }

    public IReadOnlyList<LoginWorker> Workers => _workers;

    /// <summary>Ends all workers.</summary>
    /// <exception cref="VerificationException">A login failed.</exception>
    public void Stop()
    {
        _stop.Cancel();
        _threads.ForEach(static thread => thread.Join());
        if (_workers.Find(static worker => worker.Failure is not null) is { } failed)
        {
            throw new VerificationException(failed.Failure!);
        }
    }

    public void Dispose()
    {
        _stop.Cancel();
        _threads.ForEach(static thread => thread.Join());
        _stop.Dispose();
    }
}
