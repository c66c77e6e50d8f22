namespace NATS.Server.Core.Jwt;

/// <summary>An operator: the root of trust of a group of accounts. Immutable.</summary>
public sealed record OperatorClaims : ClaimSet
{
    public override ClaimKind Kind => ClaimKind.Operator;

    /// <summary>Other operator keys that may sign accounts.</summary>
    public IReadOnlyList<string> SigningKeys { get; init; } = [];

    public string AccountServerUrl { get; init; } = "";

    public IReadOnlyList<string> OperatorServiceUrls { get; init; } = [];

    /// <summary>Public key of the system account, or empty.</summary>
    public string SystemAccount { get; init; } = "";

    /// <summary>The least server version, as <c>major.minor.update</c>, or empty.</summary>
    public string AssertServerVersion { get; init; } = "";

    /// <summary>Whether the operator's own key signs nothing but the operator's own token.</summary>
    public bool StrictSigningKeyUsage { get; init; }

    /// <summary>Whether the operator stands behind the signature of another token.</summary>
    public bool DidSign(ClaimSet other)
    {
        if (other.Issuer != Subject) return SigningKeys.Contains(other.Issuer, StringComparer.Ordinal);
        return !StrictSigningKeyUsage || other.Subject == Subject;
    }
}
