using System.Net;
using Microsoft.Extensions.Logging;
using NATS.Server.Host.Flags;
using NATS.Server.Host.Telemetry;
using NATS.Server.Options;

namespace NATS.Server.Host;

/// <summary>The real server behind <see cref="IHostedServer"/>. Thread-safe.</summary>
/// <param name="server">The server.</param>
/// <param name="export">Ends with it.</param>
internal sealed class HostedNatsServer(NatsServer server, OtlpExport export) : IHostedServer
{
    private Task _lameDuck = Task.CompletedTask;

    public IPEndPoint? ClientEndPoint => server.ClientEndPoint;

    public IPEndPoint? MonitorEndPoint => server.MonitorEndPoint;

    public IPEndPoint? ProfileEndPoint => server.ProfileEndPoint;

    public bool IsLameDuck => server.IsLameDuck;

    public ServerOptions Options => server.Options;

    /// <summary>Starts a server over the process's log.</summary>
    /// <param name="options">What it starts with.</param>
    /// <param name="loggers">The process's log.</param>
    /// <param name="reload">Reads the configuration again when somebody asks the server to, and says why that failed; null when it did not.</param>
    /// <returns>Null, after logging why, when it cannot start.</returns>
    public static async Task<IHostedServer?> StartAsync(ServerOptions options, ILoggerFactory loggers, Func<string?> reload)
    {
        // Before the server is ready: what its first clients do is told too.
        var export = OtlpExport.Start(options);
        try
        {
            var services = new NatsServerServices { LoggerFactory = loggers, Reload = reload, CommandLine = ArgumentRedaction.Redact(Environment.GetCommandLineArgs()) };
            return new HostedNatsServer(await NatsServer.StartAsync(options, services), export);
        }
        catch (NatsServerException exception)
        {
            export.Dispose();
            Log.NotStarted(loggers.CreateLogger("Nats.Host"), exception.Message);
            return null;
        }
    }

    public void EnterLameDuck()
    {
        if (!server.IsLameDuck)
            _lameDuck = server.EnterLameDuckAsync();
    }

    public IReadOnlyList<string> Reload(ServerOptions options, Action<ServerOptions> onApplied) => server.Reload(options, onApplied).Errors;

    public Task StopAsync() => server.StopAsync();

    public async Task WaitForShutdownAsync()
    {
        await server.WaitForShutdownAsync();
        await _lameDuck;
        export.Dispose();
    }
}
