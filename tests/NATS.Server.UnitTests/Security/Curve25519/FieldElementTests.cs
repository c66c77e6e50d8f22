using System.Numerics;
using NATS.Server.Core.Security.Curve25519;
using Xunit;

namespace NATS.Server.UnitTests.Security.Curve25519;

/// <summary>The field and the scalars against big integers.</summary>
public sealed class FieldElementTests
{
    private const int Seed = 25519;

    private static readonly BigInteger P = BigInteger.Pow(2, 255) - 19;

    [Fact]
    public void Decoding_and_encoding_reduce_modulo_p()
    {
        foreach (byte[] bytes in Values())
        {
            byte[] encoded = new byte[32];
            FieldElement.Decode(bytes).Encode(encoded);

            Assert.Equal(Number(bytes), new BigInteger(encoded, isUnsigned: true));
        }
    }

    [Fact]
    public void Operations_agree_with_big_integers()
    {
        foreach (byte[] a in Values())
        {
            FieldElement x = FieldElement.Decode(a);
            FieldElement.Square(out FieldElement square, x);
            FieldElement.Negate(out FieldElement negative, x);
            FieldElement.MultiplySmall(out FieldElement small, x, 121665);
            AssertEqual(BigInteger.Pow(Number(a), 2), square);
            AssertEqual(-Number(a), negative);
            AssertEqual(Number(a) * 121665, small);
            foreach (byte[] b in Values())
            {
                FieldElement y = FieldElement.Decode(b);
                FieldElement.Add(out FieldElement sum, x, y);
                FieldElement.Subtract(out FieldElement difference, x, y);
                FieldElement.Multiply(out FieldElement product, x, y);
                AssertEqual(Number(a) + Number(b), sum);
                AssertEqual(Number(a) - Number(b), difference);
                AssertEqual(Number(a) * Number(b), product);
            }
        }
    }

    // Seven units are what the formulas of the curve need at most: 3a - b with the 4p of a subtraction.
    [Fact]
    public void Factors_may_have_seven_units()
    {
        foreach (byte[] a in Values())
        {
            foreach (byte[] b in Values())
            {
                BigInteger expected = (3 * Number(a)) - Number(b);
                FieldElement x = FieldElement.Decode(a);
                FieldElement.Add(out FieldElement wide, x, x);
                FieldElement.Add(out wide, wide, x);
                FieldElement.Subtract(out wide, wide, FieldElement.Decode(b));
                FieldElement.Multiply(out FieldElement product, wide, wide);
                FieldElement.Square(out FieldElement square, wide);
                FieldElement.MultiplySmall(out FieldElement small, wide, 121665);
                AssertEqual(expected * expected, product);
                AssertEqual(expected * expected, square);
                AssertEqual(expected * 121665, small);
            }
        }
    }

    [Fact]
    public void An_inverse_gives_one()
    {
        foreach (byte[] a in Values())
        {
            FieldElement x = FieldElement.Decode(a);
            FieldElement.Invert(out FieldElement inverse, x);
            FieldElement.Multiply(out FieldElement product, inverse, x);
            AssertEqual(Number(a).IsZero ? 0 : 1, product);
        }
    }

    [Fact]
    public void Swapping_and_selecting_follow_the_mask()
    {
        FieldElement a = new(1);
        FieldElement b = new(2);
        FieldElement.Swap(ref a, ref b, 0);
        AssertEqual(1, a);
        FieldElement.Swap(ref a, ref b, ulong.MaxValue);
        AssertEqual(2, a);
        AssertEqual(1, b);
        a.Select(b, 0);
        AssertEqual(2, a);
        a.Select(b, ulong.MaxValue);
        AssertEqual(1, a);
    }

    // Corners of the limbs and of p, and random numbers.
    private static List<byte[]> Values()
    {
        List<byte[]> values = [];
        foreach (int power in (int[])[0, 51, 52, 102, 153, 204, 254, 255, 256])
        {
            for (int offset = -20; offset <= 20; offset += 4) AddIfPossible(values, BigInteger.Pow(2, power) + offset);
        }

        for (int offset = -2; offset <= 2; offset++) AddIfPossible(values, P + offset);
        var random = new Random(Seed);
        for (int i = 0; i < 20; i++)
        {
            byte[] bytes = new byte[32];
            random.NextBytes(bytes);
            values.Add(bytes);
        }

        return values;
    }

    private static void AddIfPossible(List<byte[]> values, BigInteger number)
    {
        if (number.Sign < 0 || number.GetByteCount(isUnsigned: true) > 32) return;
        byte[] bytes = new byte[32];
        number.TryWriteBytes(bytes, out _, isUnsigned: true);
        values.Add(bytes);
    }

    // The highest bit is ignored.
    private static BigInteger Number(byte[] bytes) => new BigInteger([.. bytes[..31], (byte)(bytes[31] & 127)], isUnsigned: true) % P;

    private static void AssertEqual(BigInteger expected, in FieldElement actual)
    {
        byte[] encoded = new byte[32];
        actual.Encode(encoded);
        Assert.Equal(((expected % P) + P) % P, new BigInteger(encoded, isUnsigned: true));
    }
}
