namespace NATS.Server.Host.Flags;

/// <summary>Integers as Go's <c>strconv.ParseInt(text, 0, 64)</c> reads them: prefixes 0x, 0o, 0b and 0, and single underscores between digits. Pure.</summary>
internal static class GoInteger
{
    public const string ParseError = "parse error";
    public const string RangeError = "value out of range";

    /// <summary>Reads the whole text.</summary>
    /// <returns>Null, <see cref="ParseError"/> or <see cref="RangeError"/>.</returns>
    public static string? Parse(ReadOnlySpan<char> text, out long value)
    {
        value = 0;
        var negative = text is ['-', ..];
        if (text is ['-' or '+', ..])
            text = text[1..];
        if (text.IsEmpty)
            return ParseError;

        var radix = 10;
        var afterDigit = false; // an underscore may follow a digit or a radix prefix, never stand first
        if (text.Length > 1 && text[0] == '0')
        {
            (radix, var prefix) = text[1] switch
            {
                'x' or 'X' => (16, 2),
                'o' or 'O' => (8, 2),
                'b' or 'B' => (2, 2),
                _ => (8, 1),
            };
            text = text[prefix..];
            afterDigit = true;
            if (text.IsEmpty)
                return ParseError;
        }

        ulong magnitude = 0;
        var overflow = false;
        foreach (var c in text)
        {
            if (c == '_')
            {
                if (!afterDigit)
                    return ParseError;
                afterDigit = false;
                continue;
            }
            var digit = DigitOf(c);
            if (digit >= radix)
                return ParseError;
            afterDigit = true;
            overflow |= magnitude > (ulong.MaxValue - (ulong)digit) / (ulong)radix;
            magnitude = unchecked((magnitude * (ulong)radix) + (ulong)digit);
        }
        if (!afterDigit)
            return ParseError;

        var limit = negative ? 1UL << 63 : long.MaxValue;
        if (overflow || magnitude > limit)
            return RangeError;
        value = unchecked(negative ? (long)(0 - magnitude) : (long)magnitude);
        return null;
    }

    private static int DigitOf(char c) => c switch
    {
        >= '0' and <= '9' => c - '0',
        >= 'a' and <= 'z' => c - 'a' + 10,
        >= 'A' and <= 'Z' => c - 'A' + 10,
        _ => int.MaxValue,
    };
}
