using NATS.Server.Accounts;
using NATS.Server.Connections;
using NATS.Server.Core.Protocol;
using NATS.Server.Tracing;

namespace NATS.Server.Delivery;

/// <summary>
/// Publishes a message into an account while another is being delivered, or outside of any delivery: the server's own messages, and those that imports
/// carry from one account to another. Runs on the batch's thread.
/// </summary>
internal static class InnerDelivery
{
    /// <summary>Writes the message as a frame of its own and delivers it to everybody who subscribed.</summary>
    /// <returns>How many received it; 0 also when the depth of messages that cause each other is exhausted.</returns>
    public static int Publish(
        LoopContext loop,
        Account account,
        ReadOnlySpan<byte> subject,
        ReadOnlySpan<byte> reply,
        ReadOnlySpan<byte> headers,
        ReadOnlySpan<byte> payload,
        Subscriber producer) => Deliver(loop, account, subject, subject, isRepeated: true, reply, headers, payload, producer);

    /// <summary>The same, to those who subscribed to another subject than the one that they see.</summary>
    /// <param name="loop">The batch.</param>
    /// <param name="account">Whose subscriptions.</param>
    /// <param name="target">Decides who gets it.</param>
    /// <param name="subject">Which they see.</param>
    /// <param name="isRepeated">Whether more will come for the target: a subject that is used once is not worth remembering.</param>
    /// <param name="reply">Empty: none.</param>
    /// <param name="headers">Empty: none.</param>
    /// <param name="payload">The payload.</param>
    /// <param name="producer">Who publishes.</param>
    /// <returns>How many received it.</returns>
    public static int Deliver(
        LoopContext loop,
        Account account,
        ReadOnlySpan<byte> target,
        ReadOnlySpan<byte> subject,
        bool isRepeated,
        ReadOnlySpan<byte> reply,
        ReadOnlySpan<byte> headers,
        ReadOnlySpan<byte> payload,
        Subscriber producer)
    {
        DeliveryContext root = DeliveryContext.Of(loop);
        DeliveryContext outer = root.Current;
        if (outer.Inner is not { } inner) return 0;
        bool carriedService = loop.CarriesService;
        bool showedAnother = loop.ShowsAnotherSubject;
        loop.CarriesService = false;
        loop.ShowsAnotherSubject = inner.Aim(target, subject);
        root.Current = inner;
        try
        {
            MatchEntry entry = isRepeated ? inner.Cache.Find(account, target) : inner.Cache.FindOnce(account, target);
            return Route(loop, entry, inner.Frame.Write(subject, reply, headers, payload), producer, trace: null);
        }
        finally
        {
            root.Current = outer;
            loop.CarriesService = carriedService;
            loop.ShowsAnotherSubject = showedAnother;
        }
    }

    private static int Route(LoopContext loop, MatchEntry entry, in InboundMessage message, Subscriber producer, MessageTrace? trace)
    {
        if (entry.Match.IsEmpty) return 0;
        message.TurnIntoDelivery();
        return trace is null ? MessageRouter.Route(loop, entry.Match, message, producer) : TracedRouter.Route(loop, entry.Match, message, producer, trace);
    }

    /// <summary>Delivers a message that a service import carries into an account; it stands in the frame of <paramref name="inner"/>.</summary>
    /// <param name="loop">The batch.</param>
    /// <param name="inner">The context in which it is delivered.</param>
    /// <param name="hop">The import.</param>
    /// <param name="account">Whose subscriptions.</param>
    /// <param name="target">Decides who gets it; mostly the message's subject.</param>
    /// <param name="message">What receivers see.</param>
    /// <param name="producer">Who publishes.</param>
    /// <param name="trace">Of a message that is traced on the other side of the import too; else null.</param>
    /// <returns>How many received it.</returns>
    public static int RouteService(
        LoopContext loop,
        DeliveryContext inner,
        in ServiceHop hop,
        Account account,
        ReadOnlySpan<byte> target,
        in InboundMessage message,
        Subscriber producer,
        MessageTrace? trace)
    {
        DeliveryContext root = DeliveryContext.Of(loop);
        DeliveryContext outer = root.Current;
        bool carriedService = loop.CarriesService;
        bool showedAnother = loop.ShowsAnotherSubject;
        root.Current = inner;
        inner.Hop = hop;
        loop.CarriesService = true;
        loop.ShowsAnotherSubject = inner.Aim(target, message.Subject);
        try
        {
            // An answer goes to a subject of its own, which the cache would remember in vain.
            bool isRequest = hop.Origin.Client is not null;
            MatchEntry entry = isRequest ? inner.Cache.Find(account, target) : inner.Cache.FindOnce(account, target);
            return Route(loop, entry, message, producer, trace);
        }
        finally
        {
            root.Current = outer;
            inner.Hop = default;
            loop.CarriesService = carriedService;
            loop.ShowsAnotherSubject = showedAnother;
        }
    }
}
