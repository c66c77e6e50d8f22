#pragma warning disable CA1822 // placeholder
using NATS.Server.Auth;
using NATS.Server.Options;

namespace NATS.Server;

/// <summary>Authentication as configured.</summary>
public sealed partial class NatsServer
{
    private static Authenticator CreateAuthenticator(ServerOptions options, NatsServerServices services) => new(options, services.Authentication);

    private void LogAuthorizationWarnings()
    {
        if (_context.Authenticator.HasPlaintextPasswords) Log.PlaintextPasswords(_log);
    }

    private void StartMonitoring()
    {
    }

    private static Task StopMonitoringAsync() => Task.CompletedTask;
}
