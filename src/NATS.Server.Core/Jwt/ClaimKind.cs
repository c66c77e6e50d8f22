namespace NATS.Server.Core.Jwt;

/// <summary>What a token speaks about. Its <c>type</c> field.</summary>
public enum ClaimKind
{
    Generic,
    Operator,
    Account,
    User,
    Activation,
    AuthorizationRequest,
    AuthorizationResponse,
}
