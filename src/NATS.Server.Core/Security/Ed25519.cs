using System.Buffers;
using System.Security.Cryptography;
using NATS.Server.Core.Security.Curve25519;

namespace NATS.Server.Core.Security;

/// <summary>
/// Signatures of RFC 8032 over the curve edwards25519. Pure, thread-safe, no allocation. What handles a seed takes the same time whatever the seed;
/// verification handles public values only and does not.
/// </summary>
/// <remarks>
/// Verdicts are those of Go's crypto/ed25519, on which all NATS parties agree: s must be below L, R must be spelled canonically, the public key need
/// not be, points of small order are not refused, and the equation is checked without the cofactor.
/// </remarks>
public static class Ed25519
{
    public const int SeedSize = 32;
    public const int PublicKeySize = 32;
    public const int SignatureSize = 64;

    private const int DigestSize = SHA512.HashSizeInBytes;
    private const int StackLimit = 1024;

    /// <summary>Whether <paramref name="signature"/> is one of <paramref name="message"/> by the holder of <paramref name="publicKey"/>.</summary>
    /// <returns>False also when a length is wrong or the key is no point of the curve; foreign input never throws.</returns>
    public static bool Verify(ReadOnlySpan<byte> publicKey, ReadOnlySpan<byte> message, ReadOnlySpan<byte> signature)
    {
        if (publicKey.Length != PublicKeySize || signature.Length != SignatureSize) return false;
        ReadOnlySpan<byte> encodedR = signature[..EdwardsPoint.Size];
        if (!Scalar.TryReadVariableTime(signature[EdwardsPoint.Size..], out Scalar s)) return false;
        if (!EdwardsPoint.TryDecodeVariableTime(publicKey, out EdwardsPoint a)) return false;

        // R = s B - k A, with k the digest of R, A and the message.
        Span<byte> digest = stackalloc byte[DigestSize];
        Hash(digest, encodedR, publicKey, message);
        EdwardsPoint.Negate(out a, a);
        DoubleMultiplication.ComputeVariableTime(out EdwardsPoint r, s, Scalar.Reduce(digest), a);
        Span<byte> expected = stackalloc byte[EdwardsPoint.Size];
        r.Encode(expected);
        return expected.SequenceEqual(encodedR);
    }

    /// <summary>Derives the public key of a seed.</summary>
    /// <param name="seed">32 bytes, secret.</param>
    /// <param name="publicKey">Takes 32 bytes.</param>
    public static void DerivePublicKey(ReadOnlySpan<byte> seed, Span<byte> publicKey)
    {
        RequireLength(seed.Length, SeedSize, nameof(seed));
        RequireLength(publicKey.Length, PublicKeySize, nameof(publicKey));
        Span<byte> secret = stackalloc byte[DigestSize];
        BasePoint.Multiply(out EdwardsPoint point, ExpandSeed(seed, secret));
        point.Encode(publicKey);
        CryptographicOperations.ZeroMemory(secret);
    }

    /// <summary>Signs a message. Deterministic: the same seed and message give the same signature.</summary>
    /// <param name="seed">32 bytes, secret.</param>
    /// <param name="message">Any length.</param>
    /// <param name="signature">Takes 64 bytes.</param>
    public static void Sign(ReadOnlySpan<byte> seed, ReadOnlySpan<byte> message, Span<byte> signature)
    {
        Span<byte> publicKey = stackalloc byte[PublicKeySize];
        DerivePublicKey(seed, publicKey);
        Sign(seed, publicKey, message, signature);
    }

    /// <summary>
    /// Signs with a public key that was derived before, which halves the time. A public key that does not belong to the seed would give the seed away:
    /// it must never come from elsewhere.
    /// </summary>
    internal static void Sign(ReadOnlySpan<byte> seed, ReadOnlySpan<byte> publicKey, ReadOnlySpan<byte> message, Span<byte> signature)
    {
        RequireLength(seed.Length, SeedSize, nameof(seed));
        RequireLength(publicKey.Length, PublicKeySize, nameof(publicKey));
        RequireLength(signature.Length, SignatureSize, nameof(signature));

        // r is the digest of the second half of the secret and the message; R = r B; s = k a + r.
        Span<byte> secret = stackalloc byte[DigestSize];
        Span<byte> digest = stackalloc byte[DigestSize];
        Span<byte> output = stackalloc byte[SignatureSize];
        Scalar a = ExpandSeed(seed, secret);
        Hash(digest, secret[SeedSize..], default, message);
        Scalar r = Scalar.Reduce(digest);
        BasePoint.Multiply(out EdwardsPoint point, r);
        point.Encode(output);
        Hash(digest, output[..EdwardsPoint.Size], publicKey, message);
        Scalar.MultiplyAdd(a, Scalar.Reduce(digest), r).Encode(output[EdwardsPoint.Size..]);
        output.CopyTo(signature);
        CryptographicOperations.ZeroMemory(secret);
        CryptographicOperations.ZeroMemory(digest);
    }

    // The clamped scalar; the second half of the digest stays in the buffer.
    private static Scalar ExpandSeed(ReadOnlySpan<byte> seed, Span<byte> secret)
    {
        SHA512.HashData(seed, secret);
        secret[0] &= 248;
        secret[31] &= 127;
        secret[31] |= 64;
        return Scalar.ReadUnreduced(secret);
    }

    // SHA-512 of three parts. The class library hashes without an object only what is in one piece.
    private static void Hash(Span<byte> digest, ReadOnlySpan<byte> first, ReadOnlySpan<byte> second, ReadOnlySpan<byte> message)
    {
        int length = checked(first.Length + second.Length + message.Length);
        byte[]? rented = length > StackLimit ? ArrayPool<byte>.Shared.Rent(length) : null;
        Span<byte> joined = rented is null ? stackalloc byte[StackLimit] : rented;
        joined = joined[..length];
        first.CopyTo(joined);
        second.CopyTo(joined[first.Length..]);
        message.CopyTo(joined[(first.Length + second.Length)..]);
        SHA512.HashData(joined, digest);
        CryptographicOperations.ZeroMemory(joined[..first.Length]);
        if (rented is not null) ArrayPool<byte>.Shared.Return(rented);
    }

    private static void RequireLength(int length, int expected, string name)
    {
        if (length != expected) throw new ArgumentException($"{expected} bytes are expected, not {length}", name);
    }
}
