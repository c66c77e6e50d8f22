using System.Diagnostics.CodeAnalysis;
using System.Formats.Asn1;

namespace NATS.Server.Core.Security;

/// <summary>The names in a certificate, by which a user may be found. Immutable. Says nothing about whether the certificate is to be trusted.</summary>
public sealed class CertificateNames
{
    private const string AlternativeNames = "2.5.29.17";
    private const string DomainComponent = "0.9.2342.19200300.100.1.25";
    private const int MaxNames = 1024;

    private CertificateNames(List<List<RawAttribute>> subject)
    {
        Subject = TryName(subject);
        SubjectText = GoText(subject);
        string domain = string.Join(',', subject.SelectMany(static part => part).Where(static x => x.Oid == DomainComponent && x.Value is not null).Select(static x => "DC=" + x.Value));
        SubjectTextWithDomain = domain.Length > 0 ? $"{SubjectText},{domain}" : "";
        HasSubject = subject.Count > 0;
    }

    /// <summary>E-mail addresses among the alternative names, in their order.</summary>
    public IReadOnlyList<string> Emails { get; private init; } = [];

    /// <summary>Host names among the alternative names.</summary>
    public IReadOnlyList<string> Hosts { get; private init; } = [];

    /// <summary>URIs among the alternative names, as of SPIFFE.</summary>
    public IReadOnlyList<string> Uris { get; private init; } = [];

    /// <summary>Whether the subject has any part.</summary>
    public bool HasSubject { get; }

    /// <summary>The subject; null when it has attributes of a type that has no name here, or values that are no text.</summary>
    public SubjectName? Subject { get; }

    /// <summary>The subject as the reference writes it: the well-known attributes only, those of a kind together.</summary>
    public string SubjectText { get; }

    /// <summary>The same, followed by the domain components; empty without such.</summary>
    public string SubjectTextWithDomain { get; }

    /// <summary>Reads a certificate.</summary>
    /// <param name="certificate">DER.</param>
    /// <param name="names">Null when false is returned.</param>
    /// <returns>False when it is malformed.</returns>
    public static bool TryRead(ReadOnlyMemory<byte> certificate, [NotNullWhen(true)] out CertificateNames? names)
    {
        names = null;
        try
        {
            AsnReader content = new AsnReader(certificate, AsnEncodingRules.DER).ReadSequence().ReadSequence();
            if (content.PeekTag().HasSameClassAndValue(new Asn1Tag(TagClass.ContextSpecific, 0))) content.ReadEncodedValue();
            content.ReadEncodedValue(); // serial number
            content.ReadEncodedValue(); // algorithm
            content.ReadEncodedValue(); // issuer
            content.ReadEncodedValue(); // validity
            List<List<RawAttribute>> subject = ReadSubject(content.ReadSequence());
            content.ReadEncodedValue(); // public key
            var found = new List<(int Kind, string Name)>();
            while (content.HasData)
            {
                Asn1Tag tag = content.PeekTag();
                if (tag.HasSameClassAndValue(new Asn1Tag(TagClass.ContextSpecific, 3))) ReadExtensions(content.ReadSequence(tag).ReadSequence(), found);
                else content.ReadEncodedValue();
            }

            names = new CertificateNames(subject)
            {
                Emails = Of(1),
                Hosts = Of(2),
                Uris = Of(6),
            };
            return true;

            List<string> Of(int kind) => [.. found.Where(x => x.Kind == kind).Select(static x => x.Name)];
        }
        catch (AsnContentException)
        {
            return false;
        }
    }

    private static List<List<RawAttribute>> ReadSubject(AsnReader sequence)
    {
        var parts = new List<List<RawAttribute>>();
        while (sequence.HasData && parts.Count < MaxNames)
        {
            AsnReader set = sequence.ReadSetOf(skipSortOrderValidation: true);
            var part = new List<RawAttribute>();
            while (set.HasData && part.Count < MaxNames)
            {
                AsnReader attribute = set.ReadSequence();
                string oid = attribute.ReadObjectIdentifier();
                Asn1Tag tag = attribute.PeekTag();
                bool isText = tag.TagClass == TagClass.Universal && IsText((UniversalTagNumber)tag.TagValue);
                part.Add(new RawAttribute(oid, isText ? attribute.ReadCharacterString((UniversalTagNumber)tag.TagValue) : null));
            }

            parts.Add(part);
        }

        return parts;
    }

    private static void ReadExtensions(AsnReader extensions, List<(int Kind, string Name)> found)
    {
        while (extensions.HasData)
        {
            AsnReader extension = extensions.ReadSequence();
            if (extension.ReadObjectIdentifier() != AlternativeNames) continue;
            if (extension.PeekTag().HasSameClassAndValue(Asn1Tag.Boolean)) extension.ReadBoolean();
            AsnReader names = new AsnReader(extension.ReadOctetString(), AsnEncodingRules.DER).ReadSequence();
            while (names.HasData && found.Count < MaxNames)
            {
                Asn1Tag tag = names.PeekTag();
                bool isName = tag.TagClass == TagClass.ContextSpecific && tag.TagValue is 1 or 2 or 6;
                if (isName) found.Add((tag.TagValue, names.ReadCharacterString(UniversalTagNumber.IA5String, tag)));
                else names.ReadEncodedValue();
            }
        }
    }

    private static bool IsText(UniversalTagNumber tag) => tag is UniversalTagNumber.UTF8String or UniversalTagNumber.PrintableString or UniversalTagNumber.IA5String
        or UniversalTagNumber.NumericString or UniversalTagNumber.BMPString or UniversalTagNumber.T61String;

    private static SubjectName? TryName(List<List<RawAttribute>> subject)
    {
        IEnumerable<List<RawAttribute>> parts = subject.Where(static part => part.Count > 0).Reverse();
        if (subject.Exists(static part => part.Exists(static x => x.Value is null || ShortName(x.Oid) is null))) return null;
        return SubjectName.From(parts.Select(static part => (IReadOnlyList<SubjectAttribute>)[.. part.Select(static x => new SubjectAttribute(ShortName(x.Oid)!, x.Value!))]));
    }

    // Attributes of a kind stand together in one part, in this order from the end; the last common name and serial number count.
    private static string GoText(List<List<RawAttribute>> subject)
    {
        List<RawAttribute> all = [.. subject.SelectMany(static part => part).Where(static x => x.Value is not null)];
        string[] kinds = ["2.5.4.5", "2.5.4.3", "2.5.4.17", "2.5.4.9", "2.5.4.8", "2.5.4.7", "2.5.4.11", "2.5.4.10", "2.5.4.6"];
        var parts = new List<string>();
        foreach (string kind in kinds)
        {
            IEnumerable<string> values = all.Where(x => x.Oid == kind).Select(static x => x.Value!);
            if (kind is "2.5.4.5" or "2.5.4.3") values = values.TakeLast(1).Where(static value => value.Length > 0);
            string part = string.Join('+', values.Select(value => $"{ShortName(kind)}={Escape(value)}"));
            if (part.Length > 0) parts.Add(part);
        }

        return string.Join(',', parts);
    }

    private static string Escape(string value)
    {
        var text = new System.Text.StringBuilder(value.Length);
        for (int i = 0; i < value.Length; i++)
        {
            char c = value[i];
            bool isEdge = c == ' ' && (i == 0 || i == value.Length - 1);
            if (isEdge || (c == '#' && i == 0) || c is ',' or '+' or '"' or '\\' or '<' or '>' or ';') text.Append('\\');
            text.Append(c);
        }

        return text.ToString();
    }

    private static string? ShortName(string oid) => oid switch
    {
        "2.5.4.3" => "CN",
        "2.5.4.5" => "SERIALNUMBER",
        "2.5.4.6" => "C",
        "2.5.4.7" => "L",
        "2.5.4.8" => "ST",
        "2.5.4.9" => "STREET",
        "2.5.4.10" => "O",
        "2.5.4.11" => "OU",
        "2.5.4.17" => "POSTALCODE",
        DomainComponent => "DC",
        _ => null,
    };

    /// <summary>An attribute as it stands in the certificate; the value is null when it is no text.</summary>
    private readonly record struct RawAttribute(string Oid, string? Value);
}
