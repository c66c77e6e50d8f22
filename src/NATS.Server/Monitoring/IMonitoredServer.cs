using NATS.Server.JetStream.Engine;
using NATS.Server.Monitoring.Explaining;
using NATS.Server.Options;

namespace NATS.Server.Monitoring;

/// <summary>
/// What monitoring reads from a running server. Every member is called from any thread, at any time between start and stop, and must not make
/// message flow wait: counters are read without stopping their owners, and locks are held only to copy references.
/// </summary>
internal partial interface IMonitoredServer : IRightsSource, IRouteSource
{
    /// <summary>Connections that ended, newest replace oldest.</summary>
    ClosedConnectionRing ClosedConnections { get; }

    /// <summary>The configuration in force.</summary>
    ServerOptions Options { get; }

    ServerSnapshot SnapshotServer();

    /// <summary>All open client and leaf node connections, in any order.</summary>
    IReadOnlyList<ConnectionSnapshot> SnapshotConnections();

    /// <summary>Sums over all open connections.</summary>
    ConnectionTotals SumConnections();

    /// <summary>The subscription indexes of all accounts together.</summary>
    SublistSnapshot SumSublists();

    /// <summary>The subscriptions of one open connection, in any order; empty when the connection is gone.</summary>
    IReadOnlyList<SubscriptionSnapshot> SnapshotSubscriptions(ulong cid);

    /// <summary>The subscription indexes of all accounts, or of the one named <paramref name="account"/>.</summary>
    /// <param name="account">Exact name; empty for all. An unknown name yields an empty list.</param>
    /// <param name="withSubscriptions">Whether <see cref="AccountSnapshot.Subscriptions"/> is filled.</param>
    IReadOnlyList<AccountSnapshot> SnapshotAccounts(string account, bool withSubscriptions);

    bool HasAccount(string account);

    /// <summary>The names of all accounts, in any order.</summary>
    IReadOnlyList<string> ListAccounts();

    /// <summary>All that is known of one account; null when there is none of this name.</summary>
    AccountDetailSnapshot? SnapshotAccount(string account);

    /// <summary>What accounts have done so far, in any order.</summary>
    /// <param name="accounts">Exact names; empty for all. Unknown ones are left out.</param>
    IReadOnlyList<AccountStatSnapshot> SnapshotAccountStats(IReadOnlyCollection<string> accounts);

    /// <summary>How people call an account; its name when there is no such account.</summary>
    string DisplayNameOf(string account);

    /// <summary>The server's own queues, in any order.</summary>
    IReadOnlyList<QueueSnapshot> SnapshotQueues();

    /// <summary>The command line without secrets; empty when it is not known.</summary>
    IReadOnlyList<string> CommandLine { get; }

    /// <summary>Null when the server has no JetStream, or it is switched off.</summary>
    JetStreamEngine? JetStream { get; }

    /// <summary>State of every listener that the configuration asks for.</summary>
    IReadOnlyList<ListenerSnapshot> SnapshotListeners();
}

/// <summary>Whether a listener is up. Immutable.</summary>
/// <param name="Name">The reference's word: <c>server</c>, <c>route</c>, <c>gateway</c>, <c>leafnode</c>, <c>websocket</c>, <c>mqtt</c>.</param>
/// <param name="IsReady">It accepts connections, or none is configured.</param>
/// <param name="Error">Why it does not, or what went wrong although it does; empty for nothing.</param>
internal sealed record ListenerSnapshot(string Name, bool IsReady, string Error = "");
