using NATS.Server.Testing;
using Xunit;

namespace NATS.Server.InteropTests.Monitoring;

/// <summary>What /varz says of certificates, of the authorities that are asked about them, and of proxies.</summary>
public sealed class TlsVarzTests(TestCertificates certificates) : IClassFixture<TestCertificates>
{
    private const string ProxyKey = "UADRIIJOHNEFKYTPPSEZNI5QXXFNPZHR7YFRQJJSH5GFSZTTQCGZUQLX";
    private const string OtherProxyKey = "UAHBWKBVIJHVY2LWQOIJ3KVXYTI5527YAUJB6LBZIZJWA3L2Q6KKD5H6";

    [Theory]
    [InlineData("ocsp_peer: true")]
    [InlineData("ocsp_peer: true }\nocsp_cache { type: none")]
    [InlineData("timeout: 3")]
    public async Task Certificates_and_proxies_are_shown_alike(string more)
    {
        string config = $$"""
            proxies { trusted: [ { key: {{ProxyKey}} }, { key: {{OtherProxyKey}} } ] }
            tls {
              cert_file: "{{certificates.Server.CertFile}}"
              key_file: "{{certificates.Server.KeyFile}}"
              ca_file: "{{certificates.CaFile}}"
              verify: true
              {{more}}
            }
            """;
        await using MonitoredPair pair = await MonitoredPair.StartAsync(config);
        // Answers of authorities are kept in memory, not in files.
        await pair.AssertSameJson("/varz", "config_digest", "cache_type");
        string ours = (await MonitoredPair.Get(pair.Ours, "/varz")).Body;
        Assert.Contains("\"tls_cert_not_after\"", ours, StringComparison.Ordinal);
        Assert.Contains(OtherProxyKey, ours, StringComparison.Ordinal);
    }
}
