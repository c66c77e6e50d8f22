using NATS.Server.Core.Storage;

namespace NATS.Server.InteropTests.Storage;

/// <summary>How a store is written.</summary>
internal sealed record StoreVariant(string Name, StoreCipher? Cipher, bool IsCompressed)
{
    public const string Key = "secret of the store";

    public static StoreVariant Of(string name) => name switch
    {
        "plain" => new StoreVariant(name, null, false),
        "compressed" => new StoreVariant(name, null, true),
        "chacha" => new StoreVariant(name, StoreCipher.ChaCha, false),
        "chacha compressed" => new StoreVariant(name, StoreCipher.ChaCha, true),
        "aes" => new StoreVariant(name, StoreCipher.Aes, false),
        "aes compressed" => new StoreVariant(name, StoreCipher.Aes, true),
        _ => throw new ArgumentException("unknown", nameof(name)),
    };

    /// <summary>The configuration of a server with this store.</summary>
    public string ConfigFor(string folder)
    {
        string encryption = Cipher is { } cipher ? $"key: \"{Key}\", cipher: {(cipher == StoreCipher.Aes ? "aes" : "chachapoly")}" : "";
        return $$"""
            jetstream { store_dir: "{{folder}}", {{encryption}} }
            """;
    }
}
