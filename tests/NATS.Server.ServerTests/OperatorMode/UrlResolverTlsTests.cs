using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using NATS.Server.OperatorMode;
using NATS.Server.Options;
using NATS.Server.Testing;
using Xunit;

namespace NATS.Server.ServerTests.OperatorMode;

/// <summary>The resolver's web server is verified as <c>resolver_tls</c> says, and is shown a certificate.</summary>
public sealed class UrlResolverTlsTests(TestCertificates certificates) : IClassFixture<TestCertificates>
{
    [Fact]
    public async Task The_web_server_is_verified_by_the_configured_authority()
    {
        Assert.Equal("token", await FetchAsync(new TlsOptions { CaFile = certificates.CaFile }));
        await Assert.ThrowsAsync<ResolverException>(() => FetchAsync(new TlsOptions { CaFile = certificates.OtherCaFile }));
        await Assert.ThrowsAsync<ResolverException>(() => FetchAsync(new TlsOptions()));
        Assert.Equal("token", await FetchAsync(new TlsOptions { CaFile = certificates.OtherCaFile, Insecure = true }));
    }

    [Fact]
    public async Task The_web_server_is_shown_the_configured_certificate()
    {
        var tls = new TlsOptions { CaFile = certificates.CaFile, CertFile = certificates.Client.CertFile, KeyFile = certificates.Client.KeyFile };
        Assert.Equal("token", await FetchAsync(tls, asksForCertificate: true));
        await Assert.ThrowsAsync<ResolverException>(() => FetchAsync(tls with { CertFile = "", KeyFile = "" }, asksForCertificate: true));
    }

    private async Task<string> FetchAsync(TlsOptions tls, bool asksForCertificate = false)
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        Task serving = ServeAsync(listener, asksForCertificate);
        using var resolver = new UrlResolver($"https://127.0.0.1:{((IPEndPoint)listener.LocalEndpoint).Port}/", TimeSpan.FromSeconds(20), ResolverTls.CreateOptions(tls));
        try
        {
            return await resolver.FetchAsync("A", TestContext.Current.CancellationToken);
        }
        finally
        {
            await serving;
        }
    }

    private async Task ServeAsync(TcpListener listener, bool asksForCertificate)
    {
        using Socket socket = await listener.AcceptSocketAsync();

        // One attempt: HTTP clients try again, and would wait for somebody to accept.
        listener.Stop();
        await using var stream = new SslStream(new NetworkStream(socket));
        try
        {
            using X509Certificate2 certificate = X509Certificate2.CreateFromPemFile(certificates.Server.CertFile, certificates.Server.KeyFile);
            await stream.AuthenticateAsServerAsync(new SslServerAuthenticationOptions
            {
                ServerCertificate = certificate,
                ClientCertificateRequired = asksForCertificate,
                RemoteCertificateValidationCallback = (_, presented, _, _) => !asksForCertificate || presented is not null,
                EnabledSslProtocols = SslProtocols.Tls12,
            });
            byte[] request = new byte[4096];
            if (await stream.ReadAsync(request) == 0) return;
            await stream.WriteAsync(Encoding.ASCII.GetBytes("HTTP/1.1 200 OK\r\nContent-Length: 5\r\nConnection: close\r\n\r\ntoken"));
        }
        catch (Exception problem) when (problem is IOException or AuthenticationException)
        {
            // The client did not like the certificate, or the other way round.
        }
    }
}
