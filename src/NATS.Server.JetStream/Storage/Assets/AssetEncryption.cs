using NATS.Server.Core.Storage;

namespace NATS.Server.JetStream.Storage.Assets;

/// <summary>How the files of assets are encrypted. Immutable but for the source of chance.</summary>
public sealed record AssetEncryption
{
    /// <summary>Null: they are not, and what is encrypted is not opened.</summary>
    public StoreKeys? Keys { get; init; }

    /// <summary>The keys before, with which what is there may be encrypted still.</summary>
    public StoreKeys? PreviousKeys { get; init; }

    public StoreCipher Cipher { get; init; }

    /// <summary>For seeds and nonces: one that cannot be guessed where <see cref="Keys"/> are given.</summary>
    public required Random Random { get; init; }

    internal StoreCipher OtherCipher => Cipher == StoreCipher.ChaCha ? StoreCipher.Aes : StoreCipher.ChaCha;

    internal byte[] Draw(int count)
    {
        byte[] bytes = new byte[count];
        Random.NextBytes(bytes);
        return bytes;
    }
}
