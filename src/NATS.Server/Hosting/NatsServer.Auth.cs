#pragma warning disable CA1822 // placeholder
using NATS.Server.Auth;
using NATS.Server.Options;

namespace NATS.Server;

/// <summary>Authentication as configured.</summary>
public sealed partial class NatsServer
{
    private static Authenticator CreateAuthenticator(ServerOptions options) => new();

    private void LogAuthorizationWarnings(ServerOptions options)
    {
        _ = options;
    }

    private void StartMonitoring()
    {
    }

    private static Task StopMonitoringAsync() => Task.CompletedTask;
}
