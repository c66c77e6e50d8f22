namespace NATS.Server.Core.Jwt;

/// <summary>Keys whose tokens are void when they were issued at or before a time. Immutable.</summary>
/// <param name="Entries">Seconds since 1970 by public key, or by <see cref="Everybody"/>.</param>
public sealed record RevocationList(IReadOnlyDictionary<string, long> Entries)
{
    /// <summary>Stands for all keys.</summary>
    public const string Everybody = "*";

    public static RevocationList Empty { get; } = new(new Dictionary<string, long>(StringComparer.Ordinal));

    /// <summary>Whether a token is void.</summary>
    /// <param name="publicKey">Whom the token is about.</param>
    /// <param name="issuedAt">When it was issued, in seconds since 1970.</param>
    public bool IsRevoked(string publicKey, long issuedAt) =>
        (Entries.TryGetValue(Everybody, out long all) && all >= issuedAt) || (Entries.TryGetValue(publicKey, out long own) && own >= issuedAt);
}
