using NATS.Server.Core.Protocol;

namespace NATS.Server.Auth;

/// <summary>How a client is named after what it authenticated with, without its secrets. Pure. The texts are the reference's.</summary>
/// <remarks>A client with a JWT is named after the public key that the JWT is about, once that is verified; until then it has no name.</remarks>
internal static class UserLabels
{
    private const string Hidden = "[REDACTED]";

    /// <summary>For monitoring (<c>authorized_user</c>) and lists of users: <c>u</c>, <c>[REDACTED]</c> for a token, empty without credentials.</summary>
    public static string ForMonitoring(ConnectOptions options, string userKey = "") => KindOf(options) switch
    {
        Credential.Nkey => options.Nkey,
        Credential.User => options.User,
        Credential.Jwt => userKey,
        Credential.Token => Hidden,
        _ => "",
    };

    /// <summary>For the prefix of a connection's log lines, as in <c>"$G/user:u"</c>; empty without credentials.</summary>
    public static string ForLogPrefix(ConnectOptions options, string userKey = "") => KindOf(options) switch
    {
        Credential.Nkey => $"nkey:{options.Nkey}",
        Credential.User => $"user:{options.User}",
        Credential.Jwt => userKey.Length > 0 ? $"jwt:{userKey}" : "",
        Credential.Token => "token",
        _ => "",
    };

    /// <summary>For sentences in the log: <c>User "u"</c>, <c>Token "[REDACTED]"</c>, <c>User "N/A"</c>.</summary>
    public static string ForSentence(ConnectOptions options, string userKey = "") => KindOf(options) switch
    {
        Credential.Nkey => $"Nkey {QuotedText.Quote(options.Nkey)}",
        Credential.User => $"User {QuotedText.Quote(options.User)}",
        Credential.Jwt => $"JWT User {QuotedText.Quote(userKey)}",
        Credential.Token => $"Token \"{Hidden}\"",
        _ => "User \"N/A\"",
    };

    /// <summary>What the log says of a rejected client: <c>authentication error</c>, with the user when it gave one.</summary>
    public static string ForRejection(ConnectOptions options, string userKey = "") =>
        ForMonitoring(options, userKey).Length == 0 ? "authentication error" : $"authentication error - {ForSentence(options, userKey)}";

    private static Credential KindOf(ConnectOptions options) =>
        options.Nkey.Length > 0 ? Credential.Nkey
        : options.User.Length > 0 ? Credential.User
        : options.Jwt.Length > 0 ? Credential.Jwt
        : options.AuthToken.Length > 0 ? Credential.Token
        : Credential.None;

    private enum Credential
    {
        None,
        Nkey,
        User,
        Jwt,
        Token,
    }
}
