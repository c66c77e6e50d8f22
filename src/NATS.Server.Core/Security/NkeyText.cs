namespace NATS.Server.Core.Security;

/// <summary>The text form of public nkeys: base32 of a role byte, 32 key bytes and a CRC-16 of both. Pure.</summary>
public static class NkeyText
{
    /// <summary>Role byte of servers: texts begin with <c>N</c>.</summary>
    public const byte ServerRole = 13 << 3;

    /// <summary>Role byte of keys for encryption: texts begin with <c>X</c>.</summary>
    public const byte CurveRole = 23 << 3;

    private const int KeySize = 32;
    private const string Alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

    /// <summary>Encodes a public key.</summary>
    /// <param name="role">Who the key belongs to, shifted into the upper five bits.</param>
    /// <param name="publicKey">32 bytes.</param>
    public static string Encode(byte role, ReadOnlySpan<byte> publicKey)
    {
        if (publicKey.Length != KeySize) throw new ArgumentException("a public key has 32 bytes", nameof(publicKey));
        Span<byte> raw = stackalloc byte[1 + KeySize + 2];
        raw[0] = role;
        publicKey.CopyTo(raw[1..]);
        ushort crc = Crc16(raw[..^2]);
        raw[^2] = (byte)crc;
        raw[^1] = (byte)(crc >> 8);
        return Base32(raw);
    }

    private static string Base32(ReadOnlySpan<byte> bytes)
    {
        var text = new char[((bytes.Length * 8) + 4) / 5];
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
                text[written++] = Alphabet[(bits >> count) & 31];
            }
        }

        if (count > 0) text[written++] = Alphabet[(bits << (5 - count)) & 31];
        return new string(text, 0, written);
    }

    /// <summary>CRC-16/XMODEM.</summary>
    private static ushort Crc16(ReadOnlySpan<byte> bytes)
    {
        int crc = 0;
        foreach (byte b in bytes)
        {
            crc ^= b << 8;
            for (int i = 0; i < 8; i++) crc = (crc & 0x8000) != 0 ? (crc << 1) ^ 0x1021 : crc << 1;
        }

        return (ushort)crc;
    }
}
