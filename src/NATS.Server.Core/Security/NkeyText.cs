namespace NATS.Server.Core.Security;

/// <summary>
/// The text form of all nkeys: base32 (RFC 4648, upper case, no padding) of leading bytes that choose the first letters, the key, and a CRC-16 of both,
/// lowest byte first. Pure. Takes the same time for all keys of a length, since a seed is a secret.
/// </summary>
internal static class NkeyText
{
    /// <summary>Bytes of the checksum.</summary>
    public const int ChecksumSize = 2;

    /// <summary>Characters of a text for so many bytes.</summary>
    public static int LengthOf(int size) => ((size * 8) + 4) / 5;

    /// <summary>The byte whose text begins with this letter.</summary>
    public static byte LeadingByte(char letter) => (byte)((letter - 'A') << 3);

    /// <summary>Fills in the checksum, the last two bytes, and encodes all.</summary>
    /// <param name="raw">Leading bytes, key, and room for the checksum.</param>
    /// <param name="text">Takes <see cref="LengthOf"/> characters.</param>
    public static void Encode(Span<byte> raw, Span<char> text)
    {
        ushort checksum = Crc16(raw[..^ChecksumSize]);
        raw[^2] = (byte)checksum;
        raw[^1] = (byte)(checksum >> 8);
        int bits = 0;
        int count = 0;
        int written = 0;
        foreach (byte b in raw)
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

    /// <summary>Decodes a text of exactly the right length.</summary>
    /// <param name="text">The whole text, nothing before or after.</param>
    /// <param name="raw">Takes leading bytes, key and checksum. Cleared when the text is not valid.</param>
    /// <returns>False for another length or letter, a wrong checksum, or spare bits that are not zero: every key has one text.</returns>
    public static bool TryDecode(ReadOnlySpan<char> text, Span<byte> raw)
    {
        if (text.Length != LengthOf(raw.Length)) return false;
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
            raw[written++] = (byte)(bits >> count);
            bits &= (1 << count) - 1;
        }

        // Negative after a wrong letter; what is left in the bits are the spare ones.
        int checksum = raw[^2] | (raw[^1] << 8);
        if (wrong >= 0 && bits == 0 && checksum == Crc16(raw[..^ChecksumSize])) return true;
        raw.Clear();
        return false;
    }

    /// <summary>Widens a text in bytes. Bytes above 127 become letters that no text has.</summary>
    public static ReadOnlySpan<char> Widen(ReadOnlySpan<byte> text, Span<char> buffer)
    {
        if (text.Length > buffer.Length) return [];
        for (int i = 0; i < text.Length; i++) buffer[i] = (char)text[i];
        return buffer[..text.Length];
    }

    // A to Z, 2 to 7.
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

    // CRC-16/XMODEM.
    private static ushort Crc16(ReadOnlySpan<byte> bytes)
    {
        int crc = 0;
        foreach (byte b in bytes)
        {
            crc ^= b << 8;
            for (int i = 0; i < 8; i++) crc = (crc << 1) ^ (0x1021 & -((crc >> 15) & 1));
            crc &= 0xFFFF;
        }

        return (ushort)crc;
    }
}
