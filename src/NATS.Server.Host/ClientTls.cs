using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace NATS.Server.Host;

/// <summary>Whom the commands of this executable trust over TLS, and what they present.</summary>
internal static class ClientTls
{
    /// <summary>Reads the files.</summary>
    /// <param name="certificateFile">PEM: what is presented, with what leads to its authority; null for nothing.</param>
    /// <param name="keyFile">PEM: its private key; given when the certificate is.</param>
    /// <param name="authorityFile">PEM: who has to have issued the server's certificate; null for those that the system trusts.</param>
    /// <exception cref="UnreadableFileException">One of them cannot be used.</exception>
    public static SslClientAuthenticationOptions Read(string? certificateFile, string? keyFile, string? authorityFile)
    {
        var tls = new SslClientAuthenticationOptions();
        if (certificateFile is not null && keyFile is not null)
        {
            string certificate = Read(certificateFile, () => File.ReadAllText(certificateFile));
            string key = Read(keyFile, () => File.ReadAllText(keyFile));
            tls.ClientCertificateContext = Read(certificateFile, () =>
            {
                var chain = new X509Certificate2Collection();
                chain.ImportFromPem(certificate);
                return SslStreamCertificateContext.Create(X509Certificate2.CreateFromPem(certificate, key), chain, offline: true);
            });
        }

        if (authorityFile is not null)
        {
            var policy = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck };
            policy.CustomTrustStore.AddRange(Read(authorityFile, () =>
            {
                var authorities = new X509Certificate2Collection();
                authorities.ImportFromPemFile(authorityFile);
                return authorities;
            }));
            tls.CertificateChainPolicy = policy;
        }

        return tls;
    }

    private static T Read<T>(string path, Func<T> read)
    {
        try
        {
            return read();
        }
        catch (Exception problem) when (problem is IOException or UnauthorizedAccessException)
        {
            throw new UnreadableFileException(ErrorText.FileError("open", path, problem), problem);
        }
        catch (CryptographicException problem)
        {
            throw new UnreadableFileException($"{path}: {problem.Message}", problem);
        }
    }
}

/// <summary>Why a file cannot be used: one line for whoever named it.</summary>
internal sealed class UnreadableFileException(string message, Exception inner) : Exception(message, inner);
