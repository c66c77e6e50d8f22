using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Unicode;

namespace NATS.Server.Core.JetStream.Json;

/// <summary>Pure. Strings of JSON as the reference decodes them.</summary>
internal static class JsonText
{
    /// <summary>The text between the quotes, escapes resolved; what is no UTF-8 and halves of pairs become U+FFFD.</summary>
    public static string Decode(ReadOnlySpan<byte> text)
    {
        if (text.IndexOf((byte)'\\') < 0) return Encoding.UTF8.GetString(text);
        var bytes = new ArrayBufferWriter<byte>(text.Length);
        while (!text.IsEmpty)
        {
            int escape = text.IndexOf((byte)'\\');
            bytes.Write(escape < 0 ? text : text[..escape]);
            if (escape < 0) break;
            text = text[escape..];
            (Rune rune, int length) = text[1] == 'u' ? DecodeUnicode(text) : (new Rune(Unescape(text[1])), 2);
            bytes.Advance(rune.EncodeToUtf8(bytes.GetSpan(4)));
            text = text[length..];
        }

        return Encoding.UTF8.GetString(bytes.WrittenSpan);
    }

    /// <summary>Text as it came over the wire. What is no UTF-8 in it becomes halves of pairs, which the protocol's JSON writes as the reference does, byte by byte.</summary>
    public static string FromWire(ReadOnlySpan<byte> bytes)
    {
        if (Utf8.IsValid(bytes)) return Encoding.UTF8.GetString(bytes);
        var text = new StringBuilder(bytes.Length);
        while (!bytes.IsEmpty)
        {
            bool isValid = Rune.DecodeFromUtf8(bytes, out Rune rune, out int length) == OperationStatus.Done;
            if (isValid) text.Append(rune);
            else text.Append('\uDC80', length);
            bytes = bytes[length..];
        }

        return text.ToString();
    }

    /// <summary>Whether two names of properties are one to the reference, which does not tell upper from lower case, and also takes the long s and the Kelvin sign for letters.</summary>
    public static bool IsSameName(string name, string known)
    {
        if (name.Length != known.Length) return false;
        for (int i = 0; i < name.Length; i++)
        {
            char letter = name[i] switch { '\u017F' => 's', '\u212A' => 'k', var other => char.IsAscii(other) ? char.ToLowerInvariant(other) : other };
            if (letter != known[i]) return false;
        }

        return true;
    }

    private static char Unescape(byte letter) => letter switch
    {
        (byte)'b' => '\b',
        (byte)'f' => '\f',
        (byte)'n' => '\n',
        (byte)'r' => '\r',
        (byte)'t' => '\t',
        _ => (char)letter,
    };

    private static (Rune Rune, int Length) DecodeUnicode(ReadOnlySpan<byte> text)
    {
        char first = Hexadecimal(text);
        if (Rune.TryCreate(first, out Rune rune)) return (rune, 6);
        if (char.IsHighSurrogate(first) && text.Length >= 12 && text[6] == '\\' && text[7] == 'u' && Rune.TryCreate(first, Hexadecimal(text[6..]), out rune)) return (rune, 12);
        return (Rune.ReplacementChar, 6);
    }

    private static char Hexadecimal(ReadOnlySpan<byte> escape) => (char)ushort.Parse(escape[2..6], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture);
}
