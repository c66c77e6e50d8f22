using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using NATS.Server.Options;

namespace NATS.Server.OperatorMode;

/// <summary>Turns a <c>resolver_tls</c> block into the options of connections to the resolver's web server. Pure.</summary>
internal static class ResolverTls
{
    private const string ServerAuthentication = "1.3.6.1.5.5.7.3.1";

    /// <summary>The options of one connection after another.</summary>
    /// <exception cref="ResolverException">A file of the block cannot be read.</exception>
    public static SslClientAuthenticationOptions CreateOptions(TlsOptions tls)
    {
        TlsMaterial? material = tls.Material;
        if (material is null && !TlsMaterial.TryLoad(tls, out material, out string? error)) throw new ResolverException(error);
        var options = new SslClientAuthenticationOptions
        {
            EnabledSslProtocols = tls.MinVersion == TlsVersion.Tls13 ? SslProtocols.Tls13 : SslProtocols.Tls12 | SslProtocols.Tls13,
            CertificateRevocationCheckMode = X509RevocationMode.NoCheck,
            ClientCertificateContext = material.Certificates is [{ } certificate, ..]
                ? SslStreamCertificateContext.Create(certificate.Leaf, [.. certificate.Intermediates], offline: true)
                : null,
        };
        if (tls.Insecure)
        {
#pragma warning disable CA5359 // the operator asked for it: insecure
            options.RemoteCertificateValidationCallback = static (_, _, _, _) => true;
#pragma warning restore CA5359
        }
        else if (material.Authorities is { } authorities)
        {
            var policy = new X509ChainPolicy { RevocationMode = X509RevocationMode.NoCheck, DisableCertificateDownloads = true, TrustMode = X509ChainTrustMode.CustomRootTrust };
            policy.ApplicationPolicy.Add(new System.Security.Cryptography.Oid(ServerAuthentication));
            foreach (X509Certificate2 authority in authorities) policy.CustomTrustStore.Add(authority);
            options.CertificateChainPolicy = policy;
        }

        return options;
    }
}
