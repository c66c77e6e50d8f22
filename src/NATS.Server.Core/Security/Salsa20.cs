using System.Buffers.Binary;
using System.Numerics;
using System.Runtime.CompilerServices;
using System.Security.Cryptography;

namespace NATS.Server.Core.Security;

/// <summary>The stream cipher Salsa20 and its key derivation HSalsa20 (Bernstein, 2005 and 2011). Pure. Takes the same time for all keys.</summary>
internal static class Salsa20
{
    public const int KeySize = 32;

    /// <summary>Bytes of a block of the key stream.</summary>
    public const int BlockSize = 64;

    private const int Words = 16;

    /// <summary>Derives a key from a key and 16 bytes.</summary>
    public static void DeriveKey(ReadOnlySpan<byte> key, ReadOnlySpan<byte> input, Span<byte> derived)
    {
        Span<uint> state = stackalloc uint[Words];
        Load(state, key, input);
        Mix(state);
        ReadOnlySpan<int> taken = [0, 5, 10, 15, 6, 7, 8, 9];
        for (int i = 0; i < taken.Length; i++) BinaryPrimitives.WriteUInt32LittleEndian(derived[(4 * i)..], state[taken[i]]);
        state.Clear();
    }

    /// <summary>Writes a block of the key stream.</summary>
    /// <param name="key">32 bytes.</param>
    /// <param name="nonce">8 bytes.</param>
    /// <param name="counter">The number of the block.</param>
    /// <param name="block">Takes 64 bytes.</param>
    public static void WriteBlock(ReadOnlySpan<byte> key, ReadOnlySpan<byte> nonce, ulong counter, Span<byte> block)
    {
        Span<byte> input = stackalloc byte[16];
        nonce[..8].CopyTo(input);
        BinaryPrimitives.WriteUInt64LittleEndian(input[8..], counter);
        Span<uint> initial = stackalloc uint[Words];
        Span<uint> state = stackalloc uint[Words];
        Load(initial, key, input);
        initial.CopyTo(state);
        Mix(state);
        for (int i = 0; i < Words; i++) BinaryPrimitives.WriteUInt32LittleEndian(block[(4 * i)..], state[i] + initial[i]);
        initial.Clear();
        state.Clear();
    }

    /// <summary>Encrypts or decrypts in place.</summary>
    /// <param name="key">32 bytes.</param>
    /// <param name="nonce">8 bytes.</param>
    /// <param name="firstBlock">The number of the block with which the data begins.</param>
    /// <param name="data">Any length.</param>
    public static void Apply(ReadOnlySpan<byte> key, ReadOnlySpan<byte> nonce, ulong firstBlock, Span<byte> data)
    {
        Span<byte> block = stackalloc byte[BlockSize];
        for (ulong counter = firstBlock; data.Length > 0; counter++)
        {
            WriteBlock(key, nonce, counter, block);
            int count = Math.Min(BlockSize, data.Length);
            for (int i = 0; i < count; i++) data[i] ^= block[i];
            data = data[count..];
        }

        CryptographicOperations.ZeroMemory(block);
    }

    // The words of "expand 32-byte k" on the diagonal, the key and the input between them.
    private static void Load(Span<uint> state, ReadOnlySpan<byte> key, ReadOnlySpan<byte> input)
    {
        state[0] = 0x61707865;
        state[5] = 0x3320646E;
        state[10] = 0x79622D32;
        state[15] = 0x6B206574;
        for (int i = 0; i < 4; i++)
        {
            state[1 + i] = BinaryPrimitives.ReadUInt32LittleEndian(key[(4 * i)..]);
            state[6 + i] = BinaryPrimitives.ReadUInt32LittleEndian(input[(4 * i)..]);
            state[11 + i] = BinaryPrimitives.ReadUInt32LittleEndian(key[(16 + (4 * i))..]);
        }
    }

    // Twenty rounds: columns and rows in turn.
    private static void Mix(Span<uint> state)
    {
        uint x0 = state[0], x1 = state[1], x2 = state[2], x3 = state[3], x4 = state[4], x5 = state[5], x6 = state[6], x7 = state[7];
        uint x8 = state[8], x9 = state[9], x10 = state[10], x11 = state[11], x12 = state[12], x13 = state[13], x14 = state[14], x15 = state[15];
        for (int i = 0; i < 10; i++)
        {
            QuarterRound(ref x0, ref x4, ref x8, ref x12);
            QuarterRound(ref x5, ref x9, ref x13, ref x1);
            QuarterRound(ref x10, ref x14, ref x2, ref x6);
            QuarterRound(ref x15, ref x3, ref x7, ref x11);
            QuarterRound(ref x0, ref x1, ref x2, ref x3);
            QuarterRound(ref x5, ref x6, ref x7, ref x4);
            QuarterRound(ref x10, ref x11, ref x8, ref x9);
            QuarterRound(ref x15, ref x12, ref x13, ref x14);
        }

        state[0] = x0;
        state[1] = x1;
        state[2] = x2;
        state[3] = x3;
        state[4] = x4;
        state[5] = x5;
        state[6] = x6;
        state[7] = x7;
        state[8] = x8;
        state[9] = x9;
        state[10] = x10;
        state[11] = x11;
        state[12] = x12;
        state[13] = x13;
        state[14] = x14;
        state[15] = x15;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void QuarterRound(ref uint a, ref uint b, ref uint c, ref uint d)
    {
        b ^= BitOperations.RotateLeft(a + d, 7);
        c ^= BitOperations.RotateLeft(b + a, 9);
        d ^= BitOperations.RotateLeft(c + b, 13);
        a ^= BitOperations.RotateLeft(d + c, 18);
    }
}
