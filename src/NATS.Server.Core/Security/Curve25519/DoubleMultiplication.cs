namespace NATS.Server.Core.Security.Curve25519;

/// <summary>The sum of a multiple of the base point B and one of another point. Thread-safe. Variable time: for public values only.</summary>
internal static class DoubleMultiplication
{
    private const int BaseWidth = 8;
    private const int PointWidth = 5;

    // B, 3B, 5B, … 127B.
    private static readonly AffinePoint[] BaseMultiples = ComputeBaseMultiples();

    /// <summary>
    /// baseScalar * B + pointScalar * point; T of the result is stale. Both scalars are below 2^253.
    /// </summary>
    public static void ComputeVariableTime(out EdwardsPoint result, in Scalar baseScalar, in Scalar pointScalar, in EdwardsPoint point)
    {
        Span<sbyte> baseDigits = stackalloc sbyte[256];
        Span<sbyte> pointDigits = stackalloc sbyte[256];
        baseScalar.WriteSparseDigitsVariableTime(baseDigits, BaseWidth);
        pointScalar.WriteSparseDigitsVariableTime(pointDigits, PointWidth);

        Span<CachedPoint> multiples = stackalloc CachedPoint[1 << (PointWidth - 2)];
        WriteOddMultiples(multiples, point);
        ReadOnlySpan<AffinePoint> baseMultiples = BaseMultiples;

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

    private static AffinePoint[] ComputeBaseMultiples()
    {
        var points = new EdwardsPoint[1 << (BaseWidth - 2)];
        EdwardsPoint twice = EdwardsPoint.Base;
        EdwardsPoint.Double(ref twice);
        PointTable.WriteProgression(points, EdwardsPoint.Base, twice);
        return PointTable.ToAffine(points);
    }
}
