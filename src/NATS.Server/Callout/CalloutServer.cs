using NATS.Server.Core.Jwt;
using NATS.Server.Core.Protocol;
using NATS.Server.Core.Security;
using NATS.Server.Options;

namespace NATS.Server.Callout;

/// <summary>The server as authorization services see it. Thread-safe.</summary>
/// <param name="Identity">Signs requests.</param>
/// <param name="EncryptionIdentity">Encrypts them.</param>
/// <param name="Info">The server's INFO at the moment.</param>
/// <param name="Options">The configuration in force.</param>
/// <param name="Time">The clock of validity and of timeouts.</param>
internal sealed record CalloutServer(NkeyPair Identity, NkeyPair EncryptionIdentity, Func<ServerInfo> Info, Func<ServerOptions> Options, TimeProvider Time)
{
    public string Id => Identity.ToString();

    public TimeSpan Timeout => Options().Authorization.Timeout;

    /// <summary>What a request says of the server.</summary>
    public RequestingServer Describe(bool encrypts)
    {
        ServerInfo info = Info();
        return new RequestingServer
        {
            Name = info.ServerName,
            Host = info.Host,
            Id = Id,
            Version = info.Version,
            Cluster = info.Cluster,
            Tags = Options().Tags,
            XKey = encrypts ? EncryptionIdentity.ToString() : "",
        };
    }
}
