using System.Globalization;
using System.Text;

namespace NATS.Server.Core.Config;

/// <summary>What the characters of the configuration language mean; a character is a Unicode scalar value. Pure.</summary>
internal static class ConfigRunes
{
    /// <summary>The end of the text, and a NUL byte, which the reference takes for it.</summary>
    public const int End = 0;

    public static bool IsSeparator(int r) => r is '=' or ':';

    public static bool IsBlank(int r) => r is '\t' or ' ';

    public static bool IsLineBreak(int r) => r is '\n' or '\r';

    /// <summary>White space of Unicode, line breaks included.</summary>
    public static bool IsSpace(int r) => Rune.IsWhiteSpace(new Rune(r));

    /// <summary>A decimal digit of any script; who converts numbers refuses others than ASCII.</summary>
    public static bool IsDigit(int r) => Rune.GetUnicodeCategory(new Rune(r)) == UnicodeCategory.DecimalDigitNumber;

    public static bool IsSizeSuffix(int r) => r < 128 && (char)(r | 0x20) is 'k' or 'm' or 'g' or 't' or 'p' or 'e';

    public static bool EndsNumber(int r) => IsLineBreak(r) || IsBlank(r) || r is End or '}' or ';' or ',';

    public static bool IsBoolean(ReadOnlySpan<byte> text) =>
        Ascii.EqualsIgnoreCase(text, "true"u8) || Ascii.EqualsIgnoreCase(text, "false"u8) ||
        Ascii.EqualsIgnoreCase(text, "on"u8) || Ascii.EqualsIgnoreCase(text, "off"u8) ||
        Ascii.EqualsIgnoreCase(text, "yes"u8) || Ascii.EqualsIgnoreCase(text, "no"u8);

    /// <summary>A character as messages show it.</summary>
    public static string Show(int r) => r == '\n' ? "\\n" : new Rune(r).ToString();
}
