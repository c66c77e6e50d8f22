using NATS.Server.Core.Jwt;
using NATS.Server.Options;

namespace NATS.Server.Callout;

/// <summary>An authorization service as the configuration or an account's JWT declares it. Immutable.</summary>
internal sealed record CalloutPolicy
{
    /// <summary>The account of the service: where requests are published.</summary>
    public required string AccountName { get; init; }

    /// <summary>Public key of the account that signs users.</summary>
    public required string Issuer { get; init; }

    /// <summary>Users who are not delegated: the service's own. Names or public keys.</summary>
    public IReadOnlyList<string> AuthUsers { get; init; } = [];

    /// <summary>
    /// By configuration: accounts whose users are delegated although they are configured; empty is all. In operator mode: accounts that the service may put
    /// users into, besides its own.
    /// </summary>
    public IReadOnlyList<string> AllowedAccounts { get; init; } = [];

    /// <summary>The service's public curve key; empty: requests are not encrypted.</summary>
    public string XKey { get; init; } = "";

    /// <summary>Declared by an account's JWT.</summary>
    public bool IsOperatorMode { get; init; }

    public static CalloutPolicy From(AuthCalloutOptions options) => new()
    {
        AccountName = options.Account.Length > 0 ? options.Account : Accounts.Account.GlobalName,
        Issuer = options.Issuer,
        AuthUsers = options.AuthUsers,
        AllowedAccounts = options.AllowedAccounts,
        XKey = options.XKey,
    };

    /// <summary>Null when the account delegates nobody.</summary>
    public static CalloutPolicy? From(AccountClaims account) => !account.Authorization.IsEnabled ? null : new CalloutPolicy
    {
        AccountName = account.Subject,
        Issuer = account.Subject,
        AuthUsers = account.Authorization.AuthUsers,
        AllowedAccounts = account.Authorization.AllowedAccounts,
        XKey = account.Authorization.XKey,
        IsOperatorMode = true,
    };

    /// <summary>Operator mode: whether the service may put users into this account.</summary>
    public bool MayPlaceInto(string account) =>
        account == Issuer || AllowedAccounts is [ExternalAuthorization.AnyAccount] || AllowedAccounts.Contains(account, StringComparer.Ordinal);

    public bool IsAuthUser(string user) => user.Length > 0 && AuthUsers.Contains(user, StringComparer.Ordinal);
}
