using System.Text;
using NATS.Server.Core.Security;
using Xunit;

namespace NATS.Server.UnitTests.Security;

public sealed class ChaCha20Tests
{
    private static readonly byte[] Key = [.. Enumerable.Range(0, ChaCha20.KeySize).Select(i => (byte)i)];

    // RFC 8439, 2.4.2
    [Fact]
    public void The_published_message_is_encrypted()
    {
        byte[] data = Encoding.ASCII.GetBytes(
            "Ladies and Gentlemen of the class of '99: If I could offer you only one tip for the future, sunscreen would be it.");
        ChaCha20.Apply(Key, Convert.FromHexString("000000000000004a00000000"), 1, data);
        Assert.Equal(
            "6e2e359a2568f98041ba0728dd0d6981e97e7aec1d4360c20a27afccfd9fae0bf91b65c5524733ab8f593dabcd62b3571639d624e65152ab8f530c359f0861d8"
            + "07ca0dbf500d6a6156a38e088a22b65e52bc514d16ccf806818ce91ab77937365af90bbf74a35be6b40b8eedf2785e42874d",
            Convert.ToHexStringLower(data));
    }

    // draft-irtf-cfrg-xchacha-03, 2.2.1
    [Fact]
    public void The_published_key_is_derived()
    {
        byte[] derived = new byte[ChaCha20.KeySize];
        ChaCha20.DeriveKey(Key, Convert.FromHexString("000000090000004a0000000031415927"), derived);
        Assert.Equal("82413b4227b27bfed30e42508a877d73a0f9e4d58a74a853c12ec41326d3ecdc", Convert.ToHexStringLower(derived));
    }

    [Fact]
    public void Long_data_is_encrypted_like_its_blocks_one_by_one()
    {
        byte[] nonce = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12];
        foreach (uint first in (uint[])[0, 7, uint.MaxValue - 40])
        {
            byte[] expected = new byte[2500];
            for (int at = 0; at < expected.Length; at += ChaCha20.BlockSize)
            {
                ChaCha20.Apply(Key, nonce, first + (uint)(at / ChaCha20.BlockSize), expected.AsSpan(at, Math.Min(ChaCha20.BlockSize, expected.Length - at)));
            }

            for (int length = 0; length <= expected.Length; length++)
            {
                byte[] data = new byte[length];
                ChaCha20.Apply(Key, nonce, first, data);
                Assert.True(data.AsSpan().SequenceEqual(expected.AsSpan(0, length)), $"{length} bytes from block {first}");
            }
        }
    }

    // draft-irtf-cfrg-xchacha-03, A.3.1; encryption begins with the second block there.
    [Fact]
    public void The_long_nonce_encrypts_the_published_message()
    {
        byte[] key = [.. Enumerable.Range(0x80, 32).Select(i => (byte)i)];
        byte[] nonce = [.. Enumerable.Range(0x40, 24).Select(i => (byte)i)];
        byte[] data = Encoding.ASCII.GetBytes(
            "Ladies and Gentlemen of the class of '99: If I could offer you only one tip for the future, sunscreen would be it.");
        using var cipher = new XChaCha20(key, nonce);
        cipher.Apply(ChaCha20.BlockSize, data);
        Assert.Equal(
            "bd6d179d3e83d43b9576579493c0e939572a1700252bfaccbed2902c21396cbb731c7f1b0b4aa6440bf3a82f4eda7e39ae64c6708c54c216cb96b72e1213b452"
            + "2f8c9ba40db5d945b11b69b982c1bb9e3f3fac2bc369488f76b2383565d3fff921f9664c97637da9768812f615c68b13b52e",
            Convert.ToHexStringLower(data));
    }

    [Fact]
    public void Any_place_of_the_stream_can_be_begun_at()
    {
        using var cipher = new XChaCha20(Key, new byte[24]);
        byte[] expected = new byte[1500];
        cipher.Apply(0, expected);
        var random = new Random(3);
        for (int i = 0; i < 2000; i++)
        {
            int offset = random.Next(expected.Length);
            byte[] data = new byte[random.Next(expected.Length - offset)];
            cipher.Apply(offset, data);
            Assert.True(data.AsSpan().SequenceEqual(expected.AsSpan(offset, data.Length)), $"{data.Length} bytes at {offset}");
        }
    }
}
