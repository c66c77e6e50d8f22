using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;

namespace NATS.Server.Options;

/// <summary>Certificates and private keys in PEM text. Pure, except for <see cref="ReadText"/>.</summary>
internal static class PemFiles
{
    private const string CertificateLabel = "CERTIFICATE";
    private const string KeySuffix = "PRIVATE KEY";
    private const long MaxFileBytes = 16 * 1024 * 1024;

    /// <summary>Reads a file; an error is told as <c>open file: why</c>.</summary>
    /// <exception cref="TlsFileException">The file cannot be read.</exception>
    public static string ReadText(string file)
    {
        try
        {
            if (new FileInfo(file) is { Exists: true, Length: > MaxFileBytes }) throw new TlsFileException($"open {file}: file too large");
            return Encoding.Latin1.GetString(File.ReadAllBytes(file));
        }
        catch (Exception exception) when (exception is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new TlsFileException($"open {file}: no such file or directory");
        }
        catch (UnauthorizedAccessException)
        {
            throw new TlsFileException(Directory.Exists(file) ? $"read {file}: is a directory" : $"open {file}: permission denied");
        }
        catch (Exception exception) when (exception is IOException or ArgumentException or NotSupportedException)
        {
            throw new TlsFileException($"open {file}: {exception.Message}");
        }
    }

    /// <summary>All certificates of a text; what is not a certificate is skipped.</summary>
    public static List<X509Certificate2> ReadAuthorities(string pem)
    {
        var found = new List<X509Certificate2>();
        foreach (var (label, bytes) in Blocks(pem))
        {
            if (label != CertificateLabel) continue;
            try
            {
                found.Add(X509CertificateLoader.LoadCertificate(bytes));
            }
            catch (CryptographicException)
            {
                // As in the reference, one that cannot be read does not spoil the others.
            }
        }

        return found;
    }

    /// <summary>A certificate with its chain, and its key.</summary>
    /// <exception cref="TlsFileException">One of them is missing or unusable, or they do not belong together.</exception>
    public static TlsCertificate ReadCertificate(string certificatePem, string keyPem)
    {
        var chain = ReadChain(certificatePem);
        var key = ReadKey(keyPem);
        return new TlsCertificate(Join(chain[0], key), chain[1..]);
    }

    private static List<X509Certificate2> ReadChain(string pem)
    {
        var skipped = new List<string>();
        var chain = new List<X509Certificate2>();
        foreach (var (label, bytes) in Blocks(pem))
        {
            if (label != CertificateLabel)
            {
                skipped.Add(label);
                continue;
            }

            try
            {
                chain.Add(X509CertificateLoader.LoadCertificate(bytes));
            }
            catch (CryptographicException)
            {
                throw new TlsFileException("x509: malformed certificate");
            }
        }

        if (chain.Count > 0) return chain;
        throw new TlsFileException(skipped switch
        {
            [] => "tls: failed to find any PEM data in certificate input",
            [var only] when only.EndsWith(KeySuffix, StringComparison.Ordinal) =>
                "tls: failed to find certificate PEM data in certificate input, but did find a private key; PEM inputs may have been switched",
            _ => $"tls: failed to find \"CERTIFICATE\" PEM block in certificate input after skipping PEM blocks of the following types: [{string.Join(' ', skipped)}]",
        });
    }

    private static AsymmetricAlgorithm ReadKey(string pem)
    {
        var skipped = new List<string>();
        foreach (var (label, bytes) in Blocks(pem))
        {
            if (label == KeySuffix || label.EndsWith(" " + KeySuffix, StringComparison.Ordinal)) return ImportKey(bytes);
            skipped.Add(label);
        }

        throw new TlsFileException(skipped switch
        {
            [] => "tls: failed to find any PEM data in key input",
            [CertificateLabel] => "tls: found a certificate rather than a key in the PEM for the private key",
            _ => $"tls: failed to find PEM block with type ending in \"PRIVATE KEY\" in key input after skipping PEM blocks of the following types: [{string.Join(' ', skipped)}]",
        });
    }

    /// <summary>The label does not matter, as in the reference: what can be read as one of the forms of a key is one.</summary>
    private static AsymmetricAlgorithm ImportKey(byte[] bytes)
    {
        return Import(RSA.Create(), static (key, from) => key.ImportPkcs8PrivateKey(from, out _))
            ?? Import(ECDsa.Create(), static (key, from) => key.ImportPkcs8PrivateKey(from, out _))
            ?? Import(RSA.Create(), static (key, from) => key.ImportRSAPrivateKey(from, out _))
            ?? Import(ECDsa.Create(), static (key, from) => key.ImportECPrivateKey(from, out _))
            ?? throw new TlsFileException(IsEdwards(bytes)
                ? "tls: Ed25519 keys are not supported by this server's TLS library; use ECDSA or RSA"
                : "tls: failed to parse private key");

        AsymmetricAlgorithm? Import<T>(T key, Action<T, byte[]> import) where T : AsymmetricAlgorithm
        {
            try
            {
                import(key, bytes);
                return key;
            }
            catch (CryptographicException)
            {
                key.Dispose();
                return null;
            }
        }
    }

    // The object identifier 1.3.101.112 within a PKCS #8 key.
    private static bool IsEdwards(ReadOnlySpan<byte> bytes) => bytes.IndexOf((ReadOnlySpan<byte>)[0x06, 0x03, 0x2B, 0x65, 0x70]) >= 0;

    private static X509Certificate2 Join(X509Certificate2 certificate, AsymmetricAlgorithm key)
    {
        using (key)
        {
            if (certificate.PublicKey.Oid.Value == "1.3.101.112")
                throw new TlsFileException("tls: Ed25519 certificates are not supported by this server's TLS library; use ECDSA or RSA");
            var isRsa = certificate.PublicKey.GetRSAPublicKey() is not null;
            var isEcdsa = !isRsa && certificate.PublicKey.GetECDsaPublicKey() is not null;
            if (!isRsa && !isEcdsa) throw new TlsFileException("tls: unknown public key algorithm");
            if (isRsa != key is RSA) throw new TlsFileException("tls: private key type does not match public key type");
            try
            {
                var joined = key is RSA rsa ? certificate.CopyWithPrivateKey(rsa) : certificate.CopyWithPrivateKey((ECDsa)key);
                if (!OperatingSystem.IsWindows()) return joined;

                // The TLS of Windows cannot use a key that lives in this process only.
                using (joined) return X509CertificateLoader.LoadPkcs12(joined.Export(X509ContentType.Pfx), null);
            }
            catch (Exception exception) when (exception is ArgumentException or CryptographicException)
            {
                throw new TlsFileException("tls: private key does not match public key");
            }
        }
    }

    private static IEnumerable<(string Label, byte[] Bytes)> Blocks(string pem)
    {
        for (var rest = pem; PemEncoding.TryFind(rest, out var fields); rest = rest[fields.Location.End..])
        {
            var bytes = new byte[fields.DecodedDataLength];
            if (!Convert.TryFromBase64String(rest[fields.Base64Data], bytes, out var written) || written != bytes.Length) continue;
            yield return (rest[fields.Label], bytes);
        }
    }
}
