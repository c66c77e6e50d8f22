namespace NATS.Server.Core.Security;

/// <summary>Base32 of RFC 4648: A to Z, 2 to 7, no padding. Pure. Takes the same time for all bytes of a length, since seeds are written in it.</summary>
internal static class Base32
{
    /// <summary>Characters of a text for so many bytes.</summary>
    public static int LengthOf(int size) => ((size * 8) + 4) / 5;

    public static string Encode(ReadOnlySpan<byte> bytes)
    {
        char[] text = new char[LengthOf(bytes.Length)];
        Encode(bytes, text);
        return new string(text);
    }

    /// <summary>Writes <see cref="LengthOf"/> characters.</summary>
    public static void Encode(ReadOnlySpan<byte> bytes, Span<char> text)
    {
        int bits = 0;
        int count = 0;
        int written = 0;
        foreach (byte b in bytes)
        {
            bits = (bits << 8) | b;
            count += 8;
            while (count >= 5)
            {
                count -= 5;
                text[written++] = Letter((bits >> count) & 31);
            }

            bits &= 31;
        }

        if (count > 0) text[written] = Letter((bits << (5 - count)) & 31);
    }

    /// <summary>Reads a text that fills <paramref name="bytes"/> exactly.</summary>
    /// <returns>False for another length or letter, or when spare bits are not zero, so that there is one text for the same bytes. They may be half written.</returns>
    public static bool TryDecode(ReadOnlySpan<char> text, Span<byte> bytes)
    {
        if (text.Length != LengthOf(bytes.Length)) return false;
        int wrong = 0;
        int bits = 0;
        int count = 0;
        int written = 0;
        foreach (char c in text)
        {
            int value = Value(c);
            wrong |= value;
            bits = (bits << 5) | (value & 31);
            count += 5;
            if (count < 8) continue;
            count -= 8;
            bytes[written++] = (byte)(bits >> count);
            bits &= (1 << count) - 1;
        }

        // Negative after a wrong letter; what is left in the bits are the spare ones.
        return wrong >= 0 && bits == 0;
    }

    private static char Letter(int value) => (char)('A' + value + (((25 - value) >> 31) & ('2' - 'A' - 26)));

    // 0 to 31, or negative.
    private static int Value(char c)
    {
        int letter = c - 'A';
        int digit = c - '2';
        int notLetter = (letter | (25 - letter)) >> 31;
        int notDigit = (digit | (5 - digit)) >> 31;
        return (letter & ~notLetter) | ((digit + 26) & ~notDigit) | (notLetter & notDigit);
    }
}
