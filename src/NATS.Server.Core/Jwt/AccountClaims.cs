namespace NATS.Server.Core.Jwt;

/// <summary>An account as its operator or owner describes it. Immutable.</summary>
public sealed record AccountClaims : ClaimSet
{
    public override ClaimKind Kind => ClaimKind.Account;

    public IReadOnlyList<ClaimImport> Imports { get; init; } = [];

    public IReadOnlyList<ClaimExport> Exports { get; init; } = [];

    public AccountLimits Limits { get; init; } = AccountLimits.None;

    /// <summary>Keys besides the account's own that may sign users; a scope, if any, dictates what those users may do.</summary>
    public IReadOnlyDictionary<string, SigningKeyScope?> SigningKeys { get; init; } = new Dictionary<string, SigningKeyScope?>(StringComparer.Ordinal);

    public RevocationList Revocations { get; init; } = RevocationList.Empty;

    /// <summary>For users whose own tokens say nothing.</summary>
    public ClaimPermissions DefaultPermissions { get; init; } = ClaimPermissions.None;

    public IReadOnlyDictionary<string, IReadOnlyList<WeightedDestination>> Mappings { get; init; } =
        new Dictionary<string, IReadOnlyList<WeightedDestination>>(StringComparer.Ordinal);

    public ExternalAuthorization Authorization { get; init; } = ExternalAuthorization.None;

    public TraceDestination? Trace { get; init; }

    /// <summary>Which account's traffic the replication of this account's streams is: empty, <c>system</c> or <c>owner</c>.</summary>
    public string ClusterTraffic { get; init; } = "";

    public string Description { get; init; } = "";

    public string InfoUrl { get; init; } = "";

    /// <summary>Whether the account stands behind the signature of a user or an activation.</summary>
    public bool DidSign(ClaimSet other)
    {
        if (other.Issuer == Subject) return true;
        string issuerAccount = other switch
        {
            UserClaims user => user.IssuerAccount,
            ActivationClaims activation => activation.IssuerAccount,
            _ => "",
        };
        return issuerAccount == Subject && SigningKeys.ContainsKey(other.Issuer);
    }
}

/// <summary>Where a mapped subject goes, for a share of the messages.</summary>
/// <param name="Subject">Destination.</param>
/// <param name="Weight">Per cent as the token says it; 0 stands for 100, see <see cref="EffectiveWeight"/>.</param>
/// <param name="Cluster">Only in this cluster; empty for everywhere.</param>
public sealed record WeightedDestination(string Subject, byte Weight = 0, string Cluster = "")
{
    public byte EffectiveWeight => Weight == 0 ? (byte)100 : Weight;
}

/// <summary>Users of an account whose rights another service decides.</summary>
/// <param name="AuthUsers">User keys that skip the service, because they are it. Empty: no service.</param>
/// <param name="AllowedAccounts">Accounts that the service may place users in, or <c>*</c>.</param>
/// <param name="XKey">The service's curve key for encrypted requests, or empty.</param>
public sealed record ExternalAuthorization(IReadOnlyList<string> AuthUsers, IReadOnlyList<string> AllowedAccounts, string XKey)
{
    /// <summary>Stands for every account.</summary>
    public const string AnyAccount = "*";

    public static ExternalAuthorization None { get; } = new([], [], "");

    public bool IsEnabled => AuthUsers.Count > 0;
}

/// <summary>Where traces of messages with a sampled <c>traceparent</c> header go.</summary>
/// <param name="Destination">Subject.</param>
/// <param name="Sampling">Per cent as the token says it; 0 stands for 100, see <see cref="EffectiveSampling"/>.</param>
public sealed record TraceDestination(string Destination, long Sampling = 0)
{
    public long EffectiveSampling => Sampling == 0 ? 100 : Sampling;
}
