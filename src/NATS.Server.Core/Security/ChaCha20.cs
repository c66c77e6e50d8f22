using System.Buffers.Binary;
using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Security.Cryptography;

namespace NATS.Server.Core.Security;

/// <summary>The stream cipher ChaCha20 of RFC 8439 and its key derivation HChaCha20. Pure. Takes the same time for all keys.</summary>
internal static class ChaCha20
{
    public const int KeySize = 32;
    public const int NonceSize = 12;

    /// <summary>Bytes of a block of the key stream.</summary>
    public const int BlockSize = 64;

    /// <summary>Bytes of which <see cref="DeriveKey"/> makes a key.</summary>
    public const int DerivationSize = 16;

    // Below this many bytes it is faster to make blocks one by one than eight of which most are thrown away.
    private const int WorthEight = 3 * BlockSize;

    /// <summary>Derives a key from a key and 16 bytes.</summary>
    public static void DeriveKey(ReadOnlySpan<byte> key, ReadOnlySpan<byte> input, Span<byte> derived)
    {
        Span<uint> state = stackalloc uint[16];
        Load(state, key, input[4..]);
        state[12] = BinaryPrimitives.ReadUInt32LittleEndian(input);
        Rows rows = Rows.Load(state);
        rows.Mix();
        rows.Store(state);
        for (int i = 0; i < 4; i++)
        {
            BinaryPrimitives.WriteUInt32LittleEndian(derived[(4 * i)..], state[i]);
            BinaryPrimitives.WriteUInt32LittleEndian(derived[(16 + (4 * i))..], state[12 + i]);
        }

        state.Clear();
    }

    /// <summary>Encrypts or decrypts in place.</summary>
    /// <param name="key">32 bytes.</param>
    /// <param name="nonce">12 bytes.</param>
    /// <param name="firstBlock">The number of the block with which the data begins.</param>
    /// <param name="data">Any length that does not use up the 2^32 blocks of the key stream.</param>
    [SkipLocalsInit]
    public static void Apply(ReadOnlySpan<byte> key, ReadOnlySpan<byte> nonce, uint firstBlock, Span<byte> data)
    {
        Debug.Assert(firstBlock + (((ulong)data.Length + BlockSize - 1) / BlockSize) <= 1UL << 32);
        Span<uint> state = stackalloc uint[16];
        Span<byte> stream = stackalloc byte[ChaCha20Eight.Size];
        Load(state, key, nonce);
        state[12] = firstBlock;

        while (!data.IsEmpty)
        {
            int size = BlockSize;
            if (ChaCha20Eight.IsSupported && data.Length >= WorthEight)
            {
                ChaCha20Eight.Write(state, stream);
                size = ChaCha20Eight.Size;
            }
            else
            {
                WriteBlock(state, stream);
            }

            size = Math.Min(size, data.Length);
            KeyStream.Combine(data[..size], stream);
            data = data[size..];
            unchecked
            {
                state[12] += (uint)(size / BlockSize);
            }
        }

        CryptographicOperations.ZeroMemory(stream);
        CryptographicOperations.ZeroMemory(MemoryMarshal.AsBytes(state));
    }

    private static void WriteBlock(ReadOnlySpan<uint> state, Span<byte> block)
    {
        Rows initial = Rows.Load(state);
        Rows rows = initial;
        rows.Mix();
        rows.Add(initial);
        Span<uint> words = stackalloc uint[16];
        rows.Store(words);
        for (int i = 0; i < words.Length; i++)
        {
            BinaryPrimitives.WriteUInt32LittleEndian(block[(4 * i)..], words[i]);
        }
    }

    // "expand 32-byte k", the key, a word that is the caller's, the nonce.
    private static void Load(Span<uint> state, ReadOnlySpan<byte> key, ReadOnlySpan<byte> nonce)
    {
        state[0] = 0x61707865;
        state[1] = 0x3320646E;
        state[2] = 0x79622D32;
        state[3] = 0x6B206574;
        for (int i = 0; i < 8; i++)
        {
            state[4 + i] = BinaryPrimitives.ReadUInt32LittleEndian(key[(4 * i)..]);
        }

        for (int i = 0; i < 3; i++)
        {
            state[13 + i] = BinaryPrimitives.ReadUInt32LittleEndian(nonce[(4 * i)..]);
        }
    }

    // One block, a row a vector. The diagonals are made columns by turning three of the rows.
    private struct Rows
    {
        private Vector128<uint> _a;
        private Vector128<uint> _b;
        private Vector128<uint> _c;
        private Vector128<uint> _d;

        public static Rows Load(ReadOnlySpan<uint> state) => new()
        {
            _a = Vector128.Create(state),
            _b = Vector128.Create(state[4..]),
            _c = Vector128.Create(state[8..]),
            _d = Vector128.Create(state[12..]),
        };

        public readonly void Store(Span<uint> state)
        {
            _a.CopyTo(state);
            _b.CopyTo(state[4..]);
            _c.CopyTo(state[8..]);
            _d.CopyTo(state[12..]);
        }

        public void Add(in Rows other)
        {
            _a += other._a;
            _b += other._b;
            _c += other._c;
            _d += other._d;
        }

        // Twenty rounds: columns and diagonals in turn.
        public void Mix()
        {
            Vector128<uint> a = _a;
            Vector128<uint> b = _b;
            Vector128<uint> c = _c;
            Vector128<uint> d = _d;
            for (int i = 0; i < 10; i++)
            {
                QuarterRounds(ref a, ref b, ref c, ref d);
                b = Vector128.Shuffle(b, Vector128.Create(1u, 2, 3, 0));
                c = Vector128.Shuffle(c, Vector128.Create(2u, 3, 0, 1));
                d = Vector128.Shuffle(d, Vector128.Create(3u, 0, 1, 2));
                QuarterRounds(ref a, ref b, ref c, ref d);
                b = Vector128.Shuffle(b, Vector128.Create(3u, 0, 1, 2));
                c = Vector128.Shuffle(c, Vector128.Create(2u, 3, 0, 1));
                d = Vector128.Shuffle(d, Vector128.Create(1u, 2, 3, 0));
            }

            _a = a;
            _b = b;
            _c = c;
            _d = d;
        }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private static void QuarterRounds(ref Vector128<uint> a, ref Vector128<uint> b, ref Vector128<uint> c, ref Vector128<uint> d)
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
        private static Vector128<uint> Rotate(Vector128<uint> value, int bits) => (value << bits) | (value >>> (32 - bits));
    }
}
