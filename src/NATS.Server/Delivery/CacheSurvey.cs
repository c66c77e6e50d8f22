using NATS.Server.Accounts;

namespace NATS.Server.Delivery;

/// <summary>What match caches hold at the moment, account by account, counted in one pass over each. Owned by one thread.</summary>
/// <param name="only">The account that counts; null: all do.</param>
internal sealed class CacheSurvey(Account? only)
{
    private static readonly CacheFigures None = new();

    private readonly Dictionary<Account, CacheFigures> _figures = [];
    private Account? _lastAccount;
    private CacheFigures _last = None;

    /// <summary>What is cached of an account.</summary>
    public CacheFigures Of(Account account) => _figures.GetValueOrDefault(account, None);

    /// <summary>Counts a subject.</summary>
    /// <param name="account">Whose it is.</param>
    /// <param name="hits">Messages that found it cached, as far as the account does not know of them yet.</param>
    /// <param name="fanout">How many match it; below 0 when what is cached is not valid any more.</param>
    public void Count(Account account, long hits, int fanout)
    {
        if (only is not null && !ReferenceEquals(account, only)) return;

        // Most neighbours are of the same account.
        if (!ReferenceEquals(account, _lastAccount))
        {
            _lastAccount = account;
            if (!_figures.TryGetValue(account, out CacheFigures? found)) _figures[account] = found = new CacheFigures();
            _last = found;
        }

        _last.Hits += hits;
        if (fanout < 0) return;
        _last.Subjects++;
        _last.TotalFanout += fanout;
        _last.MaxFanout = Math.Max(_last.MaxFanout, fanout);
    }
}

/// <summary>What is cached of one account.</summary>
internal sealed class CacheFigures
{
    /// <summary>Messages that found their subject cached, as far as the account does not know of them yet.</summary>
    public long Hits { get; set; }

    /// <summary>Cached subjects that are valid.</summary>
    public int Subjects { get; set; }

    /// <summary>Matches of all of them together.</summary>
    public long TotalFanout { get; set; }

    /// <summary>Matches of the subject that has the most.</summary>
    public int MaxFanout { get; set; }
}
