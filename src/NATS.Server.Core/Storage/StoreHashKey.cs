using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using NATS.Server.Core.Hashing;

namespace NATS.Server.Core.Storage;

/// <summary>Pure. The keys of the checksums in a stream's folder: the SHA-256 of a name. They protect against damage, not against people.</summary>
public static class StoreHashKey
{
    /// <summary>Of a stream's <c>meta.inf</c> and <c>index.db</c>.</summary>
    public static HighwayHashKey OfStream(string stream) => Of(stream);

    /// <summary>Of the records in <c>msgs/N.blk</c>.</summary>
    public static HighwayHashKey OfBlock(string stream, uint index) => Of(string.Create(CultureInfo.InvariantCulture, $"{stream}-{index}"));

    /// <summary>Of a consumer's <c>meta.inf</c>.</summary>
    public static HighwayHashKey OfConsumer(string stream, string consumer) => Of($"{stream}/{consumer}");

    private static HighwayHashKey Of(string name) => new(SHA256.HashData(Encoding.UTF8.GetBytes(name)));
}
