namespace NATS.Server.Monitoring;

/// <summary>Sums up what accounts have done into an <see cref="AccountStatz"/>. Pure over <see cref="IMonitoredServer"/>, thread-safe.</summary>
internal static class AccountStatzBuilder
{
    public static AccountStatz Build(AccountStatzOptions options, IMonitoredServer server, DateTimeOffset now)
    {
        // Those that are named in their order, all others in the order of their names.
        Dictionary<string, AccountStatSnapshot> found = server.SnapshotAccountStats(options.Accounts).ToDictionary(static account => account.Name, StringComparer.Ordinal);
        IEnumerable<string> names = options.Accounts.Count == 0 ? found.Keys.Order(StringComparer.Ordinal) : options.Accounts.Where(found.ContainsKey);
        IEnumerable<AccountStatSnapshot> accounts = names.Select(name => found[name]);
        return new AccountStatz
        {
            ServerId = server.SnapshotServer().ServerId,
            Now = now,
            Accounts = [.. accounts.Where(account => options.IncludeUnused || account.Clients > 0 || account.LeafNodes > 0).Select(Describe)],
        };
    }

    /// <summary>One account, as it is also shown in the server's events.</summary>
    public static AccountStat Describe(AccountStatSnapshot account)
    {
        TrafficSnapshot traffic = account.Traffic;
        PeerTraffic peers = account.Peers;
        return new AccountStat
        {
            Acc = account.Name,
            Name = account.DisplayName,
            Conns = account.Clients,
            Leafnodes = account.LeafNodes,
            TotalConns = account.Clients + account.LeafNodes,
            NumSubscriptions = account.Subscriptions,
            Sent = new TrafficStats
            {
                Msgs = traffic.OutMessages, Bytes = traffic.OutBytes, Gateways = Out(peers.Gateways), Routes = Out(peers.Routes), Leafs = Out(peers.LeafNodes),
            },
            Received = new TrafficStats
            {
                Msgs = traffic.InMessages, Bytes = traffic.InBytes, Gateways = In(peers.Gateways), Routes = In(peers.Routes), Leafs = In(peers.LeafNodes),
            },
            SlowConsumers = account.SlowConsumers,
        };
    }

    private static MessageStats In(TrafficSnapshot traffic) => new() { Msgs = traffic.InMessages, Bytes = traffic.InBytes };

    private static MessageStats Out(TrafficSnapshot traffic) => new() { Msgs = traffic.OutMessages, Bytes = traffic.OutBytes };
}
