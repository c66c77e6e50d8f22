using NATS.Server.Core.JetStream.Api;
using NATS.Server.Core.JetStream.Consumers;
using NATS.Server.Core.JetStream.Json;
using NATS.Server.Core.Runtime;
using NATS.Server.JetStream.Ports;
using NATS.Server.JetStream.Storage;
using NATS.Server.JetStream.Storage.Catalog;
using NATS.Server.JetStream.Storage.Consumers;

namespace NATS.Server.JetStream.Consumers;

/// <summary>
/// Any thread may send it something; one at a time owns it. A consumer of a stream: delivers messages to whoever pulls or is pushed to, and waits for acknowledgements. The thread that brings something
/// and finds it idle works on it right there and delivers when its batch ends; what comes while it is busy waits for the executor.
/// </summary>
internal sealed partial class Consumer : Mailbox<ConsumerWork>, IBatchEnd
{
    private const int MaximumWaiting = 1 << 16;
    private const int SignalDeliver = 1;
    private const int SignalDeadline = 2;
    private const int SignalInterest = 4;

    private readonly JetStreamServices _services;
    private readonly IConsumedStream _stream;
    private readonly ConsumerStore? _store;
    private readonly AckReplyFormat _replies;
    private readonly byte[] _reply;

    // Guards the state and the count of what is pending: their owner changes them, others look. Nothing is called with it held.
    private readonly Lock _stateLock = new();
    private readonly ConsumerState _state;
    private ConsumerConfig _config;
    private MessageFilter _filter;
    private MessageBatch? _rented;
    private MessageBatch? _batch;
    private MessageBatch? _registeredIn;
    private long _registeredNumber;
    private bool _hasBegun;
    private ConsumerInfo? _beginning;
    private bool _isClosed;
    private bool _isDeleted;
    private bool _isEnded;

    /// <summary>Makes a consumer that does nothing yet.</summary>
    /// <param name="services">The world.</param>
    /// <param name="stream">Its stream.</param>
    /// <param name="name">Its name.</param>
    /// <param name="config">With which it runs.</param>
    /// <param name="created">When it was.</param>
    /// <param name="folder">Its directory; null when it is kept in memory.</param>
    /// <param name="state">How far it has got.</param>
    public Consumer(JetStreamServices services, IConsumedStream stream, string name, ConsumerConfig config, ZonedTime created, ConsumerFolder? folder, ConsumerState state)
        : base(services.Executor, MaximumWaiting)
    {
        _services = services;
        _stream = stream;
        Name = name;
        _config = config;
        Created = created;
        Folder = folder;
        _store = folder?.State;
        _state = state;
        _filter = FilterOf(config);
        _replies = services.UsesSecondAckFormat ? AckReplyFormat.Second(stream.Domain, stream.Port.Name, stream.Name, name) : AckReplyFormat.First(stream.Name, name);
        _reply = new byte[_replies.MaximumLength];
        _pulls = new PullQueue(PullRulesOf(config), this);
        _deadline = new Deadline(() => Signal(SignalDeadline));
    }

    public string Name { get; }

    /// <summary>The configuration with which it runs.</summary>
    public ConsumerConfig Config => Volatile.Read(ref _config);

    public ZonedTime Created { get; }

    /// <summary>Its creator is about to be answered, by <see cref="TellBeginning"/>.</summary>
    public bool IsNew { get; init; }

    /// <summary>Null when it is kept in memory.</summary>
    public ConsumerFolder? Folder { get; }

    public MessageFilter Filter => Volatile.Read(ref _filter);

    /// <summary>All up to here it has passed. Any thread.</summary>
    public ulong LastSequence
    {
        get
        {
            lock (_stateLock) return _state.NextSequence - 1;
        }
    }

    /// <summary>The batch of the stream that has noted it; the lock's of the stream.</summary>
    public object? TouchedIn { get; set; }

    // Owner. The batch in which it publishes.
    private MessageBatch Batch => _batch!;

    /// <summary>The rules of its state that a configuration makes.</summary>
    public static ConsumerRules RulesOf(ConsumerConfig config) => new()
    {
        AckPolicy = config.AckPolicy,
        AckWaitNs = config.AckPolicy == AckPolicy.None ? 0 : config.BackOffNs is { Count: > 0 } backoff ? backoff[0] : config.AckWaitNs,
        BackoffNs = config.BackOffNs is { } waits ? [.. waits] : [],
        MaxDeliver = (int)Math.Clamp(config.MaxDeliver, -1, int.MaxValue),
        MaxAckPending = (int)Math.Clamp(config.MaxAckPending, -1, int.MaxValue),
        IsFlowControlled = config.FlowControl,
    };

    /// <summary>The filter that a configuration makes.</summary>
    public static MessageFilter FilterOf(ConsumerConfig config) => MessageFilter.OfAny([.. config.Filters.Select(System.Text.Encoding.UTF8.GetBytes)]);

    /// <summary>Begins to deliver. Once.</summary>
    public void Start()
    {
        StartPushing();
        Signal();
    }

    /// <summary>Looks again at what there is to do.</summary>
    public void Signal() => Signal(SignalDeliver);

    /// <summary>Ends it; what it has got is written.</summary>
    /// <param name="isDeleted">Waiting clients are told so.</param>
    public void Close(bool isDeleted)
    {
        _isDeleted = isDeleted;
        Volatile.Write(ref _isClosed, true);
        Signal(SignalDeliver);
    }

    /// <summary>Does something as its owner, at once or when it is free, and then what there is to do. Any thread.</summary>
    /// <param name="command">Told in which batch it publishes. Must not throw.</param>
    /// <returns>False when it is gone, or too much waits already: it will not be done.</returns>
    public bool TryDo(Action<MessageBatch> command) => !Volatile.Read(ref _isClosed) && TryPost(ConsumerWork.Do(command));

    /// <summary>The stream has messages that the filter matches.</summary>
    /// <param name="batch">In which they are delivered, if the consumer is idle.</param>
    public void OnMessages(MessageBatch batch)
    {
        if (IsWaitingForMessages) WorkIn(batch);
    }

    /// <summary>Delivers what is to be delivered after what came in the batch.</summary>
    public void OnBatchEnd(MessageBatch batch) => WorkIn(batch);

    protected override void Perform(ref ConsumerWork item)
    {
        MessageBatch batch = _batch = _rented ??= _services.Batches.Rent();
        if (_isEnded && item.Kind != ConsumerWorkKind.Question) return;
        switch (item.Kind)
        {
            case ConsumerWorkKind.Acknowledgement:
                Acknowledge(batch, item.Subject, item.Reply, item.Payload, item.IsImported);
                break;
            case ConsumerWorkKind.PullRequest:
                Request(batch, item.Reply, item.Headers, item.Payload, item.IsImported);
                break;
            case ConsumerWorkKind.Removal:
                Forget(item.Sequence);
                break;
            case ConsumerWorkKind.Command or ConsumerWorkKind.Question:
                item.Command!(batch);
                break;
            default:
                ConfirmFlow(item.Subject, item.Headers);
                break;
        }
    }

    protected override void EndBatch(int signals)
    {
        MessageBatch batch = _rented ??= _services.Batches.Rent();
        _batch = batch;
        if ((signals & SignalInterest) != 0) LookForInterest(batch.NowNs);
        if ((signals & SignalDeadline) != 0) _deadlineNs = long.MaxValue;
        Work(batch);
        WriteIfDue(batch.NowNs);
        _rented = null;
        _services.Batches.Return(batch);
    }

    private void WorkIn(MessageBatch batch)
    {
        if (!TryEnter())
        {
            Signal(SignalDeliver);
            return;
        }

        Work(batch);
        Exit();
    }

    // Owner. Everything that there is to do now.
    private void Work(MessageBatch batch)
    {
        _batch = batch;
        if (_isEnded) return;
        if (Volatile.Read(ref _isClosed))
        {
            End();
            return;
        }

        long nowNs = batch.NowNs;
        if (!_hasBegun) Begin(batch);
        if (_nextConfig is not null) TakeUpConfig(nowNs);
        if (Volatile.Read(ref _isPurged) != 0) TakeUpLoss();
        ExpirePending(nowNs);
        if (nowNs >= _pauseEndsNs) Resume();
        if (nowNs >= _pulls.PinEndsNs) _pulls.CheckPin(nowNs);
        bool isDry = Run(nowNs);
        long dueNs = _pulls.Check(nowNs, isDry);
        dueNs = Math.Min(dueNs, Beat(nowNs));
        dueNs = Math.Min(dueNs, CheckInactivity(nowNs));
        Settle();
        AnswerAtEnd(batch);
        SetDeadline(nowNs, Math.Min(Math.Min(dueNs, _heldUntilNs), Math.Min(_pauseEndsNs, _pulls.PinEndsNs)));
    }

    // Owner. Once, when it begins to deliver.
    private void Begin(MessageBatch batch)
    {
        long nowNs = batch.NowNs;
        _hasBegun = true;
        BeginPause(nowNs);
        BeginReplay();
        BeginRate(nowNs);
        BeginInactivity(nowNs);
        LookForInterest(nowNs);
        if (IsNew) _beginning = DescribeAsOwner(batch);
    }

    // Owner. Once per batch the owner comes back to deliver.
    private void ComeBackAtEnd(MessageBatch batch)
    {
        if (ReferenceEquals(_registeredIn, batch) && _registeredNumber == batch.Number) return;
        (_registeredIn, _registeredNumber) = (batch, batch.Number);
        batch.AtEnd(this);
    }

    // Owner. Once.
    private void End()
    {
        _isEnded = true;
        Volatile.Write(ref _isWaitingForMessages, 0);
        _services.Deadlines.Set(_deadline, long.MaxValue);
        StopPushing();
        if (_isDeleted)
        {
            _pulls.EndAll(PullStatus.ConsumerDeleted);
            Announce(AssetAction.Delete);
            return;
        }

        _pulls.EndAll(PullStatus.ServerShutdown);
        AnswerAtEnd(Batch);
        Write();
    }
}
