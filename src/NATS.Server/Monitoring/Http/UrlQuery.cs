using System.Text;

namespace NATS.Server.Monitoring.Http;

/// <summary>
/// The parameters of a URL. Immutable, thread-safe. Values are bytes, since error texts quote exactly what was sent. A pair that cannot be decoded
/// or that contains a semicolon is dropped, as the reference does; of a repeated parameter the first counts.
/// </summary>
internal sealed class UrlQuery
{
    private readonly Dictionary<string, byte[]> _values = new(StringComparer.Ordinal);

    /// <summary>Decodes the parameters.</summary>
    /// <param name="rawQuery">What follows the question mark, percent-encoded, one character per byte.</param>
    public UrlQuery(string rawQuery)
    {
        foreach (Range range in rawQuery.AsSpan().Split('&'))
        {
            ReadOnlySpan<char> pair = rawQuery.AsSpan(range);
            if (pair.IsEmpty || pair.Contains(';')) continue;
            int equals = pair.IndexOf('=');
            string name = new(equals < 0 ? pair : pair[..equals]);
            string value = equals < 0 ? "" : new(pair[(equals + 1)..]);
            if (UrlPath.TryUnescape(Encoding.Latin1.GetBytes(name), plusIsSpace: true, out byte[] nameBytes)
                && UrlPath.TryUnescape(Encoding.Latin1.GetBytes(value), plusIsSpace: true, out byte[] valueBytes))
            {
                _values.TryAdd(Encoding.UTF8.GetString(nameBytes), valueBytes);
            }
        }
    }

    /// <summary>The first value of a parameter; empty when it is absent.</summary>
    public ReadOnlySpan<byte> Bytes(string name) => _values.TryGetValue(name, out byte[]? value) ? value : default;

    /// <summary>The first value of a parameter as text; empty when it is absent.</summary>
    public string Text(string name) => Encoding.UTF8.GetString(Bytes(name));
}
