using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace NATS.Server.Connections.Tls;

/// <summary>What a finished handshake established. Immutable, thread-safe; lives as long as its connection and what is remembered of it.</summary>
internal sealed record TlsState
{
    /// <summary>The negotiated version.</summary>
    public required SslProtocols Protocol { get; init; }

    public required TlsCipherSuite CipherSuite { get; init; }

    /// <summary>The server that the client asked for (SNI); empty when it asked for none.</summary>
    public string ServerName { get; init; } = "";

    /// <summary>The handshake came before INFO.</summary>
    public bool IsHandshakeFirst { get; init; }

    /// <summary>What the peer presented, its own certificate first; empty when it presented none.</summary>
    public IReadOnlyList<X509Certificate2> PeerCertificates { get; init; } = [];

    /// <summary>The chain from the peer's certificate to a trusted authority; empty when certificates are not verified.</summary>
    public IReadOnlyList<X509Certificate2> VerifiedChain { get; init; } = [];

    /// <summary>The peer's own certificate, verified when the listener verifies; null without one.</summary>
    public X509Certificate2? PeerCertificate => PeerCertificates.Count > 0 ? PeerCertificates[0] : null;

    /// <summary><c>1.2</c> or <c>1.3</c>, as people see it.</summary>
    public string VersionText => Protocol switch
    {
        SslProtocols.Tls13 => "1.3",
        SslProtocols.Tls12 => "1.2",
        _ => $"Unknown [0x{(int)Protocol:x}]",
    };

    /// <summary>The name in the registry of cipher suites.</summary>
    public string CipherSuiteText => CipherSuite.ToString();

    /// <summary>SHA-256 of a certificate's public key (DER, SubjectPublicKeyInfo), in lower-case hexadecimal: what <c>pinned_certs</c> lists.</summary>
    public static string PublicKeyFingerprint(X509Certificate2 certificate) =>
        Convert.ToHexStringLower(SHA256.HashData(certificate.PublicKey.ExportSubjectPublicKeyInfo()));
}
