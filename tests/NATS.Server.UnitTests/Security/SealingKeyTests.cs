using System.Security.Cryptography;
using NATS.Server.Core.Security;
using Xunit;

namespace NATS.Server.UnitTests.Security;

public sealed class SealingKeyTests
{
    private static readonly byte[] Counted = [.. Enumerable.Range(0, SealingKey.KeySize).Select(i => (byte)i)];

    public static TheoryData<string> Kinds => ["chacha", "own chacha", "aes"];

    // Made with OpenSSL: key 00 01 .. 1F, message 00 01 02 and so on.
    [Theory]
    [InlineData("00070e151c232a31383f464d545b6269", "", "8512ca6b58e0fe93ca325ffbc789342e")]
    [InlineData("10171e252c333a41484f565d646b7279", "34", "6fc2e18bc811642a780e9126c07f8b1a")]
    [InlineData(
        "20272e353c434a51585f666d747b8289",
        "65fcdf5f5fce01e8098a32c49f3158b2fc3ccb0224afaf1fe6f9dc14bf31f7",
        "7d5f29ce3173df4292ccc3b0ac33b409")]
    [InlineData(
        "30373e454c535a61686f767d848b9299",
        "46fadea4a4c6babb7fde9c983ddc94772302e681cd362acf5d34352b53610c16f264da442284af66803f2879193ec17fc7dfa8c7f00e9364aaf844f02592be929ae8912e6d9e68aec9dd568d5e8d3e9596dba0ab9ceb68b701080b6e945c534979448bc7",
        "ad0301d55c0c93259ac44b683cfd78ea")]
    public void Aes_seals_as_another_library_does(string nonce, string encrypted, string tag)
    {
        using var key = new AesGcmLongNonce(Counted);
        byte[] message = [.. Enumerable.Range(0, encrypted.Length / 2).Select(i => (byte)i)];
        byte[] box = new byte[message.Length + key.Overhead];
        key.Seal(Convert.FromHexString(nonce), message, box);
        Assert.Equal(nonce + encrypted + tag, Convert.ToHexStringLower(box));
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void What_was_sealed_is_opened_by_the_same_key_only(string kind)
    {
        using SealingKey key = Create(kind, Counted);
        using SealingKey other = Create(kind, [.. Counted[..^1], 99]);
        var random = new Random(1);
        for (int length = 0; length < 300; length += 7)
        {
            byte[] message = new byte[length];
            byte[] nonce = new byte[key.NonceSize];
            random.NextBytes(message);
            random.NextBytes(nonce);
            byte[] box = new byte[length + key.Overhead];
            key.Seal(nonce, message, box);
            byte[] opened = new byte[length];
            Assert.True(key.TryOpen(box, opened));
            Assert.Equal(message, opened);
            Assert.False(other.TryOpen(box, opened));
            Assert.All(opened, b => Assert.Equal(0, b));
        }
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void A_change_anywhere_is_noticed(string kind)
    {
        using SealingKey key = Create(kind, Counted);
        byte[] box = new byte[20 + key.Overhead];
        key.Seal(new byte[key.NonceSize], new byte[20], box);
        byte[] opened = new byte[20];
        for (int i = 0; i < box.Length; i++)
        {
            box[i] ^= 0x10;
            Assert.False(key.TryOpen(box, opened), $"byte {i}");
            box[i] ^= 0x10;
        }

        Assert.True(key.TryOpen(box, opened));
        for (int length = 0; length < box.Length; length++)
        {
            Assert.False(key.TryOpen(box.AsSpan(0, length), new byte[Math.Max(0, length - key.Overhead)]), $"{length} bytes");
        }
    }

    [Fact]
    public void The_own_code_and_the_library_seal_alike()
    {
        Assert.SkipUnless(ChaCha20Poly1305.IsSupported, "no ChaCha20-Poly1305 in this system's library");
        using SealingKey own = Create("own chacha", Counted);
        using SealingKey library = Create("chacha", Counted);
        var random = new Random(2);
        for (int length = 0; length < 1000; length += 13)
        {
            byte[] message = new byte[length];
            byte[] nonce = new byte[own.NonceSize];
            random.NextBytes(message);
            random.NextBytes(nonce);
            byte[] box = new byte[length + own.Overhead];
            byte[] expected = new byte[length + own.Overhead];
            own.Seal(nonce, message, box);
            library.Seal(nonce, message, expected);
            Assert.Equal(expected, box);
        }
    }

    // Each bit of one number shifts the other.
    [Fact]
    public void The_slow_product_is_a_sum_of_shifts_without_carries()
    {
        var random = new Random(8);
        for (int i = 0; i < 500; i++)
        {
            ulong a = (ulong)random.NextInt64(long.MinValue, long.MaxValue);
            ulong b = (ulong)random.NextInt64(long.MinValue, long.MaxValue);
            UInt128 expected = 0;
            for (int bit = 0; bit < 64; bit++)
            {
                if ((b >> bit & 1) == 1) expected ^= (UInt128)a << bit;
            }

            Assert.Equal(((ulong)(expected >> 64), (ulong)expected), GaloisHash.MultiplySlowly(a, b));
        }
    }

    [Fact]
    public void Lengths_are_checked()
    {
        using SealingKey key = Create("chacha", Counted);
        Assert.Throws<ArgumentException>(() => key.Seal(new byte[12], [], new byte[key.Overhead]));
        Assert.Throws<ArgumentException>(() => key.Seal(new byte[24], [1], new byte[key.Overhead]));
        Assert.Throws<ArgumentException>(() => Create("aes", new byte[16]));
        Assert.Throws<ArgumentException>(() => Create("chacha", new byte[16]));
    }

    private static SealingKey Create(string kind, byte[] key) => kind switch
    {
        "chacha" => new XChaCha20Poly1305(key),
        "own chacha" => new XChaCha20Poly1305(key, usesOwnCode: true),
        _ => new AesGcmLongNonce(key),
    };
}
