using System.Net;

namespace NATS.Server.Core.Jwt;

/// <summary>The networks that a user may come from. Pure.</summary>
public static class SourceNetwork
{
    /// <summary>Reads a network in CIDR form. Bits beyond the prefix may be set.</summary>
    public static bool TryParse(string text, out IPNetwork network)
    {
        network = default;
        int slash = text.IndexOf('/');
        if (slash < 0 || !IsPlainAddress(text.AsSpan(0, slash)) || !IPAddress.TryParse(text.AsSpan(0, slash), out IPAddress? address)) return false;
        ReadOnlySpan<char> digits = text.AsSpan(slash + 1);
        if (digits.IsEmpty || digits.Length > 3 || digits.ContainsAnyExceptInRange('0', '9')) return false;
        byte[] bytes = address.GetAddressBytes();
        int prefix = int.Parse(digits, System.Globalization.CultureInfo.InvariantCulture);
        if (prefix > bytes.Length * 8) return false;
        for (int i = 0; i < bytes.Length; i++)
        {
            int kept = Math.Clamp(prefix - (i * 8), 0, 8);
            bytes[i] &= (byte)(0xFF << (8 - kept));
        }

        network = new IPNetwork(new IPAddress(bytes), prefix);
        return true;
    }

    /// <summary>Whether a client at the address may connect. Without sources any may; with them one at an unknown address may not.</summary>
    public static bool IsAllowed(IReadOnlyList<string> sources, IPAddress? client)
    {
        if (sources.Count == 0) return true;
        if (client is null) return false;
        if (client.IsIPv4MappedToIPv6) client = client.MapToIPv4();
        foreach (string source in sources)
        {
            if (!TryParse(source, out IPNetwork network)) return false;
            if (network.Contains(client)) return true;
        }

        return false;
    }

    // Rules out the short, octal and hexadecimal forms and the zones that the class library reads besides.
    private static bool IsPlainAddress(ReadOnlySpan<char> text)
    {
        if (text.Contains(':')) return !text.ContainsAny("%[]/ ");
        int parts = 0;
        foreach (Range part in text.Split('.'))
        {
            ReadOnlySpan<char> digits = text[part];
            if (digits.Length is 0 or > 3 || digits.ContainsAnyExceptInRange('0', '9') || (digits.Length > 1 && digits[0] == '0')) return false;
            parts++;
        }

        return parts == 4;
    }
}
