using NATS.Server.Accounts;
using NATS.Server.Connections;
using NATS.Server.Monitoring;
using NATS.Server.OperatorMode;

namespace NATS.Server.Hosting;

/// <summary>Accounts.</summary>
internal sealed partial class MonitoringSource
{
    public IReadOnlyList<string> ListAccounts() => [.. _context.Accounts.All.Select(static account => account.Name)];

    public AccountDetailSnapshot? SnapshotAccount(string account)
    {
        if (!_context.Accounts.TryFind(account, out Account? found)) return null;
        AccountModel model = found.Model;
        var snapshot = new AccountDetailSnapshot
        {
            Name = found.Name,
            DisplayName = found.DisplayName,
            UpdatedAt = server.ConfigTime,
            IsSystem = ReferenceEquals(found, _context.Accounts.System),
            HasJetStream = server.JetStream?.TryGetAccount(found.Name, out _) == true,
            Clients = found.Connections,
            Sublist = SublistOf(found),
            Model = model,
            Exports = [.. model.Exports, .. server.ServiceRouter.UsedExportsOf(found).Where(export => !model.Exports.Contains(export))],
            ServiceImports = server.ServiceRouter.ImportsOf(found),
            Responses = server.ServiceRouter.WaitingFor(found, AccountInfo.MaxResponses),
        };
        return server.FindAccountState(account) is { } state ? WithToken(snapshot, state) : snapshot;
    }

    public IReadOnlyList<AccountStatSnapshot> SnapshotAccountStats(IReadOnlyCollection<string> accounts)
    {
        Dictionary<Account, TrafficCount> traffic = _context.Traffic.Sum();
        IEnumerable<Account> shown = accounts.Count == 0
            ? _context.Accounts.All
            : accounts.Distinct(StringComparer.Ordinal).Select(name => _context.Accounts.TryFind(name, out Account? found) ? found : null).OfType<Account>();
        return [.. shown.Select(account => Describe(account, traffic.GetValueOrDefault(account)))];
    }

    private AccountDetailSnapshot WithToken(AccountDetailSnapshot snapshot, AccountState state)
    {
        EngineClock clock = _context.Clock;
        return snapshot with
        {
            UpdatedAt = clock.UtcNow.AddMilliseconds(state.UpdatedMs - clock.NowMs),
            IsExpired = state.IsExpired,
            IsIncomplete = state.IsIncomplete,
            Token = state.Token,
            Claims = state.Token.Length > 0 ? state.Claims : null,
            Issues = state.Token.Length > 0 ? server.Validate(state) : [],
        };
    }

    private static AccountStatSnapshot Describe(Account account, TrafficCount traffic) => new()
    {
        Name = account.Name,
        DisplayName = account.DisplayName,
        Clients = account.Connections,
        Subscriptions = (uint)account.SubscriptionCount,
        Traffic = new TrafficSnapshot(traffic.InMessages, traffic.InBytes, traffic.OutMessages, traffic.OutBytes),
        SlowConsumers = account.SlowConsumers,
    };
}
