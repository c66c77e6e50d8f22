using NATS.Server.Accounts;
using NATS.Server.Connections;
using NATS.Server.Core.Protocol;

namespace NATS.Server.Auth;

/// <summary>What authentication found. Immutable.</summary>
internal sealed record AuthResult
{
    public required bool Accepted { get; init; }

    /// <summary>What the session goes on with: the CONNECT, with the name (and password) of the user that it became.</summary>
    public required ConnectOptions Options { get; init; }

    /// <summary>Null restricts nothing.</summary>
    public PermissionSet? Permissions { get; init; }

    /// <summary>The account to bind to.</summary>
    public string AccountName { get; init; } = "$G";

    /// <summary>What was known of the account when this was found, if the verdict depends on it: whoever is bound to an account that has changed since is judged again.</summary>
    public AccountModel? Basis { get; init; }

    /// <summary>Why a connection was rejected, for the debug log; the client is told nothing but <c>Authorization Violation</c>.</summary>
    public string Reason { get; init; } = "";

    /// <summary>What the operator is warned of, whatever the verdict; empty for nothing.</summary>
    public string Warning { get; init; } = "";

    /// <summary>Why monitoring says that a rejected connection was closed.</summary>
    public ClosedState ClosedState { get; init; } = ClosedState.AuthenticationViolation;

    /// <summary>The account in whose name a rejected connection is refused; empty: that of the connection.</summary>
    public string RefusedBy { get; init; } = "";

    /// <summary>Whether the connection is one of the configured users, and lives as long as that user is configured.</summary>
    public bool IsConfiguredUser { get; init; }

    /// <summary>Whether an authorization service decided.</summary>
    public bool IsDelegated { get; init; }

    /// <summary>The name or public key that was verified, or that clients without credentials have; empty when there is none.</summary>
    public string KnownAs { get; init; } = "";

    /// <summary>What the client's secret was verified against, so that a reload need not hash it again.</summary>
    public StoredSecret? Verified { get; init; }

    /// <summary>The public key whose signature of this connection's nonce was verified; empty for none.</summary>
    public string VerifiedKey { get; init; } = "";

    /// <summary>When the connection has to end with <c>User Authentication Expired</c>; null: never.</summary>
    public DateTimeOffset? ExpiresAt { get; init; }

    /// <summary>The trusted proxy that vouched for the client; empty without one.</summary>
    public string ProxyKey { get; init; } = "";

    /// <summary>The public key that a user's JWT is about; empty for users without.</summary>
    public string UserKey { get; init; } = "";

    /// <summary>The key that signed the user's JWT; empty for users without.</summary>
    public string IssuerKey { get; init; } = "";

    /// <summary>When the user's JWT was issued, in seconds since 1970.</summary>
    public long IssuedAt { get; init; }

    /// <summary>The name in the user's JWT.</summary>
    public string NameTag { get; init; } = "";

    /// <summary>The tags in the user's JWT.</summary>
    public IReadOnlyList<string> Tags { get; init; } = [];

    /// <summary>Limits of the user itself; those of its account and of the server hold as well.</summary>
    public UserLimits Limits { get; init; } = UserLimits.None;

    public static AuthResult Accept(ConnectOptions options, StoredSecret? verified = null) =>
        new() { Accepted = true, Options = options, Verified = verified };

    public static AuthResult Reject(ConnectOptions options, string reason) =>
        new() { Accepted = false, Options = options, Reason = reason };

    /// <summary>The connection does not come through a trusted proxy although this user must.</summary>
    public static AuthResult RejectWithoutProxy(ConnectOptions options) =>
        Reject(options, "proxy connection required") with { ClosedState = ClosedState.ProxyRequired };
}

/// <summary>What one user may have at most; -1 is unlimited.</summary>
internal sealed record UserLimits(long MaxPayload, long MaxSubscriptions)
{
    public static UserLimits None { get; } = new(-1, -1);
}
