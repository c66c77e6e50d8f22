using System.Security.Authentication;
using NATS.Server.Connections;
using NATS.Server.Monitoring;
using NATS.Server.Options;
using NATS.Server.ServerTests.Hosting;
using NATS.Server.Testing;
using Xunit;

namespace NATS.Server.ServerTests.Tls;

/// <summary>Which clients may connect when their authority is asked, by a responder of the test.</summary>
public sealed class OcspPeerTests : IAsyncDisposable
{
    private readonly OcspAuthority _authority = new();
    private readonly OcspHttpResponder _responder = new();
    private readonly IssuedCertificate _client;
    private readonly LogLines _log = new();

    public OcspPeerTests() => _client = _authority.Issue("client", _responder.Address + "/");

    public static TheoryData<ConnectionEngineKind> Engines => Embedded.Engines;

    public async ValueTask DisposeAsync()
    {
        await _responder.DisposeAsync();
        _authority.Dispose();
    }

    [Theory]
    [MemberData(nameof(Engines))]
    public async Task A_good_certificate_may_connect_and_its_answer_is_remembered(ConnectionEngineKind engine)
    {
        Answer(new OcspAnswerShape { Signer = _authority.Delegate });
        await using NatsServer server = await Embedded.StartAsync(TlsFixture.On(engine, Checking(new OcspPeerOptions())), _log);
        Assert.True(_log.Contains("OCSP peer cache online, type [memory]"));
        for (int i = 0; i < 3; i++) await AcceptedAsync(server, _client);
        Assert.Equal(1, _responder.Requests);
        Assert.True(server.Monitor.Varz().TlsOcspPeerVerify);
        Assert.StartsWith("GET /", _responder.LastRequest, StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Engines))]
    public async Task A_revoked_certificate_may_not(ConnectionEngineKind engine)
    {
        Answer(new OcspAnswerShape { Status = 1 });
        await using NatsServer server = await Embedded.StartAsync(TlsFixture.On(engine, Checking(new OcspPeerOptions())), _log);
        await RefusedAsync(server, "OCSP verify fail for [CN=client] with CA status [revoked]");
        ConnInfo closed = server.Monitor.Connz(new ConnzOptions { State = ConnectionState.Closed }).Connections!.Single();
        Assert.Equal("TLS Handshake Failure", closed.Reason);
        Assert.Empty(_log.Exceptions);
    }

    [Fact]
    public async Task Only_warned_of_a_revoked_certificate_may_connect()
    {
        Answer(new OcspAnswerShape { Status = 1 });
        await using NatsServer server = await StartAsync(new OcspPeerOptions { WarnOnly = true });
        await AcceptedAsync(server, _client);
        Assert.True(_log.Contains("OCSP verify fail for [CN=client] with CA status [revoked]"));
        Assert.True(_log.Contains("OCSP verify fail for [CN=client] but WarnOnly is true so allowing"));
    }

    [Fact]
    public async Task An_unknown_certificate_may_connect_only_when_that_is_configured()
    {
        Answer(new OcspAnswerShape { Status = 2 });
        await using (NatsServer server = await StartAsync(new OcspPeerOptions())) await RefusedAsync(server, "OCSP verify fail for [CN=client] with CA status [unknown]");
        await using NatsServer lenient = await StartAsync(new OcspPeerOptions { UnknownIsGood = true });
        await AcceptedAsync(lenient, _client);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Without_an_answer_it_depends_on_the_configuration(bool isSilent)
    {
        (_responder.IsSilent, _responder.Status) = (isSilent, 503);
        var options = new OcspPeerOptions { CaTimeout = TimeSpan.FromMilliseconds(200) };
        string reason = isSilent ? "no answer in time" : "bad OCSP responder http status: [503]";
        await using (NatsServer server = await StartAsync(options))
            await RefusedAsync(server, $"Attempt to obtain OCSP response from CA responder for [CN=client] failed: exhausted OCSP responders: {reason}");
        await using (NatsServer warning = await StartAsync(options with { WarnOnly = true })) await AcceptedAsync(warning, _client);
        await using NatsServer lenient = await StartAsync(options with { AllowWhenCaUnreachable = true });
        await AcceptedAsync(lenient, _client);
        Assert.True(_log.Contains("Failed to obtain OCSP CA response for [CN=client] but AllowWhenCAUnreachable set; no cached revocation so allowing"));
    }

    [Fact]
    public async Task A_revocation_that_was_seen_counts_when_nobody_answers_any_more()
    {
        var time = new FakeTimeProvider(DateTimeOffset.UtcNow);
        Answer(new OcspAnswerShape { Status = 1, NextUpdate = DateTimeOffset.UtcNow.AddMinutes(1) });
        ServerOptions options = Embedded.Options with { Tls = Checking(new OcspPeerOptions { AllowWhenCaUnreachable = true }) };
        await using NatsServer server = await Embedded.StartAsync(options, _log, time);
        await RefusedAsync(server, "OCSP verify fail for [CN=client] with CA status [revoked]");
        _responder.Status = 503;
        time.Advance(TimeSpan.FromMinutes(10));
        await RefusedAsync(server, "but AllowWhenCAUnreachable set; cached revocation exists so rejecting");
        Assert.Equal(2, _responder.Requests);
    }

    [Fact]
    public async Task An_answer_that_cannot_be_used_is_none()
    {
        await using NatsServer server = await StartAsync(new OcspPeerOptions());
        using var other = new OcspAuthority();
        _responder.Body = other.Answer(_client.Certificate, new OcspAnswerShape());
        await RefusedAsync(server, "Could not parse OCSP CA response for [CN=client]: bad OCSP signature");
        Answer(new OcspAnswerShape { Signer = _authority.Server.Certificate });
        await RefusedAsync(server, "Invalid OCSP response delegation: CN=client");
        Answer(new OcspAnswerShape { NextUpdate = DateTimeOffset.UtcNow.AddMinutes(-1) });
        await RefusedAsync(server, "New OCSP CA response obtained for [CN=client] but not current");
        _responder.Body = new byte[1024 * 1024];
        await RefusedAsync(server, "Attempt to obtain OCSP response from CA responder for [CN=client] failed: exhausted OCSP responders: ");
    }

    [Fact]
    public async Task Without_a_cache_every_connection_asks()
    {
        Answer(new OcspAnswerShape());
        ServerOptions options = Embedded.Options with { Tls = Checking(new OcspPeerOptions()), OcspCache = OcspCacheKind.None };
        await using NatsServer server = await Embedded.StartAsync(options, _log);
        for (int i = 0; i < 3; i++) await AcceptedAsync(server, _client);
        Assert.Equal(3, _responder.Requests);
    }

    [Fact]
    public async Task Who_names_no_responder_is_not_asked_about()
    {
        await using NatsServer server = await StartAsync(new OcspPeerOptions());
        await AcceptedAsync(server, _authority.Issue("plain"));
        await AcceptedAsync(server, _authority.Issue("directory", "ldap://127.0.0.1/"));
        Assert.Equal(0, _responder.Requests);
    }

    [Fact]
    public async Task A_reload_begins_to_check()
    {
        Answer(new OcspAnswerShape { Status = 1 });
        ServerOptions options = Embedded.Options with { Tls = Checking(new OcspPeerOptions()) with { OcspPeer = null } };
        await using NatsServer server = await Embedded.StartAsync(options, _log);
        await AcceptedAsync(server, _client);
        ReloadResult result = server.Reload(options with { Tls = Checking(new OcspPeerOptions()) });
        Assert.Empty(result.Errors);
        await RefusedAsync(server, "OCSP verify fail for [CN=client] with CA status [revoked]");
        result = server.Reload(options with { Tls = Checking(new OcspPeerOptions()) with { Verify = false } });
        Assert.Equal(["OCSP peer verification for client connections requires TLS verify (mTLS) to be enabled"], result.Errors);
    }

    [Theory]
    [MemberData(nameof(Engines))]
    public async Task The_end_of_the_server_does_not_wait_for_an_answer(ConnectionEngineKind engine)
    {
        _responder.IsSilent = true;
        NatsServer server = await Embedded.StartAsync(TlsFixture.On(engine, Checking(new OcspPeerOptions { CaTimeout = TimeSpan.FromHours(1) })), _log);
        await using RawClient client = await TlsFixture.UpgradedAsync(server, _client);
        Eventually.Equal(1, () => _responder.Requests, "the authority is asked");
        await server.DisposeAsync().AsTask().WaitAsync(Eventually.DefaultTimeout, TestContext.Current.CancellationToken);
    }

    [Fact]
    public async Task What_is_checked_has_to_be_asked_for()
    {
        ServerOptions options = Embedded.Options with { Tls = Checking(new OcspPeerOptions()) with { Verify = false } };
        NatsServerException exception = await Assert.ThrowsAsync<NatsServerException>(() => Embedded.StartAsync(options));
        Assert.Equal("OCSP peer verification for client connections requires TLS verify (mTLS) to be enabled", exception.Message);
    }

    private void Answer(OcspAnswerShape shape) => _responder.Body = _authority.Answer(_client.Certificate, shape);

    private Task<NatsServer> StartAsync(OcspPeerOptions peer) => Embedded.StartAsync(Embedded.Options with { Tls = Checking(peer) }, _log);

    private TlsOptions Checking(OcspPeerOptions peer) => new()
    {
        CertFile = _authority.Server.CertFile,
        KeyFile = _authority.Server.KeyFile,
        CaFile = _authority.CaFile,
        Verify = true,
        OcspPeer = peer with { Verify = true },
    };

    private static async Task AcceptedAsync(NatsServer server, IssuedCertificate certificate)
    {
        await using RawClient client = await TlsFixture.ConnectedAsync(server, certificate);
    }

    private async Task RefusedAsync(NatsServer server, string expected)
    {
        await using RawClient client = await server.OpenAsync();
        await client.ReadLineAsync();
        try
        {
            await client.UpgradeAsync(_client.Certificate);
            Assert.Equal("", await client.ReadToCloseAsync());
        }
        catch (Exception exception) when (exception is AuthenticationException or IOException)
        {
            // With some timing the client learns of it within its own handshake.
        }

        Eventually.True(() => _log.Contains(expected), "the log tells why");
        Eventually.True(() => _log.Contains("TLS handshake error: client not OCSP valid"), "the handshake failed");
        Eventually.Equal(0, () => server.NumClients, "nobody is connected");
    }
}
