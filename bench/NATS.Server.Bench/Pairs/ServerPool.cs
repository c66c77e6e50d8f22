using NATS.Server.Bench.Cases;

namespace NATS.Server.Bench.Pairs;

/// <summary>Both servers, started once each; ours once more per configuration that a case asks for. One thread.</summary>
internal sealed class ServerPool(PairOptions options) : IDisposable
{
    private readonly Dictionary<string, ServerProcess> _running = [];
    private readonly string _configurationFolder = Directory.CreateTempSubdirectory("nats-loadgen-").FullName;

    /// <summary>The server on which to run <paramref name="benchCase"/>; one that is to be ended after it if the case needs a fresh one.</summary>
    public ServerProcess Get(BenchCase benchCase, Side side)
    {
        if (benchCase.NeedsFreshServer)
        {
            return Start(benchCase, side);
        }

        var key = side == Side.Reference ? "reference" : "ours\n" + benchCase.OurConfiguration;
        if (!_running.TryGetValue(key, out var server))
        {
            server = Start(benchCase, side);
            _running.Add(key, server);
        }

        return server;
    }

    public void Release(BenchCase benchCase, ServerProcess server)
    {
        if (benchCase.NeedsFreshServer)
        {
            server.Dispose();
        }
    }

    /// <summary>Replaces the servers of a case whose run failed: their state is unknown.</summary>
    public void Discard(ServerProcess server)
    {
        foreach (var (key, running) in _running)
        {
            if (running == server)
            {
                _running.Remove(key);
                break;
            }
        }

        server.Dispose();
    }

    /// <summary>Waits until no server is busy with the past.</summary>
    public void Settle()
    {
        foreach (var server in _running.Values)
        {
            server.Meter.Settle(TimeSpan.FromMilliseconds(250));
        }
    }

    public void Dispose()
    {
        foreach (var server in _running.Values)
        {
            server.Dispose();
        }

        _running.Clear();
        Directory.Delete(_configurationFolder, recursive: true);
    }

    private ServerProcess Start(BenchCase benchCase, Side side)
    {
        if (side == Side.Reference)
        {
            return ServerProcess.Start(options.Reference, []);
        }

        if (benchCase.OurConfiguration.Length == 0)
        {
            return ServerProcess.Start(options.Ours, options.OurArguments);
        }

        var file = Path.Combine(_configurationFolder, benchCase.Name + ".conf");
        File.WriteAllText(file, benchCase.OurConfiguration);
        return ServerProcess.Start(options.Ours, ["-c", file, .. options.OurArguments]);
    }
}
