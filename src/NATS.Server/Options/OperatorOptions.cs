namespace NATS.Server.Options;

/// <summary>Operator mode: accounts and users are known by JWTs. Immutable; empty when the server is not in operator mode.</summary>
public sealed record OperatorOptions
{
    /// <summary>Operator JWTs, as text.</summary>
    public IReadOnlyList<string> Tokens { get; init; } = [];

    /// <summary>Public keys of trusted operators, when there are no operator JWTs.</summary>
    public IReadOnlyList<string> TrustedKeys { get; init; } = [];

    /// <summary>Null: none is configured.</summary>
    public ResolverOptions? Resolver { get; init; }

    /// <summary>How the URL resolver speaks TLS; null: with the defaults of the platform.</summary>
    public TlsOptions? ResolverTls { get; init; }

    /// <summary>Account JWTs by public key, for the resolver to begin with.</summary>
    public IReadOnlyDictionary<string, string> Preload { get; init; } = new Dictionary<string, string>(StringComparer.Ordinal);

    /// <summary>The only accounts whose users may connect; empty: all.</summary>
    public IReadOnlyList<string> PinnedAccounts { get; init; } = [];

    /// <summary>The bearer JWT of connections that bring none; empty: none.</summary>
    public string DefaultSentinel { get; init; } = "";

    public bool IsEnabled => Tokens.Count > 0 || TrustedKeys.Count > 0;

    public override string ToString() => $"{nameof(OperatorOptions)} {{ {nameof(IsEnabled)} = {IsEnabled} }}";
}

/// <summary>Where account JWTs come from.</summary>
public enum ResolverKind : byte
{
    Memory,
    Url,
    Full,
    Cache,
}

/// <summary>The account resolver. Immutable.</summary>
public sealed record ResolverOptions(ResolverKind Kind)
{
    /// <summary>Url: what an account's public key is appended to.</summary>
    public string Url { get; init; } = "";

    /// <summary>Full and cache: where JWTs are kept.</summary>
    public string Directory { get; init; } = "";
    public bool AllowDelete { get; init; }

    /// <summary>Deleted JWTs are removed, not renamed.</summary>
    public bool HardDelete { get; init; }

    /// <summary>Full: time between exchanges with other servers; zero is the default of a minute.</summary>
    public TimeSpan SyncInterval { get; init; }

    /// <summary>Most JWTs kept; 0 is the default: no limit for full, 1000 for cache.</summary>
    public long Limit { get; init; }

    /// <summary>Cache: time after which a JWT is looked up again; zero: never.</summary>
    public TimeSpan TimeToLive { get; init; }

    /// <summary>Time to wait for an answer; zero is the default of 1.9 seconds.</summary>
    public TimeSpan FetchTimeout { get; init; }
}

/// <summary>Authentication by a service that is asked over NATS. Immutable.</summary>
public sealed record AuthCalloutOptions
{
    /// <summary>Public key of the account whose signature answers bear.</summary>
    public required string Issuer { get; init; }

    /// <summary>The account of the service; empty is <c>$G</c>.</summary>
    public string Account { get; init; } = "";

    /// <summary>Users (names or public nkeys) who authenticate as configured: the service's own.</summary>
    public IReadOnlyList<string> AuthUsers { get; init; } = [];

    /// <summary>The service's public curve key: requests are encrypted for it; empty: plain.</summary>
    public string XKey { get; init; } = "";

    /// <summary>Accounts that the service may put users into; empty: all.</summary>
    public IReadOnlyList<string> AllowedAccounts { get; init; } = [];
}
