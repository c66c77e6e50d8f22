using System.Net;
using NATS.Server.Options;

namespace NATS.Server.Host;

/// <summary>What the process needs of the server it hosts. Thread-safe.</summary>
internal interface IHostedServer
{
    /// <summary>Where clients connect; null without a listener.</summary>
    IPEndPoint? ClientEndPoint { get; }

    /// <summary>Where monitoring listens; null without.</summary>
    IPEndPoint? MonitorEndPoint { get; }

    /// <summary>Where profiles are served; null when no port is configured.</summary>
    IPEndPoint? ProfileEndPoint { get; }

    /// <summary>Whether a lame duck shutdown is under way.</summary>
    bool IsLameDuck { get; }

    /// <summary>The options in force.</summary>
    ServerOptions Options { get; }

    /// <summary>Stops accepting and lets the clients go one after the other; <see cref="WaitForShutdownAsync"/> completes in the end. Returns at once.</summary>
    void EnterLameDuck();

    /// <summary>Compares and applies new options, and logs each change.</summary>
    /// <param name="options">The new options, complete.</param>
    /// <param name="onApplied">Called with the new options after they are in force and before the end of the reload is logged.</param>
    /// <returns>Empty, or why nothing has changed.</returns>
    IReadOnlyList<string> Reload(ServerOptions options, Action<ServerOptions> onApplied);

    /// <summary>Stops at once; closes all connections.</summary>
    Task StopAsync();

    /// <summary>Completes when the server has stopped, whoever asked.</summary>
    Task WaitForShutdownAsync();
}
