using System.Buffers.Binary;

namespace NATS.Server.Core.Security.Curve25519;

/// <summary>
/// An integer modulo L = 2^252 + 27742317777372353535851937790883648493, the order of the base point. Pure. Every operation takes the same time
/// for all values, except those whose name says <c>VariableTime</c>.
/// </summary>
/// <remarks>Four words, lowest first. Products are Montgomery's: a * b / 2^256 modulo L.</remarks>
internal struct Scalar
{
    public const int Size = 32;

    private const ulong L0 = 0x5812631A5CF5D3ED;
    private const ulong L1 = 0x14DEF9DEA2F79CD6;
    private const ulong L3 = 0x1000000000000000;

    // -1/L modulo 2^64.
    private const ulong NegativeInverse = 0xD2B51DA312547E1B;

    // 2^512 and 2^768 modulo L.
    private static readonly Scalar Radix2 = ComputePowerOfTwo(512);
    private static readonly Scalar Radix3 = ComputePowerOfTwo(768);

    private ulong _w0;
    private ulong _w1;
    private ulong _w2;
    private ulong _w3;

    /// <summary>Reads 32 bytes, little-endian, that need not be below L: as the first factor of a product, or for its digits.</summary>
    public static Scalar ReadUnreduced(ReadOnlySpan<byte> bytes) => new()
    {
        _w0 = BinaryPrimitives.ReadUInt64LittleEndian(bytes),
        _w1 = BinaryPrimitives.ReadUInt64LittleEndian(bytes[8..]),
        _w2 = BinaryPrimitives.ReadUInt64LittleEndian(bytes[16..]),
        _w3 = BinaryPrimitives.ReadUInt64LittleEndian(bytes[24..Size]),
    };

    /// <summary>Reads 32 bytes, little-endian, that must be below L. Variable time: for the public half of a signature.</summary>
    public static bool TryReadVariableTime(ReadOnlySpan<byte> bytes, out Scalar scalar)
    {
        scalar = ReadUnreduced(bytes);
        if (scalar._w3 != L3) return scalar._w3 < L3;
        if (scalar._w2 != 0) return false;
        return scalar._w1 != L1 ? scalar._w1 < L1 : scalar._w0 < L0;
    }

    /// <summary>A digest of 64 bytes, little-endian, modulo L.</summary>
    public static Scalar Reduce(ReadOnlySpan<byte> digest)
    {
        // low * 2^512 / 2^256 + high * 2^768 / 2^256 = (low + high * 2^256) * 2^256; a product with 1 takes the last factor away.
        Scalar low = Multiply(ReadUnreduced(digest), Radix2);
        Scalar high = Multiply(ReadUnreduced(digest[Size..]), Radix3);
        return Multiply(Add(low, high), new Scalar { _w0 = 1 });
    }

    /// <summary>a * b + c modulo L.</summary>
    /// <param name="a">Any 256 bits.</param>
    /// <param name="b">Below L.</param>
    /// <param name="c">Below L.</param>
    public static Scalar MultiplyAdd(in Scalar a, in Scalar b, in Scalar c) => Add(Multiply(Multiply(a, b), Radix2), c);

    public readonly void Encode(Span<byte> bytes)
    {
        BinaryPrimitives.WriteUInt64LittleEndian(bytes, _w0);
        BinaryPrimitives.WriteUInt64LittleEndian(bytes[8..], _w1);
        BinaryPrimitives.WriteUInt64LittleEndian(bytes[16..], _w2);
        BinaryPrimitives.WriteUInt64LittleEndian(bytes[24..Size], _w3);
    }

    /// <summary>The 64 digits of -8 to 8 whose sum of digit * 16^i is the scalar, which is below 2^255.</summary>
    public readonly void WriteDigits(Span<sbyte> digits)
    {
        Span<byte> bytes = stackalloc byte[Size];
        Encode(bytes);
        for (int i = 0; i < Size; i++)
        {
            digits[2 * i] = (sbyte)(bytes[i] & 15);
            digits[(2 * i) + 1] = (sbyte)(bytes[i] >> 4);
        }

        int carry = 0;
        for (int i = 0; i < 63; i++)
        {
            int digit = digits[i] + carry;
            carry = (digit + 8) >> 4;
            digits[i] = (sbyte)(digit - (carry << 4));
        }

        digits[63] += (sbyte)carry;
        bytes.Clear();
    }

    /// <summary>
    /// The 256 digits whose sum of digit * 2^i is the scalar, which is below 2^253. They are 0 or odd, smaller than 2^(width-1), and among
    /// <paramref name="width"/> neighbours at most one is not 0. Variable time.
    /// </summary>
    public readonly void WriteSparseDigitsVariableTime(Span<sbyte> digits, int width)
    {
        ReadOnlySpan<ulong> words = [_w0, _w1, _w2, _w3, 0];
        digits.Clear();
        ulong mask = (1UL << width) - 1;
        ulong carry = 0;
        int position = 0;
        while (position < 256)
        {
            int word = position / 64;
            int bit = position % 64;
            ulong window = words[word] >> bit;
            if (bit > 64 - width) window |= words[word + 1] << (64 - bit);
            window = carry + (window & mask);
            if ((window & 1) == 0)
            {
                position++;
                continue;
            }

            // Above half of the range: count down from the next window instead.
            carry = window >> (width - 1);
            digits[position] = (sbyte)((long)window - (long)(carry << width));
            position += width;
        }
    }

    // a * b / 2^256 modulo L, below L if b is.
    private static Scalar Multiply(in Scalar a, in Scalar b)
    {
        ulong t0 = 0, t1 = 0, t2 = 0, t3 = 0, t4 = 0;
        Step(a._w0, b, ref t0, ref t1, ref t2, ref t3, ref t4);
        Step(a._w1, b, ref t0, ref t1, ref t2, ref t3, ref t4);
        Step(a._w2, b, ref t0, ref t1, ref t2, ref t3, ref t4);
        Step(a._w3, b, ref t0, ref t1, ref t2, ref t3, ref t4);
        return SubtractOrderOnce(t0, t1, t2, t3);
    }

    // t = (t + word * b) / 2^64 after adding the multiple of L that makes it divisible.
    private static void Step(ulong word, in Scalar b, ref ulong t0, ref ulong t1, ref ulong t2, ref ulong t3, ref ulong t4)
    {
        ulong carry = 0;
        t0 = MultiplyAdd(word, b._w0, t0, ref carry);
        t1 = MultiplyAdd(word, b._w1, t1, ref carry);
        t2 = MultiplyAdd(word, b._w2, t2, ref carry);
        t3 = MultiplyAdd(word, b._w3, t3, ref carry);
        t4 += carry;

        ulong factor = t0 * NegativeInverse;
        carry = 0;
        MultiplyAdd(factor, L0, t0, ref carry);
        t0 = MultiplyAdd(factor, L1, t1, ref carry);
        t1 = MultiplyAdd(factor, 0, t2, ref carry);
        t2 = MultiplyAdd(factor, L3, t3, ref carry);
        t3 = t4 + carry;
        t4 = t3 < carry ? 1UL : 0;
    }

    // a * b + c + carry: the lower word is returned, the upper one is the new carry.
    private static ulong MultiplyAdd(ulong a, ulong b, ulong c, ref ulong carry)
    {
        UInt128 sum = Math.BigMul(a, b) + c + carry;
        carry = (ulong)(sum >> 64);
        return (ulong)sum;
    }

    // Both below L.
    private static Scalar Add(in Scalar a, in Scalar b)
    {
        UInt128 sum = (UInt128)a._w0 + b._w0;
        ulong w0 = (ulong)sum;
        sum = (sum >> 64) + a._w1 + b._w1;
        ulong w1 = (ulong)sum;
        sum = (sum >> 64) + a._w2 + b._w2;
        ulong w2 = (ulong)sum;
        sum = (sum >> 64) + a._w3 + b._w3;
        return SubtractOrderOnce(w0, w1, w2, (ulong)sum);
    }

    // Takes L away if it is there; the value is below 2L.
    private static Scalar SubtractOrderOnce(ulong w0, ulong w1, ulong w2, ulong w3)
    {
        ulong borrow = 0;
        ulong d0 = Subtract(w0, L0, ref borrow);
        ulong d1 = Subtract(w1, L1, ref borrow);
        ulong d2 = Subtract(w2, 0, ref borrow);
        ulong d3 = Subtract(w3, L3, ref borrow);
        ulong keep = 0 - borrow;
        return new Scalar
        {
            _w0 = d0 ^ (keep & (d0 ^ w0)),
            _w1 = d1 ^ (keep & (d1 ^ w1)),
            _w2 = d2 ^ (keep & (d2 ^ w2)),
            _w3 = d3 ^ (keep & (d3 ^ w3)),
        };
    }

    private static ulong Subtract(ulong a, ulong b, ref ulong borrow)
    {
        UInt128 difference = (UInt128)a - b - borrow;
        borrow = (ulong)(difference >> 64) & 1;
        return (ulong)difference;
    }

    private static Scalar ComputePowerOfTwo(int exponent)
    {
        var power = new Scalar { _w0 = 1 };
        for (int i = 0; i < exponent; i++) power = Add(power, power);
        return power;
    }
}
