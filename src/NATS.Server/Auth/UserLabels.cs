using NATS.Server.Core.Protocol;

namespace NATS.Server.Auth;

/// <summary>How a client is named after what it authenticated with, without its secrets. Pure. The texts are the reference's.</summary>
internal static class UserLabels
{
    private const string Hidden = "[REDACTED]";

    /// <summary>For monitoring (<c>authorized_user</c>): <c>u</c>, <c>[REDACTED]</c> for a token, empty without credentials.</summary>
    public static string ForMonitoring(ConnectOptions options) =>
        options.Nkey.Length > 0 ? options.Nkey : options.User.Length > 0 ? options.User : options.AuthToken.Length > 0 ? Hidden : "";

    /// <summary>For the prefix of a connection's log lines, as in <c>"$G/user:u"</c>; empty without credentials.</summary>
    public static string ForLogPrefix(ConnectOptions options) =>
        options.Nkey.Length > 0 ? $"nkey:{options.Nkey}" : options.User.Length > 0 ? $"user:{options.User}" : options.AuthToken.Length > 0 ? "token" : "";

    /// <summary>For sentences in the log: <c>User "u"</c>, <c>Token "[REDACTED]"</c>, <c>User "N/A"</c>.</summary>
    public static string ForSentence(ConnectOptions options) =>
        options.Nkey.Length > 0 ? $"Nkey {QuotedText.Quote(options.Nkey)}"
        : options.User.Length > 0 ? $"User {QuotedText.Quote(options.User)}"
        : options.AuthToken.Length > 0 ? $"Token \"{Hidden}\""
        : "User \"N/A\"";

    /// <summary>What the log says of a rejected client: <c>authentication error</c>, with the user when it gave one.</summary>
    public static string ForRejection(ConnectOptions options) =>
        ForMonitoring(options).Length == 0 ? "authentication error" : $"authentication error - {ForSentence(options)}";
}
