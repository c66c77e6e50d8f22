using System.Formats.Asn1;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace NATS.Server.Testing;

/// <summary>An authority whose certificates name an OCSP responder, and the answers that such a responder gives. Thread-safe after it was made.</summary>
public sealed class OcspAuthority : IDisposable
{
    private const string OcspSigning = "1.3.6.1.5.5.7.3.9";
    private const string ClientUsage = "1.3.6.1.5.5.7.3.2";
    private const string ServerUsage = "1.3.6.1.5.5.7.3.1";

    private readonly TemporaryFolder _folder = new();

    /// <summary>Makes an authority.</summary>
    /// <param name="isRsa">Its key is one for RSA instead of P-256.</param>
    public OcspAuthority(bool isRsa = false)
    {
        using AsymmetricAlgorithm key = isRsa ? RSA.Create(2048) : ECDsa.Create(ECCurve.NamedCurves.nistP256);
        CertificateRequest request = key is RSA rsa
            ? new CertificateRequest("CN=OCSP CA", rsa, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1)
            : new CertificateRequest("CN=OCSP CA", (ECDsa)key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(certificateAuthority: true, false, 0, critical: true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign | X509KeyUsageFlags.DigitalSignature, critical: true));
        request.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(request.PublicKey, critical: false));
        Certificate = request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-30), DateTimeOffset.UtcNow.AddYears(1));
        CaFile = _folder.Write("ca.pem", Certificate.ExportCertificatePem() + "\n");
        Server = Issue("localhost", usage: ServerUsage);
        Delegate = Issue("delegate", usage: OcspSigning).Certificate;
    }

    public X509Certificate2 Certificate { get; }

    public string CaFile { get; }

    /// <summary>For localhost, without a responder.</summary>
    public IssuedCertificate Server { get; }

    /// <summary>May sign answers.</summary>
    public X509Certificate2 Delegate { get; }

    /// <summary>Issues a certificate; a client's when nothing else is asked for.</summary>
    /// <param name="name">The common name.</param>
    /// <param name="responder">The address that it names; null: none.</param>
    /// <param name="usage">What it may be used for.</param>
    /// <param name="until">When it ends; null: in some months.</param>
    public IssuedCertificate Issue(string name, string? responder = null, string usage = ClientUsage, DateTimeOffset? until = null)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest($"CN={name}", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(certificateAuthority: false, false, 0, critical: false));
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new Oid(usage)], critical: false));
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName(name);
        request.CertificateExtensions.Add(names.Build());
        if (responder is not null) request.CertificateExtensions.Add(new X509AuthorityInformationAccessExtension([responder], []));
        byte[] serial = RandomNumberGenerator.GetBytes(9);
        serial[0] = 0x7f;
        X509SignatureGenerator generator = Certificate.GetRSAPrivateKey() is { } rsa
            ? X509SignatureGenerator.CreateForRSA(rsa, RSASignaturePadding.Pkcs1)
            : X509SignatureGenerator.CreateForECDsa(Certificate.GetECDsaPrivateKey()!);
        using X509Certificate2 publicPart = request.Create(
            Certificate.SubjectName, generator, DateTimeOffset.UtcNow.AddDays(-10), until ?? DateTimeOffset.UtcNow.AddDays(100), serial);
        string certFile = _folder.Write(name + ".pem", publicPart.ExportCertificatePem() + "\n");
        string keyFile = _folder.Write(name + "-key.pem", key.ExportPkcs8PrivateKeyPem());
        return new IssuedCertificate(publicPart.CopyWithPrivateKey(key), certFile, keyFile);
    }

    /// <summary>The answer of a responder about a certificate of this authority.</summary>
    public byte[] Answer(X509Certificate2 certificate, OcspAnswerShape shape)
    {
        X509Certificate2 signer = shape.Signer ?? Certificate;
        byte[] data = Data(certificate, shape);
        using RSA? rsa = signer.GetRSAPrivateKey();
        using ECDsa? curve = signer.GetECDsaPrivateKey();
        byte[] signature = rsa is not null
            ? rsa.SignData(data, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1)
            : curve!.SignData(data, HashAlgorithmName.SHA256, DSASignatureFormat.Rfc3279DerSequence);
        if (shape.IsForged) data = Data(certificate, shape with { Status = 0 });
        var basic = new AsnWriter(AsnEncodingRules.DER);
        using (basic.PushSequence())
        {
            basic.WriteEncodedValue(data);
            using (basic.PushSequence()) basic.WriteObjectIdentifier(rsa is not null ? "1.2.840.113549.1.1.11" : "1.2.840.10045.4.3.2");
            basic.WriteBitString(signature);
            if (shape.Signer is not null)
            {
                using (basic.PushSequence(Explicit(0)))
                using (basic.PushSequence()) basic.WriteEncodedValue(signer.RawData);
            }
        }

        return Wrap(basic.Encode(), "1.3.6.1.5.5.7.48.1.1");
    }

    /// <summary>An answer that says only that something went wrong.</summary>
    /// <param name="code">What: 3 asks to try later.</param>
    public static byte[] Failure(byte code) => [0x30, 3, 0x0a, 1, code];

    /// <summary>Puts content into a successful answer.</summary>
    public static byte[] Wrap(byte[] content, string type)
    {
        var response = new AsnWriter(AsnEncodingRules.DER);
        using (response.PushSequence())
        {
            response.WriteEncodedValue([0x0a, 1, 0]);
            using (response.PushSequence(Explicit(0)))
            using (response.PushSequence())
            {
                response.WriteObjectIdentifier(type);
                response.WriteOctetString(content);
            }
        }

        return response.Encode();
    }

    public void Dispose() => _folder.Dispose();

    private byte[] Data(X509Certificate2 certificate, OcspAnswerShape shape)
    {
        var data = new AsnWriter(AsnEncodingRules.DER);
        using (data.PushSequence())
        {
            using (data.PushSequence(Explicit(1))) data.WriteEncodedValue(Certificate.SubjectName.RawData);
            data.WriteGeneralizedTime(shape.ThisUpdate, omitFractionalSeconds: true);
            using (data.PushSequence())
            {
                for (int i = 0; i < shape.Copies; i++) WriteSingle(data, certificate, shape);
            }
        }

        return data.Encode();
    }

    private void WriteSingle(AsnWriter data, X509Certificate2 certificate, OcspAnswerShape shape)
    {
        using (data.PushSequence())
        {
            WriteId(data, certificate, shape.UsesSha256);
            if (shape.Status == 1)
            {
                using (data.PushSequence(Explicit(1))) data.WriteGeneralizedTime(shape.ThisUpdate, omitFractionalSeconds: true);
            }
            else
            {
                data.WriteNull(new Asn1Tag(TagClass.ContextSpecific, shape.Status));
            }

            data.WriteGeneralizedTime(shape.ThisUpdate, omitFractionalSeconds: true);
            if (shape.NextUpdate is { } next)
            {
                using (data.PushSequence(Explicit(0))) data.WriteGeneralizedTime(next, omitFractionalSeconds: true);
            }

            if (!shape.HasCriticalExtension) return;
            using (data.PushSequence(Explicit(1)))
            using (data.PushSequence())
            using (data.PushSequence())
            {
                data.WriteObjectIdentifier("1.2.3.4");
                data.WriteBoolean(true);
                data.WriteOctetString([5, 0]);
            }
        }
    }

#pragma warning disable CA5350 // What names an issuer in OCSP is SHA-1.
    private void WriteId(AsnWriter data, X509Certificate2 certificate, bool sha256)
    {
        byte[] name = Certificate.SubjectName.RawData, key = Certificate.PublicKey.EncodedKeyValue.RawData;
        using (data.PushSequence())
        {
            using (data.PushSequence())
            {
                data.WriteObjectIdentifier(sha256 ? "2.16.840.1.101.3.4.2.1" : "1.3.14.3.2.26");
                data.WriteNull();
            }

            data.WriteOctetString(sha256 ? SHA256.HashData(name) : SHA1.HashData(name));
            data.WriteOctetString(sha256 ? SHA256.HashData(key) : SHA1.HashData(key));
            data.WriteInteger(certificate.SerialNumberBytes.Span);
        }
    }
#pragma warning restore CA5350

    private static Asn1Tag Explicit(int number) => new(TagClass.ContextSpecific, number, isConstructed: true);
}

/// <summary>What an answer says and how it is made. Immutable.</summary>
public sealed record OcspAnswerShape
{
    /// <summary>0 good, 1 revoked, 2 unknown.</summary>
    public int Status { get; init; }

    public DateTimeOffset ThisUpdate { get; init; } = DateTimeOffset.UtcNow.AddMinutes(-1);

    public DateTimeOffset? NextUpdate { get; init; } = DateTimeOffset.UtcNow.AddHours(1);

    /// <summary>Null: the authority itself; otherwise its certificate comes with the answer.</summary>
    public X509Certificate2? Signer { get; init; }

    public bool UsesSha256 { get; init; }

    public bool HasCriticalExtension { get; init; }

    /// <summary>It was changed to "good" after it was signed.</summary>
    public bool IsForged { get; init; }

    /// <summary>How often it speaks of the certificate.</summary>
    public int Copies { get; init; } = 1;
}
