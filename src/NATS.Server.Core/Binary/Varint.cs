using System.Numerics;

namespace NATS.Server.Core.Binary;

/// <summary>
/// Pure. Numbers of variable length, as Go writes them: seven bits a byte, the lowest first, the high bit saying that another follows. Signed ones are
/// folded first, so that small negative numbers are short too.
/// </summary>
public static class Varint
{
    /// <summary>The most bytes that a number takes.</summary>
    public const int MaximumLength = 10;

    /// <summary>How many bytes a number takes.</summary>
    public static int LengthOf(ulong number) => (BitOperations.Log2(number | 1) / 7) + 1;

    /// <summary>Writes a number.</summary>
    /// <param name="output">At least <see cref="LengthOf"/> bytes.</param>
    /// <param name="number">Any number.</param>
    /// <returns>How many bytes it took.</returns>
    public static int Write(Span<byte> output, ulong number)
    {
        int length = 0;
        for (; number >= 0x80; number >>= 7)
        {
            output[length++] = (byte)(number | 0x80);
        }

        output[length++] = (byte)number;
        return length;
    }

    /// <summary>Writes a signed number. Returns how many bytes it took.</summary>
    public static int WriteSigned(Span<byte> output, long number) => Write(output, Fold(number));

    /// <summary>Reads a number from the start of a buffer.</summary>
    /// <param name="input">What follows the number is left alone.</param>
    /// <param name="number">The number.</param>
    /// <param name="length">How many bytes it took.</param>
    /// <returns>False when the input ends within the number, or the number has more than 64 bits.</returns>
    public static bool TryRead(ReadOnlySpan<byte> input, out ulong number, out int length)
    {
        number = 0;
        for (int i = 0; i < input.Length && i < MaximumLength; i++)
        {
            byte part = input[i];

            // The tenth byte has room for one bit.
            if (i == MaximumLength - 1 && part > 1) break;
            number |= (ulong)(part & 0x7F) << (7 * i);
            if (part >= 0x80) continue;
            length = i + 1;
            return true;
        }

        length = 0;
        return false;
    }

    internal static ulong Fold(long number) => unchecked((ulong)((number << 1) ^ (number >> 63)));

    internal static long Unfold(ulong folded) => unchecked((long)(folded >> 1) ^ -(long)(folded & 1));
}
