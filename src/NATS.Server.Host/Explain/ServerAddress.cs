using System.Diagnostics.CodeAnalysis;

namespace NATS.Server.Host.Explain;

/// <summary>Where a server listens for clients. Immutable.</summary>
/// <param name="Host">A name or an address, without brackets.</param>
/// <param name="Port">Of its clients.</param>
/// <param name="IsTls">Whether nothing may be said in clear.</param>
internal sealed record ServerAddress(string Host, int Port, bool IsTls)
{
    private const int DefaultPort = 4222;

    /// <summary>Reads <c>nats://host:port</c>, <c>tls://user:password@host</c> or <c>host</c>.</summary>
    /// <param name="text">One URL.</param>
    /// <param name="address">Where the server is.</param>
    /// <param name="login">Who the URL says one is; nobody when it does not.</param>
    /// <param name="problem">Why it is none. Never repeats what may be a password.</param>
    public static bool TryParse(string text, [NotNullWhen(true)] out ServerAddress? address, out LoginSource login, [NotNullWhen(false)] out string? problem)
    {
        (address, login, problem) = (null, LoginSource.None, null);
        int scheme = text.IndexOf("://", StringComparison.Ordinal);
        if (scheme >= 0 && text[..scheme].ToLowerInvariant() is not ("nats" or "tls"))
        {
            problem = "a server is asked by nats:// or tls://";
            return false;
        }

        if (!Uri.TryCreate(scheme >= 0 ? text : "nats://" + text, UriKind.Absolute, out Uri? uri) || uri.Host.Length == 0
            || uri.AbsolutePath is not ("" or "/") || uri.Query.Length + uri.Fragment.Length > 0 || uri.Port == 0)
        {
            problem = "invalid address of a server: it looks like nats://user:password@host:4222";
            return false;
        }

        address = new ServerAddress(uri.Host.Trim('[', ']'), uri.Port < 0 ? DefaultPort : uri.Port, uri.Scheme == "tls");
        if (uri.UserInfo.Length > 0)
        {
            // A user without password is a token, as in all clients.
            string[] parts = uri.UserInfo.Split(':', 2);
            login = parts.Length == 2
                ? new LoginSource { User = Uri.UnescapeDataString(parts[0]), Password = Uri.UnescapeDataString(parts[1]) }
                : new LoginSource { Token = Uri.UnescapeDataString(parts[0]) };
        }

        return true;
    }

    public override string ToString() => $"{(IsTls ? "tls" : "nats")}://{(Host.Contains(':', StringComparison.Ordinal) ? $"[{Host}]" : Host)}:{Port}";
}
