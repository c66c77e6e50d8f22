using NATS.Server.Options;
using NATS.Server.Testing;
using Xunit;
using static NATS.Server.UnitTests.Options.LoadedOptions;

namespace NATS.Server.UnitTests.Tls;

/// <summary>What a <c>tls</c> block becomes. Its error texts are compared with the reference by the corpus of configurations.</summary>
public sealed class TlsReaderTests(TestCertificates certificates) : IClassFixture<TestCertificates>
{
    [Fact]
    public void Every_key_has_its_option()
    {
        TlsOptions tls = Read(certificates.Config($$"""
            ca_file: "{{certificates.BothCaFile}}"
            insecure: true
            verify_and_map: true
            cipher_suites: [ TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256, TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256 ]
            min_version: "1.3"
            timeout: 4.5
            connection_rate_limit: 7
            pinned_certs: [ "{{certificates.Client.Pin.ToUpperInvariant()}}" ]
            handshake_first: "30ms"
            """)).Tls!;
        Assert.Equal((certificates.Server.CertFile, certificates.Server.KeyFile, certificates.BothCaFile), (tls.CertFile, tls.KeyFile, tls.CaFile));
        Assert.True(tls is { Insecure: true, Verify: true, Map: true, MinVersion: TlsVersion.Tls13, ConnectionRateLimit: 7, HandshakeFirst: true });
        Assert.Equal((TimeSpan.FromSeconds(4.5), TimeSpan.FromMilliseconds(30)), (tls.Timeout, tls.HandshakeFirstFallback));
        Assert.Equal(["TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256"], tls.CipherSuites);
        Assert.Equal([certificates.Client.Pin], tls.PinnedCertificates);
        Assert.Equal(certificates.Server.Certificate.Thumbprint, tls.Material!.Certificates.Single().Leaf.Thumbprint);
        Assert.Equal(2, tls.Material.Authorities!.Count);
    }

    [Fact]
    public void Left_out_it_has_the_defaults()
    {
        TlsOptions tls = Read("tls {}").Tls!;
        Assert.True(tls is { Verify: false, HandshakeFirst: false, MinVersion: TlsVersion.Tls12, ConnectionRateLimit: 0 });
        Assert.Equal(TimeSpan.FromSeconds(2), tls.Timeout);
        Assert.Null(tls.Material!.NotAfter);
        Assert.Null(Read("port: 4222").Tls);
    }

    [Theory]
    [InlineData("", 2)]
    [InlineData("tls {}", 3)]
    [InlineData("tls { timeout: 5 }", 6)]
    [InlineData("tls { timeout: 5 }\nauthorization { timeout: 1 }", 1)]
    public void Authentication_may_take_a_second_more_than_the_handshake(string text, double seconds) =>
        Assert.Equal(seconds, Read(text).Authorization.Timeout.TotalSeconds);

    [Theory]
    [InlineData("true", true, 0)]
    [InlineData("\"off\"", false, 0)]
    [InlineData("auto", true, 50)]
    [InlineData("\"auto_fallback\"", true, 50)]
    [InlineData("\"2s\"", true, 2000)]
    public void The_handshake_may_come_first(string value, bool first, int fallbackMs)
    {
        TlsOptions tls = Read($"tls {{ handshake_first: {value} }}").Tls!;
        Assert.Equal((first, fallbackMs), (tls.HandshakeFirst, (int)tls.HandshakeFirstFallback.TotalMilliseconds));
        Assert.Equal(first && fallbackMs == 0, tls.IsHandshakeFirstOnly);
    }

    [Fact]
    public void A_key_of_another_certificate_is_refused() => Assert.Equal(
        "1:0: error parsing X509 certificate/key pair: tls: private key does not match public key",
        Error($"tls {{ cert_file: \"{certificates.Server.CertFile}\", key_file: \"{certificates.Client.KeyFile}\" }}"));

    [Fact]
    public void One_of_several_certificates_is_told_by_its_number() => Assert.Equal(
        "1:0: error parsing X509 certificate/key pair 2/2: tls: private key does not match public key",
        Error($"tls {{ certs: [ {{ cert_file: \"{certificates.Server.CertFile}\", key_file: \"{certificates.Server.KeyFile}\" }}, " +
            $"{{ cert_file: \"{certificates.Server.CertFile}\", key_file: \"{certificates.Client.KeyFile}\" }} ] }}"));

    [Fact]
    public void Only_the_first_error_of_a_block_is_told() => Assert.Equal("1:6: error parsing tls config, expected 'cert_file' to be filename", Error("tls { cert_file: 5, key_file: 6 }"));

    [Fact]
    public void Files_with_the_same_content_are_the_same_material()
    {
        TlsMaterial first = Read(certificates.Config()).Tls!.Material!;
        TlsMaterial again = Read(certificates.Config()).Tls!.Material!;
        Assert.Equal(first, again);
        Assert.NotEqual(first, Read(certificates.Config($"ca_file: \"{certificates.CaFile}\"")).Tls!.Material);
    }

    [Fact]
    public void Flags_replace_the_certificates_of_a_file_and_can_switch_TLS_off()
    {
        string file = certificates.Config("timeout: 9, verify: true");
        var flags = new FlagOverrides { TlsCert = certificates.OtherServer.CertFile, TlsKey = certificates.OtherServer.KeyFile };
        TlsOptions tls = Read(file, flags).Tls!;
        Assert.Equal(("CN=other.example", false, 9.0), (tls.Material!.Certificates.Single().Leaf.Subject, tls.Verify, tls.Timeout.TotalSeconds));
        Assert.True(Read("", flags with { TlsVerify = true, TlsCaCert = certificates.CaFile }).Tls is { Verify: true, Material.Authorities.Count: 1 });
        Assert.Null(Read(file, flags with { Tls = false }).Tls);
        Assert.Equal(["TLS Server certificate must be present and valid"], Load(file, new FlagOverrides { Tls = true }).Errors);
        Assert.Equal(["TLS Server private key must be present and valid"], Load(file, new FlagOverrides { TlsCert = "x" }).Errors);
    }
}
