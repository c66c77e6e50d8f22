using System.Text.RegularExpressions;

namespace NATS.Server.Sessions;

/// <summary>Takes passwords, tokens, nkeys and signatures out of what is logged. Pure.</summary>
internal static partial class SecretRedaction
{
    private const string Redacted = "[REDACTED]";

    /// <summary>The same CONNECT with the values of its secret fields replaced.</summary>
    public static string Redact(string connect) => ExactNames().Replace(Prefixes().Replace(connect, Replace), Replace);

    private static string Replace(Match match)
    {
        Group value = match.Groups["value"];
        int offset = value.Index - match.Index;
        return string.Concat(match.Value.AsSpan(0, offset), Redacted, match.Value.AsSpan(offset + value.Length));
    }

    [GeneratedRegex("""(?:auth_token[^\s"]*|pass[^\s"]*)"?\s*[:=]\s*"?(?<value>[^",\r\n}]*)""", RegexOptions.IgnoreCase | RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Prefixes();

    [GeneratedRegex("""(?:^|[^A-Za-z0-9_])"?\s*(?:proxy_sig|nkey|sig|jwt)"?\s*[:=]\s*"?(?<value>[^",\r\n}]*)""", RegexOptions.IgnoreCase | RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex ExactNames();
}
