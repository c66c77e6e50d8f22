using System.Collections.Concurrent;
using NATS.Server.Accounts;

namespace NATS.Server.Sessions;

/// <summary>The open client sessions by id. Thread-safe.</summary>
internal sealed class ClientRegistry(int maxClosed)
{
    private readonly ConcurrentDictionary<ulong, ClientSession> _open = new();
    private int _count;

    /// <summary>How many closed connections are remembered.</summary>
    public int MaxClosed { get; } = maxClosed;

    public int Count => Volatile.Read(ref _count);

    public IEnumerable<ClientSession> Open => _open.Select(static pair => pair.Value);

    public ClientSession? Find(ulong id) => _open.GetValueOrDefault(id);

    /// <summary>Adds a session unless the limit is reached.</summary>
    /// <param name="session">The new session.</param>
    /// <param name="maxConnections">Negative refuses every connection; 0 is no limit.</param>
    public bool TryAdd(ClientSession session, int maxConnections)
    {
        int count = Interlocked.Increment(ref _count);
        if (maxConnections < 0 || (maxConnections > 0 && count > maxConnections))
        {
            Interlocked.Decrement(ref _count);
            return false;
        }

        _open[session.Id] = session;
        return true;
    }

    /// <summary>Makes all connections fit the limits of their accounts, which may have changed.</summary>
    public void ApplyLimits()
    {
        foreach (IGrouping<Account, ClientSession> group in Open.GroupBy(static session => session.Account)) ApplyLimits(group.Key, group);
    }

    /// <summary>Makes the connections of one account fit its limits, which may have changed.</summary>
    public void ApplyLimits(Account account) => ApplyLimits(account, Open.Where(session => session.Account == account));

    /// <summary>Of more connections than there may be the newest have to go.</summary>
    private static void ApplyLimits(Account account, IEnumerable<ClientSession> sessions)
    {
        long left = account.Model.Limits.MaxConnections;
        foreach (ClientSession session in sessions.OrderBy(static session => session.Id))
        {
            if (left == 0) session.CloseAsExcessOfAccount();
            else session.ApplyLimits();
            if (left > 0) left--;
        }
    }

    public bool Remove(ClientSession session)
    {
        if (!_open.TryRemove(session.Id, out _)) return false;
        Interlocked.Decrement(ref _count);
        return true;
    }
}
