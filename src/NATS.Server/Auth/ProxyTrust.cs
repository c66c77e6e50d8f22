using System.Text;
using NATS.Server.Core.Protocol;
using NATS.Server.Core.Security;

namespace NATS.Server.Auth;

/// <summary>The proxies that may vouch for clients, by signing the client's nonce. Immutable, thread-safe.</summary>
internal sealed class ProxyTrust
{
    private readonly Nkey[] _keys;

    /// <summary>Reads the keys.</summary>
    /// <exception cref="ArgumentException">A key is none; validated options have none such.</exception>
    public ProxyTrust(IReadOnlyList<string> trusted) => _keys = [.. trusted.Select(Parse)];

    public bool IsConfigured => _keys.Length > 0;

    /// <summary>Whether there is a signature to verify.</summary>
    public bool AppliesTo(ConnectOptions options) => IsConfigured && options.ProxySignature.Length > 0;

    public bool Trusts(string key) => Array.Exists(_keys, trusted => trusted.ToString() == key);

    /// <summary>The proxy whose signature this is; null for a signature of nobody who is trusted.</summary>
    public string? FindSigner(ConnectOptions options, in ConnectionFacts facts)
    {
        if (facts.Nonce.Length == 0 || !SignatureText.TryDecodeUrl(options.ProxySignature, out byte[]? signature)) return null;
        byte[] nonce = Encoding.ASCII.GetBytes(facts.Nonce);
        foreach (Nkey key in _keys)
        {
            if (key.Verify(nonce, signature)) return key.ToString();
        }

        return null;
    }

    private static Nkey Parse(string text) =>
        Nkey.TryParse(text, out Nkey key) ? key : throw new ArgumentException($"proxy trusted key \"{text}\" is invalid", nameof(text));
}
