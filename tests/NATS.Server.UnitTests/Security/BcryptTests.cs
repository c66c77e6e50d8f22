using System.Text;
using NATS.Server.Core.Security;
using Xunit;

namespace NATS.Server.UnitTests.Security;

public sealed class BcryptTests
{
    private const string Valid = "$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW";

    // Vectors of the jBCrypt, Openwall crypt_blowfish and OpenBSD test suites.
    [Theory]
    [InlineData("", "$2a$08$HqWuK6/Ng6sg9gQzbLrgb.Tl.ZHfXLhvt/SgVyWhQqgqcZ7ZuUtye")]
    [InlineData("a", "$2a$06$m0CrhHm10qJ3lXRY.5zDGO3rS2KdeeWLuGmsfGlMfOxih58VYVfxe")]
    [InlineData("a", "$2a$08$cfcvVd2aQ8CMvoMpP2EBfeodLEkkFJ9umNEfPD18.hUF62qqlC/V.")]
    [InlineData("abc", "$2a$06$If6bvum7DFjUnE9p2uDeDu0YHzrHM6tf.iqN8.yx.jNN1ILEf7h0i")]
    [InlineData("abcdefghijklmnopqrstuvwxyz", "$2a$06$.rCVZVOThsIa97pEDOxvGuRRgzG64bvtJ0938xuqzv18d3ZpQhstC")]
    [InlineData("~!@#$%^&*()      ~!@#$%^&*()PNBFRD", "$2a$06$fPIsBO8qRqkjj273rfaOI.HtSV9jLDpTbZn782DC6/t7qT67P6FfO")]
    [InlineData("U*U", Valid)]
    [InlineData("U*U*", "$2a$05$CCCCCCCCCCCCCCCCCCCCC.VGOzA784oUp/Z0DY336zx7pLYAy0lwK")]
    [InlineData("U*U*U", "$2a$05$XXXXXXXXXXXXXXXXXXXXXOAcXxm9kjPGEMsLznoKqmqw7tc8WCx4a")]
    [InlineData("", "$2a$05$CCCCCCCCCCCCCCCCCCCCC.7uG0VCzI2bS7j6ymqJi9CdcdxiRTWNy")]
    [InlineData(
        "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789chars after 72 are ignored",
        "$2a$05$abcdefghijklmnopqrstuu5s2v8.iXieOjg/.AySBTTZIIVFJeBui")]
    public void Published_vectors_verify(string password, string hash)
    {
        byte[] bytes = Encoding.UTF8.GetBytes(password);

        Assert.True(Bcrypt.Verify(bytes, hash));
        Assert.False(Bcrypt.Verify([.. bytes.Take(70), (byte)'!'], hash));
    }

    // The Openwall vectors with bytes above 127: the variants differ in other implementations, but not in the reference.
    [Theory]
    [InlineData("a3", "$2y$05$/OK.fbVrR/bpIqNJ5ianF.Sa7shbm4.OzKpvFnX1pQLmQW96oUlCq")]
    [InlineData("ffff a3", "$2y$05$/OK.fbVrR/bpIqNJ5ianF.CE5elHaaO4EbggVDjb8P19RukzXSM3e")]
    [InlineData("ff a3 33 34 35", "$2y$05$/OK.fbVrR/bpIqNJ5ianF.nRht2l/HRhr6zmCp9vYUvvsqynflf9e")]
    public void High_bytes_are_unsigned(string hexadecimal, string hash)
    {
        byte[] password = Convert.FromHexString(hexadecimal.Replace(" ", "", StringComparison.Ordinal));

        foreach (char variant in "abxy")
        {
            Assert.True(Bcrypt.Verify(password, "$2" + variant + hash[3..]));
        }
    }

    [Fact]
    public void A_hash_made_here_has_the_published_text()
    {
        byte[] salt = [0x10, 0x41, 0x04, 0x10, 0x41, 0x04, 0x10, 0x41, 0x04, 0x10, 0x41, 0x04, 0x10, 0x41, 0x04, 0x10];

        Assert.Equal(Valid, Bcrypt.Hash("U*U"u8, 5, salt));
    }

    [Fact]
    public void Hash_and_verify_agree_for_every_length_around_the_limit()
    {
        byte[] salt = [.. Enumerable.Range(1, 16).Select(i => (byte)(i * 17))];
        for (int length = 0; length <= 75; length++)
        {
            byte[] password = [.. Enumerable.Range(0, length).Select(i => (byte)(i + 1))];
            string hash = Bcrypt.Hash(password, Bcrypt.LowestCost, salt);

            Assert.True(Bcrypt.Verify(password, hash));
            if (length > 0) Assert.Equal(length > 72, Bcrypt.Verify(password.AsSpan(..^1), hash));
        }
    }

    [Fact]
    public void A_zero_byte_inside_a_password_counts()
    {
        string hash = Bcrypt.Hash("a\0b"u8, Bcrypt.LowestCost, new byte[Bcrypt.SaltLength]);

        Assert.False(Bcrypt.Verify("a"u8, hash));
        Assert.False(Bcrypt.Verify("a\0c"u8, hash));
        Assert.True(Bcrypt.Verify("a\0b"u8, hash));
    }

    // Each verdict was taken from nats-server 2.15.1 with this text as configured password.
    [Theory]
    [InlineData(Valid, true)]
    [InlineData(Valid + "garbage", true)]
    [InlineData("$2a$05$CCCCCCCCCCCCCCCCCCCCC/E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW", true)]
    [InlineData("$2a$05$CCCCCCCCCCCCCCCCCCCCCAE5YPO9kmyuRGyh0XouQYb4YMJKvyOeW", true)]
    [InlineData("$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOe", false)]
    [InlineData("$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeX", false)]
    [InlineData("$2a$05$CCCCCCCCCCCCC!CCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW", false)]
    [InlineData("$2a$05$CCCCCCCCCCCCC\u0141CCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW", false)]
    [InlineData("$2a$05$CCCCCCCCCCCCCCCCCCCCC.\u0145YPO9kmyuRGyh0XouQYb4YMJKvyOeWx", false)]
    [InlineData("$2a$03$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW", false)]
    [InlineData("$2a$32$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW", false)]
    [InlineData("$2a$05$", false)]
    [InlineData("$2a$05$x", false)]
    [InlineData("", false)]
    [InlineData("U*U", false)]
    public void What_is_malformed_verifies_nothing(string hash, bool expected)
    {
        Assert.Equal(expected, Bcrypt.Verify("U*U"u8, hash));
    }

    [Theory]
    [InlineData("$2a$05$", true)]
    [InlineData("$2b$99$x", true)]
    [InlineData("$2x$00$", true)]
    [InlineData("$2y$11$abc", true)]
    [InlineData("$2c$05$", false)]
    [InlineData("$2$05$", false)]
    [InlineData("$1a$05$", false)]
    [InlineData("$2a$5$", false)]
    [InlineData("$2a$0x$", false)]
    [InlineData("$2a$\u0660\u0661$", false)]
    [InlineData("$2a$051", false)]
    [InlineData("x$2a$05$", false)]
    [InlineData("", false)]
    public void A_hash_is_known_by_its_prefix(string stored, bool expected)
    {
        Assert.Equal(expected, Bcrypt.IsHash(stored));
    }

    [Theory]
    [InlineData("$2a$04$", true, 4)]
    [InlineData("$2a$31$", true, 31)]
    [InlineData("$2a$03$", false, 3)]
    [InlineData("$2a$32$", false, 32)]
    [InlineData("plain", false, 0)]
    public void The_cost_is_read_within_its_range(string hash, bool expected, int expectedCost)
    {
        Assert.Equal(expected, Bcrypt.TryReadCost(hash, out int cost));
        Assert.Equal(expectedCost, cost);
    }

    [Theory]
    [InlineData(3, 16)]
    [InlineData(32, 16)]
    [InlineData(5, 15)]
    [InlineData(5, 17)]
    public void A_hash_needs_a_valid_cost_and_salt(int cost, int saltLength)
    {
        Assert.ThrowsAny<ArgumentException>(() => Bcrypt.Hash("x"u8, cost, new byte[saltLength]));
    }
}
