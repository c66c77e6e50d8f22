using Microsoft.Extensions.Logging;
using NATS.Server.Options;

namespace NATS.Server.Host;

internal static class HostedNatsServer
{
    public static Task<IHostedServer?> StartAsync(ServerOptions options, ILogger log)
    {
        _ = options;
        NotYet.Log(log);
        return Task.FromResult<IHostedServer?>(null);
    }
}

internal static partial class NotYet
{
    [LoggerMessage(Level = LogLevel.Critical, Message = "This build contains no server yet")]
    public static partial void Log(ILogger logger);
}
