using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using NATS.Server.Core.Security;

namespace NATS.Server.Testing.Transcripts;

/// <summary>Keys in scripts: pairs that are the same in every run, and what they sign. Thread-safe.</summary>
public static partial class TranscriptKeys
{
    /// <summary>Replaces <c>%{…}</c> by public keys, and by signatures where the nonce that a connection has to sign is known.</summary>
    /// <param name="text">What a script says.</param>
    /// <param name="nonce">The nonce in the connection's INFO; null leaves signatures alone.</param>
    public static string Expand(string text, string? nonce)
    {
        ArgumentNullException.ThrowIfNull(text);
        return Placeholder().Replace(text, match =>
        {
            string[] words = match.Groups[1].Value.Split(':');
            NkeyPair pair = Pair(words[0] switch { "account" => NkeyRole.Account, "curve" => NkeyRole.Curve, _ => NkeyRole.User }, words[1]);
            return words[0] switch
            {
                "user" or "account" or "curve" => pair.ToString(),
                "lower" => pair.ToString().ToLowerInvariant(),
                "sigof" => Url(pair.Sign(Encoding.ASCII.GetBytes(words[2]))),
                "sig" when nonce is not null => Url(pair.Sign(Encoding.ASCII.GetBytes(nonce))),
                "sig64" when nonce is not null => Convert.ToBase64String(pair.Sign(Encoding.ASCII.GetBytes(nonce))),
                _ => match.Value,
            };
        });
    }

    /// <summary>The nonce in the INFO that begins what a connection received; empty without one.</summary>
    public static string NonceIn(string received)
    {
        ArgumentNullException.ThrowIfNull(received);
        int end = received.IndexOf("\r\n", StringComparison.Ordinal);
        if (!received.StartsWith("INFO ", StringComparison.Ordinal) || end < 0) return "";
        using JsonDocument info = JsonDocument.Parse(received[5..end]);
        return info.RootElement.TryGetProperty("nonce", out JsonElement nonce) ? nonce.GetString() ?? "" : "";
    }

    private static NkeyPair Pair(NkeyRole role, string seed) =>
        NkeyPair.Create(role, Enumerable.Repeat(byte.Parse(seed, System.Globalization.CultureInfo.InvariantCulture), NkeyPair.SeedSize).ToArray());

    private static string Url(byte[] signature) => System.Buffers.Text.Base64Url.EncodeToString(signature);

    [GeneratedRegex(@"%\{(\w+:[^}]*)\}")]
    private static partial Regex Placeholder();
}
