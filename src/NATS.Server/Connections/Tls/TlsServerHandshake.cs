using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace NATS.Server.Connections.Tls;

/// <summary>One handshake on the server's side: what the client asked for, and what was found of its certificate. Used by one handshake only.</summary>
internal sealed class TlsServerHandshake(TlsListener listener)
{
    private string _serverName = "";
    private string? _refusal;
    private List<X509Certificate2> _presented = [];
    private List<X509Certificate2> _chain = [];

    public ValueTask<SslServerAuthenticationOptions> SelectOptionsAsync(SslStream stream, SslClientHelloInfo hello, object? state, CancellationToken cancellation)
    {
        _serverName = hello.ServerName;
        return ValueTask.FromResult(listener.CreateOptions(_serverName, Validate));
    }

    private bool Validate(object sender, X509Certificate? certificate, X509Chain? chain, SslPolicyErrors errors)
    {
        if (certificate is not X509Certificate2 leaf || chain is null || errors.HasFlag(SslPolicyErrors.RemoteCertificateNotAvailable))
        {
            _refusal = "tls: client didn't provide a certificate";
            return false;
        }

        // Copies: the originals end with the handshake.
        _presented = [Copy(leaf), .. chain.ChainPolicy.ExtraStore.Where(extra => !extra.RawDataMemory.Span.SequenceEqual(leaf.RawDataMemory.Span)).Select(Copy)];
        _chain = [.. chain.ChainElements.Select(element => listener.FindAuthority(element.Certificate) ?? Copy(element.Certificate))];
        string? problem = FindProblem(chain);
        if (problem is not null) _refusal = $"tls: failed to verify certificate: x509: {problem}{Describe(_presented)}";
        return _refusal is null;
    }

    private string? FindProblem(X509Chain chain)
    {
        var flags = X509ChainStatusFlags.NoError;
        foreach (X509ChainStatus status in chain.ChainStatus) flags |= status.Status;
        if (flags.HasFlag(X509ChainStatusFlags.PartialChain) && _chain.Count > 0 && listener.FindAuthority(_chain[^1]) is not null) flags &= ~X509ChainStatusFlags.PartialChain;
        if (flags is X509ChainStatusFlags.NoError) return null;
        if (!IsValidNow(_chain[0])) return $"certificate has expired or is not yet valid: {Validity()}";
        if (flags.HasFlag(X509ChainStatusFlags.UntrustedRoot) || flags.HasFlag(X509ChainStatusFlags.PartialChain)) return "certificate signed by unknown authority";
        if (flags.HasFlag(X509ChainStatusFlags.NotTimeValid)) return $"certificate has expired or is not yet valid: {Validity()}";
        if (flags.HasFlag(X509ChainStatusFlags.NotValidForUsage)) return "certificate specifies an incompatible key usage";
        return flags.ToString();
    }

    private static bool IsValidNow(X509Certificate2 certificate)
    {
        DateTime now = DateTime.UtcNow;
        return now >= certificate.NotBefore.ToUniversalTime() && now <= certificate.NotAfter.ToUniversalTime();
    }

    private string Validity()
    {
        DateTime now = DateTime.UtcNow;
        X509Certificate2 invalid = _chain.Find(static x => !IsValidNow(x)) ?? _chain[0];
        return now > invalid.NotAfter.ToUniversalTime()
            ? $"current time {now:yyyy-MM-dd'T'HH:mm:ss'Z'} is after {invalid.NotAfter.ToUniversalTime():yyyy-MM-dd'T'HH:mm:ss'Z'}"
            : $"current time {now:yyyy-MM-dd'T'HH:mm:ss'Z'} is before {invalid.NotBefore.ToUniversalTime():yyyy-MM-dd'T'HH:mm:ss'Z'}";
    }

    /// <summary>What the log is told of a failure.</summary>
    public TlsHandshakeException Describe(Exception exception)
    {
        if (_refusal is { } refusal) return new TlsHandshakeException(refusal, exception);
        string text = TlsErrorText.Describe(exception);
        return new TlsHandshakeException(text, exception);
    }

    public TlsState CreateState(SslStream stream)
    {
        return new TlsState
        {
            Protocol = stream.SslProtocol,
            CipherSuite = stream.NegotiatedCipherSuite,
            ServerName = _serverName,
            PeerCertificates = _presented,
            VerifiedChain = listener.Verifies ? _chain : [],
        };
    }

    private static string Describe(List<X509Certificate2> certificates) =>
        $" ({string.Join("; ", certificates.Select(static x => $"{DistinguishedName.Format(x.SubjectName)} SHA-256: {Convert.ToHexStringLower(SHA256.HashData(x.RawDataMemory.Span))}"))})";

    private static X509Certificate2 Copy(X509Certificate2 certificate) => X509CertificateLoader.LoadCertificate(certificate.RawDataMemory.Span);
}
