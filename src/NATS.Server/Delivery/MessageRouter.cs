using System.Runtime.CompilerServices;
using NATS.Server.Accounts;
using NATS.Server.Connections;
using NATS.Server.Core.Protocol;
using NATS.Server.Core.Subjects;

namespace NATS.Server.Delivery;

/// <summary>Gives one message to everyone it is for: each plain subscription, and one member of each queue group. Stateless; runs on the publisher's loop.</summary>
internal static class MessageRouter
{
    private const int WideFanout = 64;

    /// <summary>Delivers to all matches. The message's frame has been turned into a delivery when it is canonical.</summary>
    /// <returns>How many received it.</returns>
    public static int Route(LoopContext loop, SublistMatch<Subscription> match, in InboundMessage message, Subscriber producer)
    {
        int delivered = 0;
        ReadOnlySpan<Subscription> plain = match.Plain;
        for (int i = 0; i < plain.Length; i++)
        {
            // A wide fan-out visits objects that no cache holds: the next ones are loaded while this one is written.
            if (plain.Length >= WideFanout) Prefetch(plain, i);
            Subscription subscription = plain[i];
            if (subscription.Owner.Deliver(loop, subscription, message, producer)) delivered++;
        }

        foreach (QueueMatch<Subscription> queue in match.Queues)
        {
            if (DeliverToOne(loop, queue.Members, message, producer)) delivered++;
        }

        return delivered;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Prefetch(ReadOnlySpan<Subscription> plain, int i)
    {
        if (i + 9 >= plain.Length) return;
        MemoryPrefetch.Object(plain[i + 9]);
        MemoryPrefetch.Object(plain[i + 6].Owner);
        plain[i + 3].Owner.Prefetch();
    }

    /// <summary>Starts at a random member and takes the first that can receive the message.</summary>
    private static bool DeliverToOne(LoopContext loop, ReadOnlySpan<Subscription> members, in InboundMessage message, Subscriber producer)
    {
        int index = members.Length > 1 ? loop.NextRandom(members.Length) : 0;
        for (int tried = 0; tried < members.Length; tried++)
        {
            Subscription member = members[index];
            if (member.Owner.Deliver(loop, member, message, producer)) return true;
            if (++index == members.Length) index = 0;
        }

        return false;
    }
}
