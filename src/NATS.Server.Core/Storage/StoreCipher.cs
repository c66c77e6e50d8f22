namespace NATS.Server.Core.Storage;

/// <summary>The ciphers that a store can be encrypted with.</summary>
public enum StoreCipher
{
    /// <summary>XChaCha20-Poly1305, and XChaCha20 for blocks: <c>cipher: chachapoly</c>, the default.</summary>
    ChaCha,

    /// <summary>AES-256 in GCM with a nonce of 16 bytes, and in counter mode for blocks: <c>cipher: aes</c>.</summary>
    Aes,
}
