using System.Buffers;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace NATS.Server.Core.Config;

/// <summary>
/// The digest of a configuration: SHA-256 over the JSON that Go's encoder makes of it (sorted keys, HTML characters escaped, a final line feed),
/// so that both servers name the same configuration alike. Comments, order and layout do not matter. Thread-safe.
/// </summary>
public static class ConfigDigest
{
    private static readonly SearchValues<char> Escaped = SearchValues.Create(
        "\0\u0001\u0002\u0003\u0004\u0005\u0006\a\b\t\n\v\f\r\u000e\u000f\u0010\u0011\u0012\u0013\u0014\u0015\u0016\u0017\u0018\u0019\u001a\u001b\u001c\u001d\u001e\u001f\"\\<>&\u2028\u2029");

    /// <summary><c>sha256:</c> and 64 hexadecimal digits.</summary>
    public static string Of(ConfigMap configuration)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var json = new StringBuilder();
        Write(json, configuration, hash);
        json.Append('\n');
        Flush(json, hash);
        return "sha256:" + Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    private static void Write(StringBuilder json, object content, IncrementalHash hash)
    {
        if (json.Length > 16 * 1024) Flush(json, hash);
        switch (content)
        {
            case string text:
                WriteText(json, text);
                break;
            case long number:
                json.Append(CultureInfo.InvariantCulture, $"{number}");
                break;
            case double number:
                json.Append(GoFormat.JsonNumber(number));
                break;
            case bool value:
                json.Append(value ? "true" : "false");
                break;
            case DateTime time:
                json.Append(CultureInfo.InvariantCulture, $"\"{time:yyyy-MM-dd'T'HH:mm:ss'Z'}\"");
                break;
            case ConfigArray array:
                WriteArray(json, array, hash);
                break;
            case ConfigMap map:
                WriteMap(json, map, hash);
                break;
        }
    }

    private static void WriteArray(StringBuilder json, ConfigArray array, IncrementalHash hash)
    {
        json.Append('[');
        for (var i = 0; i < array.Count; i++)
        {
            if (i > 0) json.Append(',');
            Write(json, array[i].Content, hash);
        }
        json.Append(']');
    }

    private static void WriteMap(StringBuilder json, ConfigMap map, IncrementalHash hash)
    {
        var entries = map.ToArray();
        Array.Sort(entries, static (left, right) => ConfigText.CompareAsBytes(left.Key, right.Key));
        json.Append('{');
        for (var i = 0; i < entries.Length; i++)
        {
            if (i > 0) json.Append(',');
            WriteText(json, entries[i].Key);
            json.Append(':');
            Write(json, entries[i].Value.Content, hash);
        }
        json.Append('}');
    }

    private static void WriteText(StringBuilder json, string text)
    {
        json.Append('"');
        for (var i = 0; i < text.Length; i++)
        {
            var c = text[i];
            if (char.IsHighSurrogate(c))
            {
                // Decoded bytes have high surrogates only in pairs.
                json.Append(c).Append(text[++i]);
            }
            else if (ConfigText.IsEscapedByte(c))
            {
                json.Append('\ufffd');
            }
            else if (!Escaped.Contains(c))
            {
                json.Append(c);
            }
            else
            {
                _ = c switch
                {
                    '"' or '\\' => json.Append('\\').Append(c),
                    '\b' => json.Append("\\b"),
                    '\f' => json.Append("\\f"),
                    '\n' => json.Append("\\n"),
                    '\r' => json.Append("\\r"),
                    '\t' => json.Append("\\t"),
                    _ => json.Append(CultureInfo.InvariantCulture, $"\\u{(int)c:x4}"),
                };
            }
        }
        json.Append('"');
    }

    private static void Flush(StringBuilder json, IncrementalHash hash)
    {
        hash.AppendData(Encoding.UTF8.GetBytes(json.ToString()));
        json.Clear();
    }
}
