using System.Text;
using NATS.Server.Accounts;
using NATS.Server.Connections;
using NATS.Server.Core.Subjects;
using NATS.Server.JetStream.Consumers;
using NATS.Server.Monitoring;
using NATS.Server.Sessions;

namespace NATS.Server.Hosting;

/// <summary>How consumers and connections stand.</summary>
internal sealed partial class MonitoringSource
{
    private static readonly TimeSpan ConsumerPatience = TimeSpan.FromSeconds(2);

    public bool IsLameDuck => _context.IsLameDuck;

    public ConsumerStanding StandingOf(Consumer consumer)
    {
        // By a pool thread that answers questions one after the other: it may wait for a moment. Whoever works on the consumer does not.
        var told = new TaskCompletionSource<ConsumerStanding>(TaskCreationOptions.RunContinuationsAsynchronously);
        consumer.TellStanding(standing => told.TrySetResult(standing));
        return consumer.WithMessages(told.Task.Wait(ConsumerPatience) ? told.Task.Result : consumer.Standing());
    }

    public ConnectionStanding? FindConnection(ulong cid) => _context.Clients.Find(cid) is { } session ? Stand(session) : null;

    public IReadOnlyList<SubscriptionSnapshot> FindListeners(string account, string subject)
    {
        if (!_context.Accounts.TryFind(account, out Account? found)) return [];
        var match = new SublistMatch<Subscription>();
        found.Match(Encoding.UTF8.GetBytes(subject), match);
        List<SubscriptionSnapshot> listeners = [];
        foreach (Subscription subscription in match.Plain) Add(listeners, subscription);
        foreach (QueueMatch<Subscription> group in match.Queues)
        {
            foreach (Subscription member in group.Members) Add(listeners, member);
        }

        return listeners;
    }

    private static void Add(List<SubscriptionSnapshot> listeners, Subscription subscription)
    {
        // Importers listen by the subscriptions that stand for theirs; the server's own are nobody's.
        if (subscription.Owner is ClientSubscriber client) listeners.Add(Describe(subscription, client.Session.Id, client.Session.Account));
        else if (subscription is ShadowSubscription { Real.Owner: ClientSubscriber importer } shadow) listeners.Add(Describe(shadow, importer.Session.Id, importer.Session.Account));
    }

    private static ConnectionStanding Stand(ClientSession session) => new()
    {
        Connection = Describe(session),
        Limits = LimitsOf(session),
        Stage = session.IsInHandshake ? ConnectionStage.Handshake
            : session.IsAuthenticating ? ConnectionStage.Authenticating
            : session.MustConnect ? ConnectionStage.AwaitConnect
            : ConnectionStage.Ready,
        BlockedFor = session.BlockedFor,
        UnansweredPings = session.UnansweredPings,
        SilentFor = session.SilentFor,
        IsStalled = session.Connection.IsStalled,
        ExpiresAt = session.ExpiresAt,
    };

    private static ConnectionLimits LimitsOf(ClientSession session) => new()
    {
        MaxPending = session.MaxPending,
        MaxControlLine = session.MaxControlLine,
        MaxPayload = session.MaxPayload,
        MaxSubscriptions = session.MaxSubscriptions,
        UserMaxPayload = session.UserLimits.MaxPayload,
        UserMaxSubscriptions = session.UserLimits.MaxSubscriptions,
    };
}
