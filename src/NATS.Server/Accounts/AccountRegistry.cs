using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;
using NATS.Server.Core.JetStream.Limits;
using NATS.Server.Options;

namespace NATS.Server.Accounts;

/// <summary>
/// The accounts of a server by name. Thread-safe. An account, once known, keeps its identity whatever a reload or a new JWT says of it; one that was taken
/// out of the configuration and comes back later is another.
/// </summary>
internal sealed class AccountRegistry
{
    private readonly ConcurrentDictionary<string, Account> _byName = new(StringComparer.Ordinal);
    private ServerOptions _options = new();
    private Account? _system;

    public AccountRegistry()
    {
        Global = Create(Account.GlobalName);
        _byName[Global.Name] = Global;
    }

    /// <summary>The account of connections that are bound to no other.</summary>
    public Account Global { get; }

    /// <summary>The account of the server's own events and services; null when there is none.</summary>
    public Account? System
    {
        get => Volatile.Read(ref _system);
        set
        {
            if (ReferenceEquals(Interlocked.Exchange(ref _system, value), value)) return;
            SystemChanged?.Invoke();
        }
    }

    /// <summary>Told of every account that follows another model. Set once at start.</summary>
    public Action<Account>? Applied { get; set; }

    /// <summary>Told of every account that a client connection was bound to or unbound from. Set once at start.</summary>
    public Action<Account>? ConnectionsChanged { get; set; }

    /// <summary>Told of every account that was taken out. Set once at start.</summary>
    public Action<Account>? Removed { get; set; }

    /// <summary>Told when another account is the system account, or none. Set once at start.</summary>
    public Action? SystemChanged { get; set; }

    /// <summary>All accounts, in no particular order.</summary>
    public IEnumerable<Account> All => _byName.Select(static pair => pair.Value);

    /// <summary>Accounts that are known.</summary>
    public int LoadedCount => _byName.Count;

    /// <summary>Accounts with client connections.</summary>
    public int ActiveCount => All.Count(static account => account.Connections > 0);

    public bool TryFind(string name, [NotNullWhen(true)] out Account? account) => _byName.TryGetValue(name, out account);

    /// <summary>The account of this name, made if there is none.</summary>
    public Account GetOrAdd(string name) => _byName.GetOrAdd(name, static (name, registry) => registry.Create(name), this);

    public bool Remove(string name)
    {
        if (name == Account.GlobalName || !_byName.TryRemove(name, out Account? removed)) return false;
        Removed?.Invoke(removed);
        return true;
    }

    /// <summary>An account as it was declared, with what the server adds to it.</summary>
    public AccountOptions Complete(AccountOptions declared)
    {
        ServerOptions options = Volatile.Read(ref _options);
        return JetStreamDomains.Complete(declared, options, declared.Name == SystemNameOf(options));
    }

    /// <summary>
    /// Makes the accounts those of a configuration: at start, and by a reload. One caller at a time. Accounts that are in it keep their connections and
    /// subscriptions; the others are taken out, and their connections are the caller's business.
    /// </summary>
    /// <param name="options">Valid options.</param>
    /// <param name="report">Told of imports that are left out; there are none when the options came from a file.</param>
    public void Configure(ServerOptions options, Action<string> report)
    {
        Volatile.Write(ref _options, options);

        // In operator mode accounts come with their JWTs, whenever somebody asks for them.
        if (options.Operator.IsEnabled)
        {
            Global.Apply(AccountLinker.LinkAll([Complete(new AccountOptions { Name = Account.GlobalName, Mappings = options.Mappings })], GetOrAdd, report)[0]);
            return;
        }

        string system = SystemNameOf(options);
        AccountOptions global = (options.Accounts.FirstOrDefault(static account => account.Name == Account.GlobalName)
            ?? new AccountOptions { Name = Account.GlobalName }) with { Mappings = options.Mappings };
        List<AccountOptions> declared = [global, .. options.Accounts.Where(static account => account.Name != Account.GlobalName)];

        // With no other account configured, all of JetStream is for everybody.
        if (options.JetStream is not null && global.JetStream is null && declared.TrueForAll(account => account.Name == system || account.Name == Account.GlobalName))
            declared[0] = global with { JetStream = AccountTiers.Unlimited };

        // JetStream tells the system account what it does, and is asked there.
        bool hasSystem = !options.NoSystemAccount || options.JetStream is not null;
        if (hasSystem && declared.TrueForAll(account => account.Name != system)) declared.Add(new AccountOptions { Name = system });

        IReadOnlyList<AccountModel> models = AccountLinker.LinkAll([.. declared.Select(Complete)], GetOrAdd, report);
        var kept = new HashSet<string>(declared.Select(static account => account.Name), StringComparer.Ordinal);
        foreach (Account account in All)
        {
            if (kept.Contains(account.Name)) continue;
            Remove(account.Name);
            account.Apply(AccountModel.Empty);
        }

        foreach (AccountModel model in models) GetOrAdd(model.Declared.Name).Apply(model);
        System = TryFind(system, out Account? found) && (hasSystem || options.SystemAccount.Length > 0) ? found : null;
    }

    private static string SystemNameOf(ServerOptions options) => options.SystemAccount.Length > 0 ? options.SystemAccount : Account.SystemName;

    private Account Create(string name) => new(name, account => Applied?.Invoke(account), account => ConnectionsChanged?.Invoke(account));
}
