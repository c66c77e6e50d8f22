using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;

namespace NATS.Server.Options;

/// <summary>
/// The certificates and keys that a <c>tls</c> block names, read into memory. Immutable and thread-safe; compared by content, so that a reload knows
/// whether a file changed. Lives as long as anything uses it: nobody disposes it.
/// </summary>
public sealed class TlsMaterial : IEquatable<TlsMaterial>
{
    private readonly string _fingerprint;

    private TlsMaterial(IReadOnlyList<TlsCertificate> certificates, IReadOnlyList<X509Certificate2>? authorities)
    {
        Certificates = certificates;
        Authorities = authorities;
        var text = new StringBuilder();
        foreach (var certificate in certificates)
        {
            text.Append(certificate.Leaf.Thumbprint).Append(':');
            foreach (var intermediate in certificate.Intermediates) text.Append(intermediate.Thumbprint).Append(',');
        }

        text.Append('|');
        foreach (var authority in authorities ?? []) text.Append(authority.Thumbprint).Append(',');
        _fingerprint = text.ToString();
    }

    /// <summary>What the server may present; empty when the block names no certificate.</summary>
    public IReadOnlyList<TlsCertificate> Certificates { get; }

    /// <summary>What peers are verified against; null: the system's.</summary>
    public IReadOnlyList<X509Certificate2>? Authorities { get; }

    /// <summary>When the first of the certificates ends, in UTC; null without certificates.</summary>
    public DateTime? NotAfter => Certificates.Count == 0 ? null : Certificates[0].Leaf.NotAfter.ToUniversalTime();

    /// <summary>Reads the files that the options name. The error is the reference's.</summary>
    internal static bool TryLoad(TlsOptions options, [NotNullWhen(true)] out TlsMaterial? material, [NotNullWhen(false)] out string? error)
    {
        material = null;
        try
        {
            var certificates = LoadCertificates(options);
            var authorities = options.CaFile.Length == 0 ? null : LoadAuthorities(options.CaFile);
            material = new TlsMaterial(certificates, authorities);
            error = null;
            return true;
        }
        catch (TlsFileException exception)
        {
            error = exception.Message;
            return false;
        }
    }

    public bool Equals(TlsMaterial? other) => other is not null && _fingerprint == other._fingerprint;

    public override bool Equals(object? obj) => Equals(obj as TlsMaterial);

    public override int GetHashCode() => _fingerprint.GetHashCode(StringComparison.Ordinal);

    private static List<TlsCertificate> LoadCertificates(TlsOptions options)
    {
        switch (options.CertFile.Length, options.KeyFile.Length)
        {
            case (> 0, 0):
                throw new TlsFileException("missing 'key_file' in TLS configuration");
            case (0, > 0):
                throw new TlsFileException("missing 'cert_file' in TLS configuration");
            case (> 0, > 0):
                return [LoadPair(new TlsCertificateFiles(options.CertFile, options.KeyFile), "")];
        }

        var certificates = new List<TlsCertificate>();
        for (var i = 0; i < options.Certificates.Count; i++) certificates.Add(LoadPair(options.Certificates[i], $" {i + 1}/{options.Certificates.Count}"));
        return certificates;
    }

    private static TlsCertificate LoadPair(TlsCertificateFiles files, string which)
    {
        try
        {
            return PemFiles.ReadCertificate(PemFiles.ReadText(files.CertFile), PemFiles.ReadText(files.KeyFile));
        }
        catch (TlsFileException exception)
        {
            throw new TlsFileException($"error parsing X509 certificate/key pair{which}: {exception.Message}");
        }
    }

    private static List<X509Certificate2> LoadAuthorities(string file)
    {
        var authorities = PemFiles.ReadAuthorities(PemFiles.ReadText(file));
        return authorities.Count > 0 ? authorities : throw new TlsFileException("failed to parse root ca certificate");
    }
}

/// <summary>A certificate that the server can present. Immutable.</summary>
/// <param name="Leaf">With its private key.</param>
/// <param name="Intermediates">What follows it in its file, in that order.</param>
public sealed record TlsCertificate(X509Certificate2 Leaf, IReadOnlyList<X509Certificate2> Intermediates);

/// <summary>A file of a <c>tls</c> block cannot be used; the message is the reference's.</summary>
internal sealed class TlsFileException(string message) : CryptographicException(message);
