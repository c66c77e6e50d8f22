using System.Security.Cryptography;
using NATS.Server.Core.Subjects;

namespace NATS.Server.Accounts;

/// <summary>An isolated space of subjects: its subscriptions and its subject mappings. Thread-safe.</summary>
internal sealed class Account(string name)
{
    /// <summary>Account of every connection that is bound to no other.</summary>
    public const string GlobalName = "$G";

    /// <summary>Name of the system account unless another is configured.</summary>
    public const string SystemName = "$SYS";

    private readonly Lock _lock = new();

    // Clients choose the subjects: with a seed that they cannot know they cannot choose such as are slow to look up.
    private readonly Sublist<Subscription> _subscriptions = new(BitConverter.ToUInt64(RandomNumberGenerator.GetBytes(sizeof(ulong))));
    private SubjectMappings? _mappings;
    private long _slowConsumers;

    public string Name { get; } = name;

    /// <summary>Grows with every change of the subscriptions: a cached match is valid while it is unchanged.</summary>
    public int Generation => _subscriptions.Generation;

    /// <summary>Mappings applied to what clients publish; null without any. Replaced as a whole by reload.</summary>
    public SubjectMappings? Mappings
    {
        get => Volatile.Read(ref _mappings);
        set => Volatile.Write(ref _mappings, value);
    }

    /// <summary>Cached matches of this account count for nothing any more: something other than its subscriptions changed who gets its messages.</summary>
    public void Touch()
    {
        lock (_lock) _subscriptions.Touch();
    }

    public int SubscriptionCount
    {
        get
        {
            lock (_lock) return _subscriptions.Count;
        }
    }

    public long SlowConsumers => Interlocked.Read(ref _slowConsumers);

    public void CountSlowConsumer() => Interlocked.Increment(ref _slowConsumers);

    /// <summary>Adds a subscription with a valid subject.</summary>
    public void Insert(Subscription subscription)
    {
        lock (_lock) _subscriptions.Insert(subscription.Subject, subscription.Queue, subscription);
    }

    public bool Remove(Subscription subscription)
    {
        lock (_lock) return _subscriptions.Remove(subscription.Subject, subscription.Queue, subscription);
    }

    /// <summary>Removes all subscriptions of a connection that ends.</summary>
    public void Remove(IEnumerable<Subscription> subscriptions)
    {
        lock (_lock)
        {
            foreach (Subscription subscription in subscriptions)
            {
                _subscriptions.Remove(subscription.Subject, subscription.Queue, subscription);
            }
        }
    }

    /// <summary>Finds the subscriptions that match a literal subject. Replaces the content of <paramref name="result"/>.</summary>
    public void Match(ReadOnlySpan<byte> subject, SublistMatch<Subscription> result)
    {
        lock (_lock) _subscriptions.Match(subject, result);
    }

    /// <summary>Asks the subscription index something this class has no method for, under its lock: keep it short.</summary>
    public TResult Read<TResult>(Func<Sublist<Subscription>, TResult> question)
    {
        lock (_lock) return question(_subscriptions);
    }
}
