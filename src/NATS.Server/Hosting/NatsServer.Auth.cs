using NATS.Server.Auth;
using NATS.Server.Callout;
using NATS.Server.Core.Jwt;
using NATS.Server.OperatorMode;
using NATS.Server.Options;
using NATS.Server.Sessions;

namespace NATS.Server;

/// <summary>Authentication as configured, also after a reload.</summary>
public sealed partial class NatsServer
{
    private CalloutExchange? _calloutExchange;

    private Authenticator CreateAuthenticator(ServerOptions options)
    {
        AsyncAuthenticationDelegate? custom = _services.AsyncAuthentication;
        if (custom is null && _services.Authentication is { } authenticate) custom = (request, _) => new(authenticate(request));
        return new Authenticator(options, new AuthenticatorParts
        {
            Custom = custom is null ? null : new DelegateCheck(custom),
            UserTokens = _operatorService?.CreateCheck(options, hasCallout: true),
            Callout = CreateCallout(options),
        });
    }

    /// <summary>In operator mode each account may have a service of its own; otherwise there is the one that is configured, if any.</summary>
    private AuthCallout? CreateCallout(ServerOptions options)
    {
        CalloutPolicy? policy = _operatorService is null && options.Authorization.Callout is { } callout ? CalloutPolicy.From(callout) : null;
        if (_operatorService is null && policy is null) return null;
        var server = new CalloutServer(Identity, EncryptionIdentity, () => _context.Info, () => _context.Options, _clock.Time);
        _calloutExchange ??= new CalloutExchange(_context.Accounts, () => _engine, _context.LoginLanes);
        return new AuthCallout(server, _context.Accounts, _calloutExchange, policy, FindClaimsAsync, new CalloutLog(_log));
    }

    private async ValueTask<AccountClaims?> FindClaimsAsync(string account)
    {
        if (_operatorService is null) return null;
        if (_operatorService.Accounts.TryGet(account, out AccountState? state)) return state.Claims;
        try
        {
            return (await _operatorService.Accounts.FindAsync(account, CancellationToken.None).ConfigureAwait(false)).Claims;
        }
        catch (ResolverException)
        {
            return null;
        }
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
