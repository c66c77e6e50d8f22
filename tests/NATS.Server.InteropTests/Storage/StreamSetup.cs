using NATS.Server.JetStream.Storage;

namespace NATS.Server.InteropTests.Storage;

/// <summary>Immutable. A stream named S, as the reference is asked to create it and as our store is told of it.</summary>
/// <param name="Name">Of the setup.</param>
/// <param name="Fields">What its configuration has besides name, subjects and storage.</param>
/// <param name="Limits">The same for our store.</param>
/// <param name="BlockSize">What the reference makes of the configuration.</param>
/// <param name="Ttl">Some messages get a time to live.</param>
internal sealed record StreamSetup(string Name, string Fields, StoreLimits Limits, int BlockSize, bool Ttl = false)
{
    private const int SmallBlock = 32_000;
    private const int LargeBlock = 8 << 20;
    private const int EncryptedBlock = 2 << 20;

    /// <summary>The request that creates the stream.</summary>
    public string CreateRequest(StoreVariant variant) =>
        $$"""{"name":"S","subjects":["s.>"],"storage":"file","allow_direct":true,"compression":"{{(variant.IsCompressed ? "s2" : "none")}}"{{Fields}}}""";

    public StoreLimits LimitsFor(StoreVariant variant) =>
        Limits with { Compression = variant.IsCompressed ? MessageCompression.S2 : MessageCompression.None };

    public int BlockSizeFor(StoreVariant variant) => variant.Cipher is null ? BlockSize : Math.Min(BlockSize, EncryptedBlock);

    public static StreamSetup Of(string name) => name switch
    {
        // With this limit blocks have 32000 bytes, so that there are several, and the oldest go.
        "several blocks" => new StreamSetup(name, ""","max_bytes":127000""", new StoreLimits { MaxBytes = 127_000 }, SmallBlock),
        "one block" => new StreamSetup(name, "", new StoreLimits(), LargeBlock),
        "per subject" => new StreamSetup(
            name, ""","max_msgs_per_subject":5,"max_bytes":127000""", new StoreLimits { MaxMessagesPerSubject = 5, MaxBytes = 127_000 }, SmallBlock),
        "ttl" => new StreamSetup(name, ""","allow_msg_ttl":true,"max_bytes":127000""", new StoreLimits { AllowTtl = true, MaxBytes = 127_000 }, SmallBlock, Ttl: true),
        _ => throw new ArgumentException("unknown", nameof(name)),
    };
}
