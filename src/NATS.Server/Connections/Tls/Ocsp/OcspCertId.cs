using System.Formats.Asn1;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace NATS.Server.Connections.Tls.Ocsp;

/// <summary>How OCSP names a certificate: by hashes of its issuer's name and key, and its serial number (RFC 6960, 4.1.1). Immutable.</summary>
internal sealed class OcspCertId
{
    private const string Sha1 = "1.3.14.3.2.26";
    private const string Sha256 = "2.16.840.1.101.3.4.2.1";

    private readonly byte[] _issuerName;
    private readonly byte[] _issuerKey;
    private readonly byte[] _serial;

    /// <summary>Names a certificate.</summary>
    /// <exception cref="AsnContentException">It is damaged.</exception>
    public OcspCertId(X509Certificate2 certificate, X509Certificate2 issuer)
    {
        _issuerName = issuer.SubjectName.RawData;
        _issuerKey = issuer.PublicKey.EncodedKeyValue.RawData;
        _serial = SerialOf(certificate.RawDataMemory);
    }

    /// <summary>A request for its status, with SHA-1 as responders expect it and without a nonce, so that an answer may be one made in advance.</summary>
    public byte[] CreateRequest()
    {
        var writer = new AsnWriter(AsnEncodingRules.DER);
        using (writer.PushSequence())
        using (writer.PushSequence())
        using (writer.PushSequence())
        using (writer.PushSequence())
        using (writer.PushSequence())
        {
            using (writer.PushSequence())
            {
                writer.WriteObjectIdentifier(Sha1);
                writer.WriteNull();
            }

            writer.WriteOctetString(Hash(Sha1, _issuerName));
            writer.WriteOctetString(Hash(Sha1, _issuerKey));
            writer.WriteInteger(_serial);
        }

        return writer.Encode();
    }

    /// <summary>Whether an answer's identifier names this certificate.</summary>
    /// <exception cref="AsnContentException">It is damaged.</exception>
    public bool IsNamedBy(AsnReader id)
    {
        AsnReader algorithm = id.ReadSequence();
        string hash = algorithm.ReadObjectIdentifier();
        byte[] name = id.ReadOctetString(), key = id.ReadOctetString();
        ReadOnlyMemory<byte> serial = id.ReadIntegerBytes();
        id.ThrowIfNotEmpty();
        if (hash is not (Sha1 or Sha256)) return false;
        return serial.Span.SequenceEqual(_serial) && name.AsSpan().SequenceEqual(Hash(hash, _issuerName)) && key.AsSpan().SequenceEqual(Hash(hash, _issuerKey));
    }

#pragma warning disable CA5350 // SHA-1 only names the issuer here, as RFC 5019 asks for; nothing is trusted because of it.
    private static byte[] Hash(string algorithm, byte[] bytes) => algorithm == Sha1 ? SHA1.HashData(bytes) : SHA256.HashData(bytes);
#pragma warning restore CA5350

    private static byte[] SerialOf(ReadOnlyMemory<byte> certificate)
    {
        AsnReader content = new AsnReader(certificate, AsnEncodingRules.DER).ReadSequence().ReadSequence();
        var version = new Asn1Tag(TagClass.ContextSpecific, 0, isConstructed: true);
        if (content.PeekTag() == version) content.ReadEncodedValue();
        return content.ReadIntegerBytes().ToArray();
    }
}
