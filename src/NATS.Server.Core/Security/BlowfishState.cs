using System.Buffers.Binary;
using System.Numerics;
using System.Runtime.CompilerServices;
using System.Security.Cryptography;

namespace NATS.Server.Core.Security;

/// <summary>The cipher inside bcrypt: 18 round keys and four substitution boxes of 256 words, keyed the expensive way. Lives on one thread's stack.</summary>
internal ref struct BlowfishState
{
    private const int RoundKeys = 18;
    private const int Words = RoundKeys + (4 * 256);
    private const int LongestKey = RoundKeys * sizeof(uint);

    // Computed on the first use, so that a server without hashed passwords never pays.
    private static readonly Lazy<uint[]> FractionOfPi = new(ComputeFractionOfPi);

    private readonly Span<uint> _words;

    private BlowfishState(Span<uint> words)
    {
        _words = words;
        FractionOfPi.Value.CopyTo(words);
    }

    /// <summary>Computes the bcrypt digest, 24 bytes of which 23 are used in hashes.</summary>
    public static void ComputeDigest(ReadOnlySpan<byte> password, ReadOnlySpan<byte> salt, int cost, Span<byte> digest)
    {
        Span<uint> words = stackalloc uint[Words];
        Span<byte> key = stackalloc byte[LongestKey];
        Span<byte> saltKey = stackalloc byte[LongestKey];
        RepeatToFill(password, key, terminate: true);
        RepeatToFill(salt, saltKey, terminate: false);

        var state = new BlowfishState(words);
        state.ExpandKey(key, salt);
        for (ulong round = 0; round < 1UL << cost; round++)
        {
            state.ExpandKey(key, default);
            state.ExpandKey(saltKey, default);
        }

        ReadOnlySpan<byte> text = "OrpheanBeholderScryDoubt"u8;
        for (int at = 0; at < text.Length; at += 8)
        {
            uint left = BinaryPrimitives.ReadUInt32BigEndian(text[at..]);
            uint right = BinaryPrimitives.ReadUInt32BigEndian(text[(at + 4)..]);
            for (int i = 0; i < 64; i++)
            {
                state.Encrypt(ref left, ref right);
            }

            BinaryPrimitives.WriteUInt32BigEndian(digest[at..], left);
            BinaryPrimitives.WriteUInt32BigEndian(digest[(at + 4)..], right);
        }

        CryptographicOperations.ZeroMemory(key);
        words.Clear();
    }

    // The key schedule reads its key as a ring: a key is laid out as many times as the round keys need.
    private static void RepeatToFill(ReadOnlySpan<byte> source, Span<byte> target, bool terminate)
    {
        int period = source.Length + (terminate ? 1 : 0);
        for (int i = 0; i < target.Length; i++)
        {
            int at = i % period;
            target[i] = at < source.Length ? source[at] : (byte)0;
        }
    }

    // Pointers spare the bounds checks of four table lookups per round: the whole cost of bcrypt is here.
    private readonly unsafe void ExpandKey(ReadOnlySpan<byte> key, ReadOnlySpan<byte> salt)
    {
        for (int i = 0; i < RoundKeys; i++)
        {
            _words[i] ^= BinaryPrimitives.ReadUInt32BigEndian(key[(i * 4)..]);
        }

        // The two halves of the salt take turns; without a salt they change nothing.
        Span<uint> halves = [0, 0, 0, 0];
        for (int i = 0; i < halves.Length && !salt.IsEmpty; i++)
        {
            halves[i] = BinaryPrimitives.ReadUInt32BigEndian(salt[(i * 4)..]);
        }

        fixed (uint* words = _words)
        {
            uint left = 0, right = 0;
            for (int i = 0; i < Words; i += 2)
            {
                left ^= halves[i & 2];
                right ^= halves[(i & 2) + 1];
                Encrypt(words, ref left, ref right);
                words[i] = left;
                words[i + 1] = right;
            }
        }
    }

    private readonly unsafe void Encrypt(ref uint left, ref uint right)
    {
        fixed (uint* words = _words)
        {
            Encrypt(words, ref left, ref right);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static unsafe void Encrypt(uint* words, ref uint left, ref uint right)
    {
        uint* boxes = words + RoundKeys;
        uint l = left, r = right;
        for (int i = 0; i < RoundKeys - 2; i += 2)
        {
            l ^= words[i];
            r ^= words[i + 1] ^ Mix(boxes, l);
            l ^= Mix(boxes, r);
        }

        left = r ^ words[17];
        right = l ^ words[16];
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static unsafe uint Mix(uint* boxes, uint half) =>
        ((boxes[half >> 24] + boxes[256 + (byte)(half >> 16)]) ^ boxes[512 + (byte)(half >> 8)]) + boxes[768 + (byte)half];

    // Blowfish starts from the binary digits of pi after the point. pi = 16 arctan(1/5) - 4 arctan(1/239) gives them in less time than one
    // verification of usual cost and needs no table of a thousand constants.
    private static uint[] ComputeFractionOfPi()
    {
        const int guardBits = 64;
        const int bits = (Words * 32) + guardBits;
        BigInteger one = BigInteger.One << bits;
        BigInteger pi = (16 * InverseArctangent(5, one)) - (4 * InverseArctangent(239, one));
        BigInteger fraction = (pi - (3 * one)) >> guardBits;

        byte[] bytes = new byte[Words * 4];
        Span<byte> unpadded = fraction.ToByteArray(isUnsigned: true, isBigEndian: true);
        unpadded.CopyTo(bytes.AsSpan(bytes.Length - unpadded.Length));
        uint[] words = new uint[Words];
        for (int i = 0; i < words.Length; i++)
        {
            words[i] = BinaryPrimitives.ReadUInt32BigEndian(bytes.AsSpan(i * 4));
        }

        return words;
    }

    // arctan(1/n) = 1/n - 1/(3 n^3) + 1/(5 n^5) - … in units of 1/one.
    private static BigInteger InverseArctangent(int n, BigInteger one)
    {
        BigInteger power = one / n;
        BigInteger sum = power;
        int square = n * n;
        bool negative = true;
        for (int divisor = 3; !power.IsZero; divisor += 2, negative = !negative)
        {
            power /= square;
            sum += negative ? -(power / divisor) : power / divisor;
        }

        return sum;
    }
}
