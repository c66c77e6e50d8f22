using System.Buffers.Text;
using System.Security.Cryptography;

namespace NATS.Server.Auth;

/// <summary>What a client has to sign to show that it holds a key: fresh for every connection. Thread-safe.</summary>
internal static class Nonce
{
    private const int Size = 11;

    /// <summary>Random bytes as 15 characters of base64 for URLs.</summary>
    public static string Create()
    {
        Span<byte> bytes = stackalloc byte[Size];
        RandomNumberGenerator.Fill(bytes);
        return Base64Url.EncodeToString(bytes);
    }
}
