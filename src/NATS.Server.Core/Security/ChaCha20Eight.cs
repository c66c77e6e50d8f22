using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace NATS.Server.Core.Security;

/// <summary>Pure. Eight blocks of the ChaCha20 key stream at a time: a vector holds the same word of all of them.</summary>
internal static class ChaCha20Eight
{
    private const int Blocks = 8;

    /// <summary>Bytes that are made at a time.</summary>
    public const int Size = Blocks * ChaCha20.BlockSize;

    public static bool IsSupported => Avx2.IsSupported;

    /// <summary>Writes eight blocks, the first with the counter of the state.</summary>
    /// <param name="state">Sixteen words.</param>
    /// <param name="stream">Takes <see cref="Size"/> bytes.</param>
    public static void Write(ReadOnlySpan<uint> state, Span<byte> stream)
    {
        _ = stream[Size - 1];
        _ = state[15];
        Vector256<uint> counter = Vector256.Create(state[12]) + Vector256.Create(0u, 1, 2, 3, 4, 5, 6, 7);
        Vector256<uint> x0 = Vector256.Create(state[0]);
        Vector256<uint> x1 = Vector256.Create(state[1]);
        Vector256<uint> x2 = Vector256.Create(state[2]);
        Vector256<uint> x3 = Vector256.Create(state[3]);
        Vector256<uint> x4 = Vector256.Create(state[4]);
        Vector256<uint> x5 = Vector256.Create(state[5]);
        Vector256<uint> x6 = Vector256.Create(state[6]);
        Vector256<uint> x7 = Vector256.Create(state[7]);
        Vector256<uint> x8 = Vector256.Create(state[8]);
        Vector256<uint> x9 = Vector256.Create(state[9]);
        Vector256<uint> x10 = Vector256.Create(state[10]);
        Vector256<uint> x11 = Vector256.Create(state[11]);
        Vector256<uint> x12 = counter;
        Vector256<uint> x13 = Vector256.Create(state[13]);
        Vector256<uint> x14 = Vector256.Create(state[14]);
        Vector256<uint> x15 = Vector256.Create(state[15]);
        for (int i = 0; i < 10; i++)
        {
            QuarterRound(ref x0, ref x4, ref x8, ref x12);
            QuarterRound(ref x1, ref x5, ref x9, ref x13);
            QuarterRound(ref x2, ref x6, ref x10, ref x14);
            QuarterRound(ref x3, ref x7, ref x11, ref x15);
            QuarterRound(ref x0, ref x5, ref x10, ref x15);
            QuarterRound(ref x1, ref x6, ref x11, ref x12);
            QuarterRound(ref x2, ref x7, ref x8, ref x13);
            QuarterRound(ref x3, ref x4, ref x9, ref x14);
        }

        ref byte target = ref MemoryMarshal.GetReference(stream);
        WriteHalf(
            ref target,
            x0 + Vector256.Create(state[0]),
            x1 + Vector256.Create(state[1]),
            x2 + Vector256.Create(state[2]),
            x3 + Vector256.Create(state[3]),
            x4 + Vector256.Create(state[4]),
            x5 + Vector256.Create(state[5]),
            x6 + Vector256.Create(state[6]),
            x7 + Vector256.Create(state[7]));
        WriteHalf(
            ref Unsafe.Add(ref target, ChaCha20.BlockSize / 2),
            x8 + Vector256.Create(state[8]),
            x9 + Vector256.Create(state[9]),
            x10 + Vector256.Create(state[10]),
            x11 + Vector256.Create(state[11]),
            x12 + counter,
            x13 + Vector256.Create(state[13]),
            x14 + Vector256.Create(state[14]),
            x15 + Vector256.Create(state[15]));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void QuarterRound(ref Vector256<uint> a, ref Vector256<uint> b, ref Vector256<uint> c, ref Vector256<uint> d)
    {
        a += b;
        d = Rotate(d ^ a, 16);
        c += d;
        b = Rotate(b ^ c, 12);
        a += b;
        d = Rotate(d ^ a, 8);
        c += d;
        b = Rotate(b ^ c, 7);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<uint> Rotate(Vector256<uint> value, int bits) => (value << bits) | (value >>> (32 - bits));

    // Turns eight words of eight blocks around, and writes them as half of each block.
    private static void WriteHalf(
        ref byte target,
        Vector256<uint> w0,
        Vector256<uint> w1,
        Vector256<uint> w2,
        Vector256<uint> w3,
        Vector256<uint> w4,
        Vector256<uint> w5,
        Vector256<uint> w6,
        Vector256<uint> w7)
    {
        Vector256<ulong> a0 = Avx2.UnpackLow(w0, w1).AsUInt64();
        Vector256<ulong> a1 = Avx2.UnpackHigh(w0, w1).AsUInt64();
        Vector256<ulong> a2 = Avx2.UnpackLow(w2, w3).AsUInt64();
        Vector256<ulong> a3 = Avx2.UnpackHigh(w2, w3).AsUInt64();
        Vector256<ulong> a4 = Avx2.UnpackLow(w4, w5).AsUInt64();
        Vector256<ulong> a5 = Avx2.UnpackHigh(w4, w5).AsUInt64();
        Vector256<ulong> a6 = Avx2.UnpackLow(w6, w7).AsUInt64();
        Vector256<ulong> a7 = Avx2.UnpackHigh(w6, w7).AsUInt64();
        WriteTwo(ref target, 0, Avx2.UnpackLow(a0, a2), Avx2.UnpackLow(a4, a6));
        WriteTwo(ref target, 1, Avx2.UnpackHigh(a0, a2), Avx2.UnpackHigh(a4, a6));
        WriteTwo(ref target, 2, Avx2.UnpackLow(a1, a3), Avx2.UnpackLow(a5, a7));
        WriteTwo(ref target, 3, Avx2.UnpackHigh(a1, a3), Avx2.UnpackHigh(a5, a7));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void WriteTwo(ref byte target, int block, Vector256<ulong> first, Vector256<ulong> second)
    {
        Avx2.Permute2x128(first, second, 0x20).AsByte().StoreUnsafe(ref target, (nuint)(block * ChaCha20.BlockSize));
        Avx2.Permute2x128(first, second, 0x31).AsByte().StoreUnsafe(ref target, (nuint)((block + (Blocks / 2)) * ChaCha20.BlockSize));
    }
}
