namespace NATS.Server.Options;

/// <summary>
/// A <c>tls</c> block: files, what is asked of peers, and how connections begin. Immutable. The files are read once, by the reader of the
/// configuration or when the server starts; a reload reads them again.
/// </summary>
public sealed record TlsOptions
{
    /// <summary>Time for a handshake when none is configured.</summary>
    public static readonly TimeSpan DefaultTimeout = TimeSpan.FromSeconds(2);

    /// <summary>How long <c>handshake_first: auto</c> waits for the client before it sends INFO.</summary>
    public static readonly TimeSpan DefaultFallbackDelay = TimeSpan.FromMilliseconds(50);

    /// <summary>PEM file of the certificate and its intermediates; empty when <see cref="Certificates"/> are used.</summary>
    public string CertFile { get; init; } = "";

    /// <summary>PEM file of the private key.</summary>
    public string KeyFile { get; init; } = "";

    /// <summary>PEM file of the certificate authorities that peers are verified against; empty: those of the system.</summary>
    public string CaFile { get; init; } = "";

    /// <summary>Several certificates, of which the name that the client asks for chooses one.</summary>
    public IReadOnlyList<TlsCertificateFiles> Certificates { get; init; } = [];

    /// <summary>Clients have to present a certificate that can be verified.</summary>
    public bool Verify { get; init; }

    /// <summary>The client's certificate names the user; implies <see cref="Verify"/>.</summary>
    public bool Map { get; init; }

    /// <summary>Peers of connections between servers must be of the configured URLs; implies <see cref="Verify"/>.</summary>
    public bool CheckKnownUrls { get; init; }

    /// <summary>Connections that this server makes do not verify the other side.</summary>
    public bool Insecure { get; init; }

    /// <summary>Names of cipher suites for TLS 1.2, in no order; empty: all that are considered secure. TLS 1.3 always has its own.</summary>
    public IReadOnlyList<string> CipherSuites { get; init; } = [];

    /// <summary>Cipher suites that are considered insecure may be configured.</summary>
    public bool AllowInsecureCipherSuites { get; init; }

    public TlsVersion MinVersion { get; init; } = TlsVersion.Tls12;

    /// <summary>Time for a handshake.</summary>
    public TimeSpan Timeout { get; init; } = DefaultTimeout;

    /// <summary>Handshakes per second; 0 is unlimited.</summary>
    public long ConnectionRateLimit { get; init; }

    /// <summary>SHA-256 of the public keys (DER, SubjectPublicKeyInfo) that peers may have, in lower-case hexadecimal; empty: any.</summary>
    public IReadOnlyCollection<string> PinnedCertificates { get; init; } = [];

    /// <summary>The handshake comes before INFO.</summary>
    public bool HandshakeFirst { get; init; }

    /// <summary>With <see cref="HandshakeFirst"/>: how long to wait for the client before INFO is sent nevertheless; zero waits for ever.</summary>
    public TimeSpan HandshakeFirstFallback { get; init; }

    /// <summary>How clients' certificates are checked for revocation; null: they are not.</summary>
    public OcspPeerOptions? OcspPeer { get; init; }

    /// <summary>What the files held; null until they were read.</summary>
    public TlsMaterial? Material { get; init; }

    /// <summary>Only clients that begin with a handshake can connect.</summary>
    public bool IsHandshakeFirstOnly => HandshakeFirst && HandshakeFirstFallback <= TimeSpan.Zero;
}

/// <summary>The files of one certificate.</summary>
/// <param name="CertFile">PEM file of the certificate and its intermediates.</param>
/// <param name="KeyFile">PEM file of the private key.</param>
public sealed record TlsCertificateFiles(string CertFile, string KeyFile);

/// <summary>Versions of TLS that can be the lowest.</summary>
public enum TlsVersion : byte
{
    Tls12,
    Tls13,
}
