using NATS.Server.Core.JetStream.Consumers;
using NATS.Server.Core.Protocol;
using NATS.Server.JetStream.Ports;

namespace NATS.Server.JetStream.Consumers;

/// <content>Clients that ask for messages.</content>
internal sealed partial class Consumer : IPullHost
{
    private readonly PullQueue _pulls;

    /// <summary>Takes a request for messages. Any thread, in the middle of its batch.</summary>
    public bool ReceivePull(MessageBatch batch, in InboundMessage message, IMessageSender sender)
    {
        if (Volatile.Read(ref _isClosed)) return false;
        if (TryEnter())
        {
            Pull(batch, message.Reply, message.Headers, message.Payload, sender.IsImported);
            ComeBackAtEnd(batch);
            Exit();
            return true;
        }

        var work = new ConsumerWork(ConsumerWorkKind.PullRequest, [], message.Reply.ToArray(), message.Headers.ToArray(), message.Payload.ToArray(), sender.IsImported);
        return TryPost(work);
    }

    bool IPullHost.HasInterest(WaitingPull pull) => pull.IsImported || _stream.Port.HasInterest(pull.Reply);

    void IPullHost.End(WaitingPull pull, in PullStatus status) => Send(pull.Reply, status);

    void IPullHost.Heartbeat(WaitingPull pull) => _stream.Port.Publish(Batch, pull.Reply, default, HeartbeatHeaders(), default);

    string IPullHost.Pin(WaitingPull pull, string group)
    {
        Span<byte> pin = stackalloc byte[16];
        _services.Random.NextBytes(pin);
        return Convert.ToHexString(pin);
    }

    void IPullHost.Unpin(string group, string reason)
    {
    }

    private static PullRules PullRulesOf(ConsumerConfig config) => new()
    {
        Policy = config.PriorityPolicy,
        Groups = config.PriorityGroups is { } groups ? [.. groups] : [],
        PinTimeoutNs = config.PriorityTimeoutNs,
        MaxWaiting = config.MaxWaiting > 0 ? (int)Math.Min(config.MaxWaiting, int.MaxValue) : PullRules.DefaultMaxWaiting,
        MaxBatch = config.MaxRequestBatch,
        MaxExpiresNs = config.MaxRequestExpiresNs,
        MaxBytes = config.MaxRequestMaxBytes,
    };

    // Owner.
    private void Pull(MessageBatch batch, ReadOnlySpan<byte> reply, ReadOnlySpan<byte> headers, ReadOnlySpan<byte> payload, bool isImported)
    {
        if (reply.IsEmpty) return;
        _batch = batch;
        if (!Config.IsPull)
        {
            Send(reply, PullStatus.PushBased);
            return;
        }

        if (!PullRequestReader.TryRead(payload, out PullRequest request, out string? problem))
        {
            Send(reply, PullStatus.BadRequest(problem));
            return;
        }

        PullStatus? answer = _pulls.Add(request, new PullClient(reply, null, isImported), Load(batch.NowNs));
        if (answer is { } status) Send(reply, status);
    }

    private PullLoad Load(long nowNs) => new(nowNs, Pending(), _state.QueuedCount, _state.PendingCount);

    private void Send(ReadOnlySpan<byte> reply, in PullStatus status) =>
        _stream.Port.Publish(Batch, reply, default, System.Text.Encoding.UTF8.GetBytes(status.ToString()), default);
}
