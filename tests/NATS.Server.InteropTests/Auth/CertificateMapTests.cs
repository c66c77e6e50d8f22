using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.Json;
using NATS.Server.Testing;
using Xunit;

namespace NATS.Server.InteropTests.Auth;

/// <summary>Which user a certificate stands for (<c>verify_and_map</c>), on both servers.</summary>
public sealed class CertificateMapTests(TestCertificates certificates) : IClassFixture<TestCertificates>
{
    private const string Refused = "-ERR 'Authorization Violation'";
    private const string Connect = """CONNECT {"verbose":false}""";

    private static readonly (string What, Certificate Certificate, string Connect, string Verdict)[] Rows =
    [
        ("e-mail", new("CN=nobody", Emails: ["mail@x.test"]), Connect, "mail@x.test"),
        ("e-mail before host", new("CN=nobody", Emails: ["mail@x.test"], Hosts: ["host.x.test"]), Connect, "mail@x.test"),
        ("second e-mail", new("CN=nobody", Emails: ["unknown@x.test", "mail@x.test"]), Connect, "mail@x.test"),
        ("host after an unknown e-mail", new("CN=nobody", Emails: ["unknown@x.test"], Hosts: ["host.x.test"]), Connect, "host.x.test"),
        ("host", new("CN=nobody", Hosts: ["host.x.test"]), Connect, "host.x.test"),
        ("host in capitals", new("CN=nobody", Hosts: ["HOST.x.test"]), Connect, ""),
        ("URI", new("CN=nobody", Uris: ["spiffe://x.test/service"]), Connect, "spiffe://x.test/service"),
        ("host before URI", new("CN=nobody", Hosts: ["host.x.test"], Uris: ["spiffe://x.test/service"]), Connect, "host.x.test"),
        ("URI after an unknown host", new("CN=nobody", Hosts: ["unknown.x.test"], Uris: ["spiffe://x.test/service"]), Connect, "spiffe://x.test/service"),
        ("names before the subject", new("CN=first,OU=unit,O=Org", Uris: ["spiffe://x.test/service"]), Connect, "spiffe://x.test/service"),
        ("subject", new("CN=first,OU=unit,O=Org"), Connect, "CN=first,OU=unit,O=Org"),
        ("subject in another order", new("O=Org,CN=first,OU=unit"), Connect, "CN=first,OU=unit,O=Org"),
        ("subject after unknown names", new("CN=first,OU=unit,O=Org", ["u@x.test"], ["u.x.test"], ["spiffe://u"]), Connect, "CN=first,OU=unit,O=Org"),
        ("subject with less", new("CN=first,O=Org"), Connect, ""),
        ("subject with more", new("CN=first,OU=unit,O=Org,L=Here"), Connect, ""),
        ("subject with one twice", new("CN=first,OU=unit,OU=unit"), Connect, ""),
        ("subject in other letters", new("CN=FIRST,OU=unit,O=Org"), Connect, ""),
        ("domain components", new("CN=domain,OU=unit,DC=example,DC=com"), Connect, "CN=domain,OU=unit,DC=example,DC=com"),
        ("domain components in another order", new("DC=com,DC=example,OU=unit,CN=domain"), Connect, "CN=domain,OU=unit,DC=example,DC=com"),
        ("domain components that no user names", new("CN=plain,DC=example,DC=com"), Connect, "CN=plain"),
        ("common name", new("CN=plain"), Connect, "CN=plain"),
        ("common name alone", new("CN=bare"), Connect, ""),
        ("nobody", new("CN=nobody"), Connect, ""),
        ("nobody who says a name", new("CN=nobody"), """CONNECT {"verbose":false,"user":"mail@x.test"}""", ""),
        ("another name in CONNECT", new("CN=plain"), """CONNECT {"verbose":false,"user":"mail@x.test"}""", "CN=plain"),
        ("a strange name in CONNECT", new("CN=plain"), """CONNECT {"verbose":false,"user":"a\"b\n\u00e9"}""", "CN=plain"),
        ("password", new("CN=pass"), """CONNECT {"verbose":false,"pass":"secret"}""", "CN=pass"),
        ("no password", new("CN=pass"), Connect, ""),
        ("wrong password and a name", new("CN=pass"), """CONNECT {"verbose":false,"user":"joe","pass":"wrong"}""", ""),
    ];

    [Fact]
    public async Task Both_find_the_same_user_for_a_certificate()
    {
        string expected = await RunAsync(ReferenceServer.Path);
        foreach ((string what, _, _, string verdict) in Rows) Assert.Contains($"{what}: {(verdict.Length > 0 ? verdict : Refused)}\n", expected, StringComparison.Ordinal);
        Assert.Contains("[WRN] User \"mail@x.test\" found in connect proto, but user required from cert", expected, StringComparison.Ordinal);

        Assert.Equal(expected, await RunAsync(OurServer.Path));
    }

    private string Config => $$"""
        http: 127.0.0.1:-1
        {{certificates.Config($"ca_file: \"{certificates.CaFile}\", verify_and_map: true, timeout: 10")}}
        authorization {
          timeout: 10
          users: [
            { user: "mail@x.test" }, { user: "host.x.test" }, { user: "spiffe://x.test/service" }, { user: "CN=first,OU=unit,O=Org" }
            { user: "CN=domain,OU=unit,DC=example,DC=com" }, { user: "CN=plain" }, { user: "bare" }, { user: "CN=pass", password: secret }
          ]
        }
        """;

    private async Task<string> RunAsync(string executable)
    {
        await using ServerProcess server = await ServerProcess.StartAsync(executable, new ServerProcessOptions { Config = Config });
        using var http = new HttpClient();
        var seen = new StringBuilder();
        foreach ((string what, Certificate certificate, string connect, _) in Rows)
        {
            using X509Certificate2 issued = certificate.Issue(certificates.Authority);
            await using RawClient client = await RawClient.ConnectAsync(server.Port);
            await client.ReadLineAsync();
            await client.UpgradeAsync(issued);
            int log = server.Log.Count;
            await client.SendAsync(connect + "\r\nPING\r\n");
            string answer = (await client.ReadUntilAsync("\r\n")).TrimEnd();
            seen.Append(what).Append(": ").Append(answer == "PONG" ? await UserAsync(http, server) : answer).Append('\n');
            if (!connect.Contains("\"user\"", StringComparison.Ordinal)) continue;

            // A refusal is logged after the warning that may come with it.
            if (answer != "PONG") await server.WaitForLogAsync("authentication error", log);
            else await server.WaitForLogAsync("[WRN]", log);
            foreach (string line in server.Log.Skip(log).Where(static line => line.Contains("[WRN]", StringComparison.Ordinal))) seen.Append(line[line.IndexOf("[WRN]", StringComparison.Ordinal)..]).Append('\n');
        }

        return seen.ToString();
    }

    private static async Task<string> UserAsync(HttpClient http, ServerProcess server)
    {
        string text = await http.GetStringAsync(new Uri($"http://127.0.0.1:{server.MonitorPort}/connz?auth=1&sort=cid"));
        using JsonDocument connections = JsonDocument.Parse(text);
        return connections.RootElement.GetProperty("connections").EnumerateArray().Last().GetProperty("authorized_user").GetString()!;
    }

    /// <summary>What a client's certificate says. Its subject's parts are encoded in the order in which they are written here.</summary>
    private sealed record Certificate(string Subject, string[]? Emails = null, string[]? Hosts = null, string[]? Uris = null)
    {
        public X509Certificate2 Issue(X509Certificate2 authority)
        {
            using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
            var request = new CertificateRequest(new X500DistinguishedName(Subject, X500DistinguishedNameFlags.None), key, HashAlgorithmName.SHA256);
            request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new Oid("1.3.6.1.5.5.7.3.2")], critical: false));
            var names = new SubjectAlternativeNameBuilder();
            foreach (string email in Emails ?? []) names.AddEmailAddress(email);
            foreach (string host in Hosts ?? []) names.AddDnsName(host);
            foreach (string uri in Uris ?? []) names.AddUri(new Uri(uri));
            if ((Emails ?? Hosts ?? Uris) is not null) request.CertificateExtensions.Add(names.Build());
            DateTimeOffset now = DateTimeOffset.UtcNow;
            using X509Certificate2 issued = request.Create(authority, now.AddDays(-1), now.AddDays(10), RandomNumberGenerator.GetBytes(8));
            return issued.CopyWithPrivateKey(key);
        }
    }
}
