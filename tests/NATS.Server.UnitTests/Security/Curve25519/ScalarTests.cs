using System.Numerics;
using NATS.Server.Core.Security.Curve25519;
using Xunit;

namespace NATS.Server.UnitTests.Security.Curve25519;

public sealed class ScalarTests
{
    private static readonly BigInteger L = BigInteger.Pow(2, 252) + BigInteger.Parse("27742317777372353535851937790883648493");

    [Fact]
    public void Digests_are_reduced()
    {
        var random = new Random(1);
        byte[] digest = new byte[64];
        for (int i = 0; i < 500; i++)
        {
            random.NextBytes(digest);
            if (i < 64) digest.AsSpan(0, i).Fill(255);
            if (i is 64 or 65) digest.AsSpan().Fill((byte)(i == 64 ? 0 : 255));
            Assert.Equal(new BigInteger(digest, isUnsigned: true) % L, Number(Scalar.Reduce(digest)));
        }
    }

    [Fact]
    public void Multiples_of_the_order_are_zero()
    {
        foreach (BigInteger factor in (BigInteger[])[0, 1, 2, 15, 16, BigInteger.Pow(2, 255), (BigInteger.Pow(2, 512) - 1) / L])
        {
            byte[] digest = new byte[64];
            (L * factor).TryWriteBytes(digest, out _, isUnsigned: true);
            Assert.True(Number(Scalar.Reduce(digest)).IsZero);
        }
    }

    [Fact]
    public void Products_and_sums_are_reduced()
    {
        var random = new Random(2);
        byte[] a = new byte[32];
        byte[] digest = new byte[64];
        for (int i = 0; i < 500; i++)
        {
            random.NextBytes(a);
            if (i % 5 == 0) a.AsSpan().Fill(255);
            random.NextBytes(digest);
            Scalar b = i % 7 == 0 ? Largest() : Scalar.Reduce(digest);
            random.NextBytes(digest);
            Scalar c = i % 3 == 0 ? Largest() : Scalar.Reduce(digest);
            BigInteger expected = ((new BigInteger(a, isUnsigned: true) * Number(b)) + Number(c)) % L;
            Assert.Equal(expected, Number(Scalar.MultiplyAdd(Scalar.ReadUnreduced(a), b, c)));
        }
    }

    [Theory]
    [InlineData(-1, true)]
    [InlineData(0, false)]
    [InlineData(1, false)]
    public void Only_numbers_below_the_order_are_canonical(int offset, bool expected)
    {
        Assert.Equal(expected, Scalar.TryReadVariableTime(Bytes(L + offset), out _));
    }

    // Each word in turn is the one that decides.
    [Fact]
    public void Canonical_numbers_are_told_by_every_word()
    {
        for (int bit = 0; bit < 256; bit++)
        {
            BigInteger flipped = L ^ (BigInteger.One << bit);
            Assert.Equal(flipped < L, Scalar.TryReadVariableTime(Bytes(flipped), out _));
        }
    }

    [Fact]
    public void Digits_add_up()
    {
        var random = new Random(3);
        sbyte[] digits = new sbyte[64];
        byte[] bytes = new byte[32];
        for (int i = 0; i < 500; i++)
        {
            random.NextBytes(bytes);
            if (i < 3) bytes.AsSpan().Fill((byte)(i == 0 ? 0 : i == 1 ? 255 : 0x88));
            bytes[31] &= 127;
            Scalar.ReadUnreduced(bytes).WriteDigits(digits);
            BigInteger sum = 0;
            for (int place = 63; place >= 0; place--)
            {
                Assert.InRange(digits[place], -8, 8);
                sum = (sum * 16) + digits[place];
            }

            Assert.Equal(new BigInteger(bytes, isUnsigned: true), sum);
        }
    }

    [Theory]
    [InlineData(5)]
    [InlineData(8)]
    public void Sparse_digits_add_up_and_are_sparse(int width)
    {
        var random = new Random(4);
        sbyte[] digits = new sbyte[256];
        byte[] digest = new byte[64];
        for (int i = 0; i < 500; i++)
        {
            random.NextBytes(digest);
            Scalar scalar = i == 0 ? default : i == 1 ? Largest() : Scalar.Reduce(digest);
            scalar.WriteSparseDigitsVariableTime(digits, width);
            BigInteger sum = 0;
            int zeros = width;
            for (int place = 255; place >= 0; place--)
            {
                sum = (sum * 2) + digits[place];
                if (digits[place] == 0)
                {
                    zeros++;
                    continue;
                }

                Assert.True(zeros >= width - 1);
                Assert.True((digits[place] & 1) == 1 && Math.Abs(digits[place]) < 1 << (width - 1));
                zeros = 0;
            }

            Assert.Equal(Number(scalar), sum);
        }
    }

    private static Scalar Largest()
    {
        Assert.True(Scalar.TryReadVariableTime(Bytes(L - 1), out Scalar scalar));
        return scalar;
    }

    private static byte[] Bytes(BigInteger number)
    {
        byte[] bytes = new byte[32];
        number.TryWriteBytes(bytes, out _, isUnsigned: true);
        return bytes;
    }

    private static BigInteger Number(Scalar scalar)
    {
        byte[] bytes = new byte[32];
        scalar.Encode(bytes);
        return new BigInteger(bytes, isUnsigned: true);
    }
}
