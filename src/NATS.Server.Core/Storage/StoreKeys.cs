using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using NATS.Server.Core.Security;

namespace NATS.Server.Core.Storage;

/// <summary>
/// Immutable, thread-safe. The server's key of a store, <c>jetstream { key }</c>, for one account or raft group. From it and a context comes the key that
/// seals a key file, in which is the random key of the asset itself.
/// </summary>
/// <remarks>HMAC-SHA-256 with the server's key over the account and the context. Reference: nats-server jetstream.go and filestore.go.</remarks>
public sealed class StoreKeys
{
    /// <summary>A key file with less is damaged.</summary>
    public const int ShortestFile = 64;

    private readonly byte[] _key;
    private readonly byte[] _scope;

    /// <summary>Takes the server's key.</summary>
    /// <param name="key">The text of the configuration.</param>
    /// <param name="scope">The account's name; the group's for raft logs, <c>_meta_</c> for that of the metadata.</param>
    public StoreKeys(string key, string scope)
    {
        _key = Encoding.UTF8.GetBytes(key);
        _scope = Encoding.UTF8.GetBytes(scope);
    }

    /// <summary>The context of a stream's <c>meta.key</c>, which also is for <c>index.db</c>.</summary>
    public static string ContextOfStream(string stream) => stream;

    /// <summary>The context of <c>msgs/N.key</c>.</summary>
    public static string ContextOfBlock(string stream, uint index) => string.Create(CultureInfo.InvariantCulture, $"{stream}:{index}");

    /// <summary>The context of a consumer's <c>meta.key</c>, which also is for <c>o.dat</c>.</summary>
    public static string ContextOfConsumer(string stream, string consumer) => $"{stream}.{consumer}";

    /// <summary>How many random bytes a nonce has.</summary>
    public static int NonceSize(StoreCipher cipher) => cipher == StoreCipher.ChaCha ? XChaCha20.NonceSize : AesCounter.BlockSize;

    /// <summary>Makes the key of an asset, and the file that holds it.</summary>
    /// <param name="cipher">Of the store.</param>
    /// <param name="context">Which asset it is.</param>
    /// <param name="seed">Random, <see cref="AssetKey.SeedSize"/> bytes.</param>
    /// <param name="nonce">Random, <see cref="NonceSize"/> bytes.</param>
    /// <param name="file">What is to be written.</param>
    public AssetKey Create(StoreCipher cipher, string context, ReadOnlySpan<byte> seed, ReadOnlySpan<byte> nonce, out byte[] file)
    {
        using SealingKey outer = Derive(cipher, context);
        file = new byte[seed.Length + outer.Overhead];
        outer.Seal(nonce, seed, file);
        return new AssetKey(cipher, seed, nonce);
    }

    /// <summary>Opens a key file.</summary>
    /// <param name="cipher">Of the store.</param>
    /// <param name="context">Which asset it is.</param>
    /// <param name="file">All of it.</param>
    /// <param name="key">Null when it was made with another key, cipher or context, or is damaged.</param>
    public bool TryOpen(StoreCipher cipher, string context, ReadOnlySpan<byte> file, [NotNullWhen(true)] out AssetKey? key)
    {
        key = null;

        // Before anything is derived: who looks for a wrong bit asks thousands of times.
        if (file.Length != AssetKey.SeedSize + NonceSize(cipher) + SealingKey.TagSize) return false;
        using SealingKey outer = Derive(cipher, context);
        Span<byte> seed = stackalloc byte[AssetKey.SeedSize];
        if (!outer.TryOpen(file, seed)) return false;
        key = new AssetKey(cipher, seed, file[..outer.NonceSize]);
        CryptographicOperations.ZeroMemory(seed);
        return true;
    }

    internal static SealingKey CreateSealingKey(StoreCipher cipher, ReadOnlySpan<byte> key) =>
        cipher == StoreCipher.ChaCha ? new XChaCha20Poly1305(key) : new AesGcmLongNonce(key);

    private SealingKey Derive(StoreCipher cipher, string context)
    {
        Span<byte> derived = stackalloc byte[SealingKey.KeySize];
        HMACSHA256.HashData(_key, (byte[])[.. _scope, .. Encoding.UTF8.GetBytes(context)], derived);
        SealingKey key = CreateSealingKey(cipher, derived);
        CryptographicOperations.ZeroMemory(derived);
        return key;
    }
}
