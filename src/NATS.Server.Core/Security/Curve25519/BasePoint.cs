namespace NATS.Server.Core.Security.Curve25519;

/// <summary>Multiples of the base point B for secret scalars, from a table that is computed once. Thread-safe.</summary>
internal static class BasePoint
{
    private const int Rows = 32;
    private const int RowLength = 8;

    // Row i holds 1 to 8 times 256^i * B.
    private static readonly AffinePoint[] Rowwise = ComputeRows();

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

    private static AffinePoint[] ComputeRows()
    {
        var points = new EdwardsPoint[Rows * RowLength];
        EdwardsPoint first = EdwardsPoint.Base;
        for (int row = 0; row < Rows; row++)
        {
            PointTable.WriteProgression(points.AsSpan(row * RowLength, RowLength), first, first);
            for (int i = 0; i < 8; i++) EdwardsPoint.Double(ref first);
        }

        return PointTable.ToAffine(points);
    }
}
