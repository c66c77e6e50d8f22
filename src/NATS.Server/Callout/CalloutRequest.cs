using System.Net;
using System.Security.Cryptography;
using NATS.Server.Auth;
using NATS.Server.Core.Jwt;
using NATS.Server.Core.Protocol;

namespace NATS.Server.Callout;

/// <summary>What the service is asked. Pure.</summary>
internal static class CalloutRequest
{
    private const string CertificateLabel = "CERTIFICATE";

    /// <summary>The claims of a request.</summary>
    /// <param name="policy">Whom to ask.</param>
    /// <param name="server">Who asks.</param>
    /// <param name="userKey">The key that the answer has to be about.</param>
    /// <param name="verdict">The server's own verdict; its options are what the client said.</param>
    /// <param name="facts">What else is known of the connection.</param>
    /// <param name="expires">Seconds since 1970 after which the answer comes too late.</param>
    public static AuthorizationRequestClaims Create(
        CalloutPolicy policy, RequestingServer server, string userKey, AuthResult verdict, in ConnectionFacts facts, long expires)
    {
        ConnectOptions options = verdict.Options;
        return new AuthorizationRequestClaims
        {
            Subject = policy.Issuer,
            Audience = CalloutSubjects.RequestAudience,
            Expires = expires,
            UserNkey = userKey,
            Server = server,
            Client = new RequestingClient
            {
                Host = (facts.RemoteEndPoint as IPEndPoint)?.Address.ToString() ?? "",
                Id = facts.ConnectionId,
                User = UserLabels.ForMonitoring(options, verdict.UserKey),
                Name = options.Name,
                Tags = verdict.Tags,
                NameTag = verdict.NameTag,
                Kind = "Client",
                Type = "nats",
                Nonce = options.Signature.Length > 0 ? facts.Nonce : "",
            },
            Connect = new RequestedConnect
            {
                Jwt = options.Jwt,
                Nkey = options.Nkey,
                SignedNonce = options.Signature,
                Token = options.AuthToken,
                Username = options.User,
                Password = options.Password,
                Name = options.Name,
                Language = options.Language,
                Version = options.Version,
                Protocol = options.Protocol,
            },
            Tls = facts.Tls is { } tls ? Describe(tls) : null,
        };
    }

    private static RequestingTls Describe(ClientTls tls) => new()
    {
        Version = tls.Version,
        Cipher = tls.Cipher,
        VerifiedChains = [.. tls.VerifiedChains.Select(chain => (IReadOnlyList<string>)[.. chain.Select(Pem)])],
        Certificates = tls.VerifiedChains.Count > 0 ? [] : [.. tls.PeerCertificates.Select(Pem)],
    };

    private static string Pem(ReadOnlyMemory<byte> certificate) => PemEncoding.WriteString(CertificateLabel, certificate.Span) + "\n";
}
