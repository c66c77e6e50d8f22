using NATS.Server.Core.Storage;
using NATS.Server.JetStream.Storage.Assets;

namespace NATS.Server.JetStream.Storage.Inspection;

/// <summary>How a store is opened for a check, and what of it. Immutable but for the source of chance.</summary>
public sealed record InspectionOptions
{
    /// <summary>The server's key; null or empty for a store that is not encrypted.</summary>
    public string? Key { get; init; }

    /// <summary>The key before.</summary>
    public string? PreviousKey { get; init; }

    /// <summary>Of the store; the other is tried too.</summary>
    public StoreCipher Cipher { get; init; }

    /// <summary>Of nonces and seeds when something encrypted is written: one that cannot be guessed.</summary>
    public required Random Random { get; init; }

    internal AssetEncryption EncryptionOf(string account) => new()
    {
        Keys = string.IsNullOrEmpty(Key) ? null : new StoreKeys(Key, account),
        PreviousKeys = string.IsNullOrEmpty(PreviousKey) ? null : new StoreKeys(PreviousKey, account),
        Cipher = Cipher,
        Random = Random,
    };
}
