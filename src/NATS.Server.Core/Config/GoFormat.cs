using System.Globalization;

namespace NATS.Server.Core.Config;

/// <summary>Texts as Go formats them, for messages, notices and digests that must equal the reference's. Thread-safe.</summary>
public static class GoFormat
{
    /// <summary>A number as <c>%v</c> prints it: the shortest digits, an exponent below 1e-4 and from 1e6.</summary>
    public static string Number(double value) => Format(value, minExponent: -4, maxExponent: 5, hasPaddedExponent: true);

    /// <summary>A number as Go's JSON encoder writes it: the shortest digits, an exponent below 1e-6 and from 1e21.</summary>
    public static string JsonNumber(double value) => Format(value, minExponent: -6, maxExponent: 20, hasPaddedExponent: false);

    /// <summary>A configuration value as <c>%v</c> prints it. Where the reference shows addresses of a map's or array's values, this shows the values.</summary>
    public static string Value(object content) => content switch
    {
        string text => text,
        double number => Number(number),
        bool isTrue => isTrue ? "true" : "false",
        DateTime time => time.ToString("yyyy-MM-dd HH:mm:ss '+0000 UTC'", CultureInfo.InvariantCulture),
        ConfigArray array => $"[{string.Join(' ', array.Select(static item => Value(item.Content)))}]",
        ConfigMap map => $"map[{string.Join(' ', map.Select(static pair => $"{pair.Key}:{Value(pair.Value.Content)}"))}]",
        IFormattable other => other.ToString(null, CultureInfo.InvariantCulture),
        _ => content.ToString() ?? "",
    };

    /// <summary>A text in double quotes with Go's escapes, as <c>%q</c> prints it.</summary>
    public static string Quote(string text)
    {
        var quoted = new System.Text.StringBuilder(text.Length + 2).Append('"');
        for (var i = 0; i < text.Length; i++)
        {
            var c = text[i];
            if (System.Text.Rune.TryGetRuneAt(text, i, out var rune))
            {
                i += rune.Utf16SequenceLength - 1;
                AppendQuoted(quoted, rune);
            }
            else
            {
                quoted.Append(CultureInfo.InvariantCulture, $"\\x{c & 0xFF:x2}");
            }
        }
        return quoted.Append('"').ToString();
    }

    /// <summary>A configuration value as <c>%q</c> prints it, which is meant for texts.</summary>
    public static string QuoteValue(object content) => content switch
    {
        string text => Quote(text),
        long number => QuoteCharacter(number),
        ConfigArray array => $"[{string.Join(' ', array.Select(static item => QuoteValue(item.Content)))}]",
        ConfigMap map => $"map[{string.Join(' ', map.Select(static pair => $"{Quote(pair.Key)}:{QuoteValue(pair.Value.Content)}"))}]",
        _ => $"%!q({ConfigValue.TypeName(content)}={Value(content)})",
    };

    // A number is taken for a character.
    private static string QuoteCharacter(long number)
    {
        var rune = number is >= 0 and <= int.MaxValue && System.Text.Rune.IsValid((int)number) ? new System.Text.Rune((int)number) : System.Text.Rune.ReplacementChar;
        if (rune.Value == '\'') return "'\\''";
        if (rune.Value == '"') return "'\"'";
        var quoted = new System.Text.StringBuilder("'");
        AppendQuoted(quoted, rune);
        return quoted.Append('\'').ToString();
    }

    private static void AppendQuoted(System.Text.StringBuilder quoted, System.Text.Rune rune)
    {
        _ = rune.Value switch
        {
            '"' => quoted.Append("\\\""),
            '\\' => quoted.Append("\\\\"),
            '\a' => quoted.Append("\\a"),
            '\b' => quoted.Append("\\b"),
            '\f' => quoted.Append("\\f"),
            '\n' => quoted.Append("\\n"),
            '\r' => quoted.Append("\\r"),
            '\t' => quoted.Append("\\t"),
            '\v' => quoted.Append("\\v"),
            _ when IsPrintable(rune) => quoted.Append(rune.ToString()),
            < 0x80 => quoted.Append(CultureInfo.InvariantCulture, $"\\x{rune.Value:x2}"),
            < 0x10000 => quoted.Append(CultureInfo.InvariantCulture, $"\\u{rune.Value:x4}"),
            _ => quoted.Append(CultureInfo.InvariantCulture, $"\\U{rune.Value:x8}"),
        };
    }

    // Letters, marks, numbers, punctuation, symbols and the plain space.
    private static bool IsPrintable(System.Text.Rune rune) => rune.Value == ' ' || System.Text.Rune.GetUnicodeCategory(rune) is not (
        UnicodeCategory.SpaceSeparator or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator or UnicodeCategory.Control or
        UnicodeCategory.Format or UnicodeCategory.Surrogate or UnicodeCategory.PrivateUse or UnicodeCategory.OtherNotAssigned);

    private static string Format(double value, int minExponent, int maxExponent, bool hasPaddedExponent)
    {
        if (value == 0) return double.IsNegative(value) ? "-0" : "0";
        // "d.ddddE+xxx" with the shortest digits that read back as the same number
        var scientific = value.ToString("E16", CultureInfo.InvariantCulture);
        for (var precision = 0; precision <= 16; precision++)
        {
            var candidate = value.ToString("E" + precision, CultureInfo.InvariantCulture);
            if (double.Parse(candidate, CultureInfo.InvariantCulture) != value) continue;
            scientific = candidate;
            break;
        }
        var split = scientific.IndexOf('E', StringComparison.Ordinal);
        var exponent = int.Parse(scientific.AsSpan(split + 1), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture);
        var sign = value < 0 ? "-" : "";
        var digits = scientific[..split].Replace(".", "").TrimStart('-').TrimEnd('0');
        if (exponent < minExponent || exponent > maxExponent)
        {
            var mantissa = digits.Length == 1 ? digits : $"{digits[0]}.{digits[1..]}";
            var size = Math.Abs(exponent).ToString(hasPaddedExponent ? "00" : "0", CultureInfo.InvariantCulture);
            return $"{sign}{mantissa}e{(exponent < 0 ? '-' : '+')}{size}";
        }
        if (exponent < 0) return sign + "0." + new string('0', -exponent - 1) + digits;
        return digits.Length <= exponent + 1
            ? sign + digits.PadRight(exponent + 1, '0')
            : $"{sign}{digits[..(exponent + 1)]}.{digits[(exponent + 1)..]}";
    }
}
