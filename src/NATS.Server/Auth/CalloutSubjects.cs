namespace NATS.Server.Auth;

/// <summary>Names in the protocol between the server and an authorization service.</summary>
internal static class CalloutSubjects
{
    /// <summary>Where the server asks. Nobody else may publish there in the service's account.</summary>
    public const string Request = "$SYS.REQ.USER.AUTH";

    /// <summary>The audience of requests.</summary>
    public const string RequestAudience = "nats-authorization-request";

    /// <summary>The header with the server's public curve key, in encrypted requests.</summary>
    public const string KeyHeader = "Nats-Server-Xkey";
}
