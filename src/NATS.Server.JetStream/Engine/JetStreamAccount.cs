using System.Diagnostics.CodeAnalysis;
using NATS.Server.Core.JetStream.Api;
using NATS.Server.Core.JetStream.Consumers;
using NATS.Server.Core.JetStream.Limits;
using NATS.Server.Core.JetStream.Streams;
using NATS.Server.Core.Runtime;
using NATS.Server.JetStream.Consumers;
using NATS.Server.JetStream.Ports;
using NATS.Server.JetStream.Storage.Catalog;
using NATS.Server.JetStream.Streams;

namespace NATS.Server.JetStream.Engine;

/// <summary>
/// Any thread. The JetStream of one account: its streams, what it may use and what it uses. Whatever creates, changes or deletes is posted to it and done one after the other by the executor, so that
/// it is judged against what is.
/// </summary>
internal sealed partial class JetStreamAccount : Mailbox<Action<JetStreamAccount>>, IStreamOwner
{
    private readonly Lock _lock = new();
    private readonly Dictionary<string, Stream> _streams = new(StringComparer.Ordinal);
    private readonly Dictionary<string, StreamConfig> _configs = new(StringComparer.Ordinal);
    private readonly ConsumerDirectory _directory = new();
    private readonly List<object> _subscriptions = [];

    // Work that is not a request, such as the deletion of a consumer that nobody uses: what does not fit is tried again.
    private const int RoomForOwnWork = 10_000;
    private readonly WaitingRequests _requests;
    private readonly WaitingRequests _informationRequests;
    private AccountTiers _tiers;
    private bool _isRetired;
    private long _memory;
    private long _storage;

    public JetStreamAccount(JetStreamEngine engine, IAccountPort port, AccountTiers tiers, AccountFolder? folder)
        : base(engine.Services.Executor, CapacityFor(engine.Options))
    {
        Engine = engine;
        _requests = new WaitingRequests(engine.Options.RequestQueueLimit);
        _informationRequests = new WaitingRequests(engine.Options.InformationQueueLimit);
        Port = port;
        _tiers = tiers;
        Folder = folder;
        Api = new ApiUsage(engine.Api);
    }

    public JetStreamEngine Engine { get; }

    public IAccountPort Port { get; }

    public string Name => Port.Name;

    public string Domain => Engine.Options.Domain;

    public IAccountPort? SystemPort => Engine.SystemPort;

    /// <summary>Its requests to the API.</summary>
    public ApiUsage Api { get; }

    /// <summary>Where its streams are kept; null when there can be no directory of its name.</summary>
    public AccountFolder? Folder { get; }

    /// <summary>What it may use.</summary>
    public AccountTiers Tiers
    {
        get => Volatile.Read(ref _tiers);
        set => Volatile.Write(ref _tiers, value);
    }

    /// <summary>Bytes of its streams in memory.</summary>
    public long Memory => Volatile.Read(ref _memory);

    /// <summary>Bytes of its streams in files.</summary>
    public long Storage => Volatile.Read(ref _storage);

    /// <summary>Its streams, in order of their names.</summary>
    public IReadOnlyList<Stream> Streams
    {
        get
        {
            lock (_lock) return [.. _streams.Values.OrderBy(static stream => stream.Name, StringComparer.Ordinal)];
        }
    }

    /// <summary>Requests to the API that wait to be worked on.</summary>
    public int WaitingApiRequests => _requests.Count;

    /// <summary>The same of those that only ask for information.</summary>
    public int WaitingInformationRequests => _informationRequests.Count;

    /// <summary>Begins to receive what clients say to consumers.</summary>
    public void Start()
    {
        _subscriptions.Add(Port.Subscribe(AcknowledgementTarget.Subject, new AcknowledgementTarget(_directory)));
        _subscriptions.Add(Port.Subscribe(FlowControlTarget.Subject, new FlowControlTarget(_directory)));
        _subscriptions.Add(Port.Subscribe(PullTarget.Subject, new PullTarget(_directory)));
    }

    /// <summary>Ends all subscriptions and streams; what is stored stays.</summary>
    public void Stop()
    {
        foreach (object subscription in _subscriptions) Port.Unsubscribe(subscription);
        _subscriptions.Clear();
        foreach (Stream stream in Streams) stream.Close(isDeleted: false);
    }

    /// <summary>Nothing that is still posted is done. The mailbox only.</summary>
    public void Retire()
    {
        _isRetired = true;
        lock (_lock)
        {
            foreach (StreamConfig config in _configs.Values) Engine.Reserve(config, null);
            _configs.Clear();
        }
    }

    public bool TryGetStream(string name, [NotNullWhen(true)] out Stream? stream)
    {
        lock (_lock) return _streams.TryGetValue(name, out stream);
    }

    /// <summary>What a request is judged against. By the account's executor, until it changes something.</summary>
    public JetStreamView View() => new() { Server = Engine.Limits, Tiers = Tiers, Streams = _configs };

    public bool IsServerFull(StorageType type) => Engine.IsFull(type);

    public long RoomFor(StreamConfig config)
    {
        if (Tiers.Select(config.Replicas, out _) is not { } limits) return -1;
        bool isMemory = config.Storage == StorageType.Memory;
        long most = isMemory ? limits.MaxMemory : limits.MaxStorage;
        return most < 0 ? long.MaxValue : Math.Max(0, most - (isMemory ? Memory : Storage));
    }

    public void Reconfigured(StreamConfig? before, StreamConfig? config)
    {
        lock (_lock)
        {
            if (config is not null) _configs[config.Name] = config;
            else _configs.Remove(before!.Name);
        }

        Engine.Reserve(before, config);
    }

    public void CountBytes(Stream stream, long bytes)
    {
        if (stream.Config.Storage == StorageType.Memory) Interlocked.Add(ref _memory, bytes);
        else Interlocked.Add(ref _storage, bytes);
        Engine.CountBytes(stream.Config.Storage, bytes);
    }

    /// <summary>Posts the work of a request, unless too many wait.</summary>
    /// <param name="isInformation">Those that only ask for information have a limit of their own; they are worked on in the order of all.</param>
    /// <param name="work">What is to be done.</param>
    /// <returns>False when as many wait as may.</returns>
    public bool TryRequest(bool isInformation, Action work)
    {
        WaitingRequests waiting = isInformation ? _informationRequests : _requests;
        if (!waiting.TryAdd()) return false;
        bool isPosted = TryPost(_ =>
        {
            waiting.Remove();
            work();
        });
        if (!isPosted) waiting.Remove();
        return isPosted;
    }

    public void FoundDiskFull(Stream stream)
    {
        EngineLog.OutOfSpace(Engine.Services.Log, Name, stream.Name);
        TryPost(account => account.Engine.TellSystem(new OutOfStorageEvent(account.Engine.Services.ServerName, account.Engine.Services.ServerId, stream.Name, Cluster: "")));
    }

    public void Abandoned(Stream stream, Consumer consumer) => TryPost(account => account.DeleteConsumer(stream, consumer));

    protected override void Perform(ref Action<JetStreamAccount> item)
    {
        if (!_isRetired) item(this);
    }

    private static int CapacityFor(EngineOptions options) => (int)Math.Min(int.MaxValue, (long)options.RequestQueueLimit + options.InformationQueueLimit + RoomForOwnWork);

    protected override void EndBatch(int signals)
    {
    }
}
