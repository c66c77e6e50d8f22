using NATS.Server.Core.Security;

namespace NATS.Server.Core.Storage;

/// <summary>
/// Owned by one user at a time. The stream cipher of a message block. The place in the key stream is the place in the file, so that records can be
/// appended; it says nothing about whether a block was changed.
/// </summary>
public sealed class BlockCipher : IDisposable
{
    private readonly XChaCha20? _chaCha;
    private readonly AesCounter? _aes;
    private readonly byte[] _nonce;

    /// <summary>Takes what a key file held.</summary>
    /// <param name="cipher">Of the store.</param>
    /// <param name="seed">32 bytes.</param>
    /// <param name="nonce">The nonce of the key file: 24 bytes for ChaCha, 16 for AES.</param>
    public BlockCipher(StoreCipher cipher, ReadOnlySpan<byte> seed, ReadOnlySpan<byte> nonce)
    {
        _nonce = nonce.ToArray();
        if (cipher == StoreCipher.ChaCha) _chaCha = new XChaCha20(seed, nonce);
        else if (nonce.Length == AesCounter.BlockSize) _aes = new AesCounter(seed);
        else throw new ArgumentException("of another length", nameof(nonce));
    }

    /// <summary>Encrypts or decrypts in place.</summary>
    /// <param name="offset">Where in the file the data begins.</param>
    /// <param name="data">Any length.</param>
    public void Apply(long offset, Span<byte> data)
    {
        _chaCha?.Apply(offset, data);
        _aes?.Apply(_nonce, offset, data);
    }

    public void Dispose()
    {
        _chaCha?.Dispose();
        _aes?.Dispose();
    }
}
