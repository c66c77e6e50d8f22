namespace NATS.Server.Core.Protocol;

/// <summary>Fixed protocol lines, and the error texts that clients match on.</summary>
public static class ProtocolTexts
{
    public const string AuthenticationTimeout = "Authentication Timeout";
    public const string AuthorizationViolation = "Authorization Violation";
    public const string InvalidClientProtocol = "invalid client protocol";
    public const string InvalidPublishSubject = "Invalid Publish Subject";
    public const string InvalidSubject = "Invalid Subject";
    public const string MaximumAccountConnectionsExceeded = "maximum account active connections exceeded";
    public const string MaximumConnectionsExceeded = "maximum connections exceeded";
    public const string MaximumControlLineExceeded = "maximum control line exceeded";
    public const string MaximumPayloadViolation = "Maximum Payload Violation";
    public const string MaximumSubscriptionsExceeded = "maximum subscriptions exceeded";
    public const string MessageHeadersNotSupported = "message headers not supported";
    public const string NoRespondersRequiresHeaders = "no responders requires headers support";
    public const string StaleConnection = "Stale Connection";
    public const string UnknownProtocolOperation = "Unknown Protocol Operation";
    public const string UserAuthenticationExpired = "User Authentication Expired";
    public const string UserAuthenticationRevoked = "User Authentication Revoked";
    public const string AccountAuthenticationExpired = "Account Authentication Expired";

    public static ReadOnlySpan<byte> Ok => "+OK\r\n"u8;

    public static ReadOnlySpan<byte> Ping => "PING\r\n"u8;

    public static ReadOnlySpan<byte> Pong => "PONG\r\n"u8;
}
