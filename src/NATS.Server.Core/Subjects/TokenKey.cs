using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace NATS.Server.Core.Subjects;

/// <summary>
/// A token in 16 bytes that are compared at once: tokens of up to 15 bytes are the key itself, longer ones are a hash and a length and have to be compared
/// byte by byte after the keys were found equal.
/// </summary>
internal readonly struct TokenKey : IEquatable<TokenKey>
{
    private const int LongestInline = 15;
    private const ulong LongMark = 0xFFUL << 56;

    private readonly ulong _low;
    private readonly ulong _high;

    private TokenKey(ulong low, ulong high)
    {
        _low = low;
        _high = high;
    }

    /// <summary>Whether equal keys do not yet mean equal tokens.</summary>
    public bool IsLong => _high >= LongMark;

    /// <summary>Whether the key of a token only stands for it.</summary>
    public static bool IsLongToken(ReadOnlySpan<byte> token) => token.Length > LongestInline;

    /// <summary>Makes the key of a token.</summary>
    /// <param name="token">1 byte or more.</param>
    /// <param name="seed">Unknown to clients, so that they cannot choose tokens that collide.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TokenKey Create(ReadOnlySpan<byte> token, ulong seed)
    {
        ref byte start = ref MemoryMarshal.GetReference(token);
        int length = token.Length;
        ulong lengthMark = (ulong)length << 56;
        switch (length)
        {
            case > LongestInline:
                return new TokenKey(HashLong(token, seed), LongMark | (uint)length);
            case >= 8:
                // The second read overlaps the first; what both have is shifted out.
                return new TokenKey(Read8(ref start), length == 8 ? lengthMark : (Read8(ref Unsafe.Add(ref start, length - 8)) >> (8 * (16 - length))) | lengthMark);
            case >= 4:
                return new TokenKey(Read4(ref start) | (Read4(ref Unsafe.Add(ref start, length - 4)) << (8 * (length - 4))), lengthMark);
            default:
                int middle = length >> 1;
                return new TokenKey(
                    start | ((ulong)Unsafe.Add(ref start, middle) << (8 * middle)) | ((ulong)Unsafe.Add(ref start, length - 1) << (8 * (length - 1))),
                    lengthMark);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool Equals(TokenKey other) => _low == other._low && _high == other._high;

    public override bool Equals(object? obj) => obj is TokenKey other && Equals(other);

    public override int GetHashCode() => (int)Hash(0);

    /// <summary>Where a table starts to look for this key.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public uint Hash(ulong seed)
    {
        ulong folded = Fold(_low ^ seed ^ 0x9E3779B97F4A7C15UL, _high ^ (seed >> 32 | seed << 32) ^ 0xC2B2AE3D27D4EB4FUL);
        return (uint)(folded ^ (folded >> 32));
    }

    private static ulong HashLong(ReadOnlySpan<byte> token, ulong seed)
    {
        ulong hash = seed ^ ((ulong)token.Length * 0x9E3779B97F4A7C15UL);
        while (token.Length > 16)
        {
            hash = Fold(
                BinaryPrimitives.ReadUInt64LittleEndian(token) ^ hash,
                BinaryPrimitives.ReadUInt64LittleEndian(token[8..]) ^ seed ^ 0xA0761D6478BD642FUL);
            token = token[16..];
        }

        // The tail is read from the end, overlapping what was already mixed when it is shorter than 16.
        ref byte end = ref Unsafe.Add(ref MemoryMarshal.GetReference(token), token.Length - 16);
        return Fold(Read8(ref end) ^ hash ^ 0xE7037ED1A0B428DBUL, Read8(ref Unsafe.Add(ref end, 8)) ^ seed ^ 0x8EBC6AF09C88C6E3UL);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ulong Fold(ulong a, ulong b)
    {
        ulong high = Math.BigMul(a, b, out ulong low);
        return high ^ low;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ulong Read8(ref byte start) => Unsafe.ReadUnaligned<ulong>(ref start);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ulong Read4(ref byte start) => Unsafe.ReadUnaligned<uint>(ref start);
}
