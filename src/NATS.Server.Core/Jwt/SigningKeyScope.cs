namespace NATS.Server.Core.Jwt;

/// <summary>What a signing key may grant: its users have the rights of the template, and their tokens name none. Immutable.</summary>
public sealed record SigningKeyScope
{
    /// <summary>Public key of the signer.</summary>
    public string Key { get; init; } = "";

    public string Role { get; init; } = "";

    public UserRights Template { get; init; } = UserRights.Standard;

    public string Description { get; init; } = "";

    /// <summary>Why the user cannot have been signed with this key, or null.</summary>
    public string? Refuse(UserClaims user)
    {
        if (user.Issuer != Key) return "issuer not the scoped signer";
        return user.Rights.IsEmpty ? null : "scoped users require no permissions or limits set";
    }
}
