using System.Security.Cryptography;
using NATS.Server.Accounts;
using NATS.Server.Options;

namespace NATS.Server.Auth;

/// <summary>All users of a configuration, those of <c>authorization</c> and those of its accounts. Immutable, thread-safe.</summary>
internal sealed class UserDirectory
{
    private const string Letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";

    // Made once, so that a reload finds the same user again.
    private static readonly UserOptions SystemOnlyUser = new()
    {
        Username = "nats-" + RandomNumberGenerator.GetString(Letters, 8),
        Password = RandomNumberGenerator.GetString(Letters, 32),
    };

    private readonly Dictionary<string, ConfiguredUser> _byName = new(StringComparer.Ordinal);
    private readonly Dictionary<string, ConfiguredUser> _byKey = new(StringComparer.Ordinal);

    /// <summary>Compiles users and their permissions.</summary>
    /// <exception cref="ArgumentException">Permissions are invalid; validated options are not.</exception>
    public UserDirectory(ServerOptions options)
    {
        var compiler = new PermissionCompiler();
        AuthorizationOptions authorization = options.Authorization;
        string? calloutAccount = authorization.Callout is { } callout ? NameOrGlobal(callout.Account) : null;
        foreach (UserOptions user in authorization.Users) Add(user, user.Account, authorization.DefaultPermissions);
        foreach (AccountOptions account in options.Accounts)
        {
            foreach (UserOptions user in account.Users) Add(user, account.Name, account.DefaultPermissions);
        }

        AnonymousName = options.NoAuthUser;
        if (!IsSystemOnly(options)) return;
        IsAnonymousByDefault = true;
        AnonymousName = SystemOnlyUser.Username;
        Add(SystemOnlyUser, Account.GlobalName, null);

        void Add(UserOptions user, string accountName, PermissionsOptions? defaults)
        {
            string account = NameOrGlobal(accountName);
            PermissionSet? permissions = compiler.Compile(user.Permissions ?? defaults, deniesCallout: account == calloutAccount);
            var configured = new ConfiguredUser(user, account, new StoredSecret(user.Password), permissions);
            if (user.Nkey.Length > 0) _byKey[user.Nkey] = configured;
            else _byName[user.Username] = configured;
        }
    }

    /// <summary>Users with names.</summary>
    public IReadOnlyCollection<ConfiguredUser> Named => _byName.Values;

    public bool HasNames => _byName.Count > 0;

    public bool HasKeys => _byKey.Count > 0;

    /// <summary>The user, by name or public nkey, that clients without credentials become; empty: there is none.</summary>
    public string AnonymousName { get; }

    /// <summary>
    /// Nothing but users of the system account is configured, and not by an <c>authorization</c> block: everybody else goes on without credentials.
    /// </summary>
    public bool IsAnonymousByDefault { get; }

    public ConfiguredUser? FindName(string name) => _byName.GetValueOrDefault(name);

    public ConfiguredUser? FindKey(string key) => _byKey.GetValueOrDefault(key);

    /// <summary>Whether a startup warning about plain passwords is due.</summary>
    /// <param name="isKnownByCertificate">Tells users without password for whom a certificate stands.</param>
    public bool HasPlaintextPasswords(Func<ConfiguredUser, bool> isKnownByCertificate) => _byName.Values.Any(user =>
        !user.Secret.IsHashed && !ReferenceEquals(user.Options, SystemOnlyUser) && !isKnownByCertificate(user));

    private static bool IsSystemOnly(ServerOptions options)
    {
        if (options.Operator.IsEnabled || options.NoAuthUser.Length > 0 || options.Authorization.IsDefined || options.Authorization.IsRequired) return false;
        string system = options.SystemAccount.Length > 0 ? options.SystemAccount : Account.SystemName;
        bool hasOthers = options.Accounts.Any(account => account.Name != system && account.Name != Account.GlobalName);
        return !hasOthers && options.Accounts.Any(account => account.Users.Count > 0);
    }

    private static string NameOrGlobal(string name) => name.Length > 0 ? name : Account.GlobalName;
}
