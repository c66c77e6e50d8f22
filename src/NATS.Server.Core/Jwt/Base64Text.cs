namespace NATS.Server.Core.Jwt;

/// <summary>Base64 with the alphabet of URLs and without padding, as the parts of tokens have it. Pure.</summary>
/// <remarks>As in the reference, line ends are passed over and bits left over at the end are not looked at.</remarks>
public static class Base64Text
{
    /// <summary>Reads text. Null when it is not base64.</summary>
    public static byte[]? TryDecode(ReadOnlySpan<char> text)
    {
        var bytes = new byte[(int)((long)text.Length * 3 / 4)];
        int written = 0;
        int digits = 0;
        uint bits = 0;
        foreach (char c in text)
        {
            if (c is '\r' or '\n') continue;
            int digit = Digit(c);
            if (digit < 0) return null;
            bits = (bits << 6) | (uint)digit;
            if (++digits % 4 != 0) continue;
            bytes[written++] = (byte)(bits >> 16);
            bytes[written++] = (byte)(bits >> 8);
            bytes[written++] = (byte)bits;
        }

        switch (digits % 4)
        {
            case 1: return null;
            case 2:
                bytes[written++] = (byte)(bits >> 4);
                break;
            case 3:
                bytes[written++] = (byte)(bits >> 10);
                bytes[written++] = (byte)(bits >> 2);
                break;
        }

        return written == bytes.Length ? bytes : bytes[..written];
    }

    public static string Encode(ReadOnlySpan<byte> bytes) => System.Buffers.Text.Base64Url.EncodeToString(bytes);

    private static int Digit(char c) => c switch
    {
        >= 'A' and <= 'Z' => c - 'A',
        >= 'a' and <= 'z' => c - 'a' + 26,
        >= '0' and <= '9' => c - '0' + 52,
        '-' => 62,
        '_' => 63,
        _ => -1,
    };
}
