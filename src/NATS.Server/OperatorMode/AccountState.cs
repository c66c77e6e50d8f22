using NATS.Server.Accounts;
using NATS.Server.Auth;
using NATS.Server.Core.Jwt;
using NATS.Server.Options;

namespace NATS.Server.OperatorMode;

/// <summary>What is known of an account by its token. Immutable; a new token replaces it as a whole.</summary>
internal sealed record AccountState
{
    /// <summary>The account that messages know.</summary>
    public required Account Account { get; init; }

    public required AccountClaims Claims { get; init; }

    public required string Token { get; init; }

    /// <summary>The account as a configuration would declare it.</summary>
    public required AccountOptions Declared { get; init; }

    /// <summary>Which import of the claims a declared import was made of.</summary>
    public required IReadOnlyDictionary<ImportOptions, ClaimImport> Imports { get; init; }

    /// <summary>With its imports resolved, as far as they can be.</summary>
    public required AccountModel Model { get; init; }

    /// <summary>Keys that may sign users, with their scopes.</summary>
    public required IReadOnlyDictionary<string, SigningKeyScope?> Signers { get; init; }

    /// <summary>Of users without permissions of their own, all the same object; null restricts nothing.</summary>
    public PermissionSet? DefaultPermissions { get; init; }

    /// <summary>Whether the token is out of date, or was taken away.</summary>
    public bool IsExpired { get; init; }

    /// <summary>Whether some imports could not be made.</summary>
    public bool IsIncomplete { get; init; }

    /// <summary>When this was found, by the server's clock.</summary>
    public long UpdatedMs { get; init; }

    /// <summary>Ends what is under way for this state: the timers of its expiry.</summary>
    public ExpiryTimer? Timer { get; init; }

    public string Id => Account.Name;
}
