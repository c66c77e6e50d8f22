using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using NATS.Server.Connections;
using NATS.Server.Monitoring;
using NATS.Server.Options;
using NATS.Server.ServerTests.Hosting;
using NATS.Server.Testing;
using Xunit;

namespace NATS.Server.ServerTests.Tls;

/// <summary>Which certificates the server presents and which it takes, also after a reload.</summary>
public sealed class TlsCertificateTests(TlsFixture tls) : IClassFixture<TlsFixture>
{
    public static TheoryData<ConnectionEngineKind> Engines => Embedded.Engines;

    private TestCertificates Certificates => tls.Certificates;

    [Theory]
    [MemberData(nameof(Engines))]
    public async Task A_verified_client_is_known_by_its_certificate(ConnectionEngineKind engine)
    {
        await using NatsServer server = await Embedded.StartAsync(TlsFixture.On(engine, tls.Verifying));
        await using RawClient client = await TlsFixture.ConnectedAsync(server, Certificates.Client);
        NATS.Server.Connections.Tls.TlsState state = server.Context.Clients.Open.Single().Tls!;
        Assert.Equal(Certificates.Client.Certificate.Thumbprint, state.PeerCertificate!.Thumbprint);
        Assert.Equal(
            [Certificates.Client.Certificate.Thumbprint, Certificates.Authority.Thumbprint], state.VerifiedChain.Select(static x => x.Thumbprint));
        Assert.Equal("localhost", state.ServerName);
        Assert.Equal("1.3", state.VersionText);

        ConnInfo shown = server.Monitor.Connz(new ConnzOptions { Auth = true }).Connections!.Single();
        Assert.Equal(("1.3", state.CipherSuiteText), (shown.TlsVersion, shown.TlsCipherSuite));
        Assert.Equal(("CN=client.example,O=Example", Certificates.Client.Pin), (shown.TlsPeerCerts![0].Subject, shown.TlsPeerCerts[0].SpkiSha256));
        Assert.Null(server.Monitor.Connz(new ConnzOptions()).Connections!.Single().TlsPeerCerts);
    }

    [Theory]
    [InlineData("none", "tls: client didn't provide a certificate")]
    [InlineData("strange", "tls: failed to verify certificate: x509: certificate signed by unknown authority (CN=strange SHA-256: ")]
    [InlineData("servers only", "tls: failed to verify certificate: x509: certificate specifies an incompatible key usage (CN=servers only SHA-256: ")]
    [InlineData("expired", "tls: failed to verify certificate: x509: certificate has expired or is not yet valid: current time ")]
    [InlineData("chained", "tls: failed to verify certificate: x509: certificate signed by unknown authority (CN=chained SHA-256: ")]
    public async Task A_client_that_cannot_be_verified_is_refused(string which, string expected)
    {
        IssuedCertificate? certificate = which switch
        {
            "strange" => Certificates.StrangeClient,
            "servers only" => Certificates.ClientForServersOnly,
            "expired" => Certificates.ExpiredClient,
            "chained" => Certificates.ChainedClient,
            _ => null,
        };
        foreach (ConnectionEngineKind engine in Engines.Select(static row => row.Data))
        {
            var log = new LogLines();
            await using NatsServer server = await Embedded.StartAsync(TlsFixture.On(engine, tls.Verifying), log);
            await RefusedAsync(server, certificate);
            Eventually.True(() => log.Contains("TLS handshake error: " + expected), "the log tells why");
            Eventually.Equal(0, () => server.NumClients, "nobody is connected");
            ConnInfo closed = server.Monitor.Connz(new ConnzOptions { State = ConnectionState.Closed }).Connections!.Single();
            Assert.Equal("TLS Handshake Failure", closed.Reason);
            Assert.Empty(log.Exceptions);
        }
    }

    [Fact]
    public async Task A_certificate_without_usages_may_be_used()
    {
        await using NatsServer server = await Embedded.StartAsync(Embedded.Options with { Tls = tls.Verifying });
        await using RawClient client = await TlsFixture.ConnectedAsync(server, Certificates.ClientWithoutUsage);
    }

    [Fact]
    public async Task A_file_may_hold_several_authorities()
    {
        await using NatsServer server = await Embedded.StartAsync(Embedded.Options with { Tls = tls.Verifying with { CaFile = Certificates.BothCaFile } });
        await using RawClient one = await TlsFixture.ConnectedAsync(server, Certificates.Client);
        await using RawClient other = await TlsFixture.ConnectedAsync(server, Certificates.StrangeClient);
    }

    [Fact]
    public async Task An_intermediate_authority_is_trusted_when_it_is_configured_and_its_issuer_is_not_then()
    {
        await using NatsServer server = await Embedded.StartAsync(Embedded.Options with { Tls = tls.Verifying with { CaFile = Certificates.IntermediateFile } });
        await using RawClient chained = await TlsFixture.ConnectedAsync(server, Certificates.ChainedClient);
        await RefusedAsync(server, Certificates.Client);
    }

    // Trusting an intermediate authority means forgiving that its issuer is missing; everything else still counts.
    [Fact]
    public async Task A_certificate_that_only_names_a_trusted_intermediate_authority_is_refused()
    {
        using var forger = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var authority = new CertificateRequest(
            Certificates.Intermediate.SubjectName, forger, HashAlgorithmName.SHA256);
        authority.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, critical: true));
        using X509Certificate2 forged = authority.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-25), DateTimeOffset.UtcNow.AddDays(300));
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=chained", key, HashAlgorithmName.SHA256);
        using X509Certificate2 publicPart = request.Create(forged, DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1), [1, 2, 3]);
        using X509Certificate2 leaf = publicPart.CopyWithPrivateKey(key);

        await using NatsServer server = await Embedded.StartAsync(Embedded.Options with { Tls = tls.Verifying with { CaFile = Certificates.IntermediateFile } });
        await RefusedAsync(server, new IssuedCertificate(leaf, "", ""));
        await RefusedAsync(server, Certificates.StrangeClient);
    }

    [Fact]
    public async Task A_client_may_bring_the_intermediate_authorities()
    {
        await using NatsServer server = await Embedded.StartAsync(Embedded.Options with { Tls = tls.Verifying });
        await using RawClient client = await server.OpenAsync();
        await client.ReadLineAsync();
        await client.UpgradeAsync(configure: options => options.ClientCertificateContext =
            SslStreamCertificateContext.Create(Certificates.ChainedClient.Certificate, [Certificates.Intermediate], offline: true));
        await client.SendAsync(RawClient.QuietConnect);
        await client.PingAsync();
        NATS.Server.Connections.Tls.TlsState state = server.Context.Clients.Open.Single().Tls!;
        Assert.Equal(["CN=chained", "CN=Intermediate CA"], state.PeerCertificates.Select(static x => x.Subject));
        Assert.Equal(["CN=chained", "CN=Intermediate CA", "CN=Test CA"], state.VerifiedChain.Select(static x => x.Subject));
    }

    [Fact]
    public async Task Without_verify_a_certificate_is_not_asked_for()
    {
        await using NatsServer server = await Embedded.StartAsync(Embedded.Options with { Tls = tls.Options with { CaFile = Certificates.CaFile } });
        await using RawClient client = await TlsFixture.ConnectedAsync(server, Certificates.StrangeClient);
        Assert.Empty(server.Context.Clients.Open.Single().Tls!.PeerCertificates);
    }

    [Fact]
    public async Task Only_pinned_keys_may_connect()
    {
        var log = new LogLines();
        await using NatsServer server = await Embedded.StartAsync(
            Embedded.Options with { Tls = tls.Verifying with { PinnedCertificates = [Certificates.Client.Pin] } }, log);
        await using RawClient client = await TlsFixture.ConnectedAsync(server, Certificates.Client);
        await RefusedAsync(server, Certificates.SecondClient);
        Eventually.True(() => log.Contains("TLS handshake error: certificate not pinned"), "the log tells why");
    }

    [Fact]
    public async Task A_reload_of_pinned_keys_closes_who_has_another()
    {
        var log = new LogLines();
        ServerOptions options = Embedded.Options with { Tls = tls.Verifying };
        await using NatsServer server = await Embedded.StartAsync(options, log);
        await using RawClient stays = await TlsFixture.ConnectedAsync(server, Certificates.Client);
        await using RawClient leaves = await TlsFixture.ConnectedAsync(server, Certificates.SecondClient);
        ReloadResult result = server.Reload(options with { Tls = tls.Verifying with { PinnedCertificates = [Certificates.Client.Pin] } });
        Assert.Empty(result.Errors);
        Assert.Equal("", await leaves.ReadToCloseAsync());
        Assert.Equal("PONG\r\n", await stays.PingAsync());
        Assert.True(log.Contains("Information: Reloaded: 1 pinned_certs"));
        Assert.True(log.Contains("Information: Disconnect 1 clients due to pinned certs reload"));
    }

    [Fact]
    public async Task The_lowest_version_is_kept()
    {
        var log = new LogLines();
        await using NatsServer server = await Embedded.StartAsync(Embedded.Options with { Tls = tls.Options with { MinVersion = TlsVersion.Tls13 } }, log);
        await using RawClient old = await server.OpenAsync();
        await old.ReadLineAsync();
        await Assert.ThrowsAsync<AuthenticationException>(() => old.UpgradeAsync(configure: static options => options.EnabledSslProtocols = SslProtocols.Tls12));
        Eventually.True(() => log.Contains("TLS handshake error: tls: client offered only unsupported versions"), "the log tells why");
        await using RawClient client = await TlsFixture.ConnectedAsync(server);
    }

    [Fact]
    public async Task Cipher_suites_can_be_chosen_for_older_clients()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "the system chooses");
        await using NatsServer server = await Embedded.StartAsync(
            Embedded.Options with { Tls = tls.Options with { CipherSuites = ["TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256"] } });
        await using RawClient client = await server.OpenAsync();
        await client.ReadLineAsync();
        SslStream stream = await client.UpgradeAsync(configure: static options => options.EnabledSslProtocols = SslProtocols.Tls12);
        Assert.Equal(TlsCipherSuite.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256, stream.NegotiatedCipherSuite);
        await using RawClient modern = await TlsFixture.ConnectedAsync(server);
    }

    [Theory]
    [InlineData("other.example", "CN=other.example")]
    [InlineData("localhost", "CN=localhost")]
    [InlineData("unknown.example", "CN=localhost")]
    [InlineData("127.0.0.1", "CN=localhost")]
    public async Task The_asked_name_chooses_the_certificate(string host, string subject)
    {
        await using NatsServer server = await Embedded.StartAsync(Embedded.Options with
        {
            Tls = new TlsOptions
            {
                Certificates =
                [
                    new TlsCertificateFiles(Certificates.Server.CertFile, Certificates.Server.KeyFile),
                    new TlsCertificateFiles(Certificates.OtherServer.CertFile, Certificates.OtherServer.KeyFile),
                ],
            },
        });
        await using RawClient client = await server.OpenAsync();
        await client.ReadLineAsync();
        SslStream stream = await client.UpgradeAsync(configure: options => options.TargetHost = host);
        Assert.Equal(subject, stream.RemoteCertificate!.Subject);
    }

    [Theory]
    [MemberData(nameof(Engines))]
    public async Task A_reload_takes_other_certificates_for_new_connections(ConnectionEngineKind engine)
    {
        var log = new LogLines();
        ServerOptions options = TlsFixture.On(engine, tls.Options);
        await using NatsServer server = await Embedded.StartAsync(options, log);
        await using RawClient stays = await TlsFixture.ConnectedAsync(server);
        var renewed = new TlsOptions { CertFile = Certificates.OtherServer.CertFile, KeyFile = Certificates.OtherServer.KeyFile };
        Assert.Empty(server.Reload(options with { Tls = renewed }).Errors);
        Assert.True(log.Contains("Information: Reloaded: tls = enabled"));
        await using RawClient client = await server.OpenAsync();
        await client.ReadLineAsync();
        SslStream stream = await client.UpgradeAsync();
        Assert.Equal("CN=other.example", stream.RemoteCertificate!.Subject);
        Assert.Equal("PONG\r\n", await stays.PingAsync());

        ReloadResult refused = server.Reload(options with { Tls = renewed with { KeyFile = Certificates.Server.KeyFile } });
        Assert.Equal(["error parsing X509 certificate/key pair: tls: private key does not match public key"], refused.Errors);
    }

    // A session that began when nothing was asked of clients must not be continued when something is.
    [Fact]
    public async Task A_session_of_an_earlier_configuration_is_not_resumed()
    {
        ServerOptions options = Embedded.Options with { Tls = tls.Options with { CaFile = Certificates.CaFile } };
        await using NatsServer server = await Embedded.StartAsync(options);
        for (int i = 0; i < 2; i++)
        {
            await using RawClient before = await TlsFixture.ConnectedAsync(server);
        }

        Assert.Empty(server.Reload(options with { Tls = options.Tls! with { Verify = true } }).Errors);
        await RefusedAsync(server, null);
        await using RawClient verified = await TlsFixture.ConnectedAsync(server, Certificates.Client);
    }

    // Advisory 2026-01: the class library shares sessions between listeners that present the same certificate.
    [Fact]
    public async Task A_session_of_another_listener_is_not_resumed()
    {
        await using NatsServer lenient = await Embedded.StartAsync(Embedded.Options with { Tls = tls.Verifying with { CaFile = Certificates.BothCaFile } });
        await using NatsServer strict = await Embedded.StartAsync(Embedded.Options with { Tls = tls.Verifying });
        await using NatsServer open = await Embedded.StartAsync(Embedded.Options with { Tls = tls.Options });
        for (int i = 0; i < 2; i++)
        {
            await using RawClient accepted = await TlsFixture.ConnectedAsync(lenient, Certificates.StrangeClient);
            await using RawClient anonymous = await TlsFixture.ConnectedAsync(open, Certificates.StrangeClient);
            Assert.Empty(open.Context.Clients.Open.Last().Tls!.PeerCertificates);
            await RefusedAsync(strict, Certificates.StrangeClient);
        }
    }

    [Fact]
    public async Task A_client_that_comes_again_still_has_its_certificate()
    {
        await using NatsServer server = await Embedded.StartAsync(Embedded.Options with { Tls = tls.Verifying });
        for (int i = 0; i < 3; i++)
        {
            await using RawClient client = await TlsFixture.ConnectedAsync(server, Certificates.Client);
            Eventually.Equal(1, () => server.NumClients, "only this client is connected");
            Assert.Equal(Certificates.Client.Certificate.Thumbprint, server.Context.Clients.Open.Single().Tls!.PeerCertificate!.Thumbprint);
        }
    }

    [Fact]
    public async Task Tls_can_be_switched_on_and_off_by_a_reload()
    {
        await using NatsServer server = await Embedded.StartAsync();
        await using RawClient plain = await server.ConnectAsync();
        Assert.Empty(server.Reload(Embedded.Options with { Tls = tls.Options }).Errors);
        await using RawClient secure = await TlsFixture.ConnectedAsync(server);
        Assert.Equal("PONG\r\n", await plain.PingAsync());
        Assert.Empty(server.Reload(Embedded.Options).Errors);
        await using RawClient again = await server.ConnectAsync();
        Assert.Equal("PONG\r\n", await secure.PingAsync());
    }

    [Fact]
    public async Task Without_a_certificate_nobody_can_connect()
    {
        var log = new LogLines();
        await using NatsServer server = await Embedded.StartAsync(Embedded.Options with { Tls = new TlsOptions() }, log);
        await RefusedAsync(server, null);
        Eventually.True(() => log.Contains("TLS handshake error: tls: no certificates configured"), "the log tells why");
    }

    /// <summary>With TLS 1.3 a client learns of it after its own handshake.</summary>
    private static async Task RefusedAsync(NatsServer server, IssuedCertificate? certificate)
    {
        await using RawClient client = await server.OpenAsync();
        await client.ReadLineAsync();
        try
        {
            await client.UpgradeAsync(certificate?.Certificate);
        }
        catch (Exception exception) when (exception is AuthenticationException or IOException)
        {
            return;
        }

        Assert.Equal("", await client.ReadToCloseAsync());
    }
}
