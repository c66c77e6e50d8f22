using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using NATS.Server.Bench.Cases;
using NATS.Server.Bench.Cases.JetStream;

namespace NATS.Server.Bench.Pairs;

/// <summary>Both servers, started once each, and once more per configuration that a case asks for. One thread.</summary>
internal sealed class ServerPool(PairOptions options) : IDisposable
{
    private readonly Dictionary<string, ServerProcess> _running = [];
    private readonly string _configurationFolder = Directory.CreateTempSubdirectory("nats-loadgen-").FullName;
    private int _stores;

    /// <summary>The server on which to run <paramref name="benchCase"/>; one that is to be ended after it if the case needs a fresh one.</summary>
    public ServerProcess Get(BenchCase benchCase, Side side)
    {
        if (benchCase.NeedsFreshServer)
        {
            return Start(benchCase, side);
        }

        var key = $"{side} {benchCase.IsSecure} {ConfigurationOf(benchCase, side)}";
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
        var store = Path.Combine(_configurationFolder, $"store-{++_stores}");
        var configuration = (benchCase.IsSecure ? TlsConfiguration() : "") + ConfigurationOf(benchCase, side).Replace(JetStreamConfigurations.StoreFolder, store, StringComparison.Ordinal);
        var path = side == Side.Ours ? options.Ours : options.Reference;
        List<string> arguments = side == Side.Ours ? [.. options.OurArguments] : [];
        if (configuration.Length > 0)
        {
            var file = Path.Combine(_configurationFolder, $"{benchCase.Name}-{side}.conf");
            File.WriteAllText(file, configuration);
            arguments.InsertRange(0, ["-c", file]);
        }

        return ServerProcess.Start(path, arguments, benchCase.IsSecure);
    }

    /// <summary>A certificate of its own for this run.</summary>
    private string TlsConfiguration()
    {
        var certificateFile = Path.Combine(_configurationFolder, "certificate.pem");
        var keyFile = Path.Combine(_configurationFolder, "key.pem");
        if (!File.Exists(certificateFile))
        {
            using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
            var request = new CertificateRequest("CN=localhost", key, HashAlgorithmName.SHA256);
            using var certificate = request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));
            File.WriteAllText(keyFile, key.ExportPkcs8PrivateKeyPem());
            File.WriteAllText(certificateFile, certificate.ExportCertificatePem());
        }

        return $"tls {{ cert_file: \"{certificateFile}\", key_file: \"{keyFile}\", timeout: 10 }}\n";
    }

    private static string ConfigurationOf(BenchCase benchCase, Side side) =>
        side == Side.Reference ? benchCase.Configuration : benchCase.Configuration + benchCase.OurConfiguration;
}
