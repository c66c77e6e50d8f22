using System.Buffers.Text;
using System.Globalization;
using System.Numerics;
using System.Text;

namespace NATS.Server.Core.JetStream.Ingest;

/// <summary>Pure. Whole numbers of any size in decimal digits.</summary>
internal static class CounterNumber
{
    /// <summary>Whether it is digits after an optional sign.</summary>
    public static bool IsNumber(ReadOnlySpan<byte> text) => Digits(text) is { IsEmpty: false } digits && digits.IndexOfAnyExceptInRange((byte)'0', (byte)'9') < 0;

    /// <summary>The number at the start of a text, 0 when there is none: what the reference makes of a counter that says something else.</summary>
    public static BigInteger Parse(ReadOnlySpan<byte> text)
    {
        ReadOnlySpan<byte> digits = Digits(text);
        int end = digits.IndexOfAnyExceptInRange((byte)'0', (byte)'9');
        if (end >= 0) digits = digits[..end];
        if (digits.IsEmpty) return BigInteger.Zero;
        BigInteger number = BigInteger.Parse(Encoding.ASCII.GetString(digits), NumberStyles.None, CultureInfo.InvariantCulture);
        return text[0] == '-' ? -number : number;
    }

    /// <summary>Reads a number that is not too large.</summary>
    public static bool TryParse(ReadOnlySpan<byte> text, out long number)
    {
        number = 0;
        return IsNumber(text) && Utf8Parser.TryParse(text, out number, out int read) && read == text.Length;
    }

    private static ReadOnlySpan<byte> Digits(ReadOnlySpan<byte> text) => text.Length > 0 && text[0] is (byte)'+' or (byte)'-' ? text[1..] : text;
}
