using System.Text.Json;
using NATS.Server.Accounts;
using NATS.Server.Monitoring;
using NATS.Server.Sessions;

namespace NATS.Server.SystemEvents;

/// <summary>
/// Tells the system account how many connections each account has: whenever that changes, and every 30 seconds while it has some. The global account is
/// not told of. Thread-safe.
/// </summary>
internal sealed class AccountActivity
{
    /// <summary>Time without a change after which an account's figures are told again.</summary>
    public static readonly TimeSpan Heartbeat = TimeSpan.FromSeconds(30);

    private readonly ServerContext _server;
    private readonly EventPublisher _publisher;
    private readonly ServerStamp _stamp;
    private readonly Func<Account, AccountStat?> _figures;
    private readonly Lock _lock = new();

    // Every account with connections is queued once. Its next heartbeat may have moved since, to a later time.
    private readonly Dictionary<Account, long> _dueMs = [];
    private readonly PriorityQueue<Account, long> _queue = new();

    /// <summary>Follows no account yet.</summary>
    /// <param name="server">The server.</param>
    /// <param name="publisher">Publishes.</param>
    /// <param name="stamp">Says which server tells.</param>
    /// <param name="figures">Counts for an account; null when it is gone.</param>
    public AccountActivity(ServerContext server, EventPublisher publisher, ServerStamp stamp, Func<Account, AccountStat?> figures)
    {
        _figures = figures;
        _server = server;
        _publisher = publisher;
        _stamp = stamp;
    }

    /// <summary>Accounts that heartbeats are due for, now or later.</summary>
    public int Followed
    {
        get
        {
            lock (_lock) return _dueMs.Count;
        }
    }

    /// <summary>The number of an account's connections has changed.</summary>
    public void OnChanged(Account account)
    {
        if (_server.Accounts.System is not { } system || ReferenceEquals(account, _server.Accounts.Global)) return;
        Follow(account, _server.Clock.NowMs);
        Tell(system, account);
    }

    /// <summary>Heartbeats that are due. The clock's thread.</summary>
    public void Sweep(long nowMs)
    {
        while (TakeDue(nowMs) is { } account)
        {
            if (_server.Accounts.System is not { } system) continue;
            Follow(account, nowMs);
            Tell(system, account);
        }
    }

    /// <summary>Answers a request for an account's figures; silent when it has no connections.</summary>
    public RequestOutcome Answer(Account account)
    {
        if (account.Connections == 0) return RequestOutcome.Silent;
        Follow(account, _server.Clock.NowMs);
        if (_figures(account) is not { } figures) return RequestOutcome.Silent;
        EventHead head = EventHead.New(EventHead.AccountConnections, _server.Clock.UtcNow);
        return RequestOutcome.Whole(json => Write(json, head, figures));
    }

    private void Tell(Account system, Account account)
    {
        string old = $"$SYS.SERVER.ACCOUNT.{account.Name}.CONNS";
        string now = $"$SYS.ACCOUNT.{account.Name}.SERVER.CONNS";
        bool wantsOld = _publisher.IsWanted(system, old);
        bool wantsNew = _publisher.IsWanted(system, now);
        if ((!wantsOld && !wantsNew) || _figures(account) is not { } figures) return;
        EventHead head = EventHead.New(EventHead.AccountConnections, _server.Clock.UtcNow);
        if (wantsOld) _publisher.Enqueue(system, old, json => Write(json, head, figures));
        if (wantsNew) _publisher.Enqueue(system, now, json => Write(json, head, figures));
    }

    private void Write(Utf8JsonWriter json, EventHead head, AccountStat figures)
    {
        json.WriteStartObject();
        head.Write(json);
        _stamp.Write(json);
        foreach (JsonProperty field in JsonSerializer.SerializeToElement(figures, MonitoringJson.Default.AccountStat).EnumerateObject()) field.WriteTo(json);
        json.WriteEndObject();
    }

    private void Follow(Account account, long nowMs)
    {
        long due = nowMs + (long)Heartbeat.TotalMilliseconds;
        lock (_lock)
        {
            if (account.Connections == 0)
            {
                // It leaves the queue when its time comes.
                if (_dueMs.ContainsKey(account)) _dueMs[account] = long.MaxValue;
                return;
            }

            if (!_dueMs.ContainsKey(account)) _queue.Enqueue(account, due);
            _dueMs[account] = due;
        }
    }

    private Account? TakeDue(long nowMs)
    {
        lock (_lock)
        {
            while (_queue.TryPeek(out Account? account, out long queued) && queued <= nowMs)
            {
                _queue.Dequeue();
                long due = _dueMs[account];
                if (due > nowMs && due != long.MaxValue)
                {
                    _queue.Enqueue(account, due);
                    continue;
                }

                _dueMs.Remove(account);
                if (due != long.MaxValue) return account;
            }

            return null;
        }
    }
}
