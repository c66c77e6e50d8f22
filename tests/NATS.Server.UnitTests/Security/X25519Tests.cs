using NATS.Server.Core.Security;
using Xunit;

namespace NATS.Server.UnitTests.Security;

public sealed class X25519Tests
{
    // RFC 7748, 5.2.
    [Theory]
    [InlineData(
        "a546e36bf0527c9d3b16154b82465edd62144c0ac1fc5a18506a2244ba449ac4", "e6db6867583030db3594c1a424b15f7c726624ec26b3353b10a903a6d0ab1c4c",
        "c3da55379de9c6908e94ea4df28d084f32eccf03491c71f754b4075577a28552")]
    [InlineData(
        "4b66e9d4d1b4673c5ad22691957d6af5c11b6421e0ea01d42ca4169e7918ba0d", "e5210f12786811d3f4b7959d0538ae2c31dbe7106fc03c3efc4cd549c715a493",
        "95cbde9476e8907d7aade45cb4b873f88b595a68799fa152e6f8f7647aac7957")]
    public void Published_vectors_come_out(string secret, string point, string expected)
    {
        byte[] shared = new byte[32];

        Assert.True(X25519.TryAgree(Convert.FromHexString(secret), Convert.FromHexString(point), shared));
        Assert.Equal(expected, Convert.ToHexStringLower(shared));
    }

    // RFC 7748, 5.2: every result becomes the next secret, every secret the next point.
    [Theory]
    [InlineData(1, "422c8e7a6227d7bca1350b3e2bb7279f7897b87bb6854b783c60e80311ae3079")]
    [InlineData(1000, "684cf59ba83309552800ef566f2f4d3c1c3887c49360e3875f2eb94d99532c51")]
    public void Published_iterations_come_out(int count, string expected)
    {
        byte[] secret = [9, .. new byte[31]];
        byte[] point = [9, .. new byte[31]];
        for (int i = 0; i < count; i++)
        {
            byte[] next = new byte[32];
            Assert.True(X25519.TryAgree(secret, point, next));
            (secret, point) = (next, secret);
        }

        Assert.Equal(expected, Convert.ToHexStringLower(secret));
    }

    // RFC 7748, 6.1.
    [Fact]
    public void Two_parties_agree()
    {
        byte[] alice = Convert.FromHexString("77076d0a7318a57d3c16c17251b26645df4c2f87ebc0992ab177fba51db92c2a");
        byte[] bob = Convert.FromHexString("5dab087e624a8a4b79e17f8b83800ee66f3bb1292618b6fd1c2f8b27ff88e0eb");
        byte[] alicePublic = new byte[32];
        byte[] bobPublic = new byte[32];
        byte[] ofAlice = new byte[32];
        byte[] ofBob = new byte[32];
        X25519.DerivePublicKey(alice, alicePublic);
        X25519.DerivePublicKey(bob, bobPublic);

        Assert.True(X25519.TryAgree(alice, bobPublic, ofAlice));
        Assert.True(X25519.TryAgree(bob, alicePublic, ofBob));
        Assert.Equal("8520f0098930a754748b7ddcb43ef75a0dbf3a0d26381af4eba4a98eaa9b4e6a", Convert.ToHexStringLower(alicePublic));
        Assert.Equal("de9edb7d7b7dc1b4d35b61c2ece435373f8343c85b78674dadfc7e146f882b4f", Convert.ToHexStringLower(bobPublic));
        Assert.Equal("4a5d9d5ba4ce2de1728e3bf480350f25e07e21c947d19e3376f09b3c1e161742", Convert.ToHexStringLower(ofAlice));
        Assert.Equal(ofAlice, ofBob);
    }

    // All points of order 1, 2, 4 and 8 of the curve and its twist, in all their spellings below 2^255.
    [Theory]
    [InlineData("0000000000000000000000000000000000000000000000000000000000000000")]
    [InlineData("0100000000000000000000000000000000000000000000000000000000000000")]
    [InlineData("e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800")]
    [InlineData("5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157")]
    [InlineData("ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f")]
    [InlineData("edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f")]
    [InlineData("eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f")]
    public void A_key_with_which_every_secret_gives_zero_is_refused(string publicKey)
    {
        byte[] secret = [.. Enumerable.Range(1, 32).Select(i => (byte)i)];
        byte[] point = Convert.FromHexString(publicKey);
        byte[] withHighBit = [.. point];
        withHighBit[31] |= 0x80;
        byte[] shared = [.. Enumerable.Repeat((byte)1, 32)];

        Assert.False(X25519.TryAgree(secret, point, shared));
        Assert.Equal(new byte[32], shared);
        Assert.False(X25519.TryAgree(secret, withHighBit, shared));
    }

    [Theory]
    [InlineData(31, 32, 32)]
    [InlineData(32, 33, 32)]
    [InlineData(32, 32, 0)]
    public void Lengths_are_checked(int secret, int point, int shared)
    {
        Assert.Throws<ArgumentException>(() => X25519.TryAgree(new byte[secret], new byte[point], new byte[shared]));
    }
}
