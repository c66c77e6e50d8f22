using System.Security.Cryptography;
using NATS.Server.Core.Subjects;
using NATS.Server.Tracing;

namespace NATS.Server.Accounts;

/// <summary>An isolated space of subjects: its subscriptions, its subject mappings, and the model that says what else belongs to it. Thread-safe.</summary>
internal sealed class Account
{
    /// <summary>Account of every connection that is bound to no other.</summary>
    public const string GlobalName = "$G";

    /// <summary>Name of the system account unless another is configured.</summary>
    public const string SystemName = "$SYS";

    private readonly Lock _lock = new();

    // Clients choose the subjects: with a seed that they cannot know they cannot choose such as are slow to look up.
    private readonly Sublist<Subscription> _subscriptions = new(BitConverter.ToUInt64(RandomNumberGenerator.GetBytes(sizeof(ulong))));
    private readonly ImportedStreams _importedStreams;
    private AccountModel _model = AccountModel.Empty;
    private SubjectMappings? _mappings;
    private TraceTarget? _traceTarget;
    private readonly Action<Account>? _applied;
    private readonly Action<Account>? _connectionsChanged;
    private Action<Subscription>? _removed;
    private Action<Subscription>? _inserted;
    private long _slowConsumers;
    private long _cacheHits;
    private int _connections;

    /// <summary>Makes an account without anything.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="applied">Told when the account follows another model.</param>
    /// <param name="connectionsChanged">Told when a client connection has been bound or unbound.</param>
    public Account(string name, Action<Account>? applied = null, Action<Account>? connectionsChanged = null)
    {
        Name = name;
        _applied = applied;
        _connectionsChanged = connectionsChanged;
        _importedStreams = new ImportedStreams(this);
    }

    public string Name { get; }

    /// <summary>How people call the account: the name in its token, where its own name is a key.</summary>
    public string DisplayName => Model.Declared.DisplayName is { Length: > 0 } name ? name : Name;

    /// <summary>Grows with every change of the subscriptions: a cached match is valid while it is unchanged.</summary>
    public int Generation => _subscriptions.Generation;

    /// <summary>What is declared of the account at the moment.</summary>
    public AccountModel Model => Volatile.Read(ref _model);

    /// <summary>Mappings applied to what clients publish; null without any. Part of the model.</summary>
    public SubjectMappings? Mappings => Volatile.Read(ref _mappings);

    /// <summary>Where traces go that an application's own trace asks for; null: nowhere. Part of the model.</summary>
    public TraceTarget? TraceTarget => Volatile.Read(ref _traceTarget);

    /// <summary>Client connections bound to the account.</summary>
    public int Connections => Volatile.Read(ref _connections);

    /// <summary>Told of every subscription that has been removed, by the thread that removed it. Set when somebody waits for interest to end.</summary>
    public Action<Subscription>? Removed
    {
        get => Volatile.Read(ref _removed);
        set => Volatile.Write(ref _removed, value);
    }

    /// <summary>Told of every subscription that has been added, by the thread that added it. Set when somebody waits for interest to begin.</summary>
    public Action<Subscription>? Inserted
    {
        get => Volatile.Read(ref _inserted);
        set => Volatile.Write(ref _inserted, value);
    }

    /// <summary>What connections that count for the account no more have sent and got.</summary>
    public SettledTraffic Settled { get; } = new();

    /// <summary>What the account's connections got so far by the streams that it imports, by exporting account; an account may come more than once.</summary>
    public IEnumerable<(Account Exporter, TrafficCount Count)> ImportedTraffic => _importedStreams.Traffic;

    public int SubscriptionCount
    {
        get
        {
            lock (_lock) return _subscriptions.Count;
        }
    }

    public long SlowConsumers => Interlocked.Read(ref _slowConsumers);

    public void CountSlowConsumer() => Interlocked.Increment(ref _slowConsumers);

    /// <summary>Messages that needed no match, because a loop remembered what matches; those of what loops remember now are still to come.</summary>
    public long CacheHits => Interlocked.Read(ref _cacheHits);

    public void CountCacheHits(long count) => Interlocked.Add(ref _cacheHits, count);

    /// <summary>
    /// Replaces the model, and makes what depends on it follow: cached matches, and what its subscribers receive of other accounts' streams. One thread at
    /// a time, by whoever owns the registry's changes; messages and subscriptions may pass meanwhile.
    /// </summary>
    public void Apply(AccountModel model)
    {
        Volatile.Write(ref _model, model);
        Volatile.Write(ref _mappings, model.Mappings);
        Volatile.Write(ref _traceTarget, model.TraceTarget);
        Touch();
        _importedStreams.Apply(model.StreamImports);
        _applied?.Invoke(this);
    }

    /// <summary>Binds one more client connection, unless there are as many as the limit allows.</summary>
    public bool TryAddConnection()
    {
        long limit = Model.Limits.MaxConnections;
        int count = Interlocked.Increment(ref _connections);
        if (limit >= 0 && count > limit)
        {
            Interlocked.Decrement(ref _connections);
            return false;
        }

        _connectionsChanged?.Invoke(this);
        return true;
    }

    /// <summary>Binds a client connection whatever the limit: one that nobody has judged yet.</summary>
    public void AddConnection() => Interlocked.Increment(ref _connections);

    public void RemoveConnection()
    {
        Interlocked.Decrement(ref _connections);
        _connectionsChanged?.Invoke(this);
    }

    /// <summary>Cached matches of this account count for nothing any more: something other than its subscriptions changed who gets its messages.</summary>
    public void Touch()
    {
        lock (_lock) _subscriptions.Touch();
    }

    /// <summary>Adds a subscription with a valid subject. It also receives the streams that the account imports.</summary>
    public void Insert(Subscription subscription)
    {
        InsertOwn(subscription);
        _importedStreams.OnInserted(subscription);
        Inserted?.Invoke(subscription);
    }

    /// <summary>Removes a subscription that has been closed.</summary>
    public bool Remove(Subscription subscription)
    {
        bool removed = RemoveOwn(subscription);
        _importedStreams.OnRemoved(subscription);
        if (removed) Removed?.Invoke(subscription);
        return removed;
    }

    /// <summary>Removes all subscriptions of a connection that ends; they have been closed.</summary>
    public void Remove(IReadOnlyList<Subscription> subscriptions)
    {
        lock (_lock)
        {
            foreach (Subscription subscription in subscriptions)
            {
                _subscriptions.Remove(subscription.Subject, subscription.Queue, subscription);
            }
        }

        foreach (Subscription subscription in subscriptions) _importedStreams.OnRemoved(subscription);
        if (Removed is not { } removed) return;
        foreach (Subscription subscription in subscriptions) removed(subscription);
    }

    /// <summary>Whether anybody subscribed to what matches a literal subject.</summary>
    public bool HasInterest(ReadOnlySpan<byte> subject)
    {
        lock (_lock) return _subscriptions.HasInterest(subject);
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

    public override string ToString() => Name;

    /// <summary>Adds to the index and nothing more.</summary>
    internal void InsertOwn(Subscription subscription)
    {
        lock (_lock) _subscriptions.Insert(subscription.Subject, subscription.Queue, subscription);
    }

    /// <summary>Adds what stands for a subscription of another account: whoever waits for interest is told of it too.</summary>
    internal void InsertShadow(ShadowSubscription shadow)
    {
        InsertOwn(shadow);
        Inserted?.Invoke(shadow);
    }

    /// <summary>Removes what stands for a subscription of another account.</summary>
    internal void RemoveShadow(ShadowSubscription shadow)
    {
        if (RemoveOwn(shadow)) Removed?.Invoke(shadow);
    }

    /// <summary>Takes some out of the index and puts others in, without a moment in between, and does nothing more.</summary>
    internal void ReplaceOwn(IReadOnlyList<Subscription> removed, IReadOnlyList<Subscription> added)
    {
        lock (_lock)
        {
            foreach (Subscription subscription in removed) _subscriptions.Remove(subscription.Subject, subscription.Queue, subscription);
            foreach (Subscription subscription in added) _subscriptions.Insert(subscription.Subject, subscription.Queue, subscription);
        }
    }

    /// <summary>Removes from the index and nothing more.</summary>
    internal bool RemoveOwn(Subscription subscription)
    {
        lock (_lock) return _subscriptions.Remove(subscription.Subject, subscription.Queue, subscription);
    }
}
