using NATS.Server.Auth;
using NATS.Server.Options;
using NATS.Server.Sessions;

namespace NATS.Server;

/// <summary>Authentication as configured, also after a reload.</summary>
public sealed partial class NatsServer
{
    private Authenticator CreateAuthenticator(ServerOptions options) => new(options, _services.Authentication);

    private void LogAuthorizationWarnings()
    {
        if (_context.Authenticator.HasPlaintextPasswords) Log.PlaintextPasswords(_log);
    }

    /// <summary>Asks a new authenticator about every connection. Passwords may have to be hashed, so this runs on the pool.</summary>
    private void Reauthorize(Authenticator authenticator)
    {
        foreach (ClientSession session in _context.Clients.Open) session.Reauthorize(authenticator);
    }
}
