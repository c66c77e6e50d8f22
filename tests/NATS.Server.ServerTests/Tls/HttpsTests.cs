using System.Net.Security;
using NATS.Server.Options;
using NATS.Server.ServerTests.Hosting;
using NATS.Server.Testing;
using Xunit;

namespace NATS.Server.ServerTests.Tls;

/// <summary>Monitoring over TLS.</summary>
public sealed class HttpsTests(TlsFixture tls) : IClassFixture<TlsFixture>
{
    private ServerOptions Options => Embedded.Options with { HttpHost = "127.0.0.1", HttpsPort = ServerOptions.RandomPort, Tls = tls.Options };

    [Fact]
    public async Task Monitoring_is_served_over_tls_and_asks_nobody_for_a_certificate()
    {
        var log = new LogLines();
        await using NatsServer server = await Embedded.StartAsync(Options with { Tls = tls.Verifying }, log);
        Assert.True(log.Contains($"Information: Starting https monitor on 127.0.0.1:{server.MonitorEndPoint!.Port}"));
        string varz = await GetAsync(server, "/varz");
        Assert.StartsWith("HTTP/1.1 200", varz, StringComparison.Ordinal);
        Assert.Contains("\"tls_required\": true,\n  \"tls_verify\": true,", varz, StringComparison.Ordinal);
        Assert.Contains("\"tls_timeout\": 2,", varz, StringComparison.Ordinal);
        Assert.Contains("\"auth_timeout\": 3,", varz, StringComparison.Ordinal);
        Assert.Contains($"\"tls_cert_not_after\": \"{tls.Certificates.Server.Certificate.NotAfter.ToUniversalTime():yyyy-MM-dd'T'HH:mm:ss'Z'}\"", varz, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Who_speaks_in_the_clear_gets_no_answer()
    {
        await using NatsServer server = await Embedded.StartAsync(Options);
        await using RawClient client = await RawClient.ConnectAsync(server.MonitorEndPoint!);
        await client.SendAsync("GET /varz HTTP/1.1\r\n\r\n");
        Assert.Equal("", await client.ReadToCloseAsync());
        Assert.StartsWith("HTTP/1.1 200", await GetAsync(server, "/healthz"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_reload_takes_other_certificates()
    {
        await using NatsServer server = await Embedded.StartAsync(Options);
        TestCertificates certificates = tls.Certificates;
        Assert.Empty(server.Reload(Options with { HttpsPort = server.Options.HttpsPort, Tls = new TlsOptions { CertFile = certificates.OtherServer.CertFile, KeyFile = certificates.OtherServer.KeyFile } }).Errors);
        await using RawClient client = await RawClient.ConnectAsync(server.MonitorEndPoint!);
        SslStream stream = await client.UpgradeAsync();
        Assert.Equal("CN=other.example", stream.RemoteCertificate!.Subject);
    }

    [Fact]
    public async Task Both_ports_contradict_each_other_and_tls_is_needed()
    {
        NatsServerException both = await Assert.ThrowsAsync<NatsServerException>(() => Embedded.StartAsync(Options with { HttpPort = 18, HttpsPort = 19 }));
        Assert.Equal("Can't start monitoring: can't specify both HTTP (18) and HTTPs (19) ports", both.Message);
        NatsServerException none = await Assert.ThrowsAsync<NatsServerException>(() => Embedded.StartAsync(Options with { Tls = null }));
        Assert.Equal("Can't start monitoring: TLS cert and key required for HTTPS", none.Message);
    }

    private static async Task<string> GetAsync(NatsServer server, string path)
    {
        await using RawClient client = await RawClient.ConnectAsync(server.MonitorEndPoint!);
        await client.UpgradeAsync();
        await client.SendAsync($"GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
        return await client.ReadToCloseAsync();
    }
}
