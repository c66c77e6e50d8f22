using NATS.Server.Core.Storage;

namespace NATS.Server.InteropTests.Storage;

/// <summary>How a store is written.</summary>
internal sealed record StoreVariant(string Name, StoreCipher? Cipher, bool IsCompressed)
{
    public const string Key = "secret of the store";

    /// <summary>The server's key, where there is a cipher.</summary>
    public string ServerKey { get; init; } = Key;

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
    /// <param name="folder">Where it is.</param>
    /// <param name="previous">How it was written before, if it was encrypted with another key.</param>
    public string ConfigFor(string folder, StoreVariant? previous = null)
    {
        string before = previous is not null && previous.ServerKey != ServerKey ? $"prev_key: \"{previous.ServerKey}\", " : "";
        string encryption = Cipher is { } cipher ? $"{before}key: \"{ServerKey}\", cipher: {(cipher == StoreCipher.Aes ? "aes" : "chachapoly")}" : "";
        return $$"""
            jetstream { store_dir: "{{folder}}", {{encryption}} }
            """;
    }
}
