using Microsoft.Extensions.Logging;
using NATS.Server.Core.Config;
using NATS.Server.Host.Logging;
using NATS.Server.Host.ProcessFiles;
using NATS.Server.Host.Signals;
using NATS.Server.Options;

namespace NATS.Server.Host;

/// <summary>
/// Runs one server in this process: its pid and ports files, its log, its signals. Owned by the main task; signals are handled one after the other.
/// </summary>
/// <param name="log">The log of the process.</param>
/// <param name="portsFile">The file that lists the listeners.</param>
/// <param name="systemd">The supervisor, if there is one.</param>
/// <param name="load">Reads configuration and flags again, for a reload.</param>
/// <param name="hasConfigFile">Without a file there is nothing to reload.</param>
internal sealed class ServerHost(HostLogger log, PortsFile portsFile, SystemdNotifier systemd, Func<LoadResult> load, bool hasConfigFile)
{
    // Its exception is logged where it is caught.
    private const string InternalError = "internal error";

    // Signals come one after the other, but requests of clients come when they like.
    private readonly Lock _reloading = new();
    private IHostedServer? _server;
    private string _pidFile = "";
    private string _portsFileDir = "";

    /// <summary>Starts the server and serves until it has stopped.</summary>
    /// <param name="options">What the server starts with.</param>
    /// <param name="start">Starts the server; logs why when it cannot, and returns null then.</param>
    /// <param name="nextSignal">Waits for the next signal.</param>
    /// <returns>The exit code of the process.</returns>
    public async Task<int> RunAsync(ServerOptions options, Func<Task<IHostedServer?>> start, Func<CancellationToken, ValueTask<ServerSignal>> nextSignal)
    {
        if (!TryWritePidFile(options.PidFile))
            return 1;
        if (await start() is not { } server)
            return 1;
        Volatile.Write(ref _server, server);

        WritePortsFile(options.PortsFileDir, server);
        systemd.Ready();

        using var stopped = new CancellationTokenSource();
        var shutdown = server.WaitForShutdownAsync();
        var signals = HandleSignalsAsync(server, nextSignal, stopped.Token);
        await Task.WhenAny(shutdown, signals);
        await stopped.CancelAsync();
        await signals;
        await shutdown;
        DeletePortsFile();
        return 0;
    }

    /// <summary>Reads the configuration again because a client asked for it. Any thread.</summary>
    /// <returns>Why nothing has changed; null when it has.</returns>
    public string? ReloadOnRequest() => Volatile.Read(ref _server) is { } server ? Reload(server) : "the server is starting";

    private async Task HandleSignalsAsync(IHostedServer server, Func<CancellationToken, ValueTask<ServerSignal>> nextSignal, CancellationToken stopped)
    {
        try
        {
            while (await HandleAsync(server, await nextSignal(stopped)))
            {
            }
        }
        catch (OperationCanceledException) when (stopped.IsCancellationRequested)
        {
            // The server stopped by itself: a lame duck shutdown has ended.
        }
    }

    // False once the signal has stopped the server.
    private async Task<bool> HandleAsync(IHostedServer server, ServerSignal signal)
    {
        Log.Trapped(log, GoFormat.Quote(SignalNumbers.Describe(signal)));
        switch (signal)
        {
            case ServerSignal.Interrupt:
            case ServerSignal.Terminate when !server.IsLameDuck:
                systemd.Stopping();
                await server.StopAsync();
                return false;
            case ServerSignal.Reload:
                if (Reload(server) is { } problem and not InternalError)
                    Log.ReloadFailed(log, problem);
                break;
            case ServerSignal.ReopenLog:
                ReopenLog();
                break;
            case ServerSignal.LameDuck:
                server.EnterLameDuck();
                break;
        }
        return true;
    }

    // Says why nothing has changed; null when it has.
    private string? Reload(IHostedServer server)
    {
        if (!hasConfigFile)
            return "can only reload config when a file is provided using -c or --config";
        lock (_reloading)
        {
            systemd.Reloading();
            try
            {
                var errors = ReloadErrors(server, load());
                return errors.Count > 0 ? string.Join('\n', errors) : null;
            }
            catch (Exception exception)
            {
                // A fault in reloading must not end a server that serves.
                Log.ReloadFaulted(log, exception);
                return InternalError;
            }
            finally
            {
                systemd.Ready();
            }
        }
    }

    private IReadOnlyList<string> ReloadErrors(IHostedServer server, LoadResult loaded)
    {
        if (loaded.Options is not { } options)
            return [loaded.Report];
        return OptionsValidator.Validate(options) is { Count: > 0 } contradictions ? contradictions : server.Reload(options, applied => OnReloaded(server, applied));
    }

    private void OnReloaded(IHostedServer server, ServerOptions options)
    {
        if (options.PidFile != _pidFile)
            MovePidFile(options.PidFile);
        if (options.PortsFileDir != _portsFileDir)
        {
            DeletePortsFile();
            WritePortsFile(options.PortsFileDir, server);
        }
        try
        {
            log.Apply(LogSettings.From(options));
        }
        catch (LogSinkException exception)
        {
            Log.LogUnchanged(log, exception.Message);
        }
    }

    private void ReopenLog()
    {
        try
        {
            log.Reopen();
        }
        catch (LogSinkException exception)
        {
            Log.LogUnchanged(log, exception.Message);
        }
    }

    private bool TryWritePidFile(string path)
    {
        _pidFile = path;
        if (path.Length == 0 || PidFile.Write(path) is not { } error)
            return true;
        Log.NoPidFile(log, error);
        return false;
    }

    // The old file stays, as with the reference.
    private void MovePidFile(string path)
    {
        _pidFile = path;
        if (path.Length > 0 && PidFile.Write(path) is { } error)
            Log.PidFileNotMoved(log, error);
    }

    private void WritePortsFile(string directory, IHostedServer server)
    {
        _portsFileDir = directory;
        if (directory.Length > 0 && portsFile.Write(directory, server.ClientEndPoint, server.MonitorEndPoint, server.ProfileEndPoint, PortsFileSchemes.Of(server.Options)) is { } error)
            Log.NoPortsFile(log, portsFile.PathIn(directory), error);
    }

    private void DeletePortsFile()
    {
        if (_portsFileDir.Length > 0 && portsFile.Delete(_portsFileDir) is { } error)
            Log.PortsFileNotRemoved(log, portsFile.PathIn(_portsFileDir), error);
        _portsFileDir = "";
    }
}

/// <summary>What the process itself logs.</summary>
internal static partial class Log
{
    [LoggerMessage(Level = LogLevel.Critical, Message = "{Reason}")]
    public static partial void NotStarted(ILogger logger, string reason);

    [LoggerMessage(Level = LogLevel.Information, Message = "Trapped {Signal} signal")]
    public static partial void Trapped(ILogger logger, string signal);

    [LoggerMessage(Level = LogLevel.Error, Message = "Failed to reload server configuration: {Reason}")]
    public static partial void ReloadFailed(ILogger logger, string reason);

    [LoggerMessage(Level = LogLevel.Error, Message = "Failed to reload server configuration: internal error")]
    public static partial void ReloadFaulted(ILogger logger, Exception exception);

    [LoggerMessage(Level = LogLevel.Error, Message = "The log stays as it was: {Reason}")]
    public static partial void LogUnchanged(ILogger logger, string reason);

    [LoggerMessage(Level = LogLevel.Critical, Message = "Could not write pidfile: {Reason}")]
    public static partial void NoPidFile(ILogger logger, string reason);

    [LoggerMessage(Level = LogLevel.Error, Message = "Failed to write pidfile: {Reason}")]
    public static partial void PidFileNotMoved(ILogger logger, string reason);

    [LoggerMessage(Level = LogLevel.Error, Message = "Error writing ports file ({Path}): {Reason}")]
    public static partial void NoPortsFile(ILogger logger, string path, string reason);

    [LoggerMessage(Level = LogLevel.Error, Message = "Error cleaning up ports file {Path}: {Reason}")]
    public static partial void PortsFileNotRemoved(ILogger logger, string path, string reason);
}
