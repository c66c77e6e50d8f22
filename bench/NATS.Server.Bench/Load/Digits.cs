using System.Runtime.CompilerServices;

namespace NATS.Server.Bench.Load;

/// <summary>Numbers of fixed width, written in place. Pure.</summary>
internal static unsafe class Digits
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void WriteThree(byte* target, int value)
    {
        target[0] = (byte)('0' + (value / 100));
        target[1] = (byte)('0' + (value / 10 % 10));
        target[2] = (byte)('0' + (value % 10));
    }

    public static void WriteHex(byte* target, uint value)
    {
        for (var i = 7; i >= 0; i--)
        {
            var nibble = value & 15;
            target[i] = (byte)(nibble < 10 ? '0' + nibble : 'a' + nibble - 10);
            value >>= 4;
        }
    }
}
