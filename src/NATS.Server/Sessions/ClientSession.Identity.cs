using NATS.Server.Accounts;
using NATS.Server.Auth;
using NATS.Server.Core.Protocol;

namespace NATS.Server.Sessions;

/// <summary>What others may be told of the client.</summary>
internal sealed partial class ClientSession
{
    private Described? _described;

    /// <summary>Who the client is; made anew when it authenticates anew. Any thread.</summary>
    public ClientIdentity Identity
    {
        get
        {
            Described? known = Volatile.Read(ref _described);
            if (known is not null && ReferenceEquals(known.Options, _options) && ReferenceEquals(known.Authenticated, _authenticated)
                && ReferenceEquals(known.Identity.Account, _account))
            {
                return known.Identity;
            }

            var described = new Described(_options, _authenticated, Describe());
            Volatile.Write(ref _described, described);
            return described.Identity;
        }
    }

    /// <summary>When the connection has to end because the user's credentials do; null: never. Any thread.</summary>
    public DateTimeOffset? ExpiresAt => _authenticated?.ExpiresAt;

    /// <summary>What the client may do. Any thread.</summary>
    public ClientRights Rights => _rights;

    private ClientIdentity Describe() => new()
    {
        Account = _account,
        Start = Start,
        Host = ClientIp,
        Id = Id,
        User = _authenticated is { UserKey.Length: > 0 } known ? known.UserKey : UserLabels.ForMonitoring(_options),
        Name = _options.Name,
        Language = _options.Language,
        Version = _options.Version,
        Jwt = _options.Jwt,
        IssuerKey = _authenticated?.IssuerKey ?? "",
        NameTag = _authenticated?.NameTag ?? "",
        Tags = _authenticated?.Tags ?? [],
    };

    private sealed record Described(ConnectOptions Options, AuthResult? Authenticated, ClientIdentity Identity);
}
