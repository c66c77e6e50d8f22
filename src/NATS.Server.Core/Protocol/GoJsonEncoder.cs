using System.Text.Encodings.Web;

namespace NATS.Server.Core.Protocol;

/// <summary>
/// Escapes JSON strings as the reference's JSON library does, for output that is compared byte for byte. Thread-safe; give it to
/// <see cref="System.Text.Json.JsonWriterOptions.Encoder"/>.
/// </summary>
/// <remarks>
/// Escaped: quote, backslash, control characters (short forms for \b \f \n \r \t), <c>&lt; &gt; &amp;</c> and the line separators U+2028 and
/// U+2029, with lower-case hexadecimal digits. Everything else, DEL and non-ASCII text included, is written as it is.
/// </remarks>
public sealed class GoJsonEncoder : JavaScriptEncoder
{
    private const int LongestEscape = 6;
    private const string HexDigits = "0123456789abcdef";

    private GoJsonEncoder()
    {
    }

    public static GoJsonEncoder Instance { get; } = new();

    public override int MaxOutputCharactersPerInputCharacter => LongestEscape;

    public override bool WillEncode(int unicodeScalar) =>
        unicodeScalar is < 0x20 or '"' or '\\' or '<' or '>' or '&' or 0x2028 or 0x2029;

    public override unsafe int FindFirstCharacterToEncode(char* text, int textLength)
    {
        ReadOnlySpan<char> span = new(text, textLength);
        for (int i = 0; i < span.Length; i++)
        {
            char c = span[i];

            // A lone surrogate has no UTF-8 form: reporting it makes the base class replace it.
            if (WillEncode(c) || (char.IsSurrogate(c) && !StartsPair(span[i..])))
            {
                return i;
            }

            if (char.IsHighSurrogate(c))
            {
                i++;
            }
        }

        return -1;
    }

    public override unsafe bool TryEncodeUnicodeScalar(int unicodeScalar, char* buffer, int bufferLength, out int numberOfCharactersWritten)
    {
        Span<char> escape = stackalloc char[LongestEscape];
        ReadOnlySpan<char> text = escape[..WriteEscape(unicodeScalar, escape)];
        bool fits = text.TryCopyTo(new Span<char>(buffer, bufferLength));
        numberOfCharactersWritten = fits ? text.Length : 0;
        return fits;
    }

    private static int WriteEscape(int unicodeScalar, Span<char> escape)
    {
        escape[0] = '\\';
        char shortForm = unicodeScalar switch
        {
            '"' => '"',
            '\\' => '\\',
            '\b' => 'b',
            '\f' => 'f',
            '\n' => 'n',
            '\r' => 'r',
            '\t' => 't',
            _ => '\0',
        };
        if (shortForm != '\0')
        {
            escape[1] = shortForm;
            return 2;
        }

        escape[1] = 'u';
        for (int i = 0; i < 4; i++)
        {
            escape[2 + i] = HexDigits[(unicodeScalar >> (12 - (4 * i))) & 0xF];
        }

        return LongestEscape;
    }

    private static bool StartsPair(ReadOnlySpan<char> text) => text.Length > 1 && char.IsSurrogatePair(text[0], text[1]);
}
