using System.Security.Cryptography;
using NATS.Server.Core.Security;

namespace NATS.Server.Core.Storage;

/// <summary>Owned by one user at a time. The key of a stream, a consumer or a block, as a key file holds it: <c>meta.key</c> or <c>msgs/N.key</c>.</summary>
public sealed class AssetKey : IDisposable
{
    /// <summary>Random bytes of which a key is made.</summary>
    public const int SeedSize = SealingKey.KeySize;

    private readonly byte[] _seed;
    private readonly byte[] _nonce;

    internal AssetKey(StoreCipher cipher, ReadOnlySpan<byte> seed, ReadOnlySpan<byte> nonce)
    {
        Cipher = cipher;
        _seed = seed.ToArray();
        _nonce = nonce.ToArray();
    }

    /// <summary>What the key is for.</summary>
    public StoreCipher Cipher { get; }

    /// <summary>The key that seals metadata, consumer state and <c>index.db</c>.</summary>
    public SealingKey CreateSealingKey() => StoreKeys.CreateSealingKey(Cipher, _seed);

    /// <summary>The cipher of the block that the key file belongs to.</summary>
    public BlockCipher CreateBlockCipher() => new(Cipher, _seed, _nonce);

    public void Dispose() => CryptographicOperations.ZeroMemory(_seed);
}
