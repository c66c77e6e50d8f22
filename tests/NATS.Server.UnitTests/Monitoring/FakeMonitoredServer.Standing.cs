using NATS.Server.JetStream.Consumers;
using NATS.Server.Monitoring;

namespace NATS.Server.UnitTests.Monitoring;

/// <summary>How consumers and connections stand.</summary>
internal sealed partial class FakeMonitoredServer
{
    public bool IsLameDuck { get; set; }

    /// <summary>More than is known of connections that are only in the list of all.</summary>
    public List<ConnectionStanding> Standings { get; } = [];

    /// <summary>By subject, of whatever account.</summary>
    public Dictionary<string, SubscriptionSnapshot[]> SubscriptionsTo { get; } = new(StringComparer.Ordinal);

    /// <summary>Changes what a consumer says of itself.</summary>
    public Func<ConsumerStanding, ConsumerStanding> Tell { get; set; } = static standing => standing;

    public ConsumerStanding StandingOf(Consumer consumer)
    {
        ConsumerStanding? told = null;
        consumer.TellStanding(standing => told = standing);
        return Tell(consumer.WithMessages(told ?? consumer.Standing()));
    }

    public ConnectionStanding? FindConnection(ulong cid) =>
        Standings.Find(standing => standing.Connection.Cid == cid) ?? (Connections.Find(connection => connection.Cid == cid) is { } open ? new ConnectionStanding { Connection = open } : null);

    public IReadOnlyList<SubscriptionSnapshot> FindListeners(string account, string subject) => SubscriptionsTo.GetValueOrDefault(subject, []);
}
