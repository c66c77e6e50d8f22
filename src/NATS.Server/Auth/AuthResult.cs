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

    /// <summary>Why a connection was rejected, for the debug log; the client is told nothing but <c>Authorization Violation</c>.</summary>
    public string Reason { get; init; } = "";

    /// <summary>Whether the connection is one of the configured users, and lives as long as that user is configured.</summary>
    public bool IsConfiguredUser { get; init; }

    /// <summary>What the client's secret was verified against, so that a reload need not hash it again.</summary>
    public StoredSecret? Verified { get; init; }

    public static AuthResult Accept(ConnectOptions options, StoredSecret? verified = null) =>
        new() { Accepted = true, Options = options, Verified = verified };

    public static AuthResult Reject(ConnectOptions options, string reason) =>
        new() { Accepted = false, Options = options, Reason = reason };
}
