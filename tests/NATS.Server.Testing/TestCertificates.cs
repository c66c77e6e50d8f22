using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace NATS.Server.Testing;

/// <summary>
/// A certificate authority with certificates for servers and clients, as PEM files in a folder of their own. Made once per test class; thread-safe
/// after that.
/// </summary>
public sealed class TestCertificates : IDisposable
{
    private const string ServerUsage = "1.3.6.1.5.5.7.3.1";
    private const string ClientUsage = "1.3.6.1.5.5.7.3.2";

    private readonly TemporaryFolder _folder = new();

    public TestCertificates()
    {
        Authority = CreateAuthority("Test CA");
        CaFile = Write("ca.pem", Authority);
        Server = Issue("server", "CN=localhost", Authority, ServerUsage);
        OtherServer = Issue("other-server", "CN=other.example", Authority, ServerUsage, "other.example");
        Client = Issue("client", "CN=client.example, O=Example", Authority, ClientUsage);
        SecondClient = Issue("second-client", "CN=second", Authority, ClientUsage);
        ClientForServersOnly = Issue("servers-only", "CN=servers only", Authority, ServerUsage);
        ClientWithoutUsage = Issue("without-usage", "CN=without usage", Authority, usage: null);
        ExpiredClient = Issue("expired", "CN=expired", Authority, ClientUsage, until: DateTimeOffset.UtcNow.AddDays(-1));
        OtherAuthority = CreateAuthority("Other CA");
        OtherCaFile = Write("other-ca.pem", OtherAuthority);
        StrangeClient = Issue("strange", "CN=strange", OtherAuthority, ClientUsage);
        X509Certificate2 intermediate = CreateAuthority("Intermediate CA", Authority);
        IntermediateFile = Write("intermediate.pem", intermediate);
        ChainedClient = Issue("chained", "CN=chained", intermediate, ClientUsage);
        BothCaFile = Path.Combine(_folder.Path, "both.pem");
        File.WriteAllText(BothCaFile, File.ReadAllText(CaFile) + File.ReadAllText(OtherCaFile));
        Intermediate = X509CertificateLoader.LoadCertificate(intermediate.RawData);
    }

    public string Folder => _folder.Path;

    public X509Certificate2 Authority { get; }

    public X509Certificate2 OtherAuthority { get; }

    public X509Certificate2 Intermediate { get; }

    public string CaFile { get; }

    public string OtherCaFile { get; }

    /// <summary>Both authorities in one file.</summary>
    public string BothCaFile { get; }

    public string IntermediateFile { get; }

    /// <summary>For localhost and 127.0.0.1.</summary>
    public IssuedCertificate Server { get; }

    /// <summary>For other.example.</summary>
    public IssuedCertificate OtherServer { get; }

    public IssuedCertificate Client { get; }

    public IssuedCertificate SecondClient { get; }

    public IssuedCertificate ClientForServersOnly { get; }

    public IssuedCertificate ClientWithoutUsage { get; }

    public IssuedCertificate ExpiredClient { get; }

    /// <summary>Issued by the other authority.</summary>
    public IssuedCertificate StrangeClient { get; }

    /// <summary>Issued by the intermediate authority.</summary>
    public IssuedCertificate ChainedClient { get; }

    /// <summary>A <c>tls</c> block with the server's certificate and what else is asked for.</summary>
    public string Config(string more = "") => $$"""
        tls {
          cert_file: "{{Server.CertFile}}"
          key_file: "{{Server.KeyFile}}"
          {{more}}
        }
        """;

    public void Dispose() => _folder.Dispose();

    private static X509Certificate2 CreateAuthority(string name, X509Certificate2? issuer = null)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest($"CN={name}", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(certificateAuthority: true, false, 0, critical: true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign | X509KeyUsageFlags.DigitalSignature, critical: true));
        request.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(request.PublicKey, critical: false));
        DateTimeOffset now = DateTimeOffset.UtcNow;
        if (issuer is null) return request.CreateSelfSigned(now.AddDays(-30), now.AddYears(2));
        return request.Create(issuer, now.AddDays(-29), now.AddYears(1), RandomNumberGenerator.GetBytes(8)).CopyWithPrivateKey(key);
    }

    private IssuedCertificate Issue(
        string file, string subject, X509Certificate2 issuer, string? usage, string host = "localhost", DateTimeOffset? until = null)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest(subject, key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(certificateAuthority: false, false, 0, critical: false));
        if (usage is not null) request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new Oid(usage)], critical: false));
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName(host);
        if (host == "localhost") names.AddIpAddress(IPAddress.Loopback);
        request.CertificateExtensions.Add(names.Build());
        DateTimeOffset now = DateTimeOffset.UtcNow;
        using X509Certificate2 publicPart = request.Create(issuer, now.AddDays(-20), until ?? now.AddDays(200), RandomNumberGenerator.GetBytes(8));
        X509Certificate2 certificate = publicPart.CopyWithPrivateKey(key);
        string certFile = Write(file + ".pem", certificate);
        string keyFile = _folder.Write(file + "-key.pem", key.ExportPkcs8PrivateKeyPem());
        return new IssuedCertificate(certificate, certFile, keyFile);
    }

    private string Write(string name, X509Certificate2 certificate) => _folder.Write(name, certificate.ExportCertificatePem() + "\n");
}

/// <summary>A certificate with its key, and where both are. Immutable.</summary>
/// <param name="Certificate">With its private key.</param>
/// <param name="CertFile">PEM file of the certificate.</param>
/// <param name="KeyFile">PEM file of the key.</param>
public sealed record IssuedCertificate(X509Certificate2 Certificate, string CertFile, string KeyFile)
{
    /// <summary>SHA-256 of the public key, as <c>pinned_certs</c> lists it.</summary>
    public string Pin => Convert.ToHexStringLower(SHA256.HashData(Certificate.PublicKey.ExportSubjectPublicKeyInfo()));
}
