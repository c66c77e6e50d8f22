using System.Security.Cryptography;
using System.Text;

namespace NATS.Server.Core.Hashing;

/// <summary>Pure. Short names for names, as they stand in subjects of servers among themselves and in acknowledgements.</summary>
/// <remarks>Reference: nats-server events.go getHash.</remarks>
public static class NameHash
{
    /// <summary>How many characters a hash has.</summary>
    public const int Length = 8;

    private const string Digits = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

    /// <summary>The first bytes of the name's SHA-256, each as one of 62 characters.</summary>
    public static string Of(string name)
    {
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(Encoding.UTF8.GetBytes(name), hash);
        Span<char> text = stackalloc char[Length];
        for (int i = 0; i < Length; i++) text[i] = Digits[hash[i] % Digits.Length];
        return new string(text);
    }
}
