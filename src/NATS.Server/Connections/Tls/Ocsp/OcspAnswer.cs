namespace NATS.Server.Connections.Tls.Ocsp;

/// <summary>What an authority says of a certificate.</summary>
internal enum OcspStatus : byte
{
    Unknown,
    Good,
    Revoked,
}

/// <summary>A verified answer of a responder. Immutable.</summary>
/// <param name="Status">What it says.</param>
/// <param name="ThisUpdate">Since when that is known.</param>
/// <param name="NextUpdate">When it will be known again; null when the responder does not say.</param>
internal sealed record OcspAnswer(OcspStatus Status, DateTimeOffset ThisUpdate, DateTimeOffset? NextUpdate)
{
    public string StatusText => Status switch
    {
        OcspStatus.Good => "good",
        OcspStatus.Revoked => "revoked",
        _ => "unknown",
    };

    /// <summary>Whether it counts now.</summary>
    /// <param name="now">The time.</param>
    /// <param name="skew">How far the responder's clock may be off.</param>
    /// <param name="lifetime">How long an answer counts that does not say it.</param>
    public bool IsCurrent(DateTimeOffset now, TimeSpan skew, TimeSpan lifetime) =>
        now - (NextUpdate ?? ThisUpdate) - (NextUpdate is null ? lifetime : TimeSpan.Zero) <= skew && ThisUpdate - now <= skew;
}

/// <summary>Why an answer cannot be used.</summary>
internal enum OcspProblem : byte
{
    None,

    /// <summary>Not an answer to the question, damaged, or not signed by whom it has to be.</summary>
    Invalid,

    /// <summary>Signed by a certificate of the issuer that is not meant for it.</summary>
    Delegation,
}
