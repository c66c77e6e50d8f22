using NATS.Server.Accounts;
using NATS.Server.Core.Subjects;

namespace NATS.Server.Streaming;

/// <summary>Thread-safe. Who waits for somebody to subscribe to a subject.</summary>
internal sealed class InterestWatch
{
    private readonly Lock _lock = new();
    private readonly Sublist<Waiting> _waiting = new();
    private int _count;

    /// <summary>Waits until it is disposed.</summary>
    public IDisposable Add(byte[] subject, Action appeared)
    {
        var waiting = new Waiting(this, subject, appeared);
        lock (_lock) _waiting.Insert(subject, null, waiting);
        Interlocked.Increment(ref _count);
        return waiting;
    }

    /// <summary>Somebody has subscribed.</summary>
    public void OnInserted(Subscription subscription)
    {
        if (Volatile.Read(ref _count) == 0) return;
        var match = new SublistMatch<Waiting>();
        lock (_lock)
        {
            if (Subject.IsLiteral(subscription.Subject)) _waiting.Match(subscription.Subject, match);
            else _waiting.ReverseMatch(subscription.Subject, match);
        }

        foreach (Waiting waiting in match.Plain) waiting.Appeared();
    }

    private sealed class Waiting(InterestWatch watch, byte[] subject, Action appeared) : IDisposable
    {
        public Action Appeared => appeared;

        public void Dispose()
        {
            lock (watch._lock)
            {
                if (!watch._waiting.Remove(subject, null, this)) return;
            }

            Interlocked.Decrement(ref watch._count);
        }
    }
}
