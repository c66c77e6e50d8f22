using System.Security.Cryptography;
using NATS.Server.Core.Security;
using Xunit;

namespace NATS.Server.UnitTests.Security;

public sealed class SecretBoxTests
{
    // The vector of NaCl's own tests (secretbox.c, box.c).
    private const string Key = "1b27556473e985d462cd51197a9a46c76009549eac6474f206c4ee0844f68389";
    private const string Nonce = "69696ee955b62b73cd62bda875fc73d68219e0036b7a0b37";
    private const string Message =
        "be075fc53c81f2d5cf141316ebeb0c7b5228c52a4c62cbd44b66849b64244ffce5ecbaaf33bd751a1ac728d45e6c61296cdc3c01233561f41db66cce314adb31" +
        "0e3be8250c46f06dceea3a7fa1348057e2f6556ad6b1318a024a838f21af1fde048977eb48f59ffd4924ca1c60902e52f0a089bc76897040e082f93776384864" +
        "5e0705";

    private const string Box =
        "f3ffc7703f9400e52a7dfb4b3d3305d98e993b9f48681273c29650ba32fc76ce48332ea7164d96a4476fb8c531a1186ac0dfc17c98dce87b4da7f011ec48c972" +
        "71d2c20f9b928fe2270d6fb863d51738b48eeee314a7cc8ab932164548e526ae90224368517acfeabd6bb3732bc0e9da99832b61ca01b6de56244a9e88d5f9b3" +
        "7973f622a43d14a6599b1f654cb45a74e355a5";

    [Fact]
    public void The_published_vector_comes_out()
    {
        byte[] message = Convert.FromHexString(Message);
        byte[] box = new byte[message.Length + SecretBox.Overhead];
        byte[] opened = new byte[message.Length];
        SecretBox.Seal(Convert.FromHexString(Key), Convert.FromHexString(Nonce), message, box);

        Assert.Equal(Box, Convert.ToHexStringLower(box));
        Assert.True(SecretBox.TryOpen(Convert.FromHexString(Key), Convert.FromHexString(Nonce), box, opened));
        Assert.Equal(message, opened);
    }

    [Fact]
    public void Every_changed_bit_of_a_box_is_noticed_and_nothing_is_written()
    {
        byte[] box = Convert.FromHexString(Box);
        byte[] untouched = new byte[box.Length - SecretBox.Overhead];
        byte[] opened = new byte[untouched.Length];
        for (int bit = 0; bit < box.Length * 8; bit++)
        {
            box[bit / 8] ^= (byte)(1 << (bit % 8));
            Assert.False(SecretBox.TryOpen(Convert.FromHexString(Key), Convert.FromHexString(Nonce), box, opened));
            Assert.Equal(untouched, opened);
            box[bit / 8] ^= (byte)(1 << (bit % 8));
        }
    }

    [Fact]
    public void Messages_of_every_length_around_the_block_sizes_come_back()
    {
        byte[] key = Convert.FromHexString(Key);
        byte[] nonce = Convert.FromHexString(Nonce);
        for (int length = 0; length <= 300; length++)
        {
            byte[] message = [.. Enumerable.Range(0, length).Select(i => (byte)(i * 3))];
            byte[] box = new byte[length + SecretBox.Overhead];
            byte[] opened = new byte[length];
            SecretBox.Seal(key, nonce, message, box);

            Assert.True(SecretBox.TryOpen(key, nonce, box, opened));
            Assert.Equal(message, opened);
            Assert.False(SecretBox.TryOpen(key, nonce, box.AsSpan(..^1), opened.AsSpan(..Math.Max(0, length - 1))));
        }
    }

    // RFC 8439, 2.5.2 and A.3, among them those that provoke carries at the edges of the field.
    [Theory]
    [InlineData(
        "85d6be7857556d337f4452fe42d506a80103808afb0db2fd4abff6af4149f51b",
        "43727970746f6772617068696320466f72756d2052657365617263682047726f7570", "a8061dc1305136c6c22b8baf0c0127a9")]
    [InlineData("0200000000000000000000000000000000000000000000000000000000000000", "ffffffffffffffffffffffffffffffff", "03000000000000000000000000000000")]
    [InlineData("02000000000000000000000000000000ffffffffffffffffffffffffffffffff", "02000000000000000000000000000000", "03000000000000000000000000000000")]
    [InlineData(
        "0100000000000000000000000000000000000000000000000000000000000000",
        "fffffffffffffffffffffffffffffffff0ffffffffffffffffffffffffffffff11000000000000000000000000000000", "05000000000000000000000000000000")]
    [InlineData(
        "0100000000000000000000000000000000000000000000000000000000000000",
        "fffffffffffffffffffffffffffffffffbfefefefefefefefefefefefefefefe01010101010101010101010101010101", "00000000000000000000000000000000")]
    [InlineData("0200000000000000000000000000000000000000000000000000000000000000", "fdffffffffffffffffffffffffffffff", "faffffffffffffffffffffffffffffff")]
    [InlineData(
        "0100000000000000040000000000000000000000000000000000000000000000",
        "e33594d7505e43b900000000000000003394d7505e4379cd01000000000000000000000000000000000000000000000001000000000000000000000000000000",
        "14000000000000005500000000000000")]
    [InlineData(
        "0100000000000000040000000000000000000000000000000000000000000000",
        "e33594d7505e43b900000000000000003394d7505e4379cd010000000000000000000000000000000000000000000000", "13000000000000000000000000000000")]
    public void Published_tags_come_out(string key, string message, string expected)
    {
        byte[] tag = new byte[Poly1305.TagSize];
        Poly1305.Compute(Convert.FromHexString(key), Convert.FromHexString(message), tag);

        Assert.Equal(expected, Convert.ToHexStringLower(tag));
    }

    // Each tag makes the next key; the ends were computed with OpenSSL.
    [Fact]
    public void Chains_of_tags_end_where_those_of_OpenSSL_end()
    {
        byte[] key = [.. Enumerable.Range(0, 32).Select(i => (byte)i)];
        byte[] ones = [.. Enumerable.Repeat((byte)255, 32)];
        byte[] tag = new byte[Poly1305.TagSize];
        for (int length = 0; length <= 300; length++)
        {
            Poly1305.Compute(key, Enumerable.Repeat(key, 10).SelectMany(k => k).Take(length).ToArray(), tag);
            key = SHA256.HashData([.. key, .. tag]);
            Poly1305.Compute(ones, Enumerable.Repeat((byte)255, length).ToArray(), tag);
            tag.CopyTo(ones, 16);
        }

        Assert.Equal("fa40fb9803e0faea96a38cba8f0a8e3ade9af5e5d40e9050f025ce528d0acfb1", Convert.ToHexStringLower(key));
        Assert.Equal("ffffffffffffffffffffffffffffffff63b96e78db451afeff60b49ee65c2462", Convert.ToHexStringLower(ones));
    }
}
