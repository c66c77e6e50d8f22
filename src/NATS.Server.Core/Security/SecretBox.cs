using System.Security.Cryptography;

namespace NATS.Server.Core.Security;

/// <summary>
/// NaCl's secretbox, XSalsa20 and Poly1305: a tag of 16 bytes and the encrypted message. Pure, no allocation. Takes the same time for all keys.
/// </summary>
internal static class SecretBox
{
    public const int KeySize = Salsa20.KeySize;
    public const int NonceSize = 24;

    /// <summary>How much longer a box is than its message.</summary>
    public const int Overhead = Poly1305.TagSize;

    private const int DerivationSize = 16;

    // The first half of the first block of the key stream is the key of the authenticator, the second half begins the encryption.
    private const int Shared = Salsa20.BlockSize - Poly1305.KeySize;

    /// <summary>Encrypts and authenticates.</summary>
    /// <param name="key">32 bytes.</param>
    /// <param name="nonce">24 bytes, never used before with this key.</param>
    /// <param name="message">Any length.</param>
    /// <param name="box">Takes the message's length and <see cref="Overhead"/>.</param>
    public static void Seal(ReadOnlySpan<byte> key, ReadOnlySpan<byte> nonce, ReadOnlySpan<byte> message, Span<byte> box)
    {
        Span<byte> derived = stackalloc byte[KeySize];
        Span<byte> block = stackalloc byte[Salsa20.BlockSize];
        Begin(key, nonce, derived, block);
        Span<byte> encrypted = box.Slice(Overhead, message.Length);
        message.CopyTo(encrypted);
        Apply(derived, nonce, block, encrypted);
        Poly1305.Compute(block[..Poly1305.KeySize], encrypted, box[..Overhead]);
        CryptographicOperations.ZeroMemory(derived);
        CryptographicOperations.ZeroMemory(block);
    }

    /// <summary>Checks the tag and, only when it is right, decrypts.</summary>
    /// <param name="key">32 bytes.</param>
    /// <param name="nonce">24 bytes.</param>
    /// <param name="box">What <see cref="Seal"/> wrote.</param>
    /// <param name="message">Takes the box's length less <see cref="Overhead"/>.</param>
    /// <returns>False when the box is too short or was not made with this key and nonce; nothing is written then.</returns>
    public static bool TryOpen(ReadOnlySpan<byte> key, ReadOnlySpan<byte> nonce, ReadOnlySpan<byte> box, Span<byte> message)
    {
        if (box.Length < Overhead || message.Length != box.Length - Overhead) return false;
        Span<byte> derived = stackalloc byte[KeySize];
        Span<byte> block = stackalloc byte[Salsa20.BlockSize];
        Span<byte> tag = stackalloc byte[Overhead];
        Begin(key, nonce, derived, block);
        ReadOnlySpan<byte> encrypted = box[Overhead..];
        Poly1305.Compute(block[..Poly1305.KeySize], encrypted, tag);
        bool isRight = CryptographicOperations.FixedTimeEquals(tag, box[..Overhead]);
        if (isRight)
        {
            encrypted.CopyTo(message);
            Apply(derived, nonce, block, message);
        }

        CryptographicOperations.ZeroMemory(derived);
        CryptographicOperations.ZeroMemory(block);
        return isRight;
    }

    private static void Begin(ReadOnlySpan<byte> key, ReadOnlySpan<byte> nonce, Span<byte> derived, Span<byte> block)
    {
        if (key.Length != KeySize) throw new ArgumentException("a key has 32 bytes", nameof(key));
        if (nonce.Length != NonceSize) throw new ArgumentException("a nonce has 24 bytes", nameof(nonce));
        Salsa20.DeriveKey(key, nonce[..DerivationSize], derived);
        Salsa20.WriteBlock(derived, nonce[DerivationSize..], 0, block);
    }

    private static void Apply(ReadOnlySpan<byte> derived, ReadOnlySpan<byte> nonce, ReadOnlySpan<byte> block, Span<byte> data)
    {
        int count = Math.Min(Shared, data.Length);
        for (int i = 0; i < count; i++) data[i] ^= block[Poly1305.KeySize + i];
        Salsa20.Apply(derived, nonce[DerivationSize..], 1, data[count..]);
    }
}
