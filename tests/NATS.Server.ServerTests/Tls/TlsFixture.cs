using NATS.Server.Options;
using NATS.Server.ServerTests.Hosting;
using NATS.Server.Testing;

namespace NATS.Server.ServerTests.Tls;

/// <summary>Certificates for a class of tests, and servers and clients that use them.</summary>
public sealed class TlsFixture : IDisposable
{
    public TestCertificates Certificates { get; } = new();

    public TlsOptions Options => new() { CertFile = Certificates.Server.CertFile, KeyFile = Certificates.Server.KeyFile };

    /// <summary>Asks clients for a certificate of the test's authority.</summary>
    public TlsOptions Verifying => Options with { CaFile = Certificates.CaFile, Verify = true };

    public void Dispose() => Certificates.Dispose();

    internal static ServerOptions On(ConnectionEngineKind engine, TlsOptions tls) => Embedded.Options with { Engine = engine, Tls = tls };

    /// <summary>A client that was greeted and has upgraded.</summary>
    internal static async Task<RawClient> UpgradedAsync(NatsServer server, IssuedCertificate? certificate = null)
    {
        RawClient client = await server.OpenAsync();
        await client.ReadLineAsync();
        await client.UpgradeAsync(certificate?.Certificate);
        return client;
    }

    /// <summary>The same, connected.</summary>
    internal static async Task<RawClient> ConnectedAsync(NatsServer server, IssuedCertificate? certificate = null)
    {
        RawClient client = await UpgradedAsync(server, certificate);
        await client.SendAsync(RawClient.QuietConnect);
        await client.PingAsync();
        return client;
    }
}
