using System.Net;
using NATS.Server.Host;
using NATS.Server.Options;

namespace NATS.Server.UnitTests.Host;

/// <summary>A server that does nothing but remember what it was asked.</summary>
internal sealed class FakeHostedServer(ServerOptions options) : IHostedServer
{
    private readonly TaskCompletionSource _stopped = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public List<string> Calls { get; } = [];

    public IReadOnlyList<string> ReloadErrors { get; set; } = [];

    public Exception? ReloadFault { get; set; }

    public IPEndPoint? ClientEndPoint => new(IPAddress.Loopback, 4222);

    public IPEndPoint? MonitorEndPoint => null;

    public IPEndPoint? ProfileEndPoint => null;

    public bool IsLameDuck { get; private set; }

    public ServerOptions Options { get; private set; } = options;

    public void EnterLameDuck()
    {
        Calls.Add("lame duck");
        IsLameDuck = true;
    }

    public IReadOnlyList<string> Reload(ServerOptions options, Action<ServerOptions> onApplied)
    {
        Calls.Add("reload");
        if (ReloadFault is not null)
            throw ReloadFault;
        if (ReloadErrors.Count == 0)
        {
            Options = options;
            onApplied(options);
        }
        return ReloadErrors;
    }

    public Task StopAsync()
    {
        Calls.Add("stop");
        _stopped.TrySetResult();
        return Task.CompletedTask;
    }

    public Task WaitForShutdownAsync() => _stopped.Task;

    /// <summary>The server ends by itself.</summary>
    public void End() => _stopped.TrySetResult();
}
