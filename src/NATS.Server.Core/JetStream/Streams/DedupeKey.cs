using NATS.Server.Core.Hashing;

namespace NATS.Server.Core.JetStream.Streams;

/// <summary>Immutable, thread-safe. A secret of the server that decides how message ids are told apart, so that nobody can write two that look alike.</summary>
public sealed class DedupeKey
{
    /// <summary>Bytes of a secret.</summary>
    public const int Length = 2 * HighwayHashKey.Length;

    private readonly HighwayHashKey _low;
    private readonly HighwayHashKey _high;

    /// <summary>Takes a secret.</summary>
    /// <param name="secret">Exactly <see cref="Length"/> random bytes.</param>
    public DedupeKey(ReadOnlySpan<byte> secret)
    {
        _low = new HighwayHashKey(secret[..HighwayHashKey.Length]);
        _high = new HighwayHashKey(secret[HighwayHashKey.Length..]);
    }

    internal DedupeHash Hash(ReadOnlySpan<byte> id) => new(HighwayHash64.Hash(_low, id), (uint)HighwayHash64.Hash(_high, id));
}

/// <summary>96 bits that stand for a message id: ten million of them make two alike with a probability of 10^-15.</summary>
internal readonly record struct DedupeHash(ulong Low, uint High);
