using System.Runtime.InteropServices;
using NATS.Server.Accounts;

namespace NATS.Server.Sessions;

/// <summary>
/// Thread-safe. Says what accounts have sent and got. Nothing is counted for it on the way of a message: connections count for themselves, and what they
/// counted is settled with their account when they end or move to another. Who asks looks at all connections, and again when some were settled meanwhile.
/// </summary>
internal sealed class TrafficLedger(ClientRegistry clients, AccountRegistry accounts)
{
    // Where connections end all the time, a sum that is off by some of their messages is good enough.
    private const int MaxLooks = 8;

    private readonly Lock _lock = new();
    private long _version;

    /// <summary>What a connection counted so far belongs to its account, what it will count to the next one.</summary>
    /// <param name="session">The connection.</param>
    /// <param name="next">Null when it ends.</param>
    public void Settle(ClientSession session, Account? next)
    {
        lock (_lock)
        {
            Interlocked.Increment(ref _version);
            session.SettleTraffic(next);
            Interlocked.Increment(ref _version);
        }
    }

    /// <summary>The sums of all accounts that have any. What an exported stream brings to another account counts as sent by the exporting one.</summary>
    public Dictionary<Account, TrafficCount> Sum()
    {
        for (int look = 1; ; look++)
        {
            long before = Interlocked.Read(ref _version);
            Dictionary<Account, TrafficCount> sums = Look();
            bool isSettled = (before & 1) == 0 && Interlocked.Read(ref _version) == before;
            if (isSettled || look == MaxLooks) return sums;
        }
    }

    private Dictionary<Account, TrafficCount> Look()
    {
        Dictionary<Account, TrafficCount> sums = [];
        foreach (ClientSession session in clients.Open)
        {
            if (session.TrafficMark is { } mark) Add(mark.Account, session.Traffic - mark.Count);
        }

        foreach (Account account in accounts.All)
        {
            Add(account, account.Settled.Sum);
            foreach ((Account exporter, TrafficCount count) in account.ImportedTraffic)
            {
                Add(exporter, count);
                Add(account, default(TrafficCount) - count);
            }
        }

        return sums;

        void Add(Account account, TrafficCount count)
        {
            ref TrafficCount sum = ref CollectionsMarshal.GetValueRefOrAddDefault(sums, account, out _);
            sum += count;
        }
    }
}

/// <summary>From where a connection counts for its account. Immutable.</summary>
/// <param name="Account">The account.</param>
/// <param name="Count">What it had counted before, for others.</param>
internal sealed record TrafficMark(Account Account, TrafficCount Count);
