namespace NATS.Server.Options;

/// <summary>An <c>ocsp_peer</c> block: whether and how the authorities of clients' certificates are asked for revocations. Immutable.</summary>
public sealed record OcspPeerOptions
{
    /// <summary>How long a responder may take when nothing is configured.</summary>
    public static readonly TimeSpan DefaultCaTimeout = TimeSpan.FromSeconds(2);

    /// <summary>Certificates are checked; a client's chain must have none that its authority does not confirm.</summary>
    public bool Verify { get; init; }

    /// <summary>How far a responder's clock may be off.</summary>
    public TimeSpan AllowedClockSkew { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>How long a responder may take; zero is the default.</summary>
    public TimeSpan CaTimeout { get; init; } = DefaultCaTimeout;

    /// <summary>How long an answer counts that does not say when there will be another one.</summary>
    public TimeSpan CacheTtlWhenNextUpdateUnset { get; init; } = TimeSpan.FromHours(1);

    /// <summary>What would be refused is only logged.</summary>
    public bool WarnOnly { get; init; }

    /// <summary>A certificate that its authority does not know is taken for valid.</summary>
    public bool UnknownIsGood { get; init; }

    /// <summary>Without an answer a certificate is valid, unless it is known to be revoked.</summary>
    public bool AllowWhenCaUnreachable { get; init; }
}

/// <summary>Where the answers of responders are kept.</summary>
public enum OcspCacheKind : byte
{
    /// <summary>In memory, until the server stops.</summary>
    Memory,

    /// <summary>Nowhere: every connection asks.</summary>
    None,
}
