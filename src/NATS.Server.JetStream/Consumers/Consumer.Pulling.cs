using System.Text;
using NATS.Server.Core.JetStream;
using NATS.Server.Core.JetStream.Api;
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
            Request(batch, message.Reply, message.Headers, message.Payload, sender.IsImported);
            ComeBackAtEnd(batch);
            Exit();
            return true;
        }

        var work = new ConsumerWork(ConsumerWorkKind.PullRequest, [], message.Reply.ToArray(), message.Headers.ToArray(), message.Payload.ToArray(), sender.IsImported);
        return TryPost(work);
    }

    // Asked for each message: looked up again only when something has changed.
    bool IPullHost.HasInterest(WaitingPull pull)
    {
        if (pull.IsImported) return true;
        int generation = _stream.Port.InterestGeneration;
        if (pull.InterestSeen == generation) return true;
        if (!_stream.Port.HasInterest(pull.Reply)) return false;
        pull.InterestSeen = generation;
        return true;
    }

    void IPullHost.End(WaitingPull pull, in PullStatus status) => Send(pull.Reply, status);

    void IPullHost.Heartbeat(WaitingPull pull) => SendHeartbeat(pull.Reply);

    string IPullHost.Pin(WaitingPull pull, string group)
    {
        string pin = UniqueName.Next(_services.Random);
        Publish(new ConsumerPinnedEvent(_stream.Port.Name, _stream.Name, Name, group, pin));
        return pin;
    }

    void IPullHost.Unpin(string group, string reason) => Publish(new ConsumerUnpinnedEvent(_stream.Port.Name, _stream.Name, Name, group, reason));

    /// <summary>Frees the pin of a client, so that another gets it. By its owner.</summary>
    /// <param name="batch">In which the advisory about it is published.</param>
    /// <param name="group">Its priority group.</param>
    public void Unpin(MessageBatch batch, string group)
    {
        _batch = batch;
        if (!_pulls.Unpin("admin")) Publish(new ConsumerUnpinnedEvent(_stream.Port.Name, _stream.Name, Name, group, "admin"));
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

    // Owner. A request on the subject of the API.
    private void Request(MessageBatch batch, ReadOnlySpan<byte> reply, ReadOnlySpan<byte> headers, ReadOnlySpan<byte> payload, bool isImported)
    {
        _batch = batch;
        if (Config.IsPull && !headers.IsEmpty && MessageHeaders.TryGet(headers, "Nats-Required-Api-Level"u8, out ReadOnlySpan<byte> level) && !ApiLevel.Supports(level))
        {
            if (!reply.IsEmpty) Send(reply, PullStatus.RequiredApiLevel);
            return;
        }

        Pull(batch, reply, payload, isImported);
    }

    // Owner. A request, also as a part of an acknowledgement.
    private void Pull(MessageBatch batch, ReadOnlySpan<byte> reply, ReadOnlySpan<byte> payload, bool isImported)
    {
        _batch = batch;
        if (reply.IsEmpty || _isEnded) return;
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

    private void Send(ReadOnlySpan<byte> reply, in PullStatus status)
    {
        NoteAnswer(reply, status);
        _stream.Port.Publish(Batch, reply, default, Encoding.UTF8.GetBytes(status.ToString()), default);
    }
}
