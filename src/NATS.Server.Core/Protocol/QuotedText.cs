using System.Buffers;
using System.Globalization;
using System.Text;

namespace NATS.Server.Core.Protocol;

/// <summary>Bytes of a peer as they may appear in error texts and logs: in double quotes, every control byte and invalid UTF-8 escaped. Pure.</summary>
public static class QuotedText
{
    /// <summary>Quotes UTF-8 bytes the way the reference does (Go's <c>%q</c>), which clients match on.</summary>
    public static string Quote(ReadOnlySpan<byte> text)
    {
        var result = new StringBuilder(text.Length + 2);
        result.Append('"');
        AppendEscaped(result, text);
        return result.Append('"').ToString();
    }

    public static string Quote(string text) => Quote(Encoding.UTF8.GetBytes(text));

    private static void AppendEscaped(StringBuilder result, ReadOnlySpan<byte> text)
    {
        while (!text.IsEmpty)
        {
            if (Rune.DecodeFromUtf8(text, out Rune rune, out int length) != OperationStatus.Done)
            {
                result.Append("\\x").Append(text[0].ToString("x2", CultureInfo.InvariantCulture));
                text = text[1..];
                continue;
            }

            text = text[length..];
            AppendRune(result, rune);
        }
    }

    private static void AppendRune(StringBuilder result, Rune rune)
    {
        switch (rune.Value)
        {
            case '"': result.Append("\\\""); return;
            case '\\': result.Append("\\\\"); return;
            case '\a': result.Append("\\a"); return;
            case '\b': result.Append("\\b"); return;
            case '\f': result.Append("\\f"); return;
            case '\n': result.Append("\\n"); return;
            case '\r': result.Append("\\r"); return;
            case '\t': result.Append("\\t"); return;
            case '\v': result.Append("\\v"); return;
        }

        if (IsPrintable(rune)) result.Append(rune.ToString());
        else if (rune.Value < ' ' || rune.Value == 0x7f) result.Append("\\x").Append(rune.Value.ToString("x2", CultureInfo.InvariantCulture));
        else if (rune.Value < 0x10000) result.Append("\\u").Append(rune.Value.ToString("x4", CultureInfo.InvariantCulture));
        else result.Append("\\U").Append(rune.Value.ToString("x8", CultureInfo.InvariantCulture));
    }

    private static bool IsPrintable(Rune rune)
    {
        if (rune.Value == ' ') return true;
        return Rune.GetUnicodeCategory(rune) is not (UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.Surrogate
            or UnicodeCategory.PrivateUse or UnicodeCategory.OtherNotAssigned or UnicodeCategory.SpaceSeparator
            or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator);
    }
}
