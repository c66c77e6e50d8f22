using System.Buffers;
using System.Buffers.Binary;
using System.Security.Cryptography;

namespace NATS.Server.Core.Security;

/// <summary>Owned by one user at a time. XChaCha20-Poly1305: as RFC 8439, with a nonce of 24 bytes, which is long enough to be chosen at random.</summary>
public sealed class XChaCha20Poly1305 : SealingKey
{
    private readonly byte[] _key;
    private readonly bool _usesOwnCode;

    /// <summary>Takes a key.</summary>
    /// <param name="key">32 bytes, which are copied.</param>
    public XChaCha20Poly1305(ReadOnlySpan<byte> key)
        : this(key, !ChaCha20Poly1305.IsSupported)
    {
    }

    /// <summary>For systems whose library has no ChaCha20-Poly1305.</summary>
    internal XChaCha20Poly1305(ReadOnlySpan<byte> key, bool usesOwnCode)
    {
        if (key.Length != KeySize) throw new ArgumentException($"a key has {KeySize} bytes", nameof(key));
        _key = key.ToArray();
        _usesOwnCode = usesOwnCode;
    }

    public override int NonceSize => XChaCha20.NonceSize;

    protected override void Encrypt(ReadOnlySpan<byte> nonce, Span<byte> data, Span<byte> tag)
    {
        Span<byte> derived = stackalloc byte[KeySize];
        Span<byte> inner = stackalloc byte[ChaCha20.NonceSize];
        XChaCha20.Derive(_key, nonce, derived, inner);
        if (_usesOwnCode)
        {
            ChaCha20.Apply(derived, inner, 1, data);
            ComputeTag(derived, inner, data, tag);
        }
        else
        {
            using var cipher = new ChaCha20Poly1305(derived);
            cipher.Encrypt(inner, data, data, tag);
        }

        CryptographicOperations.ZeroMemory(derived);
    }

    protected override bool TryDecrypt(ReadOnlySpan<byte> nonce, Span<byte> data, ReadOnlySpan<byte> tag)
    {
        Span<byte> derived = stackalloc byte[KeySize];
        Span<byte> inner = stackalloc byte[ChaCha20.NonceSize];
        XChaCha20.Derive(_key, nonce, derived, inner);
        bool isRight;
        if (_usesOwnCode)
        {
            Span<byte> expected = stackalloc byte[TagSize];
            ComputeTag(derived, inner, data, expected);
            isRight = CryptographicOperations.FixedTimeEquals(expected, tag);
            if (isRight) ChaCha20.Apply(derived, inner, 1, data);
        }
        else
        {
            isRight = TryDecryptWithLibrary(derived, inner, data, tag);
        }

        CryptographicOperations.ZeroMemory(derived);
        return isRight;
    }

    protected override void Dispose(bool isDisposing)
    {
        CryptographicOperations.ZeroMemory(_key);
        base.Dispose(isDisposing);
    }

    private static bool TryDecryptWithLibrary(ReadOnlySpan<byte> key, ReadOnlySpan<byte> nonce, Span<byte> data, ReadOnlySpan<byte> tag)
    {
        using var cipher = new ChaCha20Poly1305(key);
        try
        {
            cipher.Decrypt(nonce, data, tag, data);
            return true;
        }
        catch (AuthenticationTagMismatchException)
        {
            return false;
        }
    }

    // RFC 8439, 2.8: the encrypted message with zeros up to a multiple of 16, then the lengths of the additional data, which there is none of, and of it.
    private static void ComputeTag(ReadOnlySpan<byte> key, ReadOnlySpan<byte> nonce, ReadOnlySpan<byte> encrypted, Span<byte> tag)
    {
        Span<byte> oneTimeKey = stackalloc byte[Poly1305.KeySize];
        oneTimeKey.Clear();
        ChaCha20.Apply(key, nonce, 0, oneTimeKey);
        int padded = (encrypted.Length + Poly1305.TagSize - 1) & -Poly1305.TagSize;
        int length = padded + (2 * sizeof(ulong));
        byte[] rented = ArrayPool<byte>.Shared.Rent(length);
        Span<byte> authenticated = rented.AsSpan(0, length);
        encrypted.CopyTo(authenticated);
        authenticated[encrypted.Length..].Clear();
        BinaryPrimitives.WriteUInt64LittleEndian(authenticated[^sizeof(ulong)..], (ulong)encrypted.Length);
        Poly1305.Compute(oneTimeKey, authenticated, tag);
        ArrayPool<byte>.Shared.Return(rented);
        CryptographicOperations.ZeroMemory(oneTimeKey);
    }
}
