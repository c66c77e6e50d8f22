using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics.X86;
using System.Security.Cryptography;

namespace NATS.Server.Core.Security.Curve25519;

/// <summary>
/// An integer modulo p = 2^255 - 19, the field of Ed25519 and X25519. Pure. Every operation takes the same time for all values.
/// </summary>
/// <remarks>
/// Five limbs of 51 bits and some room. A multiplication leaves limbs of little more than 2^51 ("one unit") and takes limbs below 2^54, that is up to
/// seven units. Sums and differences are not carried, so whoever writes a formula counts units: a sum has those of both sides, a difference has
/// four more than its left side, and its right side may have three.
/// </remarks>
internal struct FieldElement
{
    public const int Size = 32;

    private const ulong Mask = (1UL << 51) - 1;

    // The limbs of 4p, which is 0: added before a subtraction so that no limb goes below zero.
    private const ulong FourP0 = 4 * (Mask - 18);
    private const ulong FourP = 4 * Mask;

    // One factor is shifted by 5 bits and the other by 8: then the 128-bit product splits at bit 51 into its two words, and the parts can be
    // summed in 64 bits each without carrying between them.
    private const int LeftShift = 5;
    private const int RightShift = 8;
    private const int LowShift = LeftShift + RightShift;

    private ulong _l0;
    private ulong _l1;
    private ulong _l2;
    private ulong _l3;
    private ulong _l4;

    public FieldElement(uint value)
    {
        _l0 = value;
        _l1 = _l2 = _l3 = _l4 = 0;
    }

    /// <summary>Reads 32 bytes, little-endian. The highest bit is ignored; values from p on stand for themselves minus p.</summary>
    public static FieldElement Decode(ReadOnlySpan<byte> bytes)
    {
        ulong w0 = BinaryPrimitives.ReadUInt64LittleEndian(bytes);
        ulong w1 = BinaryPrimitives.ReadUInt64LittleEndian(bytes[8..]);
        ulong w2 = BinaryPrimitives.ReadUInt64LittleEndian(bytes[16..]);
        ulong w3 = BinaryPrimitives.ReadUInt64LittleEndian(bytes[24..Size]);
        return new FieldElement
        {
            _l0 = w0 & Mask,
            _l1 = ((w0 >> 51) | (w1 << 13)) & Mask,
            _l2 = ((w1 >> 38) | (w2 << 26)) & Mask,
            _l3 = ((w2 >> 25) | (w3 << 39)) & Mask,
            _l4 = (w3 >> 12) & Mask,
        };
    }

    /// <summary>Writes the one form below p: 32 bytes, little-endian.</summary>
    public readonly void Encode(Span<byte> bytes)
    {
        FieldElement v = this;
        v.Carry();

        // 1 when the value is p or more, from the carries of value + 19.
        ulong q = (v._l0 + 19) >> 51;
        q = (v._l1 + q) >> 51;
        q = (v._l2 + q) >> 51;
        q = (v._l3 + q) >> 51;
        q = (v._l4 + q) >> 51;

        ulong l0 = v._l0 + (19 * q);
        ulong l1 = v._l1 + (l0 >> 51);
        ulong l2 = v._l2 + (l1 >> 51);
        ulong l3 = v._l3 + (l2 >> 51);
        ulong l4 = v._l4 + (l3 >> 51);
        l0 &= Mask;
        l1 &= Mask;
        l2 &= Mask;
        l3 &= Mask;
        l4 &= Mask;
        BinaryPrimitives.WriteUInt64LittleEndian(bytes, l0 | (l1 << 51));
        BinaryPrimitives.WriteUInt64LittleEndian(bytes[8..], (l1 >> 13) | (l2 << 38));
        BinaryPrimitives.WriteUInt64LittleEndian(bytes[16..], (l2 >> 26) | (l3 << 25));
        BinaryPrimitives.WriteUInt64LittleEndian(bytes[24..Size], (l3 >> 39) | (l4 << 12));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Add(out FieldElement result, in FieldElement a, in FieldElement b)
    {
        ulong l0 = a._l0 + b._l0;
        ulong l1 = a._l1 + b._l1;
        ulong l2 = a._l2 + b._l2;
        ulong l3 = a._l3 + b._l3;
        ulong l4 = a._l4 + b._l4;
        result._l0 = l0;
        result._l1 = l1;
        result._l2 = l2;
        result._l3 = l3;
        result._l4 = l4;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Subtract(out FieldElement result, in FieldElement a, in FieldElement b)
    {
        ulong l0 = a._l0 + FourP0 - b._l0;
        ulong l1 = a._l1 + FourP - b._l1;
        ulong l2 = a._l2 + FourP - b._l2;
        ulong l3 = a._l3 + FourP - b._l3;
        ulong l4 = a._l4 + FourP - b._l4;
        result._l0 = l0;
        result._l1 = l1;
        result._l2 = l2;
        result._l3 = l3;
        result._l4 = l4;
    }

    /// <summary>0 - a, carried: one unit.</summary>
    public static void Negate(out FieldElement result, in FieldElement a)
    {
        Subtract(out result, default, a);
        result.Carry();
    }

    /// <summary>The result may be one of the factors. Factors of up to seven units each; a product of one.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)] // fast from the first call on: many clients log in right after a start
    public static void Multiply(out FieldElement result, in FieldElement a, in FieldElement b)
    {
        ulong a0 = a._l0 << LeftShift, a1 = a._l1 << LeftShift, a2 = a._l2 << LeftShift, a3 = a._l3 << LeftShift, a4 = a._l4 << LeftShift;
        ulong b0 = b._l0 << RightShift, b1 = b._l1 << RightShift, b2 = b._l2 << RightShift, b3 = b._l3 << RightShift, b4 = b._l4 << RightShift;

        // What lies above 2^255 comes back times 19.
        ulong a1Wrapped = a1 * 19, a2Wrapped = a2 * 19, a3Wrapped = a3 * 19, a4Wrapped = a4 * 19;

        ulong low0 = 0, low1 = 0, low2 = 0, low3 = 0, low4 = 0;
        ulong high0 = 0, high1 = 0, high2 = 0, high3 = 0, high4 = 0;
        AddProduct(ref low0, ref high0, a0, b0);
        AddProduct(ref low0, ref high0, a1Wrapped, b4);
        AddProduct(ref low0, ref high0, a2Wrapped, b3);
        AddProduct(ref low0, ref high0, a3Wrapped, b2);
        AddProduct(ref low0, ref high0, a4Wrapped, b1);

        AddProduct(ref low1, ref high1, a0, b1);
        AddProduct(ref low1, ref high1, a1, b0);
        AddProduct(ref low1, ref high1, a2Wrapped, b4);
        AddProduct(ref low1, ref high1, a3Wrapped, b3);
        AddProduct(ref low1, ref high1, a4Wrapped, b2);

        AddProduct(ref low2, ref high2, a0, b2);
        AddProduct(ref low2, ref high2, a1, b1);
        AddProduct(ref low2, ref high2, a2, b0);
        AddProduct(ref low2, ref high2, a3Wrapped, b4);
        AddProduct(ref low2, ref high2, a4Wrapped, b3);

        AddProduct(ref low3, ref high3, a0, b3);
        AddProduct(ref low3, ref high3, a1, b2);
        AddProduct(ref low3, ref high3, a2, b1);
        AddProduct(ref low3, ref high3, a3, b0);
        AddProduct(ref low3, ref high3, a4Wrapped, b4);

        AddProduct(ref low4, ref high4, a0, b4);
        AddProduct(ref low4, ref high4, a1, b3);
        AddProduct(ref low4, ref high4, a2, b2);
        AddProduct(ref low4, ref high4, a3, b1);
        AddProduct(ref low4, ref high4, a4, b0);

        result = Combine(low0 + (19 * high4), low1 + high0, low2 + high1, low3 + high2, low4 + high3);
    }

    /// <summary>The result may be the operand. An operand of up to seven units; a square of one.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)] // fast from the first call on: many clients log in right after a start
    public static void Square(out FieldElement result, in FieldElement a)
    {
        ulong a0 = a._l0 << RightShift, a1 = a._l1 << RightShift, a2 = a._l2 << RightShift;
        ulong twice0 = a0 * 2, twice1 = a1 * 2, twice2 = a2 * 2, twice3 = a._l3 << (RightShift + 1);
        ulong left0 = a._l0 << LeftShift, left1 = a._l1 << LeftShift, left2 = a._l2 << LeftShift, left3 = a._l3 << LeftShift, left4 = a._l4 << LeftShift;
        ulong wrapped3 = left3 * 19, wrapped4 = left4 * 19;

        ulong low0 = 0, low1 = 0, low2 = 0, low3 = 0, low4 = 0;
        ulong high0 = 0, high1 = 0, high2 = 0, high3 = 0, high4 = 0;
        AddProduct(ref low0, ref high0, left0, a0);
        AddProduct(ref low0, ref high0, wrapped4, twice1);
        AddProduct(ref low0, ref high0, wrapped3, twice2);

        AddProduct(ref low1, ref high1, left1, twice0);
        AddProduct(ref low1, ref high1, wrapped4, twice2);
        AddProduct(ref low1, ref high1, wrapped3, a._l3 << RightShift);

        AddProduct(ref low2, ref high2, left2, twice0);
        AddProduct(ref low2, ref high2, left1, a1);
        AddProduct(ref low2, ref high2, wrapped4, twice3);

        AddProduct(ref low3, ref high3, left3, twice0);
        AddProduct(ref low3, ref high3, left2, twice1);
        AddProduct(ref low3, ref high3, wrapped4, a._l4 << RightShift);

        AddProduct(ref low4, ref high4, left4, twice0);
        AddProduct(ref low4, ref high4, left3, twice1);
        AddProduct(ref low4, ref high4, left2, a2);

        result = Combine(low0 + (19 * high4), low1 + high0, low2 + high1, low3 + high2, low4 + high3);
    }

    /// <summary>Squares <paramref name="count"/> times: a^(2^count).</summary>
    public static void SquareRepeatedly(out FieldElement result, in FieldElement a, int count)
    {
        Square(out result, a);
        for (int i = 1; i < count; i++) Square(out result, result);
    }

    /// <summary>a * <paramref name="factor"/>. An operand of up to seven units; a product of one.</summary>
    public static void MultiplySmall(out FieldElement result, in FieldElement a, uint factor)
    {
        ulong b = (ulong)factor << RightShift;
        ulong low0 = 0, low1 = 0, low2 = 0, low3 = 0, low4 = 0;
        ulong high0 = 0, high1 = 0, high2 = 0, high3 = 0, high4 = 0;
        AddProduct(ref low0, ref high0, a._l0 << LeftShift, b);
        AddProduct(ref low1, ref high1, a._l1 << LeftShift, b);
        AddProduct(ref low2, ref high2, a._l2 << LeftShift, b);
        AddProduct(ref low3, ref high3, a._l3 << LeftShift, b);
        AddProduct(ref low4, ref high4, a._l4 << LeftShift, b);
        result = Combine(low0 + (19 * high4), low1 + high0, low2 + high1, low3 + high2, low4 + high3);
    }

    /// <summary>1 / a = a^(p-2); 0 for 0.</summary>
    public static void Invert(out FieldElement result, in FieldElement a)
    {
        RaiseToLongRun(out FieldElement run, out FieldElement eleventh, a);
        SquareRepeatedly(out run, run, 5);
        Multiply(out result, run, eleventh);
    }

    /// <summary>a^((p-5)/8), from which square roots are made.</summary>
    public static void RaiseForRoot(out FieldElement result, in FieldElement a)
    {
        FieldElement operand = a;
        RaiseToLongRun(out FieldElement run, out _, a);
        SquareRepeatedly(out run, run, 2);
        Multiply(out result, run, operand);
    }

    /// <summary>Whether two values are equal modulo p.</summary>
    public static bool AreEqual(in FieldElement a, in FieldElement b)
    {
        Span<byte> left = stackalloc byte[Size];
        Span<byte> right = stackalloc byte[Size];
        a.Encode(left);
        b.Encode(right);
        return CryptographicOperations.FixedTimeEquals(left, right);
    }

    /// <summary>The lowest bit of the value below p: the "sign" of RFC 8032.</summary>
    public readonly int LowestBit()
    {
        Span<byte> bytes = stackalloc byte[Size];
        Encode(bytes);
        return bytes[0] & 1;
    }

    /// <summary>Takes over <paramref name="other"/> where the mask has ones: 0 keeps, all ones takes.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Select(in FieldElement other, ulong mask)
    {
        _l0 ^= mask & (_l0 ^ other._l0);
        _l1 ^= mask & (_l1 ^ other._l1);
        _l2 ^= mask & (_l2 ^ other._l2);
        _l3 ^= mask & (_l3 ^ other._l3);
        _l4 ^= mask & (_l4 ^ other._l4);
    }

    /// <summary>Exchanges two values where the mask has ones: 0 or all ones.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Swap(ref FieldElement a, ref FieldElement b, ulong mask)
    {
        ulong d0 = mask & (a._l0 ^ b._l0);
        ulong d1 = mask & (a._l1 ^ b._l1);
        ulong d2 = mask & (a._l2 ^ b._l2);
        ulong d3 = mask & (a._l3 ^ b._l3);
        ulong d4 = mask & (a._l4 ^ b._l4);
        a._l0 ^= d0;
        a._l1 ^= d1;
        a._l2 ^= d2;
        a._l3 ^= d3;
        a._l4 ^= d4;
        b._l0 ^= d0;
        b._l1 ^= d1;
        b._l2 ^= d2;
        b._l3 ^= d3;
        b._l4 ^= d4;
    }

    // a^(2^250 - 1), and a^11 on the way: the common part of both exponents.
    private static void RaiseToLongRun(out FieldElement run250, out FieldElement eleventh, in FieldElement a)
    {
        FieldElement operand = a;
        Square(out FieldElement second, operand);
        SquareRepeatedly(out FieldElement t, second, 2);
        Multiply(out FieldElement ninth, t, operand);
        Multiply(out eleventh, ninth, second);
        Square(out t, eleventh);
        Multiply(out FieldElement run5, t, ninth);
        SquareRepeatedly(out t, run5, 5);
        Multiply(out FieldElement run10, t, run5);
        SquareRepeatedly(out t, run10, 10);
        Multiply(out FieldElement run20, t, run10);
        SquareRepeatedly(out t, run20, 20);
        Multiply(out t, t, run20);
        SquareRepeatedly(out t, t, 10);
        Multiply(out FieldElement run50, t, run10);
        SquareRepeatedly(out t, run50, 50);
        Multiply(out FieldElement run100, t, run50);
        SquareRepeatedly(out t, run100, 100);
        Multiply(out t, t, run100);
        SquareRepeatedly(out t, t, 50);
        Multiply(out run250, t, run50);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void AddProduct(ref ulong low, ref ulong high, ulong a, ulong b)
    {
        if (Bmi2.X64.IsSupported)
        {
            // Math.BigMul passes the lower word through memory here; to multiply twice is faster.
            high += Bmi2.X64.MultiplyNoFlags(a, b);
            low += (a * b) >> LowShift;
            return;
        }

        high += Math.BigMul(a, b, out ulong lowWord);
        low += lowWord >> LowShift;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static FieldElement Combine(ulong r0, ulong r1, ulong r2, ulong r3, ulong r4) => new()
    {
        _l0 = (r0 & Mask) + (19 * (r4 >> 51)),
        _l1 = (r1 & Mask) + (r0 >> 51),
        _l2 = (r2 & Mask) + (r1 >> 51),
        _l3 = (r3 & Mask) + (r2 >> 51),
        _l4 = (r4 & Mask) + (r3 >> 51),
    };

    private void Carry() => this = Combine(_l0, _l1, _l2, _l3, _l4);
}
