using System.Text;
using NATS.Server.Core.JetStream.Ingest;
using NATS.Server.Core.JetStream.Json;
using NATS.Server.Core.JetStream.Streams;
using NATS.Server.Core.Runtime;
using NATS.Server.JetStream.Consumers;
using NATS.Server.JetStream.Ports;
using NATS.Server.JetStream.Storage;
using NATS.Server.JetStream.Storage.Catalog;

namespace NATS.Server.JetStream.Streams;

/// <summary>
/// Any thread. A stream of one account: takes what is published to its subjects, keeps it as configured, and tells its consumers. A lock guards what publishing changes; it is held for one message at a
/// time and never during a flush.
/// </summary>
internal sealed partial class Stream : IConsumedStream, IMessageTarget, IBatchEnd, IStoreListener, ICommitWaiter, IWorkItem
{
    private readonly Lock _lock = new();
    private readonly JetStreamServices _services;
    private readonly IStreamOwner _owner;
    private readonly List<object> _subscriptions = [];
    private readonly ConsumerTable _consumers = new();
    private StreamConfig _config;
    private MessageStore? _store;
    private bool _isClosed;

    /// <summary>Makes a stream without its store.</summary>
    /// <param name="services">The world.</param>
    /// <param name="owner">The account.</param>
    /// <param name="config">As it was checked.</param>
    /// <param name="created">When it was.</param>
    /// <param name="folder">Its directory; null for a stream in memory.</param>
    public Stream(JetStreamServices services, IStreamOwner owner, StreamConfig config, ZonedTime created, StreamFolder? folder)
    {
        _services = services;
        _owner = owner;
        _config = config;
        Created = created;
        Folder = folder;
        _nameBytes = Encoding.UTF8.GetBytes(config.Name);
        _ack = new PublishAck(config.Name, owner.Domain);
        _rules = new IngestRules(config, services.Ingest);
        _batches = new BatchPublisher(_ack, services.OpenBatches, _scratch);
        _window = new DedupeWindow(services.DedupeKey, config.DuplicateWindowNs);
        _maintenance = new Deadline(() => _services.Executor.Post(this));
        _direct = new DirectGet(this, services);
    }

    public string Name => _config.Name;

    /// <summary>The configuration in force.</summary>
    public StreamConfig Config => Volatile.Read(ref _config);

    public ZonedTime Created { get; }

    /// <summary>Null for a stream in memory.</summary>
    public StreamFolder? Folder { get; }

    public MessageStore Store => _store!;

    public IAccountPort Port => _owner.Port;

    public string Domain => _owner.Domain;

    /// <summary>Its consumers, in no order.</summary>
    public IReadOnlyList<Consumer> Consumers
    {
        get
        {
            lock (_lock) return [.. _consumers.All];
        }
    }

    /// <summary>Takes the store. Once, before anybody finds the stream.</summary>
    public void Take(MessageStore store) => _store = store;

    /// <summary>Begins to receive what is published. Once.</summary>
    public void Start()
    {
        ForgetTornBatch();
        _readable = Store.State.LastSequence;
        RecoverMessageIds(_services.NowNs);
        CountBytes();
        Subscribe(Config);
        AnswerDirectly(Config);
        Rearm(_services.NowNs);
    }

    /// <summary>Ends everything but the store: nothing is received any more, consumers are stopped.</summary>
    /// <param name="isDeleted">Waiting clients are told that their consumers are gone.</param>
    public void Close(bool isDeleted)
    {
        Consumer[] consumers;
        lock (_lock)
        {
            if (_isClosed) return;
            _isClosed = true;
            _batches.Clear(atomic: true, fast: true);
            consumers = [.. _consumers.All];
        }

        Unsubscribe();
        StopOrigins(isDeleted);
        _direct.Close();
        _services.Deadlines.Set(_maintenance, long.MaxValue);
        foreach (Consumer consumer in consumers) consumer.Close(isDeleted);
    }

    /// <summary>A consumer by its name.</summary>
    public Consumer? FindConsumer(string name)
    {
        lock (_lock) return _consumers.TryGet(name, out Consumer? consumer) ? consumer : null;
    }

    /// <summary>Adds a consumer that has its state.</summary>
    public void Add(Consumer consumer)
    {
        lock (_lock)
        {
            _consumers.Add(consumer);
            Volatile.Write(ref _allConsumers, [.. _consumers.All]);
        }

        consumer.Start();
    }

    /// <summary>Takes a consumer out; its owner closes it and deletes what is stored of it.</summary>
    public bool Remove(Consumer consumer)
    {
        lock (_lock)
        {
            if (!_consumers.Remove(consumer)) return false;
            Volatile.Write(ref _allConsumers, [.. _consumers.All]);
            return true;
        }
    }

    /// <summary>Puts another configuration of a consumer in force.</summary>
    public void Update(Consumer consumer, Core.JetStream.Consumers.ConsumerConfig config)
    {
        bool isSame = consumer.Config.Filters.SequenceEqual(config.Filters, StringComparer.Ordinal);
        lock (_lock) _consumers.ChangeFilters(consumer, () => consumer.Update(config));
        consumer.Signal();
        if (!isSame) RemoveUnneeded();
    }

    /// <summary>Puts another configuration in force, which is stored already. One thread at a time.</summary>
    public void Update(StreamConfig config)
    {
        StreamConfig before = Config;
        var rules = new IngestRules(config, _services.Ingest);
        lock (_lock)
        {
            Volatile.Write(ref _config, config);
            _rules = rules;
            _window.Update(config.DuplicateWindowNs);
            _batches.Clear(atomic: !config.AllowAtomicPublish, fast: !config.AllowBatchPublish);
        }

        if (!Equals(before.Subjects, config.Subjects))
        {
            Unsubscribe();
            Subscribe(config);
        }

        _owner.Reconfigured(before, config);
        AnswerDirectly(config);
        ChangeOrigins();
        Store.Update(StreamStorage.LimitsOf(config), _services.NowNs);
        Rearm(_services.NowNs);
    }

    /// <summary>It is deleted: what it held does not count any more.</summary>
    public void Forget() => _owner.CountBytes(this, -Interlocked.Exchange(ref _countedBytes, 0));

    public void Abandoned(Consumer consumer) => _owner.Abandoned(this, consumer);

    private void Subscribe(StreamConfig config)
    {
        foreach (string subject in config.Subjects ?? []) _subscriptions.Add(Port.Subscribe(Encoding.UTF8.GetBytes(subject), this));
    }

    private void Unsubscribe()
    {
        foreach (object subscription in _subscriptions) Port.Unsubscribe(subscription);
        _subscriptions.Clear();
    }
}
