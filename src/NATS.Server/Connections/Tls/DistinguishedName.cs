using System.Globalization;
using System.Security.Cryptography.X509Certificates;
using System.Text;

namespace NATS.Server.Connections.Tls;

/// <summary>Names of certificates as the reference shows them: <c>CN=a,OU=b+OU=c,O=d</c>. Pure.</summary>
internal static class DistinguishedName
{
    // In the reference's order; shown from the last to the first.
    private static readonly (string Oid, string Name)[] Known =
    [
        ("2.5.4.6", "C"), ("2.5.4.10", "O"), ("2.5.4.11", "OU"), ("2.5.4.7", "L"), ("2.5.4.8", "ST"), ("2.5.4.9", "STREET"), ("2.5.4.17", "POSTALCODE"),
        ("2.5.4.3", "CN"), ("2.5.4.5", "SERIALNUMBER"),
    ];

    public static string Format(X500DistinguishedName name)
    {
        var values = new Dictionary<string, List<string>>(StringComparer.Ordinal);
        var parts = new List<string>();
        foreach (X500RelativeDistinguishedName part in name.EnumerateRelativeDistinguishedNames(reversed: false))
        {
            if (part.HasMultipleElements)
            {
                // Rare enough to be shown as the class library does.
                parts.Add(new X500DistinguishedName(Wrap(part.RawData)).Name);
                continue;
            }

            string oid = part.GetSingleElementType().Value ?? "";
            string value = part.GetSingleElementValue() ?? "";
            if (!Array.Exists(Known, known => known.Oid == oid))
            {
                parts.Add($"{oid}={Escape(value)}");
                continue;
            }

            if (!values.TryGetValue(oid, out List<string>? list)) values[oid] = list = [];
            list.Add(value);
        }

        foreach ((string oid, string label) in Known)
        {
            if (!values.TryGetValue(oid, out List<string>? list)) continue;

            // There is only one common name and one serial number: the last.
            if (label is "CN" or "SERIALNUMBER") list = [list[^1]];
            parts.Add(string.Join('+', list.Select(value => $"{label}={Escape(value)}")));
        }

        parts.Reverse();
        return string.Join(',', parts);
    }

    private static byte[] Wrap(ReadOnlyMemory<byte> part)
    {
        var writer = new System.Formats.Asn1.AsnWriter(System.Formats.Asn1.AsnEncodingRules.DER);
        using (writer.PushSequence()) writer.WriteEncodedValue(part.Span);
        return writer.Encode();
    }

    // RFC 2253, 2.4.
    private static string Escape(string value)
    {
        var text = new StringBuilder(value.Length);
        for (int i = 0; i < value.Length; i++)
        {
            char c = value[i];
            bool atEdge = (i == 0 && c is ' ' or '#') || (i == value.Length - 1 && c == ' ');
            if (atEdge || c is ',' or '+' or '"' or '\\' or '<' or '>' or ';') text.Append('\\');
            if (c < ' ') text.Append(string.Create(CultureInfo.InvariantCulture, $"\\{(int)c:X2}"));
            else text.Append(c);
        }

        return text.ToString();
    }
}
