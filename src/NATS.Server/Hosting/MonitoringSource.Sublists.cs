using NATS.Server.Accounts;
using NATS.Server.Connections;
using NATS.Server.Core.Subjects;
using NATS.Server.Delivery;
using NATS.Server.Monitoring;
using NATS.Server.Options;
using NATS.Server.Sessions;

namespace NATS.Server.Hosting;

/// <summary>Subscription indexes, the caches before them, and what is in them: caches and clients are looked through once, however many accounts there are.</summary>
internal sealed partial class MonitoringSource
{
    public SublistSnapshot SumSublists()
    {
        CacheSurvey caches = SurveyCaches(only: null);
        var sum = default(SublistSnapshot);
        foreach (Account account in _context.Accounts.All) sum += SublistOf(account, caches);
        return sum;
    }

    public IReadOnlyList<AccountSnapshot> SnapshotAccounts(string account, bool withSubscriptions)
    {
        Account? only = null;
        if (account.Length > 0 && !_context.Accounts.TryFind(account, out only)) return [];
        CacheSurvey caches = SurveyCaches(only);
        Dictionary<Account, List<SubscriptionSnapshot>> subscriptions = withSubscriptions ? ListSubscriptions(only) : [];
        IEnumerable<Account> shown = only is null ? _context.Accounts.All : [only];
        return
        [
            .. shown.Select(each => new AccountSnapshot
            {
                Name = each.Name,
                Sublist = SublistOf(each, caches),
                Subscriptions = subscriptions.TryGetValue(each, out List<SubscriptionSnapshot>? found) ? found : [],
            }),
        ];
    }

    private SublistSnapshot SublistOf(Account account) => SublistOf(account, SurveyCaches(account));

    private static SublistSnapshot SublistOf(Account account, CacheSurvey caches)
    {
        SublistStats stats = account.Read(static sublist => sublist.Stats);
        CacheFigures cached = caches.Of(account);
        ulong hits = (ulong)(account.CacheHits + cached.Hits);
        return new SublistSnapshot
        {
            Subscriptions = (uint)stats.Count,
            CachedSubjects = (uint)cached.Subjects,
            Inserts = (ulong)stats.Inserts,
            Removes = (ulong)stats.Removes,
            Matches = (ulong)stats.Matches + hits,
            CacheHits = hits,
            MaxFanout = (uint)cached.MaxFanout,
            TotalFanout = (ulong)cached.TotalFanout,
        };
    }

    private CacheSurvey SurveyCaches(Account? only)
    {
        var survey = new CacheSurvey(only);
        foreach (LoopContext loop in server.Engine.Contexts)
        {
            if (loop.Extension is not DeliveryContext delivery) continue;
            foreach (MatchCache cache in delivery.Caches) cache.Survey(survey);
        }

        return survey;
    }

    /// <summary>Those of the accounts' clients, and under exporting accounts those that stand for importers of their streams.</summary>
    private Dictionary<Account, List<SubscriptionSnapshot>> ListSubscriptions(Account? only)
    {
        Dictionary<Account, List<SubscriptionSnapshot>> found = [];
        bool isImported = only is null || only.Model.Exports.Any(static export => export.Kind == ExportKind.Stream);
        foreach (ClientSession session in _context.Clients.Open)
        {
            Account own = session.Account;
            if (own != only && !isImported) continue;
            foreach (Subscription subscription in session.Subscriptions.Snapshot())
            {
                Add(own, subscription);
                foreach (ShadowSubscription shadow in subscription.Shadows) Add(shadow.Exporter, shadow);
            }

            void Add(Account account, Subscription subscription)
            {
                if (only is not null && account != only) return;
                if (!found.TryGetValue(account, out List<SubscriptionSnapshot>? list)) found[account] = list = [];
                list.Add(Describe(subscription, session.Id, own));
            }
        }

        return found;
    }
}
