using System.Buffers.Binary;
using System.Runtime.Intrinsics;

namespace NATS.Server.Core.Security;

/// <summary>Pure. GHASH, the authenticator of GCM (NIST SP 800-38D, 6.4). Takes the same time for all keys and data of a length.</summary>
internal struct GaloisHash
{
    public const int BlockSize = 16;

    // Numbers are read big-endian: the coefficient of x^0 is the highest bit.
    private readonly ulong _keyHigh;
    private readonly ulong _keyLow;
    private ulong _high;
    private ulong _low;

    /// <summary>Begins a hash.</summary>
    /// <param name="key">16 bytes: a block of zeros, encrypted.</param>
    public GaloisHash(ReadOnlySpan<byte> key)
    {
        _keyHigh = BinaryPrimitives.ReadUInt64BigEndian(key);
        _keyLow = BinaryPrimitives.ReadUInt64BigEndian(key[sizeof(ulong)..]);
    }

    /// <summary>Takes in data, with zeros after it up to the end of a block.</summary>
    public void Append(ReadOnlySpan<byte> data)
    {
        for (; data.Length >= BlockSize; data = data[BlockSize..])
        {
            Append(BinaryPrimitives.ReadUInt64BigEndian(data), BinaryPrimitives.ReadUInt64BigEndian(data[sizeof(ulong)..]));
        }

        if (data.IsEmpty) return;
        Span<byte> padded = stackalloc byte[BlockSize];
        padded.Clear();
        data.CopyTo(padded);
        Append(BinaryPrimitives.ReadUInt64BigEndian(padded), BinaryPrimitives.ReadUInt64BigEndian(padded[sizeof(ulong)..]));
    }

    /// <summary>Takes in two numbers, as lengths in bits are.</summary>
    public void Append(ulong high, ulong low)
    {
        high ^= _high;
        low ^= _low;
        (ulong v1, ulong v0) = Multiply(low, _keyLow);
        (ulong v3, ulong v2) = Multiply(high, _keyHigh);
        (ulong crossHigh, ulong crossLow) = Multiply(high ^ low, _keyHigh ^ _keyLow);
        crossHigh ^= v1 ^ v3;
        crossLow ^= v0 ^ v2;
        v1 ^= crossLow;
        v2 ^= crossHigh;

        // The product has 255 bits, and the order of bits puts the free one on the wrong side.
        v3 = (v3 << 1) | (v2 >> 63);
        v2 = (v2 << 1) | (v1 >> 63);
        v1 = (v1 << 1) | (v0 >> 63);
        v0 <<= 1;

        // Modulo x^128 + x^7 + x^2 + x + 1.
        v2 ^= v0 ^ (v0 >> 1) ^ (v0 >> 2) ^ (v0 >> 7);
        v1 ^= (v0 << 63) ^ (v0 << 62) ^ (v0 << 57);
        v3 ^= v1 ^ (v1 >> 1) ^ (v1 >> 2) ^ (v1 >> 7);
        v2 ^= (v1 << 63) ^ (v1 << 62) ^ (v1 << 57);
        _high = v3;
        _low = v2;
    }

    /// <summary>Writes the 16 bytes of the hash so far.</summary>
    public readonly void CopyTo(Span<byte> hash)
    {
        BinaryPrimitives.WriteUInt64BigEndian(hash, _high);
        BinaryPrimitives.WriteUInt64BigEndian(hash[sizeof(ulong)..], _low);
    }

    /// <summary>The product without carries, for machines that have no instruction for it.</summary>
    internal static (ulong High, ulong Low) MultiplySlowly(ulong a, ulong b)
    {
        ulong high = 0;
        ulong low = 0;
        for (int i = 0; i < 64; i++)
        {
            ulong mask = unchecked(0UL - ((b >> i) & 1));
            low ^= (a << i) & mask;
            high ^= (a >> 1 >> (63 - i)) & mask;
        }

        return (high, low);
    }

    private static (ulong High, ulong Low) Multiply(ulong a, ulong b)
    {
        if (System.Runtime.Intrinsics.X86.Pclmulqdq.IsSupported)
        {
            Vector128<ulong> product = System.Runtime.Intrinsics.X86.Pclmulqdq.CarrylessMultiply(Vector128.CreateScalar(a), Vector128.CreateScalar(b), 0);
            return (product.GetElement(1), product.GetElement(0));
        }

        if (System.Runtime.Intrinsics.Arm.Aes.IsSupported)
        {
            Vector128<ulong> product = System.Runtime.Intrinsics.Arm.Aes.PolynomialMultiplyWideningLower(Vector64.Create(a), Vector64.Create(b));
            return (product.GetElement(1), product.GetElement(0));
        }

        return MultiplySlowly(a, b);
    }
}
