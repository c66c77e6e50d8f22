using System.Buffers;

namespace NATS.Server.Core.Jwt;

/// <summary>The parts of a URL that tokens are checked for. Pure.</summary>
/// <param name="Scheme">In lower case; empty when there is none.</param>
/// <param name="HasUser">Whether it has credentials.</param>
/// <param name="Host">Without port.</param>
/// <param name="Path">From the slash on.</param>
internal readonly record struct UrlText(string Scheme, bool HasUser, string Host, string Path)
{
    private static readonly SearchValues<char> SchemeLetters = SearchValues.Create("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789+-.");

    /// <summary>False for a text that cannot be a URL.</summary>
    public static bool TrySplit(string text, out UrlText url)
    {
        url = default;
        if (text.Any(char.IsControl)) return false;
        string scheme = "";
        int colon = text.IndexOf(':');
        int end = text.AsSpan().IndexOfAnyExcept(SchemeLetters);
        if (colon == 0) return false;
        if (colon > 0 && end == colon)
        {
            if (!char.IsAsciiLetter(text[0])) return false;
            scheme = text[..colon].ToLowerInvariant();
            text = text[(colon + 1)..];
        }

        text = text.Split('#', '?')[0];
        if (!text.StartsWith("//", StringComparison.Ordinal))
        {
            url = new UrlText(scheme, HasUser: false, "", text.StartsWith('/') ? text : "");
            return true;
        }

        string authority = text[2..];
        int slash = authority.IndexOf('/');
        string path = slash < 0 ? "" : authority[slash..];
        if (slash >= 0) authority = authority[..slash];
        int at = authority.LastIndexOf('@');
        string host = authority[(at + 1)..];
        if (host.Any(char.IsWhiteSpace)) return false;
        int bracket = host.LastIndexOf(']');
        int port = host.LastIndexOf(':');
        if (port > bracket)
        {
            if (!host[(port + 1)..].All(char.IsAsciiDigit)) return false;
            host = host[..port];
        }

        url = new UrlText(scheme, at >= 0, host, path);
        return true;
    }
}
