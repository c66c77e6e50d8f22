namespace NATS.Server.Core.Jwt;

/// <summary>What an authorization service decided: a user's token or an error. Immutable.</summary>
public sealed record AuthorizationResponseClaims : ClaimSet
{
    public override ClaimKind Kind => ClaimKind.AuthorizationResponse;

    /// <summary>The user's token, or empty.</summary>
    public string Jwt { get; init; } = "";

    public string Error { get; init; } = "";

    /// <summary>The account, when one of its signing keys signed; otherwise empty.</summary>
    public string IssuerAccount { get; init; } = "";
}
