using System.Buffers;
using System.Globalization;
using System.Text;
using NATS.Server.Accounts;
using NATS.Server.Connections;
using NATS.Server.Core.Protocol;
using NATS.Server.Core.Subjects;
using NATS.Server.Delivery;
using NATS.Server.JetStream.Ports;
using NATS.Server.Tracing;

namespace NATS.Server.Streaming;

/// <summary>Any thread. JetStream as a client of an account: without a connection, its messages come and go in the batches of the threads that publish.</summary>
internal sealed class AccountPort : Subscriber, IAccountPort
{
    private readonly Account _account;
    private readonly byte[] _serverName;
    private readonly InterestWatch _interest = new();
    private long _lastSid;

    /// <summary>Becomes a client.</summary>
    /// <param name="account">Which gets one only.</param>
    /// <param name="serverName">The server's name as a JSON string.</param>
    public AccountPort(Account account, byte[] serverName)
    {
        _account = account;
        _serverName = serverName;
        account.Inserted += _interest.OnChanged;
        account.Removed += _interest.OnChanged;
    }

    public string Name => _account.Name;

    public Account Account => _account;

    public int InterestGeneration => _account.Generation;

    /// <summary>What a subscription of JetStream is for; null for a subscription of somebody else.</summary>
    public static IMessageTarget? TargetOf(Subscription subscription) => (subscription as PortSubscription)?.Target;

    public object Subscribe(ReadOnlySpan<byte> subject, IMessageTarget target, ReadOnlySpan<byte> queue = default) => Subscribe(subject, target, queue, receivesStreams: true);

    public object SubscribeRequests(ReadOnlySpan<byte> subject, IMessageTarget target) => Subscribe(subject, target, queue: default, receivesStreams: false);

    private PortSubscription Subscribe(ReadOnlySpan<byte> subject, IMessageTarget target, ReadOnlySpan<byte> queue, bool receivesStreams)
    {
        byte[] sid = Encoding.ASCII.GetBytes(Interlocked.Increment(ref _lastSid).ToString(CultureInfo.InvariantCulture));
        var subscription = new PortSubscription(this, subject.ToArray(), queue.IsEmpty ? null : queue.ToArray(), sid, target) { ReceivesStreams = receivesStreams };
        _account.Insert(subscription);
        return subscription;
    }

    public void Unsubscribe(object subscription)
    {
        var known = (PortSubscription)subscription;
        known.IsClosed = true;
        _account.Remove(known);
    }

    public int Publish(MessageBatch batch, ReadOnlySpan<byte> subject, ReadOnlySpan<byte> reply, ReadOnlySpan<byte> headers, ReadOnlySpan<byte> payload) =>
        InnerDelivery.Deliver(((LoopBatch)batch).Loop, _account, subject, subject, isRepeated: false, reply, headers, payload, this);

    public int Deliver(MessageBatch batch, ReadOnlySpan<byte> target, ReadOnlySpan<byte> subject, ReadOnlySpan<byte> reply, ReadOnlySpan<byte> headers, ReadOnlySpan<byte> payload) =>
        InnerDelivery.Deliver(((LoopBatch)batch).Loop, _account, target, subject, isRepeated: true, reply, headers, payload, this);

    public bool HasInterest(ReadOnlySpan<byte> subject, ReadOnlySpan<byte> queue = default)
    {
        if (queue.IsEmpty) return _account.HasInterest(subject);
        var match = new SublistMatch<Subscription>();
        _account.Match(subject, match);
        foreach (QueueMatch<Subscription> group in match.Queues)
        {
            if (group.Members[0].Queue.AsSpan().SequenceEqual(queue)) return true;
        }

        return false;
    }

    public bool HasListener(ReadOnlySpan<byte> subject, ReadOnlySpan<byte> queue)
    {
        var match = new SublistMatch<Subscription>();
        _account.Match(subject, match);
        if (queue.IsEmpty)
        {
            foreach (Subscription subscription in match.Plain)
            {
                if (subject.SequenceEqual(subscription.Subject)) return true;
            }

            return false;
        }

        foreach (QueueMatch<Subscription> group in match.Queues)
        {
            foreach (Subscription member in group.Members)
            {
                if (queue.SequenceEqual(member.Queue) && subject.SequenceEqual(member.Subject)) return true;
            }
        }

        return false;
    }

    public IDisposable WatchInterest(byte[] subject, Action changed) => _interest.Add(subject, changed);

    // Also its own messages: what a stream sends out again another stream may keep.
    public override bool Deliver(LoopContext loop, Subscription subscription, in InboundMessage message, Subscriber producer)
    {
        if (subscription.IsClosed) return false;
        Interlocked.Increment(ref subscription.Delivered);
        LoopBatch batch = LoopBatch.Of(loop).From(producer, _serverName);
        return ((PortSubscription)subscription).Target.Receive(batch, message, batch);
    }

    // What is kept is not traced again when a consumer delivers it.
    public override bool DeliverTraced(LoopContext loop, Subscription subscription, in InboundMessage message, Subscriber producer, MessageTrace trace)
    {
        if (subscription.IsClosed) return false;
        switch (((PortSubscription)subscription).Target)
        {
            case ITracedTarget stream:
                Interlocked.Increment(ref subscription.Delivered);
                var outcome = new TracedPublish(trace.IsOnly);
                LoopBatch batch = LoopBatch.Of(loop).From(producer, _serverName);
                bool isTaken = stream.ReceiveTraced(batch, trace.IsOnly || !trace.IsPublished ? message : WithoutTrace(message), outcome);
                trace.AddJetStream(stream.Name, outcome.Subject, outcome.NoInterest, outcome.Error);
                return isTaken;
            case IServiceTarget service when service.ExporterOf(message.Subject) is { } exporter:
                trace.AddServiceImport(exporter, message.Subject, message.Subject);
                return !trace.IsOnly && Deliver(loop, subscription, message, producer);
            default:
                return Deliver(loop, subscription, message, producer);
        }
    }

    private static InboundMessage WithoutTrace(in InboundMessage message)
    {
        var headers = new ArrayBufferWriter<byte>(message.Headers.Length + 64);
        MessageHeaders.Set(message.Headers, TraceHeaders.Destination, TraceHeaders.Disabled, headers);
        return new MessageFrame().Write(message.Subject, message.Reply, headers.WrittenSpan, message.Payload);
    }

    private sealed class PortSubscription(AccountPort owner, byte[] subject, byte[]? queue, byte[] sid, IMessageTarget target) : Subscription(owner, subject, queue, sid)
    {
        public IMessageTarget Target => target;
    }
}
