namespace NATS.Server.Options;

/// <summary>Judges the public nkeys of a configuration by their text. Pure.</summary>
internal static class PublicKey
{
    private const int TextLength = 56;
    private const int RoleMask = 0xF8;
    private const int UserRole = 20 << 3;
    private const int AccountRole = 0;

    public static bool IsUser(string text) => RoleOf(text) == UserRole;

    public static bool IsAccount(string text) => RoleOf(text) == AccountRole;

    // The role byte of a text with a right checksum, else -1.
    private static int RoleOf(string text)
    {
        if (text.Length != TextLength) return -1;
        Span<byte> raw = stackalloc byte[TextLength * 5 / 8];
        int bits = 0;
        int count = 0;
        int written = 0;
        foreach (var c in text)
        {
            int value = c switch
            {
                >= 'A' and <= 'Z' => c - 'A',
                >= '2' and <= '7' => c - '2' + 26,
                _ => -1,
            };
            if (value < 0) return -1;
            bits = ((bits << 5) | value) & 0xFFF;
            count += 5;
            if (count < 8) continue;
            count -= 8;
            raw[written++] = (byte)(bits >> count);
        }
        var crc = 0;
        foreach (var b in raw[..^2])
        {
            crc ^= b << 8;
            for (var i = 0; i < 8; i++) crc = (crc & 0x8000) != 0 ? (crc << 1) ^ 0x1021 : crc << 1;
        }
        return (crc & 0xFFFF) == (raw[^2] | (raw[^1] << 8)) ? raw[0] & RoleMask : -1;
    }
}
