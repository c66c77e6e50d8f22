using NATS.Server.Core.Security.Curve25519;
using Xunit;

namespace NATS.Server.UnitTests.Security.Curve25519;

public sealed class EdwardsPointTests
{
    [Fact]
    public void The_base_point_is_that_of_RFC_8032()
    {
        Assert.Equal("5866666666666666666666666666666666666666666666666666666666666666", Encode(EdwardsPoint.Base));
    }

    [Fact]
    public void Both_ways_to_multiply_agree_with_adding_up()
    {
        CachedPoint step = EdwardsPoint.Base.ToCached();
        EdwardsPoint sum = EdwardsPoint.Identity;
        for (int i = 0; i < 600; i++)
        {
            byte[] bytes = new byte[32];
            BitConverter.TryWriteBytes(bytes, i);
            Scalar scalar = Scalar.ReadUnreduced(bytes);
            BasePoint.Multiply(out EdwardsPoint product, scalar);
            DoubleMultiplication.ComputeVariableTime(out EdwardsPoint left, scalar, default, EdwardsPoint.Base);
            DoubleMultiplication.ComputeVariableTime(out EdwardsPoint right, default, scalar, EdwardsPoint.Base);
            Assert.Equal(Encode(sum), Encode(product));
            Assert.Equal(Encode(sum), Encode(left));
            Assert.Equal(Encode(sum), Encode(right));

            EdwardsPoint.Add(out EdwardsSum next, sum, step);
            next.ToPoint(ref sum);
        }
    }

    [Fact]
    public void Both_ways_to_multiply_agree_for_random_scalars()
    {
        var random = new Random(8032);
        byte[] digest = new byte[64];
        for (int i = 0; i < 200; i++)
        {
            random.NextBytes(digest);
            Scalar a = Scalar.Reduce(digest);
            random.NextBytes(digest);
            Scalar b = Scalar.Reduce(digest);
            BasePoint.Multiply(out EdwardsPoint ofA, a);

            // b (a B) + a B = (a b + a) B
            DoubleMultiplication.ComputeVariableTime(out EdwardsPoint left, a, b, ofA);
            BasePoint.Multiply(out EdwardsPoint right, Scalar.MultiplyAdd(a, b, a));
            Assert.Equal(Encode(right), Encode(left));
        }
    }

    [Fact]
    public void What_is_encoded_is_decoded()
    {
        for (int i = 1; i < 100; i++)
        {
            BasePoint.Multiply(out EdwardsPoint point, Scalar.Reduce([(byte)i, .. new byte[63]]));
            byte[] bytes = Convert.FromHexString(Encode(point));
            Assert.True(EdwardsPoint.TryDecodeVariableTime(bytes, out EdwardsPoint decoded));
            Assert.Equal(Encode(point), Encode(decoded));

            // The other sign is the negative.
            bytes[31] ^= 0x80;
            Assert.True(EdwardsPoint.TryDecodeVariableTime(bytes, out decoded));
            EdwardsPoint.Negate(out decoded, decoded);
            Assert.Equal(Encode(point), Encode(decoded));
        }
    }

    // About half of all y have no x.
    [Fact]
    public void What_is_no_point_is_refused()
    {
        int refused = 0;
        byte[] bytes = new byte[32];
        for (int y = 0; y < 200; y++)
        {
            bytes[0] = (byte)y;
            if (!EdwardsPoint.TryDecodeVariableTime(bytes, out _)) refused++;
        }

        Assert.InRange(refused, 70, 130);
        Assert.False(EdwardsPoint.TryDecodeVariableTime([2, .. new byte[31]], out _));
        Assert.False(EdwardsPoint.TryDecodeVariableTime(new byte[31], out _));
        Assert.False(EdwardsPoint.TryDecodeVariableTime(new byte[33], out _));
    }

    // As Go decodes them, other than RFC 8032 says.
    [Theory]
    [InlineData("eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f", "0100000000000000000000000000000000000000000000000000000000000000")]
    [InlineData("eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff", "0100000000000000000000000000000000000000000000000000000000000000")]
    [InlineData("0100000000000000000000000000000000000000000000000000000000000080", "0100000000000000000000000000000000000000000000000000000000000000")]
    [InlineData("edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f", "0000000000000000000000000000000000000000000000000000000000000000")]
    [InlineData("ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff", "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f")]
    public void Points_in_unusual_spelling_are_read(string spelling, string canonical)
    {
        Assert.True(EdwardsPoint.TryDecodeVariableTime(Convert.FromHexString(spelling), out EdwardsPoint point));
        Assert.Equal(canonical, Encode(point));
    }

    private static string Encode(in EdwardsPoint point)
    {
        byte[] bytes = new byte[32];
        point.Encode(bytes);
        return Convert.ToHexStringLower(bytes);
    }
}
