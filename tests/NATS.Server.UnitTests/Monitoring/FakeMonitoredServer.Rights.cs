using System.Text;
using NATS.Server.Accounts;
using NATS.Server.Auth;
using NATS.Server.Monitoring;
using NATS.Server.Monitoring.Explaining;
using NATS.Server.Options;

namespace NATS.Server.UnitTests.Monitoring;

/// <summary>Rights, accounts and who gets messages.</summary>
internal sealed partial class FakeMonitoredServer
{
    /// <summary>Of open connections.</summary>
    public List<RightsSnapshot> Rights { get; } = [];

    public List<RightsSnapshot> ConfiguredUsers { get; } = [];

    public List<RightsSnapshot> DefaultRights { get; } = [new() { IsUser = false, Account = "$G" }];

    public List<(ulong Cid, string Subject, ResponseGrant Grant)> Grants { get; } = [];

    public Dictionary<string, AccountModel> Models { get; } = new(StringComparer.Ordinal);

    /// <summary>Who gets what, by account and subject.</summary>
    public Dictionary<(string Account, string Subject), RouteTargets> Targets { get; } = [];

    /// <summary>An account with what is declared of it; its imports are linked to those that were added before.</summary>
    public AccountModel Declare(AccountOptions declared)
    {
        if (!HasAccount(declared.Name)) Accounts.Add(new AccountSnapshot { Name = declared.Name, Sublist = default });
        var linker = new AccountLinker(Models.GetValueOrDefault, AccountOf);
        return Models[declared.Name] = linker.Link(declared, static problem => throw new InvalidOperationException(problem));
    }

    private readonly Dictionary<string, Account> _accounts = new(StringComparer.Ordinal);

    private Account AccountOf(string name) => _accounts.TryGetValue(name, out Account? known) ? known : _accounts[name] = new Account(name);

    public RightsSnapshot? SnapshotRights(ulong cid) => Rights.Find(rights => rights.Cid == cid);

    public IReadOnlyList<RightsSnapshot> SnapshotRights(string user) => [.. Rights.Where(rights => rights.User == user || rights.UserName == user)];

    public RightsSnapshot? FindConfiguredUser(string user) => ConfiguredUsers.Find(rights => rights.User == user);

    public RightsSnapshot? SnapshotDefaultRights(string account) => DefaultRights.Find(rights => rights.Account == account);

    public ResponseGrant? FindGrant(ulong cid, byte[] subject)
    {
        foreach ((ulong granted, string granting, ResponseGrant grant) in Grants)
        {
            if (granted == cid && granting == Encoding.UTF8.GetString(subject)) return grant;
        }

        return null;
    }

    public AccountModel? FindModel(string account) => Models.GetValueOrDefault(account);

    public RouteTargets FindTargets(string account, byte[] subject, int limit) => Targets.GetValueOrDefault((account, Encoding.UTF8.GetString(subject)), RouteTargets.None);

    public bool HasInterest(string account, byte[] subject) => Targets.ContainsKey((account, Encoding.UTF8.GetString(subject)));
}
