using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;

namespace NATS.Server.Accounts;

/// <summary>The accounts of a server by name. Thread-safe. An account, once known, keeps its identity whatever a reload or a new JWT says of it.</summary>
internal sealed class AccountRegistry
{
    private readonly ConcurrentDictionary<string, Account> _byName = new(StringComparer.Ordinal);
    private Account? _system;

    public AccountRegistry()
    {
        Global = new Account(Account.GlobalName);
        _byName[Global.Name] = Global;
    }

    /// <summary>The account of connections that are bound to no other.</summary>
    public Account Global { get; }

    /// <summary>The account of the server's own events and services; null when there is none.</summary>
    public Account? System
    {
        get => Volatile.Read(ref _system);
        set => Volatile.Write(ref _system, value);
    }

    /// <summary>All accounts, in no particular order.</summary>
    public IEnumerable<Account> All => _byName.Select(static pair => pair.Value);

    public bool TryFind(string name, [NotNullWhen(true)] out Account? account) => _byName.TryGetValue(name, out account);

    /// <summary>The account of this name, made if there is none.</summary>
    public Account GetOrAdd(string name) => _byName.GetOrAdd(name, static name => new Account(name));

    public bool Remove(string name) => name != Account.GlobalName && _byName.TryRemove(name, out _);
}
