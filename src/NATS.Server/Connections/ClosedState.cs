namespace NATS.Server.Connections;

/// <summary>
/// Why a connection was closed. The numbers are the reference's, 1-based; 0 is <see cref="Unknown"/>. The text of each, see
/// <see cref="ClosedStateExtensions.ToReason"/>, is shown in /connz and in disconnect events.
/// </summary>
public enum ClosedState : byte
{
    Unknown = 0,

    /// <summary>The peer closed the connection, or the transport ended without a better reason.</summary>
    ClientClosed = 1,

    /// <summary>No valid CONNECT within auth_timeout.</summary>
    AuthenticationTimeout,

    /// <summary>Credentials were refused.</summary>
    AuthenticationViolation,
    TlsHandshakeError,

    /// <summary>More unsent bytes than max_pending.</summary>
    SlowConsumerPendingBytes,

    /// <summary>A write missed write_deadline.</summary>
    SlowConsumerWriteDeadline,
    WriteError,
    ReadError,
    ParseError,

    /// <summary>Too many unanswered PINGs.</summary>
    StaleConnection,
    ProtocolViolation,
    BadClientProtocolVersion,

    /// <summary>A peer of another kind, such as a client on the route port.</summary>
    WrongPort,
    MaxAccountConnectionsExceeded,
    MaxConnectionsExceeded,
    MaxPayloadExceeded,
    MaxControlLineExceeded,
    MaxSubscriptionsExceeded,
    DuplicateRoute,
    RouteRemoved,
    ServerShutdown,
    AuthenticationExpired,
    WrongGateway,
    MissingAccount,
    Revocation,
    InternalClient,
    MessageHeaderViolation,
    NoRespondersRequiresHeaders,
    ClusterNameConflict,
    DuplicateRemoteLeafNodeConnection,
    DuplicateClientId,
    DuplicateServerName,
    MinimumVersionRequired,
    ClusterNamesIdentical,

    /// <summary>An operator asked for this connection to be closed.</summary>
    Kicked,
    ProxyNotTrusted,
    ProxyRequired,
}

/// <summary>Texts of <see cref="ClosedState"/>. Pure, thread-safe.</summary>
public static class ClosedStateExtensions
{
    /// <summary>The text operators and tools see, equal to the reference's.</summary>
    public static string ToReason(this ClosedState state) => state switch
    {
        ClosedState.ClientClosed => "Client Closed",
        ClosedState.AuthenticationTimeout => "Authentication Timeout",
        ClosedState.AuthenticationViolation => "Authentication Failure",
        ClosedState.TlsHandshakeError => "TLS Handshake Failure",
        ClosedState.SlowConsumerPendingBytes => "Slow Consumer (Pending Bytes)",
        ClosedState.SlowConsumerWriteDeadline => "Slow Consumer (Write Deadline)",
        ClosedState.WriteError => "Write Error",
        ClosedState.ReadError => "Read Error",
        ClosedState.ParseError => "Parse Error",
        ClosedState.StaleConnection => "Stale Connection",
        ClosedState.ProtocolViolation => "Protocol Violation",
        ClosedState.BadClientProtocolVersion => "Bad Client Protocol Version",
        ClosedState.WrongPort => "Incorrect Port",
        ClosedState.MaxAccountConnectionsExceeded => "Maximum Account Connections Exceeded",
        ClosedState.MaxConnectionsExceeded => "Maximum Connections Exceeded",
        ClosedState.MaxPayloadExceeded => "Maximum Message Payload Exceeded",
        ClosedState.MaxControlLineExceeded => "Maximum Control Line Exceeded",
        ClosedState.MaxSubscriptionsExceeded => "Maximum Subscriptions Exceeded",
        ClosedState.DuplicateRoute => "Duplicate Route",
        ClosedState.RouteRemoved => "Route Removed",
        ClosedState.ServerShutdown => "Server Shutdown",
        ClosedState.AuthenticationExpired => "Authentication Expired",
        ClosedState.WrongGateway => "Wrong Gateway",
        ClosedState.MissingAccount => "Missing Account",
        ClosedState.Revocation => "Credentials Revoked",
        ClosedState.InternalClient => "Internal Client",
        ClosedState.MessageHeaderViolation => "Message Header Violation",
        ClosedState.NoRespondersRequiresHeaders => "No Responders Requires Headers",
        ClosedState.ClusterNameConflict => "Cluster Name Conflict",
        ClosedState.DuplicateRemoteLeafNodeConnection => "Duplicate Remote LeafNode Connection",
        ClosedState.DuplicateClientId => "Duplicate Client ID",
        ClosedState.DuplicateServerName => "Duplicate Server Name",
        ClosedState.MinimumVersionRequired => "Minimum Version Required",
        ClosedState.ClusterNamesIdentical => "Cluster Names Identical",
        ClosedState.Kicked => "Kicked",
        ClosedState.ProxyNotTrusted => "Proxy Not Trusted",
        ClosedState.ProxyRequired => "Proxy Required",
        _ => "Unknown State",
    };
}
