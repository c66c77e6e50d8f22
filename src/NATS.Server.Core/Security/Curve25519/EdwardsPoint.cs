using System.Runtime.CompilerServices;

namespace NATS.Server.Core.Security.Curve25519;

/// <summary>
/// A point of the curve -x² + y² = 1 + d x² y² in extended coordinates: x = X/Z, y = Y/Z, T = XY/Z. Pure. The formulas are complete: they hold
/// for all points, also those of small order, without a special case.
/// </summary>
/// <remarks>Formulas: Hisil, Wong, Carter, Dawson, "Twisted Edwards Curves Revisited", 2008. Coordinates of one unit each.</remarks>
internal struct EdwardsPoint
{
    public const int Size = 32;

    // Constants of the curve, computed from their definitions.
    private static readonly FieldElement D = ComputeD();
    private static readonly FieldElement TwiceD = Twice(D);
    private static readonly FieldElement RootOfMinusOne = ComputeRootOfMinusOne();

    public FieldElement X;
    public FieldElement Y;
    public FieldElement Z;
    public FieldElement T;

    /// <summary>The neutral element (0, 1).</summary>
    public static EdwardsPoint Identity => new() { Y = new FieldElement(1), Z = new FieldElement(1) };

    /// <summary>The base point: y = 4/5, x even.</summary>
    public static EdwardsPoint Base { get; } = ComputeBase();

    /// <summary>
    /// Reads a point: 255 bits of y, then the lowest bit of x. As Go does, and other than RFC 8032 asks: a y of p or more stands for y - p, and x = 0 may
    /// come with either bit. Variable time: for public points only.
    /// </summary>
    /// <param name="bytes">32 bytes.</param>
    /// <param name="point">The point, with Z = 1.</param>
    /// <returns>False when no point of the curve has this y.</returns>
    public static bool TryDecodeVariableTime(ReadOnlySpan<byte> bytes, out EdwardsPoint point)
    {
        point = default;
        if (bytes.Length != Size) return false;
        var one = new FieldElement(1);
        point.Y = FieldElement.Decode(bytes);
        point.Z = one;

        // x² = (y² - 1) / (d y² + 1); the divisor is never 0, since -1/d is not a square.
        FieldElement.Square(out FieldElement ySquared, point.Y);
        FieldElement.Subtract(out FieldElement numerator, ySquared, one);
        FieldElement.Multiply(out FieldElement denominator, ySquared, D);
        FieldElement.Add(out denominator, denominator, one);
        if (!TryRootOfRatio(out FieldElement x, numerator, denominator)) return false;
        if (x.LowestBit() != bytes[Size - 1] >> 7) FieldElement.Negate(out x, x);
        point.X = x;
        FieldElement.Multiply(out point.T, x, point.Y);
        return true;
    }

    /// <summary>Writes 32 bytes: y below p, and the lowest bit of x in the highest bit.</summary>
    public readonly void Encode(Span<byte> bytes)
    {
        FieldElement.Invert(out FieldElement inverse, Z);
        FieldElement.Multiply(out FieldElement x, X, inverse);
        FieldElement.Multiply(out FieldElement y, Y, inverse);
        y.Encode(bytes);
        bytes[Size - 1] |= (byte)(x.LowestBit() << 7);
    }

    public static void Negate(out EdwardsPoint result, in EdwardsPoint point)
    {
        FieldElement.Negate(out FieldElement x, point.X);
        FieldElement.Negate(out FieldElement t, point.T);
        result.X = x;
        result.Y = point.Y;
        result.Z = point.Z;
        result.T = t;
    }

    /// <summary>result + result.</summary>
    public static void Double(ref EdwardsPoint result)
    {
        DoubleWithoutProduct(out EdwardsSum sum, result);
        sum.ToPoint(ref result);
    }

    /// <summary>2 * point; T of the point is not read.</summary>
    public static void DoubleWithoutProduct(out EdwardsSum sum, in EdwardsPoint point)
    {
        FieldElement.Square(out FieldElement xx, point.X);
        FieldElement.Square(out FieldElement yy, point.Y);
        FieldElement.Square(out FieldElement zz, point.Z);
        FieldElement.Add(out FieldElement xPlusY, point.X, point.Y);
        FieldElement.Square(out xPlusY, xPlusY);
        FieldElement.Add(out sum.Y, yy, xx);                          // 2 units
        FieldElement.Subtract(out sum.Z, yy, xx);                     // 5
        FieldElement.Subtract(out sum.X, xPlusY, sum.Y);              // 5
        FieldElement.Add(out sum.T, zz, zz);
        FieldElement.Add(out sum.T, sum.T, xx);
        FieldElement.Subtract(out sum.T, sum.T, yy);                  // 7
    }

    /// <summary>point + other, or point - other.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Add(out EdwardsSum sum, in EdwardsPoint point, in CachedPoint other, bool subtract = false)
    {
        FieldElement.Add(out FieldElement plus, point.Y, point.X);
        FieldElement.Subtract(out FieldElement minus, point.Y, point.X);
        FieldElement.Multiply(out plus, plus, subtract ? other.YMinusX : other.YPlusX);
        FieldElement.Multiply(out minus, minus, subtract ? other.YPlusX : other.YMinusX);
        FieldElement.Multiply(out FieldElement product, point.T, other.TwiceDT);
        FieldElement.Multiply(out FieldElement zz, point.Z, other.Z);
        FieldElement.Add(out zz, zz, zz);
        Complete(out sum, plus, minus, zz, product, subtract);
    }

    /// <summary>point + other, or point - other.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Add(out EdwardsSum sum, in EdwardsPoint point, in AffinePoint other, bool subtract = false)
    {
        FieldElement.Add(out FieldElement plus, point.Y, point.X);
        FieldElement.Subtract(out FieldElement minus, point.Y, point.X);
        FieldElement.Multiply(out plus, plus, subtract ? other.YMinusX : other.YPlusX);
        FieldElement.Multiply(out minus, minus, subtract ? other.YPlusX : other.YMinusX);
        FieldElement.Multiply(out FieldElement product, point.T, other.TwiceDXY);
        FieldElement.Add(out FieldElement zz, point.Z, point.Z);
        Complete(out sum, plus, minus, zz, product, subtract);
    }

    /// <summary>The form in which a point is added most quickly.</summary>
    public readonly CachedPoint ToCached()
    {
        CachedPoint cached;
        FieldElement.Add(out cached.YPlusX, Y, X);
        FieldElement.Subtract(out cached.YMinusX, Y, X);
        cached.Z = Z;
        FieldElement.Multiply(out cached.TwiceDT, T, TwiceD);
        return cached;
    }

    /// <summary>The form for tables, given 1/Z.</summary>
    public readonly AffinePoint ToAffine(in FieldElement inverseOfZ)
    {
        AffinePoint affine;
        FieldElement.Multiply(out FieldElement x, X, inverseOfZ);
        FieldElement.Multiply(out FieldElement y, Y, inverseOfZ);
        FieldElement.Multiply(out affine.TwiceDXY, x, y);
        FieldElement.Multiply(out affine.TwiceDXY, affine.TwiceDXY, TwiceD);
        FieldElement.Add(out affine.YPlusX, y, x);
        FieldElement.Subtract(out affine.YMinusX, y, x);
        return affine;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Complete(out EdwardsSum sum, in FieldElement plus, in FieldElement minus, in FieldElement zz, in FieldElement product, bool subtract)
    {
        FieldElement.Subtract(out sum.X, plus, minus);                // 5 units
        FieldElement.Add(out sum.Y, plus, minus);                     // 2
        if (subtract)
        {
            FieldElement.Subtract(out sum.Z, zz, product);            // 6
            FieldElement.Add(out sum.T, zz, product);                 // 3
        }
        else
        {
            FieldElement.Add(out sum.Z, zz, product);
            FieldElement.Subtract(out sum.T, zz, product);
        }
    }

    // A root of u/v: u v³ (u v⁷)^((p-5)/8), or that times the root of -1. False when u/v is not a square.
    private static bool TryRootOfRatio(out FieldElement root, in FieldElement u, in FieldElement v)
    {
        FieldElement.Square(out FieldElement v3, v);
        FieldElement.Multiply(out v3, v3, v);
        FieldElement.Square(out FieldElement v7, v3);
        FieldElement.Multiply(out v7, v7, v);
        FieldElement.Multiply(out FieldElement power, u, v7);
        FieldElement.RaiseForRoot(out power, power);
        FieldElement.Multiply(out root, u, v3);
        FieldElement.Multiply(out root, root, power);

        FieldElement.Square(out FieldElement check, root);
        FieldElement.Multiply(out check, check, v);
        if (FieldElement.AreEqual(check, u)) return true;
        FieldElement.Add(out check, check, u);
        if (!FieldElement.AreEqual(check, default)) return false;
        FieldElement.Multiply(out root, root, RootOfMinusOne);
        return true;
    }

    // d = -121665 / 121666.
    private static FieldElement ComputeD()
    {
        FieldElement.Invert(out FieldElement d, new FieldElement(121666));
        FieldElement.Multiply(out d, d, new FieldElement(121665));
        FieldElement.Negate(out d, d);
        return d;
    }

    private static FieldElement Twice(in FieldElement value)
    {
        FieldElement.Multiply(out FieldElement twice, value, new FieldElement(2));
        return twice;
    }

    // 2^((p-1)/4), since 2 is not a square modulo p.
    private static FieldElement ComputeRootOfMinusOne()
    {
        var two = new FieldElement(2);
        FieldElement.RaiseForRoot(out FieldElement root, two);
        FieldElement.Square(out root, root);
        FieldElement.Multiply(out root, root, two);
        return root;
    }

    private static EdwardsPoint ComputeBase()
    {
        FieldElement.Invert(out FieldElement y, new FieldElement(5));
        FieldElement.Multiply(out y, y, new FieldElement(4));
        Span<byte> bytes = stackalloc byte[Size];
        y.Encode(bytes);
        if (!TryDecodeVariableTime(bytes, out EdwardsPoint point)) throw new InvalidOperationException("the field arithmetic is broken");
        return point;
    }
}

/// <summary>The result of an addition before its last multiplications: x = X/Z, y = Y/T. Up to seven units.</summary>
internal struct EdwardsSum
{
    public FieldElement X;
    public FieldElement Y;
    public FieldElement Z;
    public FieldElement T;

    /// <summary>Makes a whole point of it.</summary>
    public readonly void ToPoint(ref EdwardsPoint point)
    {
        ToPointWithoutProduct(ref point);
        FieldElement.Multiply(out point.T, X, Y);
    }

    /// <summary>Makes a point whose T is stale: enough for doubling and encoding.</summary>
    public readonly void ToPointWithoutProduct(ref EdwardsPoint point)
    {
        FieldElement.Multiply(out point.X, X, T);
        FieldElement.Multiply(out point.Y, Y, Z);
        FieldElement.Multiply(out point.Z, Z, T);
    }
}

/// <summary>A point prepared for being added.</summary>
internal struct CachedPoint
{
    public FieldElement YPlusX;
    public FieldElement YMinusX;
    public FieldElement Z;
    public FieldElement TwiceDT;
}

/// <summary>A point with Z = 1, prepared for being added.</summary>
internal struct AffinePoint
{
    public FieldElement YPlusX;
    public FieldElement YMinusX;
    public FieldElement TwiceDXY;
}
