using NATS.Server.Accounts;
using NATS.Server.Connections;
using NATS.Server.Core.Protocol;

namespace NATS.Server.Delivery;

/// <summary>
/// What an <see cref="InternalClient"/> does with a message. Runs on the publisher's thread in the middle of its batch, so it must be short and must not
/// block: what takes longer copies what it needs and goes to the pool.
/// </summary>
/// <param name="loop">The publisher's batch; answers may be published in it.</param>
/// <param name="subscription">What matched.</param>
/// <param name="message">Valid during the call.</param>
/// <param name="producer">Who published it.</param>
internal delegate void InternalMessageHandler(LoopContext loop, Subscription subscription, in InboundMessage message, Subscriber producer);

/// <summary>
/// The server itself as a client of an account: subscribes with handlers and publishes, without a connection. Thread-safe.
/// </summary>
/// <param name="account">Whose subjects it uses.</param>
/// <param name="engine">Lends contexts to threads that have none.</param>
internal sealed class InternalClient(Account account, IConnectionEngine engine) : Subscriber
{
    private long _lastSid;

    public Account Account => account;

    /// <summary>Subscribes; <see cref="Unsubscribe"/> ends it.</summary>
    /// <param name="subject">Valid, may have wildcards.</param>
    /// <param name="handler">Called for every message.</param>
    /// <param name="queue">The queue group, or null.</param>
    public Subscription Subscribe(ReadOnlySpan<byte> subject, InternalMessageHandler handler, byte[]? queue = null)
    {
        byte[] sid = System.Text.Encoding.ASCII.GetBytes(Interlocked.Increment(ref _lastSid).ToString(System.Globalization.CultureInfo.InvariantCulture));
        var subscription = new InternalSubscription(this, subject.ToArray(), queue, sid, handler);
        account.Insert(subscription);
        return subscription;
    }

    public void Unsubscribe(Subscription subscription)
    {
        subscription.IsClosed = true;
        account.Remove(subscription);
    }

    /// <summary>Publishes from any thread that is not in the middle of a batch.</summary>
    /// <returns>How many received it.</returns>
    public int Publish(ReadOnlySpan<byte> subject, ReadOnlySpan<byte> reply, ReadOnlySpan<byte> headers, ReadOnlySpan<byte> payload)
    {
        LoopContext loop = engine.Rent();
        try
        {
            return Publish(loop, subject, reply, headers, payload);
        }
        finally
        {
            engine.Return(loop);
        }
    }

    /// <summary>Publishes within a batch, also while another message is being delivered.</summary>
    /// <returns>How many received it; 0 also when messages cause each other without end.</returns>
    public int Publish(LoopContext loop, ReadOnlySpan<byte> subject, ReadOnlySpan<byte> reply, ReadOnlySpan<byte> headers, ReadOnlySpan<byte> payload) =>
        InnerDelivery.Publish(loop, account, subject, reply, headers, payload, this);

    public override bool Deliver(LoopContext loop, Subscription subscription, in InboundMessage message, Subscriber producer)
    {
        if (subscription.IsClosed || ReferenceEquals(producer, this)) return false;
        Interlocked.Increment(ref subscription.Delivered);
        ((InternalSubscription)subscription).Handler(loop, subscription, message, producer);
        return true;
    }

    private sealed class InternalSubscription(InternalClient owner, byte[] subject, byte[]? queue, byte[] sid, InternalMessageHandler handler)
        : Subscription(owner, subject, queue, sid)
    {
        public InternalMessageHandler Handler => handler;
    }
}
