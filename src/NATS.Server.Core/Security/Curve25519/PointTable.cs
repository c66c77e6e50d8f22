namespace NATS.Server.Core.Security.Curve25519;

/// <summary>Makes tables of multiples. Pure.</summary>
internal static class PointTable
{
    /// <summary>first, first + step, first + 2 step, …</summary>
    public static void WriteProgression(Span<EdwardsPoint> points, in EdwardsPoint first, in EdwardsPoint step)
    {
        CachedPoint cached = step.ToCached();
        points[0] = first;
        for (int i = 1; i < points.Length; i++)
        {
            EdwardsPoint.Add(out EdwardsSum sum, points[i - 1], cached);
            sum.ToPoint(ref points[i]);
        }
    }

    /// <summary>The points in the form for tables.</summary>
    public static AffinePoint[] ToAffine(EdwardsPoint[] points)
    {
        var products = new FieldElement[points.Length];
        var product = new FieldElement(1);
        for (int i = 0; i < points.Length; i++)
        {
            products[i] = product;
            FieldElement.Multiply(out product, product, points[i].Z);
        }

        // One inversion for all: that of the product of all Z, from which one Z after the other is peeled.
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
