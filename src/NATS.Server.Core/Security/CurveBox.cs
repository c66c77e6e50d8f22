using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;

namespace NATS.Server.Core.Security;

/// <summary>
/// What curve keys seal for one another: <c>xkv1</c>, a nonce of 24 bytes, and NaCl's box (X25519, XSalsa20, Poly1305). Pure. Used through
/// <see cref="NkeyPair"/>.
/// </summary>
internal static class CurveBox
{
    private const int HeaderSize = 4 + SecretBox.NonceSize;

    private static ReadOnlySpan<byte> Version => "xkv1"u8;

    /// <summary>Seals a message; null when the recipient's key is of small order.</summary>
    public static byte[]? Seal(ReadOnlySpan<byte> secret, ReadOnlySpan<byte> recipient, ReadOnlySpan<byte> nonce, ReadOnlySpan<byte> message)
    {
        Span<byte> key = stackalloc byte[SecretBox.KeySize];
        byte[]? box = null;
        if (TryAgree(secret, recipient, key))
        {
            box = new byte[checked(HeaderSize + SecretBox.Overhead + message.Length)];
            Version.CopyTo(box);
            nonce.CopyTo(box.AsSpan(Version.Length));
            SecretBox.Seal(key, nonce, message, box.AsSpan(HeaderSize));
        }

        CryptographicOperations.ZeroMemory(key);
        return box;
    }

    /// <summary>Opens what <see cref="Seal"/> made. False for everything else.</summary>
    public static bool TryOpen(ReadOnlySpan<byte> secret, ReadOnlySpan<byte> sender, ReadOnlySpan<byte> box, [NotNullWhen(true)] out byte[]? message)
    {
        message = null;
        if (box.Length < HeaderSize + SecretBox.Overhead || !box.StartsWith(Version)) return false;
        Span<byte> key = stackalloc byte[SecretBox.KeySize];
        if (TryAgree(secret, sender, key))
        {
            byte[] opened = new byte[box.Length - HeaderSize - SecretBox.Overhead];
            if (SecretBox.TryOpen(key, box[Version.Length..HeaderSize], box[HeaderSize..], opened)) message = opened;
        }

        CryptographicOperations.ZeroMemory(key);
        return message is not null;
    }

    // The key of the box is derived from the shared secret, which is not evenly distributed.
    private static bool TryAgree(ReadOnlySpan<byte> secret, ReadOnlySpan<byte> publicKey, Span<byte> key)
    {
        Span<byte> shared = stackalloc byte[X25519.KeySize];
        bool isSafe = X25519.TryAgree(secret, publicKey, shared);
        Salsa20.DeriveKey(shared, stackalloc byte[16], key);
        CryptographicOperations.ZeroMemory(shared);
        return isSafe;
    }
}
