using System.Globalization;
using System.Text;

namespace NATS.Server.Core.Subjects;

/// <summary>Quotes text in error messages as the reference does, so that they read the same. Thread-safe.</summary>
internal static class GoQuote
{
    /// <summary>Double quotes around the text; quotes, backslashes and what cannot be printed are escaped.</summary>
    public static string Quote(string text)
    {
        var quoted = new StringBuilder(text.Length + 2).Append('"');
        foreach (Rune rune in text.EnumerateRunes())
        {
            switch (rune.Value)
            {
                case '"' or '\\':
                    quoted.Append('\\').Append((char)rune.Value);
                    break;
                case '\a' or '\b' or '\f' or '\n' or '\r' or '\t' or '\v':
                    quoted.Append('\\').Append("abtnvfr"[rune.Value - '\a']);
                    break;
                case < 0x20 or 0x7F:
                    quoted.Append(CultureInfo.InvariantCulture, $"\\x{rune.Value:x2}");
                    break;
                default:
                    quoted.Append(rune.ToString());
                    break;
            }
        }

        return quoted.Append('"').ToString();
    }
}
