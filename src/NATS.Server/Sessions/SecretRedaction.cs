using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace NATS.Server.Sessions;

/// <summary>Takes passwords, tokens, nkeys and signatures out of what is logged. Pure.</summary>
internal static partial class SecretRedaction
{
    private const string Redacted = "[REDACTED]";

    private static readonly string[] Prefixes = ["pass", "auth_token"];
    private static readonly string[] Names = ["proxy_sig", "nkey", "sig", "jwt"];

    /// <summary>The same CONNECT with the values of its secret fields replaced.</summary>
    /// <remarks>
    /// JSON is read as JSON, so that neither commas and quotes in a secret nor escapes in a name show anything. What is no JSON is searched for the names;
    /// nothing at all is shown of it when it has escapes, with which names can be hidden.
    /// </remarks>
    public static string Redact(ReadOnlySpan<byte> connect)
    {
        if (TryFind(connect, out List<Range> secrets)) return Replace(connect, secrets);
        string text = Encoding.UTF8.GetString(connect);
        return text.Contains('\\', StringComparison.Ordinal) ? Redacted : ExactNames().Replace(PrefixNames().Replace(text, Replace), Replace);
    }

    private static bool TryFind(ReadOnlySpan<byte> json, out List<Range> secrets)
    {
        secrets = [];
        var reader = new Utf8JsonReader(json);
        try
        {
            while (reader.Read())
            {
                if (reader.TokenType != JsonTokenType.PropertyName || !IsSecret(reader.GetString()!)) continue;
                if (!reader.Read()) return false;
                bool isText = reader.TokenType == JsonTokenType.String;
                int start = (int)reader.TokenStartIndex;
                reader.Skip();
                secrets.Add(isText ? (start + 1)..((int)reader.BytesConsumed - 1) : start..(int)reader.BytesConsumed);
            }

            return true;
        }
        catch (Exception malformed) when (malformed is JsonException or InvalidOperationException)
        {
            return false;
        }
    }

    private static bool IsSecret(string name) =>
        Array.Exists(Prefixes, prefix => name.StartsWith(prefix, StringComparison.OrdinalIgnoreCase)) || Names.Contains(name, StringComparer.OrdinalIgnoreCase);

    private static string Replace(ReadOnlySpan<byte> json, List<Range> secrets)
    {
        var text = new StringBuilder(json.Length);
        int shown = 0;
        foreach (Range secret in secrets)
        {
            text.Append(Encoding.UTF8.GetString(json[shown..secret.Start.Value])).Append(Redacted);
            shown = secret.End.Value;
        }

        return text.Append(Encoding.UTF8.GetString(json[shown..])).ToString();
    }

    private static string Replace(Match match)
    {
        Group value = match.Groups["value"];
        int offset = value.Index - match.Index;
        return string.Concat(match.Value.AsSpan(0, offset), Redacted, match.Value.AsSpan(offset + value.Length));
    }

    [GeneratedRegex("""(?:auth_token[^\s"]*|pass[^\s"]*)"?\s*[:=]\s*"?(?<value>[^"\r\n}]*)""", RegexOptions.IgnoreCase | RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex PrefixNames();

    [GeneratedRegex("""(?:^|[^A-Za-z0-9_])"?\s*(?:proxy_sig|nkey|sig|jwt)"?\s*[:=]\s*"?(?<value>[^"\r\n}]*)""", RegexOptions.IgnoreCase | RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex ExactNames();
}
