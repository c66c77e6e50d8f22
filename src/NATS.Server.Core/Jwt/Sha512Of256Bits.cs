using System.Buffers.Binary;
using System.Numerics;

namespace NATS.Server.Core.Jwt;

/// <summary>SHA-512/256 (FIPS 180-4), which the class library lacks: the digest by which tokens are told apart. Pure.</summary>
internal static class Sha512Of256Bits
{
    private const int BlockSize = 128;
    private const int LengthSize = 16;
    private const int Rounds = 80;

    private static readonly ulong[] InitialState =
    [
        0x22312194FC2BF72C, 0x9F555FA3C84C64C2, 0x2393B86B6F53B151, 0x963877195940EABD,
        0x96283EE2A88EFFE3, 0xBE5E1E2553863992, 0x2B0199FC2C85B8AA, 0x0EB72DDC81C52CA2,
    ];

    private static readonly ulong[] RoundConstants = MakeRoundConstants();

    public static byte[] Hash(ReadOnlySpan<byte> message)
    {
        Span<ulong> state = stackalloc ulong[8];
        InitialState.CopyTo(state);
        ReadOnlySpan<byte> rest = message;
        for (; rest.Length >= BlockSize; rest = rest[BlockSize..]) Compress(state, rest[..BlockSize]);

        Span<byte> last = stackalloc byte[2 * BlockSize];
        last.Clear();
        rest.CopyTo(last);
        last[rest.Length] = 0x80;
        int length = rest.Length + 1 + LengthSize <= BlockSize ? BlockSize : 2 * BlockSize;
        BinaryPrimitives.WriteUInt64BigEndian(last[(length - 8)..], (ulong)message.Length * 8);
        Compress(state, last[..BlockSize]);
        if (length > BlockSize) Compress(state, last[BlockSize..]);

        var digest = new byte[32];
        for (int i = 0; i < 4; i++) BinaryPrimitives.WriteUInt64BigEndian(digest.AsSpan(i * 8), state[i]);
        return digest;
    }

    private static void Compress(Span<ulong> state, ReadOnlySpan<byte> block)
    {
        Span<ulong> words = stackalloc ulong[Rounds];
        for (int i = 0; i < 16; i++) words[i] = BinaryPrimitives.ReadUInt64BigEndian(block[(i * 8)..]);
        for (int i = 16; i < Rounds; i++)
        {
            ulong early = words[i - 15];
            ulong late = words[i - 2];
            ulong s0 = BitOperations.RotateRight(early, 1) ^ BitOperations.RotateRight(early, 8) ^ (early >> 7);
            ulong s1 = BitOperations.RotateRight(late, 19) ^ BitOperations.RotateRight(late, 61) ^ (late >> 6);
            words[i] = words[i - 16] + s0 + words[i - 7] + s1;
        }

        ulong a = state[0], b = state[1], c = state[2], d = state[3], e = state[4], f = state[5], g = state[6], h = state[7];
        for (int i = 0; i < Rounds; i++)
        {
            ulong s1 = BitOperations.RotateRight(e, 14) ^ BitOperations.RotateRight(e, 18) ^ BitOperations.RotateRight(e, 41);
            ulong first = h + s1 + ((e & f) ^ (~e & g)) + RoundConstants[i] + words[i];
            ulong s0 = BitOperations.RotateRight(a, 28) ^ BitOperations.RotateRight(a, 34) ^ BitOperations.RotateRight(a, 39);
            ulong second = s0 + ((a & b) ^ (a & c) ^ (b & c));
            (h, g, f, e, d, c, b, a) = (g, f, e, d + first, c, b, a, first + second);
        }

        state[0] += a;
        state[1] += b;
        state[2] += c;
        state[3] += d;
        state[4] += e;
        state[5] += f;
        state[6] += g;
        state[7] += h;
    }

    // The first 64 bits of the fractional parts of the cube roots of the first 80 primes.
    private static ulong[] MakeRoundConstants()
    {
        var constants = new ulong[Rounds];
        int found = 0;
        for (int candidate = 2; found < Rounds; candidate++)
        {
            if (!IsPrime(candidate)) continue;
            constants[found++] = (ulong)(CubeRoot((BigInteger)candidate << (3 * 64)) & ulong.MaxValue);
        }

        return constants;
    }

    private static bool IsPrime(int number)
    {
        for (int divisor = 2; divisor * divisor <= number; divisor++)
        {
            if (number % divisor == 0) return false;
        }

        return true;
    }

    // The largest integer whose cube is not larger.
    private static BigInteger CubeRoot(BigInteger cube)
    {
        BigInteger low = 0;
        BigInteger high = BigInteger.One << 68;
        while (high - low > 1)
        {
            BigInteger middle = (low + high) >> 1;
            if (middle * middle * middle <= cube)
            {
                low = middle;
            }
            else
            {
                high = middle;
            }
        }

        return low;
    }
}
