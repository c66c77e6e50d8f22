namespace NATS.Server.Core.Jwt;

/// <summary>What a token says: the part that all kinds have in common. Immutable.</summary>
public abstract record ClaimSet
{
    /// <summary>The version of the format that is written; versions up to it are read.</summary>
    public const int CurrentVersion = 2;

    public abstract ClaimKind Kind { get; }

    public string Audience { get; init; } = "";

    /// <summary>Seconds since 1970 after which the token is void; 0 means never.</summary>
    public long Expires { get; init; }

    /// <summary>The digest of the other common fields, in base32.</summary>
    public string Id { get; init; } = "";

    /// <summary>Seconds since 1970.</summary>
    public long IssuedAt { get; init; }

    /// <summary>The public key that signed.</summary>
    public string Issuer { get; init; } = "";

    public string Name { get; init; } = "";

    /// <summary>Seconds since 1970 before which the token is void; 0 means always valid.</summary>
    public long NotBefore { get; init; }

    /// <summary>The public key that the token is about.</summary>
    public string Subject { get; init; } = "";

    public IReadOnlyList<string> Tags { get; init; } = [];

    public int Version { get; init; } = CurrentVersion;
}
