using NATS.Server.JetStream.Consumers;

namespace NATS.Server.Monitoring;

/// <content>How consumers and connections stand, for those who ask why.</content>
internal partial interface IMonitoredServer
{
    /// <summary>Whether the server is about to go, and takes no new clients.</summary>
    bool IsLameDuck { get; }

    /// <summary>All that decides whether a consumer delivers. Waits for it for a moment when it is busy, at most about two seconds.</summary>
    ConsumerStanding StandingOf(Consumer consumer);

    /// <summary>How an open connection stands; null when there is none of this id.</summary>
    ConnectionStanding? FindConnection(ulong cid);

    /// <summary>The subscriptions of clients that a message on a literal subject of an account would go to, in any order; of a queue group all members.</summary>
    /// <param name="account">Exact name; an unknown one yields an empty list.</param>
    /// <param name="subject">Literal.</param>
    IReadOnlyList<SubscriptionSnapshot> FindListeners(string account, string subject);
}
