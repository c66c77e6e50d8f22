using NATS.Server.Accounts;
using NATS.Server.Connections;
using NATS.Server.Core.Protocol;
using NATS.Server.Core.Subjects;
using NATS.Server.Tracing;

namespace NATS.Server.Delivery;

/// <summary>As <see cref="MessageRouter"/>, for the few messages that are traced, so that the others need not ask. Stateless; runs on the publisher's loop.</summary>
internal static class TracedRouter
{
    /// <summary>Delivers to all matches, unless the message is only traced.</summary>
    /// <returns>How many received it, or would have.</returns>
    public static int Route(LoopContext loop, SublistMatch<Subscription> match, in InboundMessage message, Subscriber producer, MessageTrace trace)
    {
        int delivered = 0;
        foreach (Subscription subscription in match.Plain)
        {
            if (subscription.Owner.DeliverTraced(loop, subscription, message, producer, trace)) delivered++;
        }

        foreach (QueueMatch<Subscription> queue in match.Queues)
        {
            if (DeliverToOne(loop, queue.Members, message, producer, trace)) delivered++;
        }

        return delivered;
    }

    private static bool DeliverToOne(LoopContext loop, ReadOnlySpan<Subscription> members, in InboundMessage message, Subscriber producer, MessageTrace trace)
    {
        int first = loop.NextRandom(members.Length);
        for (int tried = 0; tried < members.Length; tried++)
        {
            Subscription member = members[(first + tried) % members.Length];
            if (member.Owner.DeliverTraced(loop, member, message, producer, trace)) return true;
        }

        return false;
    }
}
