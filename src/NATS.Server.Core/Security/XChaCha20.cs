using System.Security.Cryptography;

namespace NATS.Server.Core.Security;

/// <summary>Not synchronised. XChaCha20: ChaCha20 with a key that is derived from the key and the first 16 bytes of a nonce of 24.</summary>
internal sealed class XChaCha20 : IDisposable
{
    public const int NonceSize = 24;

    private readonly byte[] _key = new byte[ChaCha20.KeySize];
    private readonly byte[] _nonce = new byte[ChaCha20.NonceSize];

    /// <summary>Derives what is needed from a key and a nonce.</summary>
    /// <param name="key">32 bytes.</param>
    /// <param name="nonce">24 bytes.</param>
    public XChaCha20(ReadOnlySpan<byte> key, ReadOnlySpan<byte> nonce) => Derive(key, nonce, _key, _nonce);

    /// <summary>Derives key and nonce of the ChaCha20 within.</summary>
    public static void Derive(ReadOnlySpan<byte> key, ReadOnlySpan<byte> nonce, Span<byte> derived, Span<byte> inner)
    {
        if (nonce.Length != NonceSize) throw new ArgumentException($"a nonce has {NonceSize} bytes", nameof(nonce));
        ChaCha20.DeriveKey(key, nonce[..ChaCha20.DerivationSize], derived);
        inner.Clear();
        nonce[ChaCha20.DerivationSize..].CopyTo(inner[4..]);
    }

    /// <summary>Encrypts or decrypts in place.</summary>
    /// <param name="offset">How far into the key stream the data begins.</param>
    /// <param name="data">Any length; not beyond 256 GiB of the key stream.</param>
    public void Apply(long offset, Span<byte> data)
    {
        uint block = checked((uint)(offset / ChaCha20.BlockSize));
        int skipped = (int)(offset % ChaCha20.BlockSize);
        if (skipped > 0)
        {
            // The rest of a block that was begun.
            Span<byte> stream = stackalloc byte[ChaCha20.BlockSize];
            stream.Clear();
            ChaCha20.Apply(_key, _nonce, block, stream);
            int size = Math.Min(data.Length, ChaCha20.BlockSize - skipped);
            KeyStream.Combine(data[..size], stream[skipped..]);
            CryptographicOperations.ZeroMemory(stream);
            data = data[size..];
            block++;
        }

        ChaCha20.Apply(_key, _nonce, block, data);
    }

    public void Dispose() => CryptographicOperations.ZeroMemory(_key);
}
