using System.Text;

namespace NATS.Server.Monitoring.Http;

/// <summary>Pure functions over URL paths. Thread-safe.</summary>
internal static class UrlPath
{
    /// <summary>Removes percent-encoding and decodes UTF-8; malformed UTF-8 becomes replacement characters.</summary>
    /// <returns>False for a percent sign that two hexadecimal digits do not follow.</returns>
    public static bool TryDecode(ReadOnlySpan<byte> encoded, out string decoded)
    {
        bool isValid = TryUnescape(encoded, plusIsSpace: false, out byte[] bytes);
        decoded = isValid ? Encoding.UTF8.GetString(bytes) : "";
        return isValid;
    }

    /// <summary>Removes percent-encoding.</summary>
    public static bool TryUnescape(ReadOnlySpan<byte> encoded, bool plusIsSpace, out byte[] decoded)
    {
        byte[] buffer = new byte[encoded.Length];
        int length = 0;
        for (int i = 0; i < encoded.Length; i++)
        {
            byte b = encoded[i];
            if (b == '%')
            {
                if (i + 2 >= encoded.Length || !char.IsAsciiHexDigit((char)encoded[i + 1]) || !char.IsAsciiHexDigit((char)encoded[i + 2]))
                {
                    decoded = [];
                    return false;
                }

                b = (byte)((HexValue(encoded[i + 1]) << 4) | HexValue(encoded[i + 2]));
                i += 2;
            }
            else if (b == '+' && plusIsSpace)
            {
                b = (byte)' ';
            }

            buffer[length++] = b;
        }

        decoded = buffer[..length];
        return true;
    }

    /// <summary>
    /// The shortest path with the same meaning: repeated slashes, <c>.</c> and <c>..</c> removed, a leading slash added, a trailing slash kept.
    /// </summary>
    public static string Clean(string path)
    {
        var kept = new List<string>();
        foreach (string part in path.Split('/'))
        {
            if (part is "" or ".") continue;
            if (part != "..") kept.Add(part);
            else if (kept.Count > 0) kept.RemoveAt(kept.Count - 1);
        }

        string cleaned = "/" + string.Join('/', kept);
        return path.EndsWith('/') && kept.Count > 0 ? cleaned + "/" : cleaned;
    }

    private static int HexValue(byte digit) => digit <= '9' ? digit - '0' : (digit | 0x20) - 'a' + 10;
}
