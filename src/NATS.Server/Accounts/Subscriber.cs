using NATS.Server.Connections;
using NATS.Server.Core.Protocol;
using NATS.Server.Tracing;

namespace NATS.Server.Accounts;

/// <summary>Whoever subscribes: a client's session, later a route or an internal client.</summary>
internal abstract class Subscriber
{
    /// <summary>Who this is, as others may be told; null for the server itself.</summary>
    public virtual ClientIdentity? Identity => null;

    /// <summary>The last measured round trip; 0 when it is not known.</summary>
    public virtual long RoundTripNs => 0;

    /// <summary>Whether deliveries leave the server, and count as traffic.</summary>
    public virtual bool IsConnection => false;

    /// <summary>A delivery is near: asks the caches for what it will touch. Reads nothing that could be stale or missing, changes nothing.</summary>
    public virtual void Prefetch()
    {
    }

    /// <summary>Hands a message to a matching subscription of this subscriber. Any thread.</summary>
    /// <param name="loop">The batch; remembers what has to be flushed.</param>
    /// <param name="subscription">One of this subscriber's.</param>
    /// <param name="message">Valid during the call; a canonical frame has been turned into a delivery.</param>
    /// <param name="producer">Who published it.</param>
    /// <returns>False when it was not delivered: closed, own message without echo, denied, over its maximum.</returns>
    public abstract bool Deliver(LoopContext loop, Subscription subscription, in InboundMessage message, Subscriber producer);

    /// <summary>The same with a message that is traced: clients, imports and streams note what becomes of it; what is the server's own business is not told.</summary>
    public virtual bool DeliverTraced(LoopContext loop, Subscription subscription, in InboundMessage message, Subscriber producer, MessageTrace trace) =>
        Deliver(loop, subscription, message, producer);
}
