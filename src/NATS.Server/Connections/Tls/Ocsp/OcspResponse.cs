using System.Diagnostics.CodeAnalysis;
using System.Formats.Asn1;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace NATS.Server.Connections.Tls.Ocsp;

/// <summary>
/// Reads and verifies the answer of a responder (RFC 6960, 4.2). Pure; nothing that comes from the network makes it throw. The answer counts when it
/// is signed by the issuer of the certificate, or by a certificate that the issuer made for that purpose and that is valid now.
/// </summary>
internal static class OcspResponse
{
    /// <summary>The longest answer that is read, in bytes.</summary>
    public const int MaxSize = 64 * 1024;

    private const string Basic = "1.3.6.1.5.5.7.48.1.1";
    private const string OcspSigning = "1.3.6.1.5.5.7.3.9";
    private const int MaxCertificates = 8;

    private static readonly Asn1Tag Zero = new(TagClass.ContextSpecific, 0, isConstructed: true);
    private static readonly Asn1Tag One = new(TagClass.ContextSpecific, 1, isConstructed: true);
    private static readonly Asn1Tag Two = new(TagClass.ContextSpecific, 2, isConstructed: true);

    /// <summary>Reads an answer.</summary>
    /// <param name="bytes">What the responder sent.</param>
    /// <param name="certificate">Whose status was asked for.</param>
    /// <param name="issuer">Its issuer.</param>
    /// <param name="now">The time, for the responder's certificate.</param>
    /// <param name="skew">How far clocks may be off.</param>
    /// <param name="answer">What it says.</param>
    /// <param name="reason">Why it cannot be used.</param>
    public static OcspProblem TryRead(
        ReadOnlyMemory<byte> bytes, X509Certificate2 certificate, X509Certificate2 issuer, DateTimeOffset now, TimeSpan skew, out OcspAnswer? answer, out string reason)
    {
        answer = null;
        if (bytes.Length > MaxSize)
        {
            reason = "OCSP response is too long";
            return OcspProblem.Invalid;
        }

        try
        {
            return Read(bytes, certificate, issuer, now, skew, out answer, out reason);
        }
        catch (Exception exception) when (exception is AsnContentException or CryptographicException or ArgumentException or NotSupportedException)
        {
            answer = null;
            reason = "malformed OCSP response";
            return OcspProblem.Invalid;
        }
    }

    private static OcspProblem Read(
        ReadOnlyMemory<byte> bytes, X509Certificate2 certificate, X509Certificate2 issuer, DateTimeOffset now, TimeSpan skew, out OcspAnswer? answer, out string reason)
    {
        answer = null;
        if (!TryUnwrap(bytes, out byte[]? basic, out reason)) return OcspProblem.Invalid;
        AsnReader outer = Whole(basic);
        ReadOnlyMemory<byte> data = outer.ReadEncodedValue();
        AsnReader algorithmReader = outer.ReadSequence();
        string algorithm = algorithmReader.ReadObjectIdentifier();
        byte[] signature = outer.ReadBitString(out int unused);
        var embedded = new List<X509Certificate2>();
        try
        {
            if (outer.HasData) ReadCertificates(outer.ReadSequence(Zero), embedded);
            outer.ThrowIfNotEmpty();
            OcspProblem problem = unused != 0 ? OcspProblem.Invalid : CheckSigner(issuer, embedded, algorithm, data, signature, now, skew);
            if (problem != OcspProblem.None)
            {
                reason = "bad OCSP signature";
                return problem;
            }
        }
        finally
        {
            foreach (X509Certificate2 each in embedded) each.Dispose();
        }

        answer = ReadData(data, new OcspCertId(certificate, issuer), out reason);
        return answer is null ? OcspProblem.Invalid : OcspProblem.None;
    }

    private static bool TryUnwrap(ReadOnlyMemory<byte> bytes, [NotNullWhen(true)] out byte[]? basic, out string reason)
    {
        basic = null;
        reason = "";
        AsnReader response = Whole(bytes);
        ReadOnlySpan<byte> status = response.ReadEnumeratedBytes().Span;
        if (status is not [0])
        {
            reason = $"ocsp: error from server: {StatusText(status)}";
            return false;
        }

        AsnReader explicitBytes = response.ReadSequence(Zero);
        response.ThrowIfNotEmpty();
        AsnReader content = explicitBytes.ReadSequence();
        explicitBytes.ThrowIfNotEmpty();
        if (content.ReadObjectIdentifier() != Basic)
        {
            reason = "bad OCSP response type";
            return false;
        }

        basic = content.ReadOctetString();
        content.ThrowIfNotEmpty();
        return true;
    }

    private static string StatusText(ReadOnlySpan<byte> status) => status switch
    {
        [1] => "malformed",
        [2] => "internal error",
        [3] => "try later",
        [5] => "signature required",
        [6] => "unauthorized",
        _ => "unknown OCSP status",
    };

    private static void ReadCertificates(AsnReader wrapper, List<X509Certificate2> certificates)
    {
        AsnReader list = wrapper.ReadSequence();
        wrapper.ThrowIfNotEmpty();
        while (list.HasData)
        {
            if (certificates.Count == MaxCertificates) throw new CryptographicException("too many certificates");
            certificates.Add(X509CertificateLoader.LoadCertificate(list.ReadEncodedValue().Span));
        }
    }

    private static OcspProblem CheckSigner(
        X509Certificate2 issuer, List<X509Certificate2> embedded, string algorithm, ReadOnlyMemory<byte> data, byte[] signature, DateTimeOffset now, TimeSpan skew)
    {
        if (OcspSignature.IsValid(issuer, algorithm, data.Span, signature)) return OcspProblem.None;
        foreach (X509Certificate2 signer in embedded)
        {
            if (!OcspSignature.IsIssuedBy(signer, issuer) || !OcspSignature.IsValid(signer, algorithm, data.Span, signature)) continue;
            bool isMeantForIt = signer.Extensions.OfType<X509EnhancedKeyUsageExtension>().Any(static usage =>
                usage.EnhancedKeyUsages.Cast<Oid>().Any(static oid => oid.Value == OcspSigning));
            bool isValidNow = now >= new DateTimeOffset(signer.NotBefore.ToUniversalTime()) - skew && now <= new DateTimeOffset(signer.NotAfter.ToUniversalTime()) + skew;
            return isMeantForIt && isValidNow ? OcspProblem.None : OcspProblem.Delegation;
        }

        return OcspProblem.Invalid;
    }

    private static OcspAnswer? ReadData(ReadOnlyMemory<byte> bytes, OcspCertId wanted, out string reason)
    {
        AsnReader data = Whole(bytes);
        if (data.PeekTag() == Zero && data.ReadSequence(Zero).ReadIntegerBytes().Span is not [0]) throw new AsnContentException();
        Asn1Tag responder = data.PeekTag();
        if (responder != One && responder != Two) throw new AsnContentException();
        data.ReadEncodedValue();
        data.ReadGeneralizedTime();
        AsnReader responses = data.ReadSequence();
        if (data.HasData) ReadExtensions(data.ReadSequence(One));
        data.ThrowIfNotEmpty();
        OcspAnswer? found = null;
        int matching = 0;
        while (responses.HasData)
        {
            AsnReader single = responses.ReadSequence();
            bool isWanted = wanted.IsNamedBy(single.ReadSequence());
            OcspAnswer answer = ReadSingle(single);
            if (!isWanted) continue;
            found = answer;
            matching++;
        }

        reason = matching == 1 ? "" : "OCSP response contains bad number of responses";
        return matching == 1 ? found : null;
    }

    private static OcspAnswer ReadSingle(AsnReader single)
    {
        Asn1Tag tag = single.PeekTag();
        if (tag.TagClass != TagClass.ContextSpecific) throw new AsnContentException();
        OcspStatus status;
        switch (tag.TagValue)
        {
            case 0:
                single.ReadNull(new Asn1Tag(TagClass.ContextSpecific, 0));
                status = OcspStatus.Good;
                break;
            case 1:
                AsnReader revoked = single.ReadSequence(One);
                revoked.ReadGeneralizedTime();
                if (revoked.HasData) revoked.ReadEncodedValue();
                revoked.ThrowIfNotEmpty();
                status = OcspStatus.Revoked;
                break;
            case 2:
                single.ReadNull(new Asn1Tag(TagClass.ContextSpecific, 2));
                status = OcspStatus.Unknown;
                break;
            default:
                throw new AsnContentException();
        }

        DateTimeOffset thisUpdate = single.ReadGeneralizedTime();
        DateTimeOffset? nextUpdate = null;
        if (single.HasData && single.PeekTag() == Zero)
        {
            AsnReader next = single.ReadSequence(Zero);
            nextUpdate = next.ReadGeneralizedTime();
            next.ThrowIfNotEmpty();
        }

        if (single.HasData) ReadExtensions(single.ReadSequence(One));
        single.ThrowIfNotEmpty();
        return new OcspAnswer(status, thisUpdate, nextUpdate);
    }

    /// <summary>None is known here, so a critical one makes the answer useless.</summary>
    private static void ReadExtensions(AsnReader wrapper)
    {
        AsnReader list = wrapper.ReadSequence();
        wrapper.ThrowIfNotEmpty();
        while (list.HasData)
        {
            AsnReader extension = list.ReadSequence();
            extension.ReadObjectIdentifier();
            if (extension.PeekTag() == Asn1Tag.Boolean && extension.ReadBoolean()) throw new CryptographicException("unsupported critical extension");
            extension.ReadOctetString();
            extension.ThrowIfNotEmpty();
        }
    }

    private static AsnReader Whole(ReadOnlyMemory<byte> bytes)
    {
        var reader = new AsnReader(bytes, AsnEncodingRules.DER);
        AsnReader content = reader.ReadSequence();
        reader.ThrowIfNotEmpty();
        return content;
    }
}
