namespace NATS.Server.Monitoring.Metrics;

/// <summary>
/// All metrics of a server, made of the snapshots that the monitoring endpoints are made of. Thread-safe; never makes message flow wait. The number of
/// series is bounded by <see cref="Options.MetricsOptions"/>, and one of them says how many were left out.
/// </summary>
internal static class ServerMetrics
{
    private static readonly (string Name, string Help, Func<AccountStat, double> Value)[] AccountFigures =
    [
        ("current_connections", "Client connections of an account", static account => account.Conns),
        ("total_connections", "Client and leaf node connections of an account", static account => account.TotalConns),
        ("subscriptions", "Subscriptions of an account", static account => account.NumSubscriptions),
        ("leaf_nodes", "Leaf nodes of an account", static account => account.Leafnodes),
        ("sent_messages", "Messages that an account's subscribers got", static account => account.Sent.Msgs),
        ("sent_bytes", "Bytes that an account's subscribers got", static account => account.Sent.Bytes),
        ("received_messages", "Messages that an account's clients published", static account => account.Received.Msgs),
        ("received_bytes", "Bytes that an account's clients published", static account => account.Received.Bytes),
        ("slow_consumers", "Slow consumers of an account", static account => account.SlowConsumers),
    ];

    /// <summary>Writes all metrics.</summary>
    /// <param name="sink">Gets them.</param>
    /// <param name="server">The server.</param>
    /// <param name="varz">Its general figures.</param>
    /// <param name="now">The time.</param>
    public static void Write(IMetricSink sink, IMonitoredServer server, Varz varz, DateTimeOffset now)
    {
        ServerSnapshot snapshot = server.SnapshotServer();
        var names = new MetricNames(snapshot.Options.Metrics);
        var labels = new MetricLabels(("server_id", snapshot.ServerId));
        VarzMetrics.Write(sink, names, labels, varz);
        WriteConnections(sink, names, labels, server.SumConnections());
        WriteSubscriptions(sink, names, labels, server.SumSublists());
        WriteHealth(sink, names, labels, HealthBuilder.Build(new HealthzOptions(), server));
        One(sink, names.Core("routez", "num_routes", "Routes"), labels, snapshot.Routes);
        One(sink, names.Core("leafz", "conn_nodes_total", "Leaf nodes"), labels, snapshot.LeafNodes);
        long accounts = WriteAccounts(sink, names, labels, server, snapshot.Options.Metrics.MaxAccounts, now);
        (long streams, long consumers) = JetStreamMetrics.Write(sink, names, server, snapshot);
        sink.Begin(names.Core("metrics", "left_out", "Accounts, streams and consumers without series of their own, since there are more than may be shown"));
        sink.Add(labels.With(("what", "accounts")), accounts);
        sink.Add(labels.With(("what", "streams")), streams);
        sink.Add(labels.With(("what", "consumers")), consumers);
    }

    // Sums over all open connections; the exporter's are over a page.
    private static void WriteConnections(IMetricSink sink, MetricNames names, MetricLabels labels, in ConnectionTotals totals)
    {
        const string connz = "connz";
        One(sink, names.Core(connz, "num_connections", "Open connections"), labels, totals.Count);
        One(sink, names.Core(connz, "total", "Open connections"), labels, totals.Count);
        One(sink, names.Core(connz, "offset", "Connections before those that are summed up"), labels, 0);
        One(sink, names.Core(connz, "limit", "Connections of a page of /connz"), labels, Connz.DefaultLimit);
        One(sink, names.Core(connz, "pending_bytes", "Bytes that wait to be sent"), labels, totals.PendingBytes);
        One(sink, names.Core(connz, "subscriptions", "Subscriptions of open connections"), labels, totals.Subscriptions);
        One(sink, names.Core(connz, "in_bytes", "Bytes that open connections published"), labels, totals.Traffic.InBytes);
        One(sink, names.Core(connz, "out_bytes", "Bytes that open connections got"), labels, totals.Traffic.OutBytes);
        One(sink, names.Core(connz, "in_msgs", "Messages that open connections published"), labels, totals.Traffic.InMessages);
        One(sink, names.Core(connz, "out_msgs", "Messages that open connections got"), labels, totals.Traffic.OutMessages);
    }

    private static void WriteSubscriptions(IMetricSink sink, MetricNames names, MetricLabels labels, in SublistSnapshot sublists)
    {
        const string subsz = "subsz";
        SublistStatistics statistics = AccountzBuilder.Statistics(sublists);
        One(sink, names.Core(subsz, "num_subscriptions", "Subscriptions"), labels, statistics.NumSubscriptions);
        One(sink, names.Core(subsz, "num_cache", "Subjects whose matches are cached"), labels, statistics.NumCache);
        One(sink, names.Core(subsz, "num_inserts", "Subscriptions that were added"), labels, statistics.NumInserts);
        One(sink, names.Core(subsz, "num_removes", "Subscriptions that were removed"), labels, statistics.NumRemoves);
        One(sink, names.Core(subsz, "num_matches", "Matches that were asked for"), labels, statistics.NumMatches);
        One(sink, names.Core(subsz, "cache_hit_rate", "Part of the matches that a cache answered"), labels, statistics.CacheHitRate);
        One(sink, names.Core(subsz, "max_fanout", "Subscriptions of the cached subject that has the most"), labels, statistics.MaxFanout);
        One(sink, names.Core(subsz, "avg_fanout", "Subscriptions per cached subject"), labels, statistics.AvgFanout);
    }

    private static void WriteHealth(IMetricSink sink, MetricNames names, MetricLabels labels, HealthStatus health)
    {
        bool isHealthy = health.StatusCode == 200;
        One(sink, names.Core("healthz", "status", "0 when the server is healthy, else 1"), labels, isHealthy ? 0 : 1);
        One(sink, names.Core("healthz", "status_value", "1 when the server is healthy, else 0"), labels.With(("value", health.Status)), isHealthy ? 1 : 0);
    }

    // Returns how many were left out.
    private static long WriteAccounts(IMetricSink sink, MetricNames names, MetricLabels labels, IMonitoredServer server, int limit, DateTimeOffset now)
    {
        IReadOnlyList<AccountStat> accounts = AccountStatzBuilder.Build(new AccountStatzOptions { IncludeUnused = true }, server, now).Accounts;
        (MetricLabels Labels, AccountStat Account)[] shown =
            [.. accounts.Take(limit).Select(account => (labels.With(("account", account.Acc), ("account_id", account.Acc), ("account_name", account.Name)), account))];
        if (shown.Length == 0) return accounts.Count;
        foreach ((string name, string help, Func<AccountStat, double> value) in AccountFigures)
        {
            sink.Begin(names.Core("accstatz", name, help));
            foreach ((MetricLabels ofAccount, AccountStat account) in shown) sink.Add(ofAccount, value(account));
        }

        return accounts.Count - shown.Length;
    }

    private static void One(IMetricSink sink, Metric metric, MetricLabels labels, double value)
    {
        sink.Begin(metric);
        sink.Add(labels, value);
    }
}
