using System.Net;
using NATS.Server.Core.Protocol;
using NATS.Server.Options;

namespace NATS.Server.Auth;

/// <summary>
/// An embedder's own authentication. It replaces everything configured. Called on a thread-pool thread, for several connections at once, with every CONNECT
/// and after every reload; it may block. An exception rejects.
/// </summary>
public delegate AuthenticationDecision AuthenticationDelegate(AuthenticationRequest request);

/// <summary>
/// The same for an embedder that waits for others: no thread is held meanwhile.
/// </summary>
/// <param name="request">Who wants to connect.</param>
/// <param name="cancellation">The time that connections have to authenticate is over; whatever is answered later rejects.</param>
public delegate ValueTask<AuthenticationDecision> AsyncAuthenticationDelegate(AuthenticationRequest request, CancellationToken cancellation);

/// <summary>Who wants to connect. Immutable.</summary>
/// <param name="Options">The CONNECT, secrets included.</param>
/// <param name="ConnectionId">The connection's number, unique in the server's life.</param>
/// <param name="RemoteEndPoint">Null for a connection inside the process.</param>
/// <param name="ConnectionType"><c>STANDARD</c>, <c>IN_PROCESS</c>, …</param>
/// <param name="Nonce">What the client was asked to sign; empty when it was not, see <see cref="ServerOptions.AlwaysEnableNonce"/>.</param>
public sealed record AuthenticationRequest(ConnectOptions Options, ulong ConnectionId, EndPoint? RemoteEndPoint, string ConnectionType, string Nonce)
{
    /// <summary>Null without TLS.</summary>
    public ClientTls? Tls { get; init; }
}

/// <summary>The answer of an <see cref="AuthenticationDelegate"/>. Immutable.</summary>
public sealed record AuthenticationDecision
{
    private AuthenticationDecision()
    {
    }

    public bool IsAccepted { get; private init; }

    /// <summary>The name under which logs and monitoring show the connection; empty keeps the one in CONNECT.</summary>
    public string UserName { get; private init; } = "";

    /// <summary>Null restricts nothing.</summary>
    public PermissionsOptions? Permissions { get; private init; }

    /// <summary>The account to put the connection into: one that is configured, or empty for the global one.</summary>
    public string Account { get; init; } = "";

    /// <summary>When the connection is closed with <c>User Authentication Expired</c>; null: never.</summary>
    public DateTimeOffset? ExpiresAt { get; init; }

    public static AuthenticationDecision Reject { get; } = new();

    public static AuthenticationDecision Accept(string userName = "", PermissionsOptions? permissions = null) =>
        new() { IsAccepted = true, UserName = userName, Permissions = permissions };
}
