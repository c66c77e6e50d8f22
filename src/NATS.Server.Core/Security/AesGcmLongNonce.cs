using System.Security.Cryptography;

namespace NATS.Server.Core.Security;

/// <summary>Owned by one user at a time. AES-256 in GCM with a nonce of 16 bytes, which the class library does not take (it takes 12).</summary>
public sealed class AesGcmLongNonce : SealingKey
{
    private const int Length = 16;

    private readonly AesCounter _counter;
    private readonly byte[] _hashKey = new byte[GaloisHash.BlockSize];

    /// <summary>Takes a key.</summary>
    /// <param name="key">32 bytes, which are copied.</param>
    public AesGcmLongNonce(ReadOnlySpan<byte> key)
    {
        if (key.Length != KeySize) throw new ArgumentException($"a key has {KeySize} bytes", nameof(key));
        _counter = new AesCounter(key);
        _counter.EncryptBlock(_hashKey, _hashKey);
    }

    public override int NonceSize => Length;

    protected override void Encrypt(ReadOnlySpan<byte> nonce, Span<byte> data, Span<byte> tag)
    {
        Span<byte> first = stackalloc byte[AesCounter.BlockSize];
        FindFirstBlock(nonce, first);
        _counter.Apply(first, AesCounter.BlockSize, data, wrapsAt32Bits: true);
        ComputeTag(first, data, tag);
    }

    protected override bool TryDecrypt(ReadOnlySpan<byte> nonce, Span<byte> data, ReadOnlySpan<byte> tag)
    {
        Span<byte> first = stackalloc byte[AesCounter.BlockSize];
        Span<byte> expected = stackalloc byte[TagSize];
        FindFirstBlock(nonce, first);
        ComputeTag(first, data, expected);
        if (!CryptographicOperations.FixedTimeEquals(expected, tag)) return false;
        _counter.Apply(first, AesCounter.BlockSize, data, wrapsAt32Bits: true);
        return true;
    }

    protected override void Dispose(bool isDisposing)
    {
        if (isDisposing) _counter.Dispose();
        CryptographicOperations.ZeroMemory(_hashKey);
        base.Dispose(isDisposing);
    }

    // NIST SP 800-38D, 7.1: a nonce that has not 12 bytes is hashed, with its length in bits behind it.
    private void FindFirstBlock(ReadOnlySpan<byte> nonce, Span<byte> first)
    {
        var hash = new GaloisHash(_hashKey);
        hash.Append(nonce);
        hash.Append(0, 8 * (ulong)nonce.Length);
        hash.CopyTo(first);
    }

    private void ComputeTag(ReadOnlySpan<byte> first, ReadOnlySpan<byte> encrypted, Span<byte> tag)
    {
        var hash = new GaloisHash(_hashKey);
        hash.Append(encrypted);
        hash.Append(0, 8 * (ulong)encrypted.Length);
        Span<byte> mask = stackalloc byte[AesCounter.BlockSize];
        _counter.EncryptBlock(first, mask);
        hash.CopyTo(tag);
        KeyStream.Combine(tag, mask);
    }
}
