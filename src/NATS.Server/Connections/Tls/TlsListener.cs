using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using NATS.Server.Connections.Tls.Ocsp;
using NATS.Server.Options;

namespace NATS.Server.Connections.Tls;

/// <summary>
/// The TLS of one listener as configured. Immutable, thread-safe; a reload makes another one. A listener that verifies clients resumes no sessions,
/// so that one of another listener, or of an earlier configuration, is never taken for verified.
/// </summary>
internal sealed class TlsListener
{
    private const string ClientAuthentication = "1.3.6.1.5.5.7.3.2";

    private readonly SslStreamCertificateContext[] _certificates;
    private readonly CipherSuitesPolicy? _cipherSuites;
    private readonly X509Certificate2Collection? _authorities;

    /// <summary>Prepares the certificates.</summary>
    /// <param name="options">With its files read.</param>
    /// <param name="requestsCertificates">False for listeners that never ask clients for a certificate, whatever the options say.</param>
    /// <param name="peerCheck">Asks authorities whether clients' certificates are revoked; null: nobody does.</param>
    public TlsListener(TlsOptions options, bool requestsCertificates = true, OcspPeerCheck? peerCheck = null)
    {
        Options = options;
        PeerCheck = peerCheck;
        TlsMaterial material = options.Material ?? throw new ArgumentException("the files were not read", nameof(options));
        Verifies = options.Verify && requestsCertificates;
        if (material.Authorities is { } authorities) _authorities = [.. authorities];
        SslCertificateTrust? trust = Verifies && _authorities is not null && !OperatingSystem.IsWindows()
            ? SslCertificateTrust.CreateForX509Collection(_authorities, sendTrustInHandshake: true)
            : null;
        _certificates = [.. material.Certificates.Select(certificate =>
            SslStreamCertificateContext.Create(certificate.Leaf, [.. certificate.Intermediates], offline: true, trust))];
        _cipherSuites = CreateCipherSuites(options);
    }

    public TlsOptions Options { get; }

    /// <summary>Whether clients must present a certificate.</summary>
    public bool Verifies { get; }

    /// <summary>Has the last word on clients' certificates; null: nobody has.</summary>
    public OcspPeerCheck? PeerCheck { get; }

    /// <summary>The options of one handshake.</summary>
    /// <param name="serverName">The server that the client asked for; empty when it asked for none.</param>
    /// <param name="validate">Judges the client's certificate.</param>
    /// <exception cref="AuthenticationException">There is no certificate to present.</exception>
    public SslServerAuthenticationOptions CreateOptions(string serverName, RemoteCertificateValidationCallback validate)
    {
        var options = new SslServerAuthenticationOptions
        {
            ServerCertificateContext = ChooseCertificate(serverName),
            EnabledSslProtocols = Options.MinVersion == TlsVersion.Tls13 ? SslProtocols.Tls13 : SslProtocols.Tls12 | SslProtocols.Tls13,
            CertificateRevocationCheckMode = X509RevocationMode.NoCheck,
            AllowRenegotiation = false,

            // The class library resumes sessions of every listener with the same certificate: who has to be verified, is verified each time.
            AllowTlsResume = !Verifies,
            CipherSuitesPolicy = _cipherSuites,
        };
        if (!Verifies) return options;
        options.ClientCertificateRequired = true;
        options.RemoteCertificateValidationCallback = validate;
        options.CertificateChainPolicy = CreateChainPolicy();
        return options;
    }

    /// <summary>The options of a handshake that asks clients for nothing, for <see cref="SslStream"/>.</summary>
    public ValueTask<SslServerAuthenticationOptions> CreateOptionsAsync(SslStream stream, SslClientHelloInfo hello, object? state, CancellationToken cancellation) =>
        ValueTask.FromResult(CreateOptions(hello.ServerName, static (_, _, _, _) => false));

    /// <summary>The first certificate that is valid for the name, otherwise the first.</summary>
    private SslStreamCertificateContext ChooseCertificate(string serverName)
    {
        if (_certificates.Length == 0) throw new AuthenticationException("tls: no certificates configured");
        if (_certificates.Length == 1 || serverName.Length == 0) return _certificates[0];
        return Array.Find(_certificates, context => Matches(context.TargetCertificate, serverName)) ?? _certificates[0];
    }

    private static bool Matches(X509Certificate2 certificate, string serverName)
    {
        try
        {
            return certificate.MatchesHostname(serverName, allowWildcards: true, allowCommonName: false);
        }
        catch (ArgumentException)
        {
            return false; // what the client sent is no name
        }
    }

    private X509ChainPolicy CreateChainPolicy()
    {
        var policy = new X509ChainPolicy { RevocationMode = X509RevocationMode.NoCheck, DisableCertificateDownloads = true };
        policy.ApplicationPolicy.Add(new System.Security.Cryptography.Oid(ClientAuthentication));
        if (_authorities is null) return policy;
        policy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        policy.CustomTrustStore.AddRange(_authorities);
        return policy;
    }

    /// <summary>The configured authority that a certificate is: it is trusted then, although it may not be a root. Null when it is none.</summary>
    public X509Certificate2? FindAuthority(X509Certificate2 certificate) =>
        _authorities?.FirstOrDefault(authority => authority.RawDataMemory.Span.SequenceEqual(certificate.RawDataMemory.Span));

    /// <summary>Whether the peer's key is one that may connect; with pinned keys a peer without a certificate may not.</summary>
    /// <param name="state">Of a finished handshake; null without TLS.</param>
    /// <param name="reason">Why not, for the log.</param>
    public bool IsPinned(TlsState? state, out string reason)
    {
        reason = "";
        if (Options.PinnedCertificates.Count == 0) return true;
        if (state?.PeerCertificate is not { } certificate)
        {
            reason = "Failed pinned cert test as client did not provide a certificate";
            return false;
        }

        string key = TlsState.PublicKeyFingerprint(certificate);
        if (Options.PinnedCertificates.Contains(key, StringComparer.Ordinal)) return true;
        reason = $"Failed pinned cert test for key id: {key}";
        return false;
    }

    private static CipherSuitesPolicy? CreateCipherSuites(TlsOptions options)
    {
        // The class library cannot choose on these systems; the system's policy counts.
        if (options.CipherSuites.Count == 0 || OperatingSystem.IsWindows() || OperatingSystem.IsAndroid()) return null;
        return new CipherSuitesPolicy(options.CipherSuites.Select(TlsCipherSuites.Get).Concat(TlsCipherSuites.Tls13).ToHashSet());
    }
}
