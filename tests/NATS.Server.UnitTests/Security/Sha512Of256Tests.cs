using System.Text;
using NATS.Server.Core.Security;
using Xunit;

namespace NATS.Server.UnitTests.Security;

public sealed class Sha512Of256Tests
{
    // NIST's examples for FIPS 180-4 and the empty message.
    [Theory]
    [InlineData("", "c672b8d1ef56ed28ab87c3622c5114069bdd3ad7b8f9737498d0c01ecef0967a")]
    [InlineData("abc", "53048e2681941ef99b2e29b76b4c7dabe4c2d0c634fc6d46e0e2f13107e7af23")]
    [InlineData(
        "abcdefghbcdefghicdefghijdefghijkefghijklfghijklmghijklmnhijklmnoijklmnopjklmnopqklmnopqrlmnopqrsmnopqrstnopqrstu",
        "3928e184fb8690f840da3988121d31be65cb9d3ef83ee6146feac861e19b563a")]
    public void Published_vectors_come_out(string message, string expected)
    {
        byte[] digest = new byte[Sha512Of256.HashSize];
        Sha512Of256.HashData(Encoding.ASCII.GetBytes(message), digest);

        Assert.Equal(expected, Convert.ToHexStringLower(digest));
    }

    // Each digest makes the next message; the end was computed with OpenSSL.
    [Fact]
    public void A_chain_of_all_lengths_ends_where_that_of_OpenSSL_ends()
    {
        byte[] digest = new byte[32];
        for (int length = 0; length <= 300; length++)
        {
            byte[] message = [.. Enumerable.Repeat(digest, 10).SelectMany(d => d).Take(length), .. digest];
            Sha512Of256.HashData(message, digest);
        }

        Assert.Equal("dbeca4609ae87aa1b8fa78cbb469f2da3e697247a3b3e0d61ae2283b18f49df0", Convert.ToHexStringLower(digest));
    }

    [Fact]
    public void A_digest_needs_room()
    {
        Assert.Throws<ArgumentException>(() => Sha512Of256.HashData("x"u8, new byte[31]));
    }
}
