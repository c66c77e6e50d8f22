
namespace NATS.Server.Core.Security.Curve25519;

/// <summary>Multiples of the base point B, from tables that are computed once. Thread-safe.</summary>
internal static class BasePoint
{
    private const int Rows = 32;
    private const int RowLength = 8;
    private const int SparseWidth = 8;
    private const int CachedWidth = 5;

    // Row i holds 1 to 8 times 256^i * B.
    private static readonly AffinePoint[] Rowwise = ComputeRows();

    // B, 3B, 5B, … 127B.
    private static readonly AffinePoint[] OddMultiples = ComputeOddMultiples();

    /// <summary>scalar * B. Reads the whole table in the same order whatever the scalar, which may be secret and is below 2^255.</summary>
    public static void Multiply(out EdwardsPoint result, in Scalar scalar)
    {
        Span<sbyte> digits = stackalloc sbyte[2 * Rows];
        scalar.WriteDigits(digits);
        result = EdwardsPoint.Identity;
        AddRows(ref result, digits, first: 1);
        for (int i = 0; i < 4; i++) EdwardsPoint.Double(ref result);
        AddRows(ref result, digits, first: 0);
        digits.Clear();
    }

    /// <summary>
    /// baseScalar * B + pointScalar * point; T of the result is stale. Both scalars are below 2^253. Variable time: for verification.
    /// </summary>
    public static void MultiplyAddVariableTime(out EdwardsPoint result, in Scalar baseScalar, in Scalar pointScalar, in EdwardsPoint point)
    {
        Span<sbyte> baseDigits = stackalloc sbyte[256];
        Span<sbyte> pointDigits = stackalloc sbyte[256];
        baseScalar.WriteSparseDigitsVariableTime(baseDigits, SparseWidth);
        pointScalar.WriteSparseDigitsVariableTime(pointDigits, CachedWidth);

        Span<CachedPoint> multiples = stackalloc CachedPoint[1 << (CachedWidth - 2)];
        WriteOddMultiples(multiples, point);
        ReadOnlySpan<AffinePoint> baseMultiples = OddMultiples;

        result = EdwardsPoint.Identity;
        int i = 255;
        while (i >= 0 && (baseDigits[i] | pointDigits[i]) == 0) i--;
        for (; i >= 0; i--)
        {
            EdwardsPoint.DoubleWithoutProduct(out EdwardsSum sum, result);
            int digit = pointDigits[i];
            if (digit != 0)
            {
                sum.ToPoint(ref result);
                EdwardsPoint.Add(out sum, result, multiples[Math.Abs(digit) / 2], subtract: digit < 0);
            }

            digit = baseDigits[i];
            if (digit != 0)
            {
                sum.ToPoint(ref result);
                EdwardsPoint.Add(out sum, result, baseMultiples[Math.Abs(digit) / 2], subtract: digit < 0);
            }

            sum.ToPointWithoutProduct(ref result);
        }
    }

    // The digits of even or odd places: places 2i and 2i+1 share the row of 256^i.
    private static void AddRows(ref EdwardsPoint result, ReadOnlySpan<sbyte> digits, int first)
    {
        for (int row = 0; row < Rows; row++)
        {
            Select(out AffinePoint multiple, Rowwise.AsSpan(row * RowLength, RowLength), digits[(2 * row) + first]);
            EdwardsPoint.Add(out EdwardsSum sum, result, multiple);
            sum.ToPoint(ref result);
        }
    }

    // digit * (first of the row), for -8 to 8, without a branch or an index that depends on it.
    private static void Select(out AffinePoint selected, ReadOnlySpan<AffinePoint> row, int digit)
    {
        int sign = digit >> 31;
        int magnitude = (digit ^ sign) - sign;
        selected.YPlusX = new FieldElement(1);
        selected.YMinusX = new FieldElement(1);
        selected.TwiceDXY = default;
        for (int i = 0; i < row.Length; i++)
        {
            ulong isThis = (ulong)(((magnitude ^ (i + 1)) - 1L) >> 63);
            selected.YPlusX.Select(row[i].YPlusX, isThis);
            selected.YMinusX.Select(row[i].YMinusX, isThis);
            selected.TwiceDXY.Select(row[i].TwiceDXY, isThis);
        }

        ulong isNegative = (ulong)(long)sign;
        FieldElement.Swap(ref selected.YPlusX, ref selected.YMinusX, isNegative);
        FieldElement.Negate(out FieldElement negated, selected.TwiceDXY);
        selected.TwiceDXY.Select(negated, isNegative);
    }

    private static void WriteOddMultiples(Span<CachedPoint> multiples, in EdwardsPoint point)
    {
        EdwardsPoint twice = point;
        EdwardsPoint.Double(ref twice);
        multiples[0] = point.ToCached();
        EdwardsPoint next = default;
        for (int i = 1; i < multiples.Length; i++)
        {
            EdwardsPoint.Add(out EdwardsSum sum, twice, multiples[i - 1]);
            sum.ToPoint(ref next);
            multiples[i] = next.ToCached();
        }
    }

    private static AffinePoint[] ComputeRows()
    {
        var points = new EdwardsPoint[Rows * RowLength];
        EdwardsPoint first = EdwardsPoint.Base;
        for (int row = 0; row < Rows; row++)
        {
            WriteProgression(points.AsSpan(row * RowLength, RowLength), first, first);
            for (int i = 0; i < 8; i++) EdwardsPoint.Double(ref first);
        }

        return ToAffine(points);
    }

    private static AffinePoint[] ComputeOddMultiples()
    {
        var points = new EdwardsPoint[1 << (SparseWidth - 2)];
        EdwardsPoint twice = EdwardsPoint.Base;
        EdwardsPoint.Double(ref twice);
        WriteProgression(points, EdwardsPoint.Base, twice);
        return ToAffine(points);
    }

    // first, first + step, first + 2 step, …
    private static void WriteProgression(Span<EdwardsPoint> points, in EdwardsPoint first, in EdwardsPoint step)
    {
        CachedPoint cached = step.ToCached();
        points[0] = first;
        for (int i = 1; i < points.Length; i++)
        {
            EdwardsPoint.Add(out EdwardsSum sum, points[i - 1], cached);
            sum.ToPoint(ref points[i]);
        }
    }

    // One inversion for all: the inverse of the product of all Z, peeled from the end.
    private static AffinePoint[] ToAffine(EdwardsPoint[] points)
    {
        var products = new FieldElement[points.Length];
        var product = new FieldElement(1);
        for (int i = 0; i < points.Length; i++)
        {
            products[i] = product;
            FieldElement.Multiply(out product, product, points[i].Z);
        }

        FieldElement.Invert(out FieldElement inverse, product);
        var affine = new AffinePoint[points.Length];
        for (int i = points.Length - 1; i >= 0; i--)
        {
            FieldElement.Multiply(out FieldElement inverseOfZ, inverse, products[i]);
            FieldElement.Multiply(out inverse, inverse, points[i].Z);
            affine[i] = points[i].ToAffine(inverseOfZ);
        }

        return affine;
    }
}
