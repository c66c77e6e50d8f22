using System.Text;
using NATS.Server.Core.Subjects;

namespace NATS.Server.Monitoring;

/// <summary>Sums subscription indexes and lists subscriptions into a <see cref="Subsz"/>. Pure over <see cref="IMonitoredServer"/>, thread-safe.</summary>
internal static class SubszBuilder
{
    /// <summary>Builds what <paramref name="options"/> ask for; they must be valid, see <see cref="SubszOptions.Validate"/>.</summary>
    public static Subsz Build(SubszOptions options, IMonitoredServer server, DateTimeOffset now)
    {
        Page page = Page.Of(options.Offset, options.Limit, Subsz.DefaultLimit);
        IReadOnlyList<AccountSnapshot> accounts = server.SnapshotAccounts(options.Account, options.Subscriptions);
        Subsz statistics = Sum(accounts, server.SnapshotServer().ServerId, now, page);
        if (!options.Subscriptions) return statistics;

        byte[]? test = options.Test.Length == 0 ? null : Encoding.UTF8.GetBytes(options.Test);
        var selected = new List<SubscriptionSnapshot>();
        foreach (AccountSnapshot account in accounts)
        {
            foreach (SubscriptionSnapshot subscription in account.Subscriptions)
            {
                if (test is null || Subject.MatchesLiteral(test, subscription.Subject)) selected.Add(subscription);
            }
        }

        (int start, int length) = page.Within(selected.Count);
        return statistics with
        {
            Total = selected.Count,
            SubscriptionsList = length == 0 ? null : [.. selected.GetRange(start, length).Select(SubDetails.WithAccount)],
        };
    }

    private static Subsz Sum(IReadOnlyList<AccountSnapshot> accounts, string serverId, DateTimeOffset now, Page page)
    {
        SublistSnapshot sum = accounts.Aggregate(default(SublistSnapshot), static (sum, account) => sum + account.Sublist);
        return new Subsz
        {
            ServerId = serverId,
            Now = now,
            NumSubscriptions = sum.Subscriptions,
            NumCache = sum.CachedSubjects,
            NumInserts = sum.Inserts,
            NumRemoves = sum.Removes,
            NumMatches = sum.Matches,
            CacheHitRate = sum.Matches == 0 ? 0 : (double)sum.CacheHits / sum.Matches,
            MaxFanout = sum.MaxFanout,
            AvgFanout = sum.CachedSubjects == 0 ? 0 : (double)sum.TotalFanout / sum.CachedSubjects,
            Total = 0,
            Offset = page.Offset,
            Limit = page.Limit,
        };
    }
}
