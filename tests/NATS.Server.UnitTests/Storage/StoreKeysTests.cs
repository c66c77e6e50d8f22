using System.Text;
using NATS.Server.Core.Security;
using NATS.Server.Core.Storage;
using Xunit;

namespace NATS.Server.UnitTests.Storage;

public sealed class StoreKeysTests
{
    private static readonly byte[] Seed = [.. Enumerable.Range(50, AssetKey.SeedSize).Select(i => (byte)i)];

    private readonly StoreKeys _keys = new("secret", "$G");

    public static TheoryData<StoreCipher> Ciphers => [StoreCipher.ChaCha, StoreCipher.Aes];

    [Theory]
    [InlineData(StoreCipher.ChaCha, 72)]
    [InlineData(StoreCipher.Aes, 64)]
    public void A_key_file_opens_with_the_same_key_account_context_and_cipher_only(StoreCipher cipher, int length)
    {
        byte[] nonce = new byte[StoreKeys.NonceSize(cipher)];
        string context = StoreKeys.ContextOfBlock("S", 7);
        using AssetKey key = _keys.Create(cipher, context, Seed, nonce, out byte[] file);
        Assert.Equal(length, file.Length);
        Assert.True(_keys.TryOpen(cipher, context, file, out AssetKey? opened));
        Assert.Equal(Encrypt(key), Encrypt(opened));

        Assert.False(_keys.TryOpen(cipher, StoreKeys.ContextOfBlock("S", 8), file, out _));
        Assert.False(new StoreKeys("secret", "A").TryOpen(cipher, context, file, out _));
        Assert.False(new StoreKeys("Secret", "$G").TryOpen(cipher, context, file, out _));
        Assert.False(_keys.TryOpen(cipher == StoreCipher.Aes ? StoreCipher.ChaCha : StoreCipher.Aes, context, file, out _));
        for (int cut = 0; cut < file.Length; cut++)
        {
            Assert.False(_keys.TryOpen(cipher, context, file.AsSpan(0, cut), out _));
        }
    }

    [Theory]
    [MemberData(nameof(Ciphers))]
    public void A_block_is_encrypted_alike_whole_and_in_pieces(StoreCipher cipher)
    {
        using AssetKey key = _keys.Create(cipher, "S", Seed, new byte[StoreKeys.NonceSize(cipher)], out _);
        using BlockCipher block = key.CreateBlockCipher();
        byte[] whole = new byte[10_000];
        block.Apply(0, whole);
        byte[] pieces = new byte[whole.Length];
        var random = new Random(4);
        for (int at = 0; at < pieces.Length;)
        {
            int length = Math.Min(1 + random.Next(300), pieces.Length - at);
            block.Apply(at, pieces.AsSpan(at, length));
            at += length;
        }

        Assert.Equal(whole, pieces);
        Assert.Contains(whole, b => b != 0);
    }

    [Theory]
    [MemberData(nameof(Ciphers))]
    public void Metadata_is_sealed(StoreCipher cipher)
    {
        using AssetKey key = _keys.Create(cipher, "S", Seed, new byte[StoreKeys.NonceSize(cipher)], out _);
        using SealingKey sealing = key.CreateSealingKey();
        byte[] message = Encoding.ASCII.GetBytes("{\"name\":\"S\"}");
        byte[] box = new byte[message.Length + sealing.Overhead];
        sealing.Seal(new byte[sealing.NonceSize], message, box);
        byte[] opened = new byte[message.Length];
        Assert.True(sealing.TryOpen(box, opened));
        Assert.Equal(message, opened);
    }

    [Fact]
    public void Contexts_name_the_asset()
    {
        Assert.Equal("S", StoreKeys.ContextOfStream("S"));
        Assert.Equal("S:12", StoreKeys.ContextOfBlock("S", 12));
        Assert.Equal("S.C", StoreKeys.ContextOfConsumer("S", "C"));
    }

    [Fact]
    public void Checksums_of_metadata_are_sixteen_digits()
    {
        byte[] file = Encoding.ASCII.GetBytes("{}");
        string sum = MetaChecksum.Of(StoreHashKey.OfStream("S"), file);
        Assert.Equal(MetaChecksum.Length, sum.Length);
        Assert.True(MetaChecksum.Matches(StoreHashKey.OfStream("S"), file, Encoding.ASCII.GetBytes(sum)));
        Assert.False(MetaChecksum.Matches(StoreHashKey.OfConsumer("S", "C"), file, Encoding.ASCII.GetBytes(sum)));
        Assert.False(MetaChecksum.Matches(StoreHashKey.OfStream("S"), "{ }"u8, Encoding.ASCII.GetBytes(sum)));
        Assert.False(MetaChecksum.Matches(StoreHashKey.OfStream("S"), file, Encoding.ASCII.GetBytes(sum + "\n")));
        Assert.False(MetaChecksum.Matches(StoreHashKey.OfStream("S"), file, "zzzzzzzzzzzzzzzz"u8));
    }

    private static byte[] Encrypt(AssetKey key)
    {
        byte[] data = new byte[100];
        using BlockCipher cipher = key.CreateBlockCipher();
        cipher.Apply(0, data);
        return data;
    }
}
