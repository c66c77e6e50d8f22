using NATS.Server.Core.Security;
using Xunit;

namespace NATS.Server.UnitTests.Security;

public sealed class AesCounterTests
{
    private static readonly byte[] Key = Convert.FromHexString("603deb1015ca71be2b73aef0857d77811f352c073b6108d72d9810a30914dff4");

    // NIST SP 800-38A, F.5.5
    [Fact]
    public void The_published_message_is_encrypted()
    {
        using var cipher = new AesCounter(Key);
        byte[] data = Convert.FromHexString(
            "6bc1bee22e409f96e93d7e117393172aae2d8a571e03ac9c9eb76fac45af8e5130c81c46a35ce411e5fbc1191a0a52eff69f2445df4f9b17ad2b417be66c3710");
        cipher.Apply(Convert.FromHexString("f0f1f2f3f4f5f6f7f8f9fafbfcfdfeff"), 0, data);
        Assert.Equal(
            "601ec313775789a5b7a7f504bbf3d228f443e3ca4d62b59aca84e990cacaf5c52b0930daa23de94ce87017ba2d84988ddfc9c58db67aada613c2dd08457941a6",
            Convert.ToHexStringLower(data));
    }

    [Fact]
    public void Any_place_of_the_stream_can_be_begun_at()
    {
        using var cipher = new AesCounter(Key);
        byte[] first = new byte[16];
        byte[] expected = new byte[10_000];
        cipher.Apply(first, 0, expected);
        var random = new Random(3);
        for (int i = 0; i < 1000; i++)
        {
            int offset = random.Next(expected.Length);
            byte[] data = new byte[random.Next(expected.Length - offset)];
            cipher.Apply(first, offset, data);
            Assert.True(data.AsSpan().SequenceEqual(expected.AsSpan(offset, data.Length)), $"{data.Length} bytes at {offset}");
        }
    }

    [Theory]
    [InlineData("000000000000000000000000ffffffff", false, "00000000000000000000000100000000")]
    [InlineData("ffffffffffffffffffffffffffffffff", false, "00000000000000000000000000000000")]
    [InlineData("000000000000000000000000ffffffff", true, "00000000000000000000000000000000")]
    [InlineData("112233445566778899aabbccffffffff", true, "112233445566778899aabbcc00000000")]
    public void The_counter_wraps(string first, bool wrapsAt32Bits, string second)
    {
        using var cipher = new AesCounter(Key);
        byte[] both = new byte[32];
        cipher.Apply(Convert.FromHexString(first), 0, both, wrapsAt32Bits);
        byte[] expected = new byte[16];
        cipher.EncryptBlock(Convert.FromHexString(second), expected);
        Assert.Equal(expected, both[16..]);
        byte[] skipped = new byte[16];
        cipher.Apply(Convert.FromHexString(first), 16, skipped, wrapsAt32Bits);
        Assert.Equal(expected, skipped);
    }
}
