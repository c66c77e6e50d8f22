namespace NATS.Server.Core.Jwt;

/// <summary>A user of an account. Immutable.</summary>
public sealed record UserClaims : ClaimSet
{
    public override ClaimKind Kind => ClaimKind.User;

    public UserRights Rights { get; init; } = UserRights.None;

    /// <summary>The account, when one of its signing keys signed; otherwise empty and the issuer is the account.</summary>
    public string IssuerAccount { get; init; } = "";

    /// <summary>Public key of the account that the user belongs to.</summary>
    public string Account => IssuerAccount.Length > 0 ? IssuerAccount : Issuer;
}
