using System.Diagnostics.CodeAnalysis;

namespace NATS.Server.Auth;

/// <summary>Signatures as texts in CONNECT. Pure.</summary>
internal static class SignatureText
{
    /// <summary>Bytes of a signature.</summary>
    public const int Size = 64;

    /// <summary>Longer texts are not looked at; line breaks, which count for nothing, included.</summary>
    private const int MaxLength = 256;

    /// <summary>Decodes base64 for URLs without padding, or the ordinary base64 with it, as clients of all ages send it.</summary>
    /// <returns>False for anything else; true does not mean that it has the length of a signature.</returns>
    public static bool TryDecode(string text, [NotNullWhen(true)] out byte[]? signature) =>
        TryDecodeUrl(text, out signature) || TryDecodeOrdinary(text, out signature);

    /// <summary>Decodes only base64 for URLs without padding.</summary>
    public static bool TryDecodeUrl(string text, [NotNullWhen(true)] out byte[]? signature)
    {
        signature = null;
        if (text.Length > MaxLength) return false;
        string letters = WithoutLineBreaks(text);
        if (letters.AsSpan().ContainsAny('+', '/', '=') || letters.Length % 4 == 1) return false;
        return TryDecodeCanonical(letters.Replace('-', '+').Replace('_', '/') + new string('=', (4 - (letters.Length % 4)) % 4), out signature);
    }

    private static bool TryDecodeOrdinary(string text, [NotNullWhen(true)] out byte[]? signature)
    {
        signature = null;
        if (text.Length > MaxLength) return false;
        string letters = WithoutLineBreaks(text);
        return letters.Length % 4 == 0 && TryDecodeCanonical(letters, out signature);
    }

    private static bool TryDecodeCanonical(string letters, [NotNullWhen(true)] out byte[]? bytes)
    {
        bytes = null;

        // Blanks are no letters here, unlike for the class library.
        if (letters.AsSpan().ContainsAny(' ', '\t')) return false;
        Span<byte> buffer = stackalloc byte[MaxLength];
        if (!Convert.TryFromBase64String(letters, buffer, out int length)) return false;
        bytes = buffer[..length].ToArray();
        return true;
    }

    private static string WithoutLineBreaks(string text) =>
        text.AsSpan().ContainsAny('\r', '\n') ? text.Replace("\r", "", StringComparison.Ordinal).Replace("\n", "", StringComparison.Ordinal) : text;
}
