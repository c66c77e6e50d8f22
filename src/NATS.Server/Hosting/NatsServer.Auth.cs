using NATS.Server.Auth;
using NATS.Server.Options;
using NATS.Server.Sessions;

namespace NATS.Server;

/// <summary>Authentication as configured, also after a reload.</summary>
public sealed partial class NatsServer
{
    private Authenticator CreateAuthenticator(ServerOptions options)
    {
        AsyncAuthenticationDelegate? custom = _services.AsyncAuthentication;
        if (custom is null && _services.Authentication is { } authenticate) custom = (request, _) => new(authenticate(request));
        return new Authenticator(options, new AuthenticatorParts
        {
            Custom = custom is null ? null : new DelegateCheck(custom),
            UserTokens = _operatorService?.CreateCheck(options, hasCallout: false),
        });
    }

    private void LogAuthorizationWarnings()
    {
        if (_context.Authenticator.HasPlaintextPasswords) Log.PlaintextPasswords(_log);
    }

    /// <summary>Asks a new authenticator about every connection. The caller's thread, which may have to wait for hashes and for others.</summary>
    private void Reauthorize(Authenticator authenticator)
    {
        foreach (ClientSession session in _context.Clients.Open)
        {
            session.ReauthorizeAsync(authenticator).GetAwaiter().GetResult();
        }
    }
}
