using System.Buffers;
using System.Text;

namespace NATS.Server.Core.Config;

/// <summary>
/// Strings of the configuration language are bytes, mostly UTF-8. Here they are .NET strings in which a byte that is not UTF-8 is the lone
/// surrogate U+DC00 + byte, so that nothing is lost: a key or a secret never equals another one. Thread-safe.
/// </summary>
internal static class ConfigText
{
    private const int EscapedByteBase = 0xDC00;

    /// <summary>Decodes bytes; total.</summary>
    public static string Decode(ReadOnlySpan<byte> bytes)
    {
        if (System.Text.Unicode.Utf8.IsValid(bytes)) return Encoding.UTF8.GetString(bytes);
        var text = new StringBuilder(bytes.Length);
        while (bytes.Length > 0)
        {
            if (Rune.DecodeFromUtf8(bytes, out var rune, out var consumed) == OperationStatus.Done)
            {
                text.Append(rune.ToString());
            }
            else
            {
                text.Append((char)(EscapedByteBase + bytes[0]));
                consumed = 1;
            }
            bytes = bytes[consumed..];
        }
        return text.ToString();
    }

    /// <summary>True when the character stands for a byte that is not UTF-8. Only meaningful for a character that is not part of a surrogate pair.</summary>
    public static bool IsEscapedByte(char character) => character is >= (char)(EscapedByteBase + 0x80) and <= (char)(EscapedByteBase + 0xFF);

    /// <summary>Orders two decoded strings as their original bytes are ordered.</summary>
    public static int CompareAsBytes(string left, string right) => Encode(left).AsSpan().SequenceCompareTo(Encode(right));

    private static byte[] Encode(string text)
    {
        var bytes = new ArrayBufferWriter<byte>(text.Length + 4);
        for (var i = 0; i < text.Length;)
        {
            var span = bytes.GetSpan(4);
            if (Rune.DecodeFromUtf16(text.AsSpan(i), out var rune, out var consumed) == OperationStatus.Done)
            {
                bytes.Advance(rune.EncodeToUtf8(span));
            }
            else
            {
                span[0] = unchecked((byte)text[i]);
                bytes.Advance(1);
                consumed = 1;
            }
            i += consumed;
        }
        return bytes.WrittenSpan.ToArray();
    }
}
