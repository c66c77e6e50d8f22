using System.Security.Cryptography;
using System.Text;

namespace NATS.Server.Core.Security;

/// <summary>
/// Password hashes of the form <c>$2a$11$</c>, 22 characters of salt, 31 of digest. Thread-safe. Slow on purpose: a verification takes
/// 2^cost rounds, a few milliseconds at the lowest cost, about 100 ms at cost 11, hours at the highest.
/// </summary>
/// <remarks>
/// The variants a, b, x and y are one algorithm here as in the reference: the password's UTF-8 bytes and a terminating zero, of which the first
/// 72 bytes count. Source: Provos and Mazières, "A Future-Adaptable Password Scheme", 1999.
/// </remarks>
public static class Bcrypt
{
    public const int SaltLength = 16;
    public const int LowestCost = 4;
    public const int HighestCost = 31;

    private const string Alphabet = "./ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
    private const int PrefixLength = 7;
    private const int EncodedSaltLength = 22;
    private const int DigestLength = 23;
    private const int HashLength = PrefixLength + EncodedSaltLength + 31;

    /// <summary>
    /// Whether a stored password is meant to be a hash: it begins with <c>$2a$</c> (or b, x, y), two digits and <c>$</c>. What is malformed after
    /// that is still no plain password; it just verifies nothing.
    /// </summary>
    public static bool IsHash(ReadOnlySpan<char> stored) =>
        stored.Length >= PrefixLength
        && stored[0] == '$' && stored[1] == '2' && stored[2] is 'a' or 'b' or 'x' or 'y' && stored[3] == '$'
        && char.IsAsciiDigit(stored[4]) && char.IsAsciiDigit(stored[5]) && stored[6] == '$';

    /// <summary>Whether <paramref name="password"/> has the hash. The digests are compared in constant time.</summary>
    /// <param name="password">Any bytes.</param>
    /// <param name="hash">False is returned at once when it is malformed: too short, a cost outside 4 to 31, or letters outside the alphabet
    /// in the salt. What follows the digest is ignored, as in the reference.</param>
    public static bool Verify(ReadOnlySpan<byte> password, ReadOnlySpan<char> hash)
    {
        if (!TryReadCost(hash, out int cost) || hash.Length < HashLength) return false;
        ReadOnlySpan<char> encodedSalt = hash.Slice(PrefixLength, EncodedSaltLength);
        Span<byte> salt = stackalloc byte[SaltLength];
        if (!TryDecode(encodedSalt, salt)) return false;

        Span<char> expected = stackalloc char[31];
        Span<byte> digest = stackalloc byte[DigestLength + 1];
        BlowfishState.ComputeDigest(password, salt, cost, digest);
        Encode(digest[..DigestLength], expected);

        ReadOnlySpan<char> given = hash.Slice(PrefixLength + EncodedSaltLength, expected.Length);
        return CryptographicOperations.FixedTimeEquals(
            System.Runtime.InteropServices.MemoryMarshal.AsBytes(expected),
            System.Runtime.InteropServices.MemoryMarshal.AsBytes(given));
    }

    /// <summary>Reads the cost of a hash. False when it is no hash or its cost is outside 4 to 31.</summary>
    public static bool TryReadCost(ReadOnlySpan<char> hash, out int cost)
    {
        cost = 0;
        if (!IsHash(hash)) return false;
        cost = ((hash[4] - '0') * 10) + (hash[5] - '0');
        return cost is >= LowestCost and <= HighestCost;
    }

    /// <summary>Hashes a password, variant a.</summary>
    /// <param name="password">Any bytes; only the first 72 count.</param>
    /// <param name="cost">4 to 31.</param>
    /// <param name="salt">16 random bytes.</param>
    public static string Hash(ReadOnlySpan<byte> password, int cost, ReadOnlySpan<byte> salt)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(cost, LowestCost);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(cost, HighestCost);
        if (salt.Length != SaltLength) throw new ArgumentException($"The salt has {salt.Length} bytes instead of {SaltLength}.", nameof(salt));

        Span<char> encodedSalt = stackalloc char[EncodedSaltLength];
        Span<char> encodedDigest = stackalloc char[31];
        Span<byte> digest = stackalloc byte[DigestLength + 1];
        BlowfishState.ComputeDigest(password, salt, cost, digest);
        Encode(salt, encodedSalt);
        Encode(digest[..DigestLength], encodedDigest);
        return new StringBuilder(HashLength).Append($"$2a${cost:00}$").Append(encodedSalt).Append(encodedDigest).ToString();
    }

    // Base 64 with bcrypt's alphabet and without padding: six bits a character, the most significant first.
    private static void Encode(ReadOnlySpan<byte> bytes, Span<char> text)
    {
        for (int i = 0; i < text.Length; i++)
        {
            int bit = i * 6;
            int window = bytes[bit / 8] << 8;
            if ((bit / 8) + 1 < bytes.Length) window |= bytes[(bit / 8) + 1];
            text[i] = Alphabet[(window >> (10 - (bit % 8))) & 0x3F];
        }
    }

    // Bits of the last character that do not belong to a whole byte are ignored.
    private static bool TryDecode(ReadOnlySpan<char> text, Span<byte> bytes)
    {
        int accumulator = 0;
        int bits = 0;
        int length = 0;
        foreach (char c in text)
        {
            int value = Alphabet.IndexOf(c);
            if (value < 0) return false;
            accumulator = (accumulator << 6) | value;
            bits += 6;
            if (bits < 8) continue;
            bits -= 8;
            if (length < bytes.Length) bytes[length++] = (byte)(accumulator >> bits);
        }

        return true;
    }
}
