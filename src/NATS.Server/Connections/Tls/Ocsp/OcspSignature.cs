using System.Formats.Asn1;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace NATS.Server.Connections.Tls.Ocsp;

/// <summary>Checks signatures of answers and of certificates of responders. Pure. MD5 and SHA-1 are no signatures any more.</summary>
internal static class OcspSignature
{
    /// <summary>Whether data is signed by a certificate's key.</summary>
    /// <param name="signer">Whose key it is.</param>
    /// <param name="algorithm">The object identifier of the signature.</param>
    /// <param name="data">What was signed.</param>
    /// <param name="signature">The signature.</param>
    /// <exception cref="CryptographicException">The key is none that can be used.</exception>
    public static bool IsValid(X509Certificate2 signer, string algorithm, ReadOnlySpan<byte> data, ReadOnlySpan<byte> signature)
    {
        (bool isRsa, HashAlgorithmName hash) = algorithm switch
        {
            "1.2.840.113549.1.1.11" => (true, HashAlgorithmName.SHA256),
            "1.2.840.113549.1.1.12" => (true, HashAlgorithmName.SHA384),
            "1.2.840.113549.1.1.13" => (true, HashAlgorithmName.SHA512),
            "1.2.840.10045.4.3.2" => (false, HashAlgorithmName.SHA256),
            "1.2.840.10045.4.3.3" => (false, HashAlgorithmName.SHA384),
            "1.2.840.10045.4.3.4" => (false, HashAlgorithmName.SHA512),
            _ => (false, default(HashAlgorithmName)),
        };
        if (hash == default) return false;
        if (isRsa)
        {
            using RSA? rsa = signer.GetRSAPublicKey();
            return rsa is not null && rsa.VerifyData(data, signature, hash, RSASignaturePadding.Pkcs1);
        }

        using ECDsa? curve = signer.GetECDsaPublicKey();
        return curve is not null && curve.VerifyData(data, signature, hash, DSASignatureFormat.Rfc3279DerSequence);
    }

    /// <summary>Whether a certificate was signed by its issuer's key and carries its name.</summary>
    /// <exception cref="AsnContentException">It is damaged.</exception>
    /// <exception cref="CryptographicException">The key is none that can be used.</exception>
    public static bool IsIssuedBy(X509Certificate2 certificate, X509Certificate2 issuer)
    {
        if (!certificate.IssuerName.RawData.AsSpan().SequenceEqual(issuer.SubjectName.RawData)) return false;
        AsnReader parts = new AsnReader(certificate.RawDataMemory, AsnEncodingRules.DER).ReadSequence();
        ReadOnlyMemory<byte> content = parts.ReadEncodedValue();
        string algorithm = parts.ReadSequence().ReadObjectIdentifier();
        byte[] signature = parts.ReadBitString(out int unused);
        return unused == 0 && IsValid(issuer, algorithm, content.Span, signature);
    }
}
