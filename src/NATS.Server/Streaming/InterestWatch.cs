using System.Collections.Concurrent;
using NATS.Server.Accounts;

namespace NATS.Server.Streaming;

/// <summary>Thread-safe. Who wants to know when somebody subscribes to a subject, or does so no longer.</summary>
internal sealed class InterestWatch
{
    private readonly ConcurrentDictionary<byte[], Waiting[]> _waiting = new(SubjectComparer.Instance);
    private readonly Lock _lock = new();

    /// <summary>Watches until it is disposed.</summary>
    public IDisposable Add(byte[] subject, Action changed)
    {
        var waiting = new Waiting(this, subject, changed);
        lock (_lock) _waiting[subject] = _waiting.TryGetValue(subject, out Waiting[]? others) ? [.. others, waiting] : [waiting];
        return waiting;
    }

    /// <summary>Somebody has subscribed, or has ended a subscription.</summary>
    public void OnChanged(Subscription subscription)
    {
        if (_waiting.IsEmpty || !_waiting.TryGetValue(subscription.Subject, out Waiting[]? all)) return;
        foreach (Waiting waiting in all) waiting.Changed();
    }

    private void Remove(byte[] subject, Waiting waiting)
    {
        lock (_lock)
        {
            if (!_waiting.TryGetValue(subject, out Waiting[]? all)) return;
            Waiting[] rest = [.. all.Where(other => !ReferenceEquals(other, waiting))];
            if (rest.Length == 0) _waiting.TryRemove(subject, out _);
            else _waiting[subject] = rest;
        }
    }

    private sealed class Waiting(InterestWatch watch, byte[] subject, Action changed) : IDisposable
    {
        public Action Changed => changed;

        public void Dispose() => watch.Remove(subject, this);
    }

    private sealed class SubjectComparer : IEqualityComparer<byte[]>
    {
        public static readonly SubjectComparer Instance = new();

        public bool Equals(byte[]? x, byte[]? y) => x.AsSpan().SequenceEqual(y);

        public int GetHashCode(byte[] obj)
        {
            var hash = default(HashCode);
            hash.AddBytes(obj);
            return hash.ToHashCode();
        }
    }
}
