using NATS.Server.Testing;
using Xunit;

namespace NATS.Server.InteropTests.Clients;

/// <summary>Real clients over TLS see no difference between the reference and our server.</summary>
public sealed class TlsClientTests(TestCertificates certificates) : IClassFixture<TestCertificates>
{
    [Theory]
    [InlineData("publish-subscribe")]
    [InlineData("large-payload")]
    [InlineData("request")]
    [InlineData("queue-group")]
    [InlineData("many-subscriptions")]
    [InlineData("drain")]
    public Task JavaScript_client_connects_by_tls(string scenario) =>
        JavaScriptClientTests.Program(Files(withCertificate: false)).CompareAsync(scenario, Server());

    [Fact]
    public Task JavaScript_client_presents_its_certificate() =>
        JavaScriptClientTests.Program(Files(withCertificate: true)).CompareAsync("publish-subscribe", Server($"ca_file: \"{certificates.CaFile}\", verify: true"));

    [Fact]
    public Task JavaScript_client_begins_with_the_handshake() =>
        JavaScriptClientTests.Program(Files(withCertificate: false, first: true)).CompareAsync("publish-subscribe", Server("handshake_first: true"));

    [Theory]
    [InlineData("publish-subscribe")]
    [InlineData("request")]
    [InlineData("many-messages")]
    [InlineData("drain")]
    public Task C_client_connects_by_tls(string scenario) => CClientTests.Program(Files(withCertificate: false)).CompareAsync(scenario, Server());

    [Fact]
    public Task C_client_presents_its_certificate() =>
        CClientTests.Program(Files(withCertificate: true)).CompareAsync("publish-subscribe", Server($"ca_file: \"{certificates.CaFile}\", verify: true"));

    private ServerProcessOptions Server(string more = "") => new() { Config = certificates.Config(more) };

    private Dictionary<string, string> Files(bool withCertificate, bool first = false)
    {
        var files = new Dictionary<string, string>(StringComparer.Ordinal) { ["TLS_CA"] = certificates.CaFile };
        if (withCertificate)
        {
            files["TLS_CERT"] = certificates.Client.CertFile;
            files["TLS_KEY"] = certificates.Client.KeyFile;
        }

        if (first) files["TLS_FIRST"] = "1";
        return files;
    }
}
