using System.Buffers;
using System.Text;

namespace NATS.Server.Core.JetStream.Consumers;

/// <summary>Pure. White space as the reference takes it away: that of Unicode, in UTF-8.</summary>
internal static class WhiteSpace
{
    /// <summary>The text without white space before and behind it.</summary>
    public static ReadOnlySpan<byte> Trim(ReadOnlySpan<byte> text)
    {
        while (Rune.DecodeFromUtf8(text, out Rune first, out int length) == OperationStatus.Done && Rune.IsWhiteSpace(first)) text = text[length..];
        while (Rune.DecodeLastFromUtf8(text, out Rune last, out int length) == OperationStatus.Done && Rune.IsWhiteSpace(last)) text = text[..^length];
        return text;
    }
}
