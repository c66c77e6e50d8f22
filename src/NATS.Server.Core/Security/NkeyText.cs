namespace NATS.Server.Core.Security;

/// <summary>
/// The text form of all nkeys: base32 of leading bytes that choose the first letters, the key, and a CRC-16 of both, lowest byte first. Pure. Takes the
/// same time for all keys of a length, since a seed is a secret.
/// </summary>
internal static class NkeyText
{
    /// <summary>Bytes of the checksum.</summary>
    public const int ChecksumSize = 2;

    /// <summary>The byte whose text begins with this letter.</summary>
    public static byte LeadingByte(char letter) => (byte)((letter - 'A') << 3);

    /// <summary>Fills in the checksum, the last two bytes, and encodes all.</summary>
    /// <param name="raw">Leading bytes, key, and room for the checksum.</param>
    /// <param name="text">Takes the characters of so many bytes.</param>
    public static void Encode(Span<byte> raw, Span<char> text)
    {
        ushort checksum = Crc16(raw[..^ChecksumSize]);
        raw[^2] = (byte)checksum;
        raw[^1] = (byte)(checksum >> 8);
        Base32.Encode(raw, text);
    }

    /// <summary>Decodes a text of exactly the right length.</summary>
    /// <param name="text">The whole text, nothing before or after.</param>
    /// <param name="raw">Takes leading bytes, key and checksum. Cleared when the text is not valid.</param>
    /// <returns>False for another length or letter, a wrong checksum, or spare bits that are not zero: every key has one text.</returns>
    public static bool TryDecode(ReadOnlySpan<char> text, Span<byte> raw)
    {
        if (Base32.TryDecode(text, raw) && (raw[^2] | (raw[^1] << 8)) == Crc16(raw[..^ChecksumSize])) return true;
        raw.Clear();
        return false;
    }

    /// <summary>Widens a text in bytes. Bytes above 127 become letters that no text has; nothing comes of a text that is too long.</summary>
    public static ReadOnlySpan<char> Widen(ReadOnlySpan<byte> text, Span<char> buffer)
    {
        if (text.Length > buffer.Length) return [];
        for (int i = 0; i < text.Length; i++) buffer[i] = (char)text[i];
        return buffer[..text.Length];
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
