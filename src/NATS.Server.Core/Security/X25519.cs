using System.Security.Cryptography;
using NATS.Server.Core.Security.Curve25519;

namespace NATS.Server.Core.Security;

/// <summary>The key agreement of RFC 7748. Pure, thread-safe, no allocation. Takes the same time for all secrets.</summary>
public static class X25519
{
    public const int KeySize = 32;

    // (486662 - 2) / 4
    private const uint A24 = 121665;

    /// <summary>Derives the public key of a secret.</summary>
    /// <param name="secret">Any 32 bytes.</param>
    /// <param name="publicKey">Takes 32 bytes.</param>
    public static void DerivePublicKey(ReadOnlySpan<byte> secret, Span<byte> publicKey)
    {
        Span<byte> basePoint = stackalloc byte[KeySize];
        basePoint[0] = 9;
        Multiply(secret, basePoint, publicKey);
    }

    /// <summary>The secret that two parties share, each from its own secret and the other's public key.</summary>
    /// <param name="secret">32 bytes.</param>
    /// <param name="publicKey">32 bytes; the highest bit is ignored.</param>
    /// <param name="shared">Takes 32 bytes; zeros when the other's key is refused.</param>
    /// <returns>False for a public key of small order, with which every secret gives zero: whatever is encrypted under it, everybody can read.</returns>
    public static bool TryAgree(ReadOnlySpan<byte> secret, ReadOnlySpan<byte> publicKey, Span<byte> shared)
    {
        Multiply(secret, publicKey, shared);
        int any = 0;
        foreach (byte b in shared) any |= b;
        return any != 0;
    }

    // The ladder: (x2 : z2) and (x3 : z3) are neighbouring multiples of the point, exchanged as the bits of the scalar demand.
    private static void Multiply(ReadOnlySpan<byte> secret, ReadOnlySpan<byte> point, Span<byte> result)
    {
        if (secret.Length != KeySize) throw new ArgumentException("a secret has 32 bytes", nameof(secret));
        if (point.Length != KeySize) throw new ArgumentException("a point has 32 bytes", nameof(point));
        if (result.Length != KeySize) throw new ArgumentException("a result has 32 bytes", nameof(result));
        Span<byte> scalar = stackalloc byte[KeySize];
        secret.CopyTo(scalar);
        scalar[0] &= 248;
        scalar[31] &= 127;
        scalar[31] |= 64;

        FieldElement x1 = FieldElement.Decode(point);
        FieldElement x2 = new(1);
        FieldElement z2 = default;
        FieldElement x3 = x1;
        FieldElement z3 = new(1);
        ulong swapped = 0;
        for (int i = 254; i >= 0; i--)
        {
            ulong bit = 0 - (ulong)((scalar[i >> 3] >> (i & 7)) & 1);
            FieldElement.Swap(ref x2, ref x3, swapped ^ bit);
            FieldElement.Swap(ref z2, ref z3, swapped ^ bit);
            swapped = bit;

            FieldElement.Add(out FieldElement sum2, x2, z2);
            FieldElement.Subtract(out FieldElement difference2, x2, z2);
            FieldElement.Add(out FieldElement sum3, x3, z3);
            FieldElement.Subtract(out FieldElement difference3, x3, z3);
            FieldElement.Multiply(out difference3, difference3, sum2);
            FieldElement.Multiply(out sum3, sum3, difference2);
            FieldElement.Square(out FieldElement aa, sum2);
            FieldElement.Square(out FieldElement bb, difference2);
            FieldElement.Add(out x3, difference3, sum3);
            FieldElement.Square(out x3, x3);
            FieldElement.Subtract(out z3, difference3, sum3);
            FieldElement.Square(out z3, z3);
            FieldElement.Multiply(out z3, z3, x1);
            FieldElement.Multiply(out x2, aa, bb);
            FieldElement.Subtract(out FieldElement e, aa, bb);
            FieldElement.MultiplySmall(out z2, e, A24);
            FieldElement.Add(out z2, z2, aa);
            FieldElement.Multiply(out z2, z2, e);
        }

        FieldElement.Swap(ref x2, ref x3, swapped);
        FieldElement.Swap(ref z2, ref z3, swapped);
        FieldElement.Invert(out z2, z2);
        FieldElement.Multiply(out x2, x2, z2);
        x2.Encode(result);
        CryptographicOperations.ZeroMemory(scalar);
    }
}
